-- Routing logic of a wholesale proxy. See wholesale.cfg for how to run it.
--
-- A call's life, and where it is in this file:
--
--   INVITE ─ decide ─┬─ refused ─────────────── answer with the reason's SIP code     invite(), refuse()
--                    └─ admitted ─ first leg ─┬─ 180 ── ringing                       tandem_reply()
--                                             ├─ 503, 408 … ── next leg               tandem_leg_failed()
--                                             ├─ 200 ── answered                      tandem_dialog_event()
--                                             ├─ time passes ── held for longer       tandem_every_second()
--                                             └─ BYE, CANCEL, 486 … ── ended          tandem_dialog_event()
--
-- Everything about numbers, prices, limits and which answer leads to the next leg is Tandem's business; this
-- file moves SIP messages. `tandem` functions never raise: they return nil and a name. A Lua error would make
-- Kamailio drop the request without an answer.

local tandem = require "tandem"

-- Kamailio runs this file in the main process and again in every worker. Attaching twice is harmless.
local attached, what, text = tandem.attach{
    snapshot = os.getenv("TANDEM_SNAPSHOT") or "/var/lib/tandem/plan.snapshot",
    state = os.getenv("TANDEM_STATE") or "/var/lib/tandem/node.state",
}
if not attached then
    -- Kamailio refuses to start on an error here, which is what we want: it cannot carry a call.
    error("tandem.attach: " .. tostring(what) .. ": " .. tostring(text))
end

-- The table of what services have answered (wholesale.cfg).
local DIPS = "dips"

-- Names that the trade has no constant for.
local RELAYED, ABSORB = 1, 0

-- States of a dialog: answered, and over, when the dialog module keeps it for some seconds.
local DIALOG_ANSWERED, DIALOG_DELETED = 3, 5

-- Where the two sides of a call can be reached: the hosts of their Contacts, and the addresses that they have sent from.
local CALLER, CALLEE = "$dlg_var(caller)", "$dlg_var(callee)"

-- What may be sent inside a dialog. Not REFER: a carrier that does as it says would carry a call that nobody has decided.
local IN_DIALOG = {ACK = true, BYE = true, INFO = true, INVITE = true, OPTIONS = true, PRACK = true, UPDATE = true}

-- What may change where a side can be reached.
local TARGET_REFRESH = {INVITE = true, UPDATE = true}

-- How far a caller's CSeq may go in one step.
local CSEQ_STEP_MAX = 10000

-- Calls that wait for a dip at a time, and how long one may wait for its turn.
local DIPS_WAITING_MAX, DIP_TURN_SEC = 64, 2

-- The table of dialogs (wholesale.cfg): the handle of a call, and where the dialog module has its dialog.
local DIALOGS = "dialogs"

-- The socket on which trunks authenticate by digest, and the table of their users (wholesale.cfg).
local DIGEST_SOCKET, DIGEST_USERS = "digest", "digest"
local IS_HA1, WRONG_PASSWORD, NO_CREDENTIALS, QOP_AUTH = 1, -2, -5, 1

------------------------------------------------------------------------------------------------------------
-- Requests
------------------------------------------------------------------------------------------------------------

-- What no proxy should forward: malformed messages and loops. Returns true when the request is done with.
local function unfit()
    if KSR.maxfwd.process_maxfwd(10) < 0 then
        KSR.sl.send_reply(483, "Too Many Hops")
        return true
    end
    -- Kamailio makes no transaction or dialog of it (RFC 3261, 8.1.1.3).
    if KSR.is_INVITE() and KSR.pv.is_null("$ft") then
        KSR.sl.send_reply(400, "Missing From Tag")
        return true
    end
    -- 17895: all checks of the sanity module but those of Via's port and of Digest; 7: all URI checks.
    return KSR.sanity.sanity_check(17895, 7) < 0
end

-- OPTIONS to the proxy itself: carriers send it as a keepalive. One inside a dialog asks the other side.
local function keepalive()
    if KSR.is_OPTIONS() and KSR.pv.is_null("$rU") and KSR.siputils.has_totag() < 0 then
        KSR.sl.send_reply(200, "OK")
        return true
    end
    return false
end

local function relay()
    if KSR.tm.t_relay() < 0 then
        KSR.sl.sl_reply_error()
    end
end

-- Headers that customers and carriers invent for themselves stay on their own side.
local function strip_private_headers()
    KSR.textops.remove_hf_re("^X-")
end

local function has_host(side, host)
    local hosts = KSR.pv.get(side)
    return hosts ~= nil and host ~= nil and hosts:find(" " .. host .. " ", 1, true) ~= nil
end

local function add_host(side, host)
    if not host or host == "" or has_host(side, host) then return end
    local hosts = KSR.pv.get(side) or " "
    -- Who names ever new hosts is reached at the last one.
    if #hosts > 500 then hosts = " " end
    KSR.pv.sets(side, hosts .. host .. " ")
end

-- Whether the sender of this message says where he can be reached.
local function has_contact()
    if KSR.pv.is_null("$ct") then return false end
    local host = KSR.pv.get("$(ct{nameaddr.uri}{uri.host})")
    return host ~= nil and host ~= ""
end

-- Notes where the sender of this message can be reached inside the dialog.
local function note_sender(side)
    add_host(side, KSR.pv.get("$si"))
    if has_contact() then add_host(side, KSR.pv.get("$(ct{nameaddr.uri}{uri.host})")) end
end

-- The state of the dialog of this message's Call-ID and From-tag, if it is alive.
local function living_dialog()
    local state = tonumber(KSR.pv.get("$dlg(state)"))
    return state ~= DIALOG_DELETED and state or nil
end

-- Whether this message is of a request of the caller's, by its tags.
local function is_the_caller_s()
    return KSR.pv.get("$ft") == KSR.pv.get("$dlg(from_tag)")
end

-- The call is over. Said again, by the dialog's event or by a failed leg, it changes nothing.
local function report_end(handle, sip_code)
    tandem.ended(handle, sip_code)
    KSR.htable.sht_rm(DIALOGS, handle)
end

-- Who hangs up is answered here, and the other side gets a BYE of this proxy's, on the way that the dialog has recorded.
-- A BYE that is relayed can be written so that it misses the other side, or is refused there: the call would go on, and
-- nobody would pay for it. Where it is not known whose the sender is, both sides are hung up.
local function hang_up(side, other)
    KSR.dialog.dlg_get(KSR.pv.get("$ci"), KSR.pv.get("$ft"), KSR.pv.get("$tt"))
    local handle = KSR.pv.get("$dlg_var(tandem)")
    KSR.tm.t_newtran()
    KSR.dialog.dlg_bye(has_host(side, KSR.pv.get("$si")) and other or "all")
    if handle then report_end(handle, 200) end
    KSR.tm.t_reply(200, "OK")
end

-- Whether a request inside a dialog may pass: who knows a call's Call-ID and tags shall not send through us wherever he
-- likes, nor as the other side, nor so that the dialog module believes what the other side will not.
local function may_pass(state, is_the_caller_s, other)
    local source = KSR.pv.get("$si")
    if not has_host(other, KSR.pv.get("$rd")) then return false end
    if KSR.is_INVITE() and state < DIALOG_ANSWERED then return false end
    if not is_the_caller_s then return has_host(CALLEE, source) end
    if has_host(CALLEE, source) and not has_host(CALLER, source) then return false end
    local step = (tonumber(KSR.pv.get("$cs")) or 0) - (tonumber(KSR.pv.get("$dlg(from_cseq)")) or 0)
    return KSR.is_ACK() or (step > 0 and step <= CSEQ_STEP_MAX)
end

-- Whether the Route that is left leads to the other side: to one of its hosts, or where its own proxies have asked for it.
local function leads_to(other, is_the_caller_s)
    if KSR.pv.is_null("$du") then return true end
    local host = KSR.pv.get("$(du{uri.host})")
    if has_host(other, host) then return true end
    if is_the_caller_s then
        return not KSR.pv.is_null("$dlg(to_rs)") and host == KSR.pv.get("$(dlg(to_rs){nameaddr.uri}{uri.host})")
    end
    return not KSR.pv.is_null("$dlg(from_rs)") and host == KSR.pv.get("$(dlg(from_rs){nameaddr.uri}{uri.host})")
end

-- What belongs to no call of ours, or shall not pass.
local function refuse_in_dialog(sip_code, text)
    if KSR.is_ACK() then
        -- An ACK to a refused INVITE of ours ends at its transaction; any other is nobody's.
        KSR.tm.t_check_trans()
    else
        KSR.sl.send_reply(sip_code, text)
    end
end

-- Requests inside a dialog (ACK, BYE, re-INVITE, UPDATE …) follow the Route that this proxy recorded. Anybody can
-- write such a Route: without a call that is known here nothing is relayed. All is looked at before loose_route, which
-- is where the dialog module believes a request.
local function in_dialog()
    local state = living_dialog()
    if not state then
        if KSR.rr.loose_route() > 0 then
            refuse_in_dialog(481, "Call Does Not Exist")
        else
            refuse_in_dialog(404, "Not Here")
        end
        return
    end
    local is_the_caller_s = is_the_caller_s()
    local side, other = CALLER, CALLEE
    if not is_the_caller_s then side, other = CALLEE, CALLER end
    if not IN_DIALOG[KSR.pv.get("$rm")] then
        refuse_in_dialog(405, "Method Not Allowed")
    elseif KSR.is_BYE() and state >= DIALOG_ANSWERED then
        hang_up(side, is_the_caller_s and "callee" or "caller")
    elseif KSR.is_BYE() or not may_pass(state, is_the_caller_s, other) then
        refuse_in_dialog(481, "Call Does Not Exist")
    elseif KSR.rr.loose_route() <= 0 then
        refuse_in_dialog(404, "Not Here")
    elseif not leads_to(other, is_the_caller_s) then
        refuse_in_dialog(481, "Call Does Not Exist")
    else
        strip_private_headers()
        if TARGET_REFRESH[KSR.pv.get("$rm")] then note_sender(side) end
        if not KSR.is_ACK() then KSR.tm.t_on_reply("tandem_in_dialog_reply") end
        relay()
    end
end

local function cancel()
    if KSR.tm.t_check_trans() > 0 then
        relay()
    else
        KSR.sl.send_reply(481, "Call Does Not Exist")
    end
end

-- Answers a call that Tandem refused. A known trunk's INVITE gets a transaction, so that its retransmissions
-- are absorbed here and are not counted again; strangers get no memory of ours.
local function refuse(reason, sip_code)
    KSR.hdr.append_to_reply('Reason: SIP;cause=' .. sip_code .. ';text="' .. reason .. '"\r\n')
    if reason ~= "unknown_trunk" and KSR.tm.t_newtran() > 0 then
        KSR.tm.t_reply(sip_code, "Refused")
    else
        KSR.sl.send_reply(sip_code, "Refused")
    end
end

-- Sends the call to the next leg that Tandem admits. False when none is left; true when no more is to be done.
local function dial_next(handle, failed_sip_code)
    local dial_string, timeout_sec = tandem.next(handle, failed_sip_code)
    if not dial_string then
        return false
    end
    KSR.pv.sets("$ru", dial_string)
    -- What was noted of the leg before is nobody's any more.
    if failed_sip_code ~= 0 then KSR.pv.sets(CALLEE, " ") end
    KSR.tm.t_set_fr(timeout_sec * 1000, timeout_sec * 1000)
    KSR.tm.t_on_reply("tandem_reply")
    KSR.tm.t_on_failure("tandem_leg_failed")
    if KSR.tm.t_relay() < 0 then
        if KSR.tm.t_is_canceled() > 0 then
            -- The caller gave up meanwhile: no leg is to blame, and none is to be tried.
            report_end(handle, 487)
            KSR.tm.t_reply(487, "Request Terminated")
            return true
        end
        -- It could not even be sent (no route to host, bad dial string): the leg failed like any other.
        return dial_next(handle, 503)
    end
    return true
end

-- The calling number as the trunk asserts it (RFC 3325), else as the caller shows it.
local function calling_number()
    if KSR.pv.is_null("$ai") then return KSR.pv.get("$fU") end
    return KSR.pv.get("$(ai{uri.user})")
end

local function release()
    KSR.htable.sht_rm("claims", tostring(KSR.pv.get("$ci")) .. ":" .. tostring(KSR.pv.get("$ft")))
end

-- Answers with a transaction or without one, whichever there is.
local function give_up(handle, sip_code, text)
    report_end(handle, sip_code)
    KSR.sl.send_reply(sip_code, text)
end

-- Whether this INVITE may make the dialog of its Call-ID and From-tag: nobody else does so now, and nobody has. Whoever may
-- says when it is done.
local function claim()
    if tonumber(KSR.pv.get("$shtinc(claims=>$ci:$ft)")) ~= 1 then return false end
    if living_dialog() then
        release()
        return false
    end
    return true
end

-- What stays on the caller's side of his INVITE: a route through us that he asks for as well, and a call that this one
-- should take the place of (RFC 3891).
local function strip_invite()
    strip_private_headers()
    KSR.hdr.remove("Route")
    KSR.hdr.remove("Replaces")
end

-- Sets up an admitted call. Raises an error when Kamailio cannot: the call must not go on unwatched.
local function set_up(handle, longest_sec)
    strip_invite()
    -- A call that has waited for a dip has its transaction.
    if KSR.pv.is_null("$avp(dip)") and KSR.tm.t_newtran() <= 0 then error("no transaction") end
    -- The same call came to us over two ways, or twice at the same instant: carriers and callers could not tell the two
    -- apart, and there would be one dialog for both. With a transaction: repeated, this INVITE hears the same answer and
    -- is no new call.
    if not claim() then
        give_up(handle, 482, "Loop Detected")
        return
    end
    KSR.rr.record_route()
    -- Asks for the event dialog:timeout.
    KSR.pv.sets("$dlg_ctx(timeout_route)", "tandem_time_out")
    if KSR.dialog.dlg_manage() <= 0 then error("no dialog") end
    -- The transaction's own note, for replies and failed legs, and the dialog's, for its events.
    KSR.pv.sets("$avp(tandem)", handle)
    KSR.pv.sets("$dlg_var(tandem)", handle)
    if KSR.pv.get("$dlg_var(tandem)") ~= handle then error("the dialog does not keep the handle") end
    release()
    KSR.htable.sht_sets(DIALOGS, handle, KSR.pv.get("$dlg(h_entry)") .. ":" .. KSR.pv.get("$dlg(h_id)"))
    note_sender(CALLER)
    KSR.dialog.dlg_set_timeout(longest_sec)

    if not dial_next(handle, 0) then
        give_up(handle, 503, "Service Unavailable")
    end
end

-- Where the call comes from: its address; at the socket where trunks authenticate, the user that has proved who he is.
-- Nil if the request has been answered.
local function origin()
    if KSR.pv.get("$Rn") ~= DIGEST_SOCKET then return KSR.pv.get("$si") end
    local realm, user = KSR.pv.get("$shv(realm)"), KSR.pv.get("$au")
    local proof = NO_CREDENTIALS
    if user then
        local ha1 = KSR.htable.sht_get(DIGEST_USERS, user)
        proof = ha1 and KSR.auth.pv_auth_check(realm, ha1, IS_HA1, 0) or WRONG_PASSWORD
    end
    if proof > 0 then
        KSR.auth.consume_credentials()
        return "user:" .. user
    elseif proof == WRONG_PASSWORD then
        KSR.sl.send_reply(403, "Forbidden")
    else
        KSR.auth.auth_challenge(realm, QOP_AUTH)
    end
    return nil
end

-- What is known of where the called number was ported to, or of who serves it if it is toll-free: nil for nothing. True
-- when the call now waits for a service, and goes on in tandem_dip().
local function dip(source)
    local found, text = tandem.dip_wanted(source, calling_number(), KSR.pv.get("$rU"))
    if found ~= "ask" then return text end
    if not KSR.async then return nil end
    local known = KSR.htable.sht_get(DIPS, text)
    if known then
        KSR.statistics.update_stat("dips_from_table", 1)
        return known .. ";kept"
    end
    -- Services that do not answer shall keep nobody but a few calls waiting: the others are routed on DNIS.
    if (tonumber(KSR.pv.get("$shtinc(waiting=>dips)")) or 0) <= DIPS_WAITING_MAX then
        -- Kept with the transaction, which the call now gets.
        KSR.pv.sets("$avp(dip)", text)
        KSR.pv.sets("$avp(source)", source)
        KSR.pv.seti("$avp(dip_since)", os.time())
        if KSR.async.task_route("tandem_dip") >= 0 then return nil, true end
        KSR.pv.unset("$avp(dip)")
    end
    KSR.pv.get("$shtdec(waiting=>dips)")
    KSR.statistics.update_stat("dips_left_out", 1)
    return nil
end

-- Decides the call, and sets it up or refuses it.
local function decide(source, dipped)
    -- Refused: nil, the reason's name, its SIP code. Admitted: a handle, the longest time the call may take, and
    -- whether the call was admitted before.
    local handle, longest_sec_or_reason, sip_code_or_again = tandem.decide(
        source, calling_number(), KSR.pv.get("$rU"),
        KSR.pv.get("$ci"), KSR.pv.get("$ft"), KSR.pv.get("$cs"), KSR.pv.get("$via0(branch)"), nil, dipped,
        -- What the call's signer claims goes into its record.
        KSR.pv.get("$(hdr(Identity)[*])"))
    if not handle then
        refuse(longest_sec_or_reason or "panicked", sip_code_or_again or 500)
        return
    end
    if sip_code_or_again then
        -- The INVITE of a call that is alive, after its transaction: a replay. The call is not to be touched.
        KSR.sl.send_reply(482, "Loop Detected")
        return
    end
    local is_set_up, problem = pcall(set_up, handle, longest_sec_or_reason)
    if not is_set_up then
        KSR.err("call given up: " .. tostring(problem) .. "\n")
        release()
        give_up(handle, 500, "Server Internal Error")
    end
end

local function invite()
    -- Kamailio makes no dialog of it (RFC 3261, 8.1.1.8), and no carrier is to be blamed for that.
    if not has_contact() then
        KSR.sl.send_reply(400, "Missing Contact")
        return
    end
    local source = origin()
    if not source then return end
    local dipped, waits = dip(source)
    if not waits then decide(source, dipped) end
end

-- A call waits for services, in a process that may wait. When none answers in time, or its turn comes too late, it is
-- routed on DNIS.
function tandem_dip()
    KSR.pv.get("$shtdec(waiting=>dips)")
    local question, dipped = KSR.pv.get("$avp(dip)"), nil
    if os.time() - (tonumber(KSR.pv.get("$avp(dip_since)")) or 0) > DIP_TURN_SEC then
        KSR.statistics.update_stat("dips_left_out", 1)
    else
        dipped = tandem.dip(question)
        KSR.statistics.update_stat("dips_asked", 1)
        if dipped then
            KSR.htable.sht_sets(DIPS, question, dipped)
        else
            KSR.statistics.update_stat("dips_unanswered", 1)
        end
    end
    if KSR.tm.t_is_canceled() > 0 then
        KSR.tm.t_reply(487, "Request Terminated")
    else
        decide(KSR.pv.get("$avp(source)"), dipped)
    end
    return 1
end

function ksr_request_route()
    if unfit() or keepalive() then return RELAYED end
    if KSR.is_CANCEL() then cancel() return RELAYED end

    -- A retransmission, perhaps of a request that another worker has in hand at this moment.
    if not KSR.is_ACK() then
        if KSR.tmx.t_precheck_trans() > 0 then
            KSR.tm.t_check_trans()
            return ABSORB
        end
        if KSR.tm.t_check_trans() == 0 then return ABSORB end
    end

    if KSR.siputils.has_totag() > 0 then
        in_dialog()
    elseif KSR.is_INVITE() then
        invite()
    elseif not KSR.is_ACK() then
        KSR.sl.send_reply(405, "Method Not Allowed")
    end
    return RELAYED
end

------------------------------------------------------------------------------------------------------------
-- Replies and failed legs
------------------------------------------------------------------------------------------------------------

-- Before anybody reads an answer. A carrier that does not say where it can be reached is reached where it has answered
-- from: without a Contact it could not be hung up (RFC 3261, 12.1.1).
function ksr_reply_route()
    local sip_code = KSR.pv.get("$rs")
    if sip_code < 200 or sip_code >= 300 or KSR.pv.get("$rm") ~= "INVITE" or has_contact() then return 1 end
    if (living_dialog() or DIALOG_DELETED) <= DIALOG_ANSWERED then
        KSR.hdr.remove("Contact")
        KSR.hdr.append("Contact: <" .. KSR.pv.get("$su") .. ">\r\n")
        KSR.textopsx.msg_apply_changes()
    end
    return 1
end

function tandem_reply()
    local sip_code = KSR.pv.get("$rs")
    if sip_code >= 180 and sip_code < 200 then
        tandem.ringing(KSR.pv.get("$avp(tandem)"), sip_code)
    end
    strip_private_headers()
    local state = living_dialog()
    -- Who answers a call that is answered is not its other side.
    if state and state < DIALOG_ANSWERED then
        -- Who else has rung of the leg that answers is nobody's any more.
        if sip_code >= 200 and sip_code < 300 then KSR.pv.sets(CALLEE, " ") end
        note_sender(CALLEE)
    end
    return 1
end

function tandem_in_dialog_reply()
    strip_private_headers()
    if TARGET_REFRESH[KSR.pv.get("$rm")] then note_sender(is_the_caller_s() and CALLEE or CALLER) end
    return 1
end

-- A leg has failed with a final answer, or with none in its time (408). Tandem knows whether this answer leads
-- to another leg (503, 404, time-out …) or ends the call (486 busy, 603 decline …).
function tandem_leg_failed()
    local handle = KSR.pv.get("$avp(tandem)")
    local sip_code = KSR.tm.t_get_status_code()
    if KSR.tm.t_is_canceled() > 0 then
        report_end(handle, 487)
        return 1
    end
    -- Kamailio makes the INVITE of each leg of what it has kept: of a call that has waited for a dip that is the message as
    -- it was before it waited. Without Record-Route the end of the call would pass us by.
    if not KSR.pv.is_null("$avp(dip)") then
        strip_invite()
        KSR.rr.record_route()
    end
    if not dial_next(handle, sip_code) then
        -- The caller gets the last leg's own answer. Kamailio would make 500 of a 503 (RFC 3261, 16.7), but a
        -- carrier in front of us goes to its next vendor on 503 and gives up on 500.
        report_end(handle, sip_code)
        if sip_code == 503 then KSR.tm.t_reply(503, "Service Unavailable") end
    end
    return 1
end

------------------------------------------------------------------------------------------------------------
-- Dialog events: they come from any worker or timer process
------------------------------------------------------------------------------------------------------------

function tandem_dialog_event(event)
    local handle = KSR.pv.get("$dlg_var(tandem)")
    if not handle then return 1 end
    if event == "dialog:start" then
        tandem.answered(handle, 200)
    elseif event == "dialog:end" or event == "dialog:timeout" then
        -- At its time-out a call is over, whenever the two sides answer the BYEs that they get now.
        report_end(handle, 200)
    elseif event == "dialog:failed" then
        report_end(handle, 0)
    end
    return 1
end

------------------------------------------------------------------------------------------------------------
-- Time: one process, every second
------------------------------------------------------------------------------------------------------------

-- Gives the call's dialog so many seconds from now on; then it ends with BYE both ways.
local function set_time_out(handle, left_sec)
    local place = KSR.htable.sht_get(DIALOGS, handle)
    local entry, id = (place or ""):match("^(%d+):(%d+)")
    if entry then
        KSR.dialog.dlg_set_timeout_id(left_sec, tonumber(entry), tonumber(id))
    end
end

-- What a call has is over. Its dialog's own time-out ends it at this very second; one that is named again, five
-- seconds later, has missed it.
local function end_call(handle)
    local place = KSR.htable.sht_get(DIALOGS, handle)
    if not place then return end
    if place:sub(-1) == "!" then
        set_time_out(handle, 1)
    else
        KSR.htable.sht_sets(DIALOGS, handle, place .. "!")
    end
end

-- A dialog that is here keeps its call alive: what is believed of it holds for longer.
local function confirm(handle)
    local is_alive, what = tandem.alive(handle)
    if not is_alive and what == "unknown_handle" then KSR.htable.sht_rm(DIALOGS, handle) end
end

local STARTED_AT = os.time()

-- The dialogs that came back from the database when Kamailio was started, which nobody has put into the table: those that
-- were answered before. One whose call is known to nobody is a ghost, and is ended.
local function find_restored_dialogs()
    KSR.jsonrpcs.exec('{"jsonrpc":"2.0","method":"dlg.list","id":1}')
    local list = KSR.pv.get("$jsonrpl(body)") or ""
    local from = list:find('"h_entry"', 1, true)
    while from do
        local next_from = list:find('"h_entry"', from + 1, true)
        local dialog = list:sub(from, (next_from or 0) - 1)
        from = next_from
        local entry, id = dialog:match('"h_entry":%s*(%d+)'), dialog:match('"h_id":%s*(%d+)')
        local handle, state = dialog:match('"tandem":%s*"(%x+)"'), dialog:match('"state":%s*(%d+)')
        local answered_at = tonumber(dialog:match('"start_ts":%s*(%d+)') or 0)
        local is_restored = answered_at > 0 and answered_at <= STARTED_AT
        if handle and is_restored and tonumber(state) < DIALOG_DELETED then
            local is_alive, what = tandem.alive(handle)
            if is_alive then
                KSR.htable.sht_sets(DIALOGS, handle, entry .. ":" .. id)
            elseif what == "unknown_handle" then
                KSR.dialog.dlg_set_timeout_id(1, tonumber(entry), tonumber(id))
            end
        end
    end
end

-- Confirms each dialog: a call whose end is lost, because Kamailio was killed, is billed until here.
local function confirm_dialogs()
    local handles = {}
    if KSR.htable.sht_iterator_start("all", DIALOGS) > 0 then
        while KSR.htable.sht_iterator_next("all") > 0 do
            handles[#handles + 1] = KSR.pv.get("$shtitkey(all)")
        end
        KSR.htable.sht_iterator_end("all")
    end
    for _, handle in ipairs(handles) do confirm(handle) end
end

-- For the first time soon after the start: a call may have ended between the list of restored dialogs and the table.
local CONFIRM_FIRST_SEC, CONFIRM_EVERY_SEC = 3, 60
local seconds = 0

-- Extends what prepaid calls hold before it runs out, and ends those that nothing is left for.
function tandem_every_second()
    seconds = seconds + 1
    -- What goes wrong with a dialog shall not stop the time of all calls.
    local step = seconds == 1 and find_restored_dialogs
        or (seconds - 1) % CONFIRM_EVERY_SEC == CONFIRM_FIRST_SEC and confirm_dialogs
    if step then
        local is_done, problem = pcall(step)
        if not is_done then KSR.err("dialogs not confirmed: " .. tostring(problem) .. "\n") end
    end
    local calls, more
    repeat
        calls, more = tandem.due()
        for _, call in ipairs(calls or {}) do
            local handle, what, left_sec = call[1], call[2], call[3]
            if what == "extended" then
                set_time_out(handle, left_sec)
            elseif what == "end" then
                end_call(handle)
            elseif what == "expired" and KSR.htable.sht_get(DIALOGS, handle) then
                confirm(handle)
            end
        end
    until not more
    return 1
end
