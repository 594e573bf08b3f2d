/* The functions of native cfg. Each one gets its parameters and asks calls.c.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "script.h"

#include <string.h>

#include "calls.h"
#include "core/dprint.h"
#include "core/mod_fix.h"
#include "core/ut.h"

static int text(sip_msg_t *msg, char *param, str *value) {
    if (fixup_get_svalue(msg, (gparam_p)param, value) == 0) return 0;
    LM_ERR("a parameter has no value\n");
    return -1;
}

static int number(sip_msg_t *msg, char *param, int *value) {
    if (fixup_get_ivalue(msg, (gparam_p)param, value) == 0) return 0;
    LM_ERR("a parameter that must be a number is none\n");
    return -1;
}

static int w_hint1(sip_msg_t *msg, char *called, char *unused) {
    str value;
    (void)unused;
    return text(msg, called, &value) < 0 ? CALLS_FAULT : calls_hint(&value, 1);
}

static int w_hint2(sip_msg_t *msg, char *called, char *stage) {
    str value;
    int at;
    if (text(msg, called, &value) < 0 || number(msg, stage, &at) < 0) return CALLS_FAULT;
    return calls_hint(&value, at);
}

static int w_decide0(sip_msg_t *msg, char *unused1, char *unused2) {
    static const parties_t none;
    (void)unused1, (void)unused2;
    return calls_decide(msg, &none);
}

static int w_decide5(sip_msg_t *msg, char *source, char *ani, char *dnis, char *dnis_lrn, char *dip) {
    parties_t given;
    memset(&given, 0, sizeof given);
    if (text(msg, source, &given.source) < 0 || text(msg, ani, &given.ani) < 0 || text(msg, dnis, &given.dnis) < 0 ||
        (dnis_lrn && text(msg, dnis_lrn, &given.dnis_lrn) < 0) || (dip && text(msg, dip, &given.dip) < 0)) {
        return CALLS_FAULT;
    }
    return calls_decide(msg, &given);
}

static int w_decide4(sip_msg_t *msg, char *source, char *ani, char *dnis, char *dnis_lrn) {
    return w_decide5(msg, source, ani, dnis, dnis_lrn, NULL);
}

static int w_decide3(sip_msg_t *msg, char *source, char *ani, char *dnis) {
    return w_decide5(msg, source, ani, dnis, NULL, NULL);
}

static int w_dip_wanted(sip_msg_t *msg, char *source, char *unused) {
    parties_t given;
    (void)unused;
    memset(&given, 0, sizeof given);
    return text(msg, source, &given.source) < 0 ? CALLS_FAULT : calls_dip_wanted(msg, &given);
}

static int w_dip(sip_msg_t *msg, char *question, char *unused) {
    str value;
    (void)unused;
    return text(msg, question, &value) < 0 ? CALLS_FAULT : calls_dip(msg, &value);
}

static int w_dip_read(sip_msg_t *msg, char *called, char *how, char *code, char *answer) {
    str number_asked, way, sip_code, said;
    int status = 0;
    if (text(msg, called, &number_asked) < 0 || text(msg, how, &way) < 0 || text(msg, code, &sip_code) < 0 ||
        text(msg, answer, &said) < 0) {
        return CALLS_FAULT;
    }
    if (str2sint(&sip_code, &status) < 0) {
        LM_ERR("dip_read: %.*s is no code\n", sip_code.len, sip_code.s);
        return CALLS_FAULT;
    }
    return calls_dip_read(msg, &number_asked, &way, status, &said);
}

static int w_next0(sip_msg_t *msg, char *unused1, char *unused2) {
    (void)unused1, (void)unused2;
    return calls_next(msg, NULL, 0);
}

static int w_next2(sip_msg_t *msg, char *handle, char *sip_code) {
    str call;
    int code;
    if (text(msg, handle, &call) < 0 || number(msg, sip_code, &code) < 0) return CALLS_FAULT;
    return calls_next(msg, &call, code);
}

static int event(sip_msg_t *msg, char *handle, char *sip_code, int (*report)(str *, int)) {
    str call;
    int code;
    if (text(msg, handle, &call) < 0 || number(msg, sip_code, &code) < 0) return CALLS_FAULT;
    return report(&call, code);
}

static int w_ringing(sip_msg_t *msg, char *handle, char *code) { return event(msg, handle, code, calls_ringing); }

static int w_answered(sip_msg_t *msg, char *handle, char *code) { return event(msg, handle, code, calls_answered); }

static int w_ended(sip_msg_t *msg, char *handle, char *code) { return event(msg, handle, code, calls_ended); }

static int w_alive(sip_msg_t *msg, char *handle, char *unused) {
    str call;
    (void)unused;
    return text(msg, handle, &call) < 0 ? CALLS_FAULT : calls_alive(&call);
}

static int w_due(sip_msg_t *msg, char *unused1, char *unused2) {
    (void)unused1, (void)unused2;
    return calls_due(msg);
}

static int w_restored(sip_msg_t *msg, char *unused1, char *unused2) {
    (void)unused1, (void)unused2;
    return calls_restored(msg);
}

/* Kamailio keeps functions of more parameters under the type of those of two, and calls them by their number. */
#define MANY(function) (cmd_function)(void (*)(void)) function

#define TEXT_NUMBER fixup_spve_igp, fixup_free_spve_igp
#define TEXT fixup_spve_null, fixup_free_spve_null
#define TEXTS fixup_spve_all, fixup_free_spve_all

cmd_export_t script_functions[] = {
    {"tandem_hint", w_hint1, 1, TEXT, ANY_ROUTE},
    {"tandem_hint", w_hint2, 2, TEXT_NUMBER, ANY_ROUTE},
    {"tandem_decide", w_decide0, 0, 0, 0, ANY_ROUTE},
    {"tandem_decide", MANY(w_decide3), 3, TEXTS, ANY_ROUTE},
    {"tandem_decide", MANY(w_decide4), 4, TEXTS, ANY_ROUTE},
    {"tandem_decide", MANY(w_decide5), 5, TEXTS, ANY_ROUTE},
    {"tandem_dip_wanted", w_dip_wanted, 1, TEXT, ANY_ROUTE},
    {"tandem_dip", w_dip, 1, TEXT, ANY_ROUTE},
    {"tandem_dip_read", MANY(w_dip_read), 4, TEXTS, ANY_ROUTE},
    {"tandem_next", w_next0, 0, 0, 0, ANY_ROUTE},
    {"tandem_next", w_next2, 2, TEXT_NUMBER, ANY_ROUTE},
    {"tandem_ringing", w_ringing, 2, TEXT_NUMBER, ANY_ROUTE},
    {"tandem_answered", w_answered, 2, TEXT_NUMBER, ANY_ROUTE},
    {"tandem_ended", w_ended, 2, TEXT_NUMBER, ANY_ROUTE},
    {"tandem_alive", w_alive, 1, TEXT, ANY_ROUTE},
    {"tandem_due", w_due, 0, 0, 0, ANY_ROUTE},
    {"tandem_restored", w_restored, 0, 0, 0, ANY_ROUTE},
    {0, 0, 0, 0, 0, 0},
};
