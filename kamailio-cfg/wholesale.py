# Routing logic of a wholesale proxy in Python. See wholesale.cfg for how to run it; wholesale.lua and
# wholesale-routes.cfg do the same.
#
# A call's life, and where it is in this file:
#
#   INVITE ─ decide ─┬─ refused ─────────────── answer with the reason's SIP code     invite(), refuse()
#                    └─ admitted ─ first leg ─┬─ 180 ── ringing                       tandem_reply()
#                                             ├─ 503, 408 … ── next leg               tandem_leg_failed()
#                                             ├─ 200 ── answered                      tandem_dialog_event()
#                                             ├─ time passes ── held for longer       tandem_every_second()
#                                             └─ BYE, CANCEL, 486 … ── ended          tandem_dialog_event()
#
# Everything about numbers, prices, limits and which answer leads to the next leg is Tandem's business; this file moves
# SIP messages. `tandem` functions never raise. An exception would make Kamailio drop the request without an answer.

import json
import os
import time

import KSR
import tandem

SNAPSHOT = os.environ.get("TANDEM_SNAPSHOT", "/var/lib/tandem/plan.snapshot")
STATE = os.environ.get("TANDEM_STATE", "/var/lib/tandem/node.state")

# States of a dialog: answered, and over, when the dialog module keeps it for some seconds.
DIALOG_ANSWERED, DIALOG_DELETED = 3, 5

# Where the two sides of a call can be reached: the hosts of their Contacts, and the addresses that they have sent from.
CALLER, CALLEE = "$dlg_var(caller)", "$dlg_var(callee)"

# What may be sent inside a dialog. Not REFER: a carrier that does as it says would carry a call that nobody has decided.
IN_DIALOG = ("ACK", "BYE", "INFO", "INVITE", "OPTIONS", "PRACK", "UPDATE")

# What may change where a side can be reached.
TARGET_REFRESH = ("INVITE", "UPDATE")

# How far a caller's CSeq may go in one step.
CSEQ_STEP_MAX = 10000

# Calls that wait for a dip at a time, and how long one may wait for its turn.
DIPS_WAITING_MAX, DIP_TURN_SEC = 64, 2

# The table of dialogs (wholesale.cfg): the handle of a call, and where the dialog module has its dialog.
DIALOGS = "dialogs"

# The socket on which trunks authenticate by digest, and the table of their users (wholesale.cfg).
DIGEST_SOCKET, DIGEST_USERS = "digest", "digest"
IS_HA1, WRONG_PASSWORD, NO_CREDENTIALS, QOP_AUTH = 1, -2, -5, 1

# The table of what services have answered (wholesale.cfg).
DIPS = "dips"

# For the first time soon after the start: a call may have ended between the list of restored dialogs and the table.
CONFIRM_FIRST_SEC, CONFIRM_EVERY_SEC = 3, 60


def attach():
    status, text = tandem.attach(SNAPSHOT, STATE)
    if status != "ok":
        # Kamailio refuses to start on an error here, which is what we want: it cannot carry a call.
        raise RuntimeError(f"tandem.attach: {status}: {text}")


# Before the fork; every worker does it again.
attach()

# ----------------------------------------------------------------------------------------------------------
# Requests
# ----------------------------------------------------------------------------------------------------------


def is_unfit():
    """What no proxy should forward: malformed messages and loops. True when the request is done with."""
    if KSR.maxfwd.process_maxfwd(10) < 0:
        KSR.sl.send_reply(483, "Too Many Hops")
        return True
    # Kamailio makes no transaction or dialog of it (RFC 3261, 8.1.1.3).
    if KSR.is_INVITE() and KSR.pv.is_null("$ft"):
        KSR.sl.send_reply(400, "Missing From Tag")
        return True
    # 17895: all checks of the sanity module but those of Via's port and of Digest; 7: all URI checks.
    return KSR.sanity.sanity_check(17895, 7) < 0


def is_keepalive():
    """OPTIONS to the proxy itself: carriers send it as a keepalive. One inside a dialog asks the other side."""
    if KSR.is_OPTIONS() and KSR.pv.is_null("$rU") and KSR.siputils.has_totag() < 0:
        KSR.sl.send_reply(200, "OK")
        return True
    return False


def relay():
    if KSR.tm.t_relay() < 0:
        KSR.sl.sl_reply_error()


def strip_private_headers():
    """Headers that customers and carriers invent for themselves stay on their own side."""
    KSR.textops.remove_hf_re("^X-")


def has_host(side, host):
    return bool(host) and f" {host} " in (KSR.pv.get(side) or "")


def add_host(side, host):
    if not host or has_host(side, host):
        return
    hosts = KSR.pv.get(side) or " "
    # Who names ever new hosts is reached at the last one.
    if len(hosts) > 500:
        hosts = " "
    KSR.pv.sets(side, f"{hosts}{host} ")


def has_contact():
    """Whether the sender of this message says where he can be reached. A host that is no text is none."""
    try:
        return not KSR.pv.is_null("$ct") and bool(KSR.pv.get("$(ct{nameaddr.uri}{uri.host})"))
    except UnicodeDecodeError:
        return False


def note_sender(side):
    """Notes where the sender of this message can be reached inside the dialog."""
    add_host(side, KSR.pv.get("$si"))
    if has_contact():
        add_host(side, KSR.pv.get("$(ct{nameaddr.uri}{uri.host})"))


def living_dialog():
    """The state of the dialog of this message's Call-ID and From-tag, if it is alive."""
    state = KSR.pv.get("$dlg(state)")
    return int(state) if state is not None and int(state) != DIALOG_DELETED else None


def is_the_callers():
    """Whether this message is of a request of the caller's, by its tags."""
    try:
        return KSR.pv.get("$ft") == KSR.pv.get("$dlg(from_tag)")
    except UnicodeDecodeError:
        # Callers with a tag that is no text are refused.
        return False


def report_end(handle, sip_code):
    """The call is over. Said again, by the dialog's event, it changes nothing."""
    tandem.ended(handle, sip_code)
    KSR.htable.sht_rm(DIALOGS, handle)


def hang_up(side, other):
    """Who hangs up is answered here, and the other side gets a BYE of this proxy's, on the way that the dialog has
    recorded. A BYE that is relayed can be written so that it misses the other side, or is refused there: the call would
    go on, and nobody would pay for it. Where it is not known whose the sender is, both sides are hung up."""
    handle = KSR.pv.get("$dlg_var(tandem)")
    KSR.tm.t_newtran()
    try:
        KSR.dialog.dlg_get(KSR.pv.get("$ci"), KSR.pv.get("$ft"), KSR.pv.get("$tt"))
        KSR.dialog.dlg_bye(other if has_host(side, KSR.pv.get("$si")) else "all")
    except UnicodeDecodeError:
        # A carrier's tag that is no text: the dialog is ended by its time-out, both ways.
        KSR.dialog.dlg_set_timeout_id(1, int(KSR.pv.get("$dlg(h_entry)")), int(KSR.pv.get("$dlg(h_id)")))
    if handle:
        report_end(handle, 200)
    KSR.tm.t_reply(200, "OK")


def may_pass(state, is_callers, other):
    """Whether a request inside a dialog may pass: who knows a call's Call-ID and tags shall not send through us wherever
    he likes, nor as the other side, nor so that the dialog module believes what the other side will not."""
    source = KSR.pv.get("$si")
    if not has_host(other, KSR.pv.get("$rd")):
        return False
    if KSR.is_INVITE() and state < DIALOG_ANSWERED:
        return False
    if not is_callers:
        return has_host(CALLEE, source)
    if has_host(CALLEE, source) and not has_host(CALLER, source):
        return False
    step = int(KSR.pv.get("$cs") or 0) - int(KSR.pv.get("$dlg(from_cseq)") or 0)
    return KSR.is_ACK() or 0 < step <= CSEQ_STEP_MAX


def leads_to(other, is_callers):
    """Whether the Route that is left leads to the other side: to one of its hosts, or where its own proxies have asked
    for it."""
    if KSR.pv.is_null("$du"):
        return True
    host = KSR.pv.get("$(du{uri.host})")
    if has_host(other, host):
        return True
    routes = "to_rs" if is_callers else "from_rs"
    if KSR.pv.is_null(f"$dlg({routes})"):
        return False
    return host == KSR.pv.get(f"$(dlg({routes}){{nameaddr.uri}}{{uri.host}})")


def refuse_in_dialog(sip_code, text):
    """What belongs to no call of ours, or shall not pass."""
    if KSR.is_ACK():
        # An ACK to a refused INVITE of ours ends at its transaction; any other is nobody's.
        KSR.tm.t_check_trans()
    else:
        KSR.sl.send_reply(sip_code, text)


def in_dialog():
    """Requests inside a dialog (ACK, BYE, re-INVITE, UPDATE …) follow the Route that this proxy recorded. Anybody can
    write such a Route: without a call that is known here nothing is relayed. All is looked at before loose_route, which
    is where the dialog module believes a request."""
    state = living_dialog()
    if state is None:
        if KSR.rr.loose_route() > 0:
            refuse_in_dialog(481, "Call Does Not Exist")
        else:
            refuse_in_dialog(404, "Not Here")
        return
    is_callers = is_the_callers()
    side, other = (CALLER, CALLEE) if is_callers else (CALLEE, CALLER)
    if KSR.pv.get("$rm") not in IN_DIALOG:
        refuse_in_dialog(405, "Method Not Allowed")
    elif KSR.is_BYE() and state >= DIALOG_ANSWERED:
        hang_up(side, "callee" if is_callers else "caller")
    elif KSR.is_BYE() or not may_pass(state, is_callers, other):
        refuse_in_dialog(481, "Call Does Not Exist")
    elif KSR.rr.loose_route() <= 0:
        refuse_in_dialog(404, "Not Here")
    elif not leads_to(other, is_callers):
        refuse_in_dialog(481, "Call Does Not Exist")
    else:
        strip_private_headers()
        if KSR.pv.get("$rm") in TARGET_REFRESH:
            note_sender(side)
        if not KSR.is_ACK():
            KSR.tm.t_on_reply("tandem_in_dialog_reply")
        relay()


def cancel():
    if KSR.tm.t_check_trans() > 0:
        relay()
    else:
        KSR.sl.send_reply(481, "Call Does Not Exist")


def refuse(reason, sip_code):
    """Answers a call that Tandem refused. A known trunk's INVITE gets a transaction, so that its retransmissions are
    absorbed here and are not counted again; strangers get no memory of ours."""
    KSR.hdr.append_to_reply(f'Reason: SIP;cause={sip_code};text="{reason}"\r\n')
    if reason != "unknown_trunk" and KSR.tm.t_newtran() > 0:
        KSR.tm.t_reply(sip_code, "Refused")
    else:
        KSR.sl.send_reply(sip_code, "Refused")


def dial_next(handle, failed_sip_code):
    """Sends the call to the next leg that Tandem admits. False when none is left; true when no more is to be done."""
    while True:
        dial_string, timeout_sec, _ = tandem.next(handle, failed_sip_code)
        if not dial_string:
            return False
        KSR.pv.sets("$ru", dial_string)
        # What was noted of the leg before is nobody's any more.
        if failed_sip_code != 0:
            KSR.pv.sets(CALLEE, " ")
        KSR.tm.t_set_fr(timeout_sec * 1000, timeout_sec * 1000)
        KSR.tm.t_on_reply("tandem_reply")
        KSR.tm.t_on_failure("tandem_leg_failed")
        if KSR.tm.t_relay() >= 0:
            return True
        if KSR.tm.t_is_canceled() > 0:
            # The caller gave up meanwhile: no leg is to blame, and none is to be tried.
            tandem.ended(handle, 487)
            KSR.tm.t_reply(487, "Request Terminated")
            return True
        # It could not even be sent (no route to host, bad dial string): the leg failed like any other.
        failed_sip_code = 503


def calling_number():
    """The calling number as the trunk asserts it (RFC 3325), else as the caller shows it."""
    if KSR.pv.is_null("$ai"):
        return KSR.pv.get("$fU")
    return KSR.pv.get("$(ai{uri.user})")


def give_up(handle, sip_code, text):
    """Answers with a transaction or without one, whichever there is."""
    tandem.ended(handle, sip_code)
    KSR.sl.send_reply(sip_code, text)


def release():
    KSR.htable.sht_rm("claims", f"{KSR.pv.get('$ci')}:{KSR.pv.get('$ft')}")


def claim():
    """Whether this INVITE may make the dialog of its Call-ID and From-tag: nobody else does so now, and nobody has.
    Whoever may says when it is done."""
    if int(KSR.pv.get("$shtinc(claims=>$ci:$ft)") or 0) != 1:
        return False
    if living_dialog() is not None:
        release()
        return False
    return True


def strip_invite():
    """What stays on the caller's side of his INVITE: a route through us that he asks for as well, and a call that this one
    should take the place of (RFC 3891)."""
    strip_private_headers()
    KSR.hdr.remove("Route")
    KSR.hdr.remove("Replaces")


def set_up(handle, longest_sec):
    """Sets up an admitted call. Raises when Kamailio cannot: the call must not go on unwatched."""
    strip_invite()
    # A call that has waited for a dip has its transaction.
    if KSR.pv.is_null("$avp(dip)") and KSR.tm.t_newtran() <= 0:
        raise RuntimeError("no transaction")
    # The same call came to us over two ways, or twice at the same instant: carriers and callers could not tell the two
    # apart, and there would be one dialog for both. With a transaction: repeated, this INVITE hears the same answer and
    # is no new call.
    if not claim():
        give_up(handle, 482, "Loop Detected")
        return
    KSR.rr.record_route()
    # Asks for the event dialog:timeout.
    KSR.pv.sets("$dlg_ctx(timeout_route)", "tandem_time_out")
    if KSR.dialog.dlg_manage() <= 0:
        raise RuntimeError("no dialog")
    # The transaction's own note, for replies and failed legs, and the dialog's, for its events.
    KSR.pv.sets("$avp(tandem)", handle)
    KSR.pv.sets("$dlg_var(tandem)", handle)
    if KSR.pv.get("$dlg_var(tandem)") != handle:
        raise RuntimeError("the dialog does not keep the handle")
    release()
    KSR.htable.sht_sets(DIALOGS, handle, f"{KSR.pv.get('$dlg(h_entry)')}:{KSR.pv.get('$dlg(h_id)')}")
    note_sender(CALLER)
    KSR.dialog.dlg_set_timeout(longest_sec)

    if not dial_next(handle, 0):
        give_up(handle, 503, "Service Unavailable")


def origin():
    """Where the call comes from: its address; at the socket where trunks authenticate, the user that has proved who he is.
    None if the request has been answered."""
    if KSR.pv.get("$Rn") != DIGEST_SOCKET:
        return KSR.pv.get("$si")
    realm, user = KSR.pv.get("$shv(realm)"), KSR.pv.get("$au")
    proof = NO_CREDENTIALS
    if user:
        ha1 = KSR.htable.sht_get(DIGEST_USERS, user)
        proof = KSR.auth.pv_auth_check(realm, ha1, IS_HA1, 0) if ha1 else WRONG_PASSWORD
    if proof > 0:
        KSR.auth.consume_credentials()
        return f"user:{user}"
    if proof == WRONG_PASSWORD:
        KSR.sl.send_reply(403, "Forbidden")
    else:
        KSR.auth.auth_challenge(realm, QOP_AUTH)
    return None


def dip(source):
    """What is known of where the called number was ported to, or of who serves it if it is toll-free: None for nothing;
    and whether the call now waits for a service, and goes on in tandem_dip()."""
    found, text = tandem.dip_wanted(source, calling_number(), KSR.pv.get("$rU"))
    if found != "ask":
        return text, False
    tasks = getattr(KSR, "async", None)
    if tasks is None:
        return None, False
    known = KSR.htable.sht_get(DIPS, text)
    if known:
        KSR.statistics.update_stat("dips_from_table", 1)
        return f"{known};kept", False
    # Services that do not answer shall keep nobody but a few calls waiting: the others are routed on DNIS.
    if int(KSR.pv.get("$shtinc(waiting=>dips)") or 0) <= DIPS_WAITING_MAX:
        # Kept with the transaction, which the call now gets.
        KSR.pv.sets("$avp(dip)", text)
        KSR.pv.sets("$avp(source)", source)
        KSR.pv.seti("$avp(dip_since)", int(time.time()))
        if tasks.task_route("tandem_dip") >= 0:
            return None, True
        KSR.pv.unset("$avp(dip)")
    KSR.pv.get("$shtdec(waiting=>dips)")
    KSR.statistics.update_stat("dips_left_out", 1)
    return None, False


def decide(source, dipped):
    """Decides the call, and sets it up or refuses it."""
    # Refused: None, the reason's name, its SIP code. Admitted: a handle, the longest time the call may take, and whether
    # the call was admitted before.
    handle, longest_sec_or_reason, sip_code_or_again = tandem.decide(
        source, calling_number(), KSR.pv.get("$rU"),
        KSR.pv.get("$ci"), KSR.pv.get("$ft"), KSR.pv.get("$cs"), KSR.pv.get("$via0(branch)"), None, dipped,
        # What the call's signer claims goes into its record.
        KSR.pv.get("$(hdr(Identity)[*])"))
    if not handle:
        refuse(longest_sec_or_reason, sip_code_or_again)
    elif sip_code_or_again:
        # The INVITE of a call that is alive, after its transaction: a replay. The call is not to be touched.
        KSR.sl.send_reply(482, "Loop Detected")
    else:
        try:
            set_up(handle, longest_sec_or_reason)
        except Exception as problem:
            KSR.err(f"call given up: {problem}\n")
            release()
            give_up(handle, 500, "Server Internal Error")


def invite():
    # Kamailio makes no dialog of it (RFC 3261, 8.1.1.8), and no carrier is to be blamed for that.
    if not has_contact():
        KSR.sl.send_reply(400, "Missing Contact")
        return
    source = origin()
    if not source:
        return
    dipped, waits = dip(source)
    if not waits:
        decide(source, dipped)


def wait_for_dip():
    """A call waits for services, in a process that may wait. When none answers in time, or its turn comes too late, it is
    routed on DNIS."""
    KSR.pv.get("$shtdec(waiting=>dips)")
    question, dipped = KSR.pv.get("$avp(dip)"), None
    if int(time.time()) - int(KSR.pv.get("$avp(dip_since)") or 0) > DIP_TURN_SEC:
        KSR.statistics.update_stat("dips_left_out", 1)
    else:
        dipped = tandem.dip(question)
        KSR.statistics.update_stat("dips_asked", 1)
        if dipped:
            KSR.htable.sht_sets(DIPS, question, dipped)
        else:
            KSR.statistics.update_stat("dips_unanswered", 1)
    if KSR.tm.t_is_canceled() > 0:
        KSR.tm.t_reply(487, "Request Terminated")
    else:
        decide(KSR.pv.get("$avp(source)"), dipped)


# ----------------------------------------------------------------------------------------------------------
# Time: one process, every second
# ----------------------------------------------------------------------------------------------------------


def set_time_out(handle, left_sec):
    """Gives the call's dialog so many seconds from now on; then it ends with BYE both ways."""
    place = KSR.htable.sht_get(DIALOGS, handle)
    if place:
        entry, dialog_id = place.rstrip("!").split(":")
        KSR.dialog.dlg_set_timeout_id(left_sec, int(entry), int(dialog_id))


def end_call(handle):
    """What a call has is over. Its dialog's own time-out ends it at this very second; one that is named again, five
    seconds later, has missed it."""
    place = KSR.htable.sht_get(DIALOGS, handle)
    if not place:
        return
    if place.endswith("!"):
        set_time_out(handle, 1)
    else:
        KSR.htable.sht_sets(DIALOGS, handle, place + "!")


def confirm(handle):
    """A dialog that is here keeps its call alive: what is believed of it holds for longer."""
    if tandem.alive(handle) == "unknown_handle":
        KSR.htable.sht_rm(DIALOGS, handle)


STARTED_AT = int(time.time())


def listed():
    """What a command of the dialog module has answered: callers and carriers may have written bytes into it that are no
    text."""
    try:
        return KSR.pv.get("$jsonrpl(body)")
    except UnicodeDecodeError as problem:
        return problem.object.decode(errors="replace")


def find_restored_dialogs():
    """The dialogs that came back from the database when Kamailio was started, which nobody has put into the table: those
    that were answered before. One whose call is known to nobody is a ghost, and is ended."""
    KSR.jsonrpcs.exec('{"jsonrpc":"2.0","method":"dlg.list","id":1}')
    for dialog in json.loads(listed() or "{}").get("result", []):
        variables = {name: value for pair in dialog.get("variables", []) for name, value in pair.items()}
        handle = variables.get("tandem")
        is_restored = 0 < dialog.get("start_ts", 0) <= STARTED_AT
        if handle and is_restored and dialog["state"] < DIALOG_DELETED:
            status = tandem.alive(handle)
            if status == "ok":
                KSR.htable.sht_sets(DIALOGS, handle, f"{dialog['h_entry']}:{dialog['h_id']}")
            elif status == "unknown_handle":
                KSR.dialog.dlg_set_timeout_id(1, dialog["h_entry"], dialog["h_id"])


def confirm_dialogs():
    """Confirms each dialog: a call whose end is lost, because Kamailio was killed, is billed until here."""
    handles = []
    if KSR.htable.sht_iterator_start("all", DIALOGS) > 0:
        while KSR.htable.sht_iterator_next("all") > 0:
            handles.append(KSR.pv.get("$shtitkey(all)"))
        KSR.htable.sht_iterator_end("all")
    for handle in handles:
        confirm(handle)


# ----------------------------------------------------------------------------------------------------------
# What Kamailio calls
# ----------------------------------------------------------------------------------------------------------


class Routes:
    seconds = 0

    def child_init(self, rank):
        attach()
        return 0

    def ksr_request_route(self, msg):
        try:
            return self.request(msg)
        except UnicodeDecodeError:
            # Python's strings have no place for what is not UTF-8; a request dropped without an answer comes again.
            KSR.sl.send_reply(400, "Bad Request")
            return 1

    def request(self, msg):
        if is_unfit() or is_keepalive():
            return 1
        if KSR.is_CANCEL():
            cancel()
            return 1

        # A retransmission, perhaps of a request that another worker has in hand at this moment.
        if not KSR.is_ACK():
            if KSR.tmx.t_precheck_trans() > 0:
                KSR.tm.t_check_trans()
                return 1
            if KSR.tm.t_check_trans() == 0:
                return 1

        if KSR.siputils.has_totag() > 0:
            in_dialog()
        elif KSR.is_INVITE():
            invite()
        elif not KSR.is_ACK():
            KSR.sl.send_reply(405, "Method Not Allowed")
        return 1

    # Before anybody reads an answer. A carrier that does not say where it can be reached is reached where it has answered
    # from: without a Contact it could not be hung up (RFC 3261, 12.1.1).
    def ksr_reply_route(self, msg):
        if not 200 <= KSR.pv.get("$rs") < 300 or KSR.pv.get("$rm") != "INVITE" or has_contact():
            return 1
        if (living_dialog() or DIALOG_DELETED) <= DIALOG_ANSWERED:
            KSR.hdr.remove("Contact")
            KSR.hdr.append(f"Contact: <{KSR.pv.get('$su')}>\r\n")
            KSR.textopsx.msg_apply_changes()
        return 1

    # Kamailio asks for it with everything that it sends, and takes its absence for an exception.
    def ksr_onsend_route(self, msg):
        return 1

    def tandem_dip(self, msg):
        wait_for_dip()
        return 1

    def tandem_reply(self, msg):
        sip_code = KSR.pv.get("$rs")
        if 180 <= sip_code < 200:
            tandem.ringing(KSR.pv.get("$avp(tandem)"), sip_code)
        strip_private_headers()
        # Who answers a call that is answered is not its other side.
        if (living_dialog() or DIALOG_DELETED) < DIALOG_ANSWERED:
            # Who else has rung of the leg that answers is nobody's any more.
            if 200 <= sip_code < 300:
                KSR.pv.sets(CALLEE, " ")
            note_sender(CALLEE)
        return 1

    def tandem_in_dialog_reply(self, msg):
        strip_private_headers()
        if KSR.pv.get("$rm") in TARGET_REFRESH:
            note_sender(CALLEE if is_the_callers() else CALLER)
        return 1

    # A leg has failed with a final answer, or with none in its time (408). Tandem knows whether this answer leads to
    # another leg (503, 404, time-out …) or ends the call (486 busy, 603 decline …).
    def tandem_leg_failed(self, msg):
        handle = KSR.pv.get("$avp(tandem)")
        sip_code = KSR.tm.t_get_status_code()
        if KSR.tm.t_is_canceled() > 0:
            tandem.ended(handle, 487)
            return 1
        # Kamailio makes the INVITE of each leg of what it has kept: of a call that has waited for a dip that is the message
        # as it was before it waited. Without Record-Route the end of the call would pass us by.
        if not KSR.pv.is_null("$avp(dip)"):
            strip_invite()
            KSR.rr.record_route()
        if not dial_next(handle, sip_code):
            # The caller gets the last leg's own answer. Kamailio would make 500 of a 503 (RFC 3261, 16.7), but a carrier
            # in front of us goes to its next vendor on 503 and gives up on 500.
            tandem.ended(handle, sip_code)
            if sip_code == 503:
                KSR.tm.t_reply(503, "Service Unavailable")
        return 1

    # Dialog events come from any worker or timer process.
    def tandem_dialog_event(self, msg, event):
        handle = KSR.pv.get("$dlg_var(tandem)")
        if not handle:
            return 1
        if event == "dialog:start":
            tandem.answered(handle, 200)
        elif event in ("dialog:end", "dialog:timeout", "dialog:failed"):
            # At its time-out a call is over, whenever the two sides answer the BYEs that they get now.
            report_end(handle, 0 if event == "dialog:failed" else 200)
        return 1

    # Extends what prepaid calls hold before it runs out, and ends those that nothing is left for.
    def tandem_every_second(self, msg, event=None):
        self.seconds += 1
        # What goes wrong with a dialog shall not stop the time of all calls.
        try:
            if self.seconds == 1:
                find_restored_dialogs()
            elif (self.seconds - 1) % CONFIRM_EVERY_SEC == CONFIRM_FIRST_SEC:
                confirm_dialogs()
        except Exception as problem:
            KSR.err(f"dialogs not confirmed: {problem}\n")
        more = True
        while more:
            calls, more = tandem.due()
            for handle, what, left_sec in calls or []:
                if what == "extended":
                    set_time_out(handle, left_sec)
                elif what == "end":
                    end_call(handle)
                elif what == "expired" and KSR.htable.sht_get(DIALOGS, handle):
                    confirm(handle)
        return 1


def mod_init():
    return Routes()
