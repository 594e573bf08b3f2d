/* The verbs: from a SIP message to tandem.h, and back to an answer that the configuration reads.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "calls.h"

#include <string.h>

#include "core/dprint.h"
#include "handle.h"
#include "message.h"

static answer_t answer;
/* Calls that are due, and how many of them the configuration has been told. */
static TandemDue due;
static uint32_t due_at;

TandemText text_of(str text) {
    TandemText t = {text.s, text.s && text.len > 0 ? (size_t)text.len : 0};
    return t;
}

int outcome(const char *verb, TandemStatus status) {
    char text[512];
    if (status == TANDEM_STATUS_OK) return CALLS_YES;
    if (status > TANDEM_STATUS_OK || status == TANDEM_STATUS_UNKNOWN_HANDLE) return CALLS_NO;
    const char *name = tandem_status_name(status);
    size_t len = tandem_last_error(text, sizeof text);
    LM_ERR("%s: %s: %.*s\n", verb, name ? name : "?", (int)len, text);
    return CALLS_FAULT;
}

/* Forgets the last answer: what follows is this message's. */
static void begin(sip_msg_t *msg) {
    answer.msg_id = msg->id;
    answer.msg_pid = msg->pid;
    answer.is_asked = 1;
    answer.status = TANDEM_STATUS_OK;
    answer.handle = 0;
    answer.has_leg = answer.has_due = 0;
    answer.restored = NULL;
    answer.decision.size = answer.dip.size = 0;
}

const answer_t *calls_answer(sip_msg_t *msg) {
    if (!answer.is_asked || answer.msg_id != msg->id || answer.msg_pid != msg->pid) return NULL;
    return &answer;
}

int calls_attach(const char *snapshot, const char *state, int calls_max) {
    TandemConfig config = {sizeof config, calls_max > 0 ? (uint32_t)calls_max : 0,
                           {snapshot, strlen(snapshot)}, {state, strlen(state)}};
    return outcome("attach", tandem_attach(&config)) == CALLS_YES ? 0 : -1;
}

int calls_hint(str *number, int stage) {
    return outcome("hint", tandem_hint(text_of(*number), stage > 0 ? (uint32_t)stage : 0));
}

int calls_decide(sip_msg_t *msg, const parties_t *given) {
    TandemCall call;
    begin(msg);
    memset(&call, 0, sizeof call);
    call.size = sizeof call;
    if (message_call(msg, given, &call) < 0) {
        answer.status = TANDEM_STATUS_BAD_ARGUMENT;
        LM_ERR("decide: the message has no Call-ID, From, CSeq or Via that can be read\n");
        return CALLS_FAULT;
    }
    answer.decision.size = sizeof answer.decision;
    answer.status = tandem_decide(&call, &answer.decision);
    if (answer.status < TANDEM_STATUS_OK) answer.decision.size = 0;
    else answer.handle = answer.decision.handle;
    return outcome("decide", answer.status);
}

/* What was found of a number is an answer of its own. */
static int found(const char *verb, TandemStatus status) {
    answer.status = status;
    if (status != TANDEM_STATUS_OK) answer.dip.size = 0;
    if (status == TANDEM_STATUS_OK && answer.dip.found == TANDEM_DIP_FOUND_NOTHING) return CALLS_NO;
    return outcome(verb, status);
}

int calls_dip_wanted(sip_msg_t *msg, const parties_t *given) {
    TandemCall call;
    begin(msg);
    memset(&call, 0, sizeof call);
    call.size = sizeof call;
    if (message_call(msg, given, &call) < 0) return CALLS_NO; /* tandem_decide says so */
    answer.dip.size = sizeof answer.dip;
    return found("dip_wanted", tandem_dip_wanted(&call, &answer.dip));
}

int calls_dip(sip_msg_t *msg, str *question) {
    begin(msg);
    answer.dip.size = sizeof answer.dip;
    return found("dip", tandem_dip(text_of(*question), &answer.dip));
}

int calls_dip_read(sip_msg_t *msg, str *number, str *how, int code, str *text) {
    begin(msg);
    answer.dip.size = sizeof answer.dip;
    uint16_t status = code > 0 && code < 1000 ? (uint16_t)code : 0; /* of none an answer is none */
    return found("dip_read", tandem_dip_read(text_of(*number), text_of(*how), status, text_of(*text), &answer.dip));
}

int calls_next(sip_msg_t *msg, str *handle, int failed_sip_code) {
    const answer_t *decided = calls_answer(msg);
    uint64_t call = handle ? handle_read(handle) : decided ? decided->handle : 0;
    if (!decided || call != decided->handle) begin(msg);
    answer.handle = call;
    answer.leg.size = sizeof answer.leg;
    if (!sip_code_fits(failed_sip_code)) {
        LM_ERR("next: %d is no SIP code\n", failed_sip_code);
        answer.status = TANDEM_STATUS_BAD_ARGUMENT;
        answer.has_leg = 0;
        return CALLS_FAULT;
    }
    answer.status = tandem_next(call, (uint16_t)failed_sip_code, &answer.leg);
    answer.has_leg = answer.status == TANDEM_STATUS_OK;
    return outcome("next", answer.status);
}

static int event(const char *verb, TandemStatus (*report)(uint64_t, uint16_t), str *handle, int sip_code) {
    if (!sip_code_fits(sip_code)) {
        LM_ERR("%s: %d is no SIP code\n", verb, sip_code);
        return CALLS_FAULT;
    }
    return outcome(verb, report(handle_read(handle), (uint16_t)sip_code));
}

int calls_ringing(str *handle, int sip_code) { return event("ringing", tandem_ringing, handle, sip_code); }

int calls_answered(str *handle, int sip_code) { return event("answered", tandem_answered, handle, sip_code); }

int calls_ended(str *handle, int sip_code) { return event("ended", tandem_ended, handle, sip_code); }

int calls_alive(str *handle) { return outcome("alive", tandem_alive(handle_read(handle))); }

int calls_due(sip_msg_t *msg) {
    begin(msg);
    if (due_at == due.count) {
        int is_told = due.count > 0 && !due.more;
        due.count = due_at = 0;
        if (is_told) return CALLS_NO;
        due.size = sizeof due;
        answer.status = tandem_due(&due);
        if (answer.status != TANDEM_STATUS_OK || due.count == 0) {
            due.count = 0;
            return answer.status == TANDEM_STATUS_OK ? CALLS_NO : outcome("due", answer.status);
        }
    }
    answer.due = due.calls[due_at++];
    answer.has_due = 1;
    answer.handle = answer.due.handle;
    return CALLS_YES;
}

int calls_restored(sip_msg_t *msg) {
    begin(msg);
    answer.restored = restored_next();
    if (!answer.restored) return CALLS_NO;
    answer.handle = answer.restored->handle;
    return CALLS_YES;
}
