/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "core/dprint.h"
#include "core/pvapi.h"
#include "handle.h"
#include "message.h"
#include "words.h"

enum field {
    /* Of the last verb. */
    F_STATUS, F_HANDLE,
    /* Of the decision. */
    F_REASON, F_CODE, F_RETRY_AFTER, F_LONGEST, F_AGAIN, F_LEGS, F_JURISDICTION, F_GENERATION,
    F_TRUNK, F_ACCOUNT, F_PARTITION, F_ANI, F_DNIS, F_DNIS_LRN,
    /* Of one of its legs. */
    F_ROUTE, F_PROVIDER, F_GATEWAY, F_COST, F_PRICE, F_RATE, F_CUSTOMER_RATE,
    /* Of tandem_next. */
    F_DIAL, F_TIMEOUT, F_LEG,
    /* Of tandem_due. */
    F_DUE, F_LEFT,
    /* Of tandem_restored. */
    F_DIALOG,
    /* Of tandem_dip_wanted and tandem_dip. */
    F_DIP_FOUND, F_DIP,
    /* Of the message. */
    F_ATTESTATION,
};

static const char *const names[] = {
    [F_STATUS] = "status", [F_HANDLE] = "handle", [F_REASON] = "reason", [F_CODE] = "code",
    [F_RETRY_AFTER] = "retry_after", [F_LONGEST] = "longest", [F_AGAIN] = "again", [F_LEGS] = "legs",
    [F_JURISDICTION] = "jurisdiction", [F_GENERATION] = "generation", [F_TRUNK] = "trunk", [F_ACCOUNT] = "account",
    [F_PARTITION] = "partition", [F_ANI] = "ani", [F_DNIS] = "dnis", [F_DNIS_LRN] = "dnis_lrn", [F_ROUTE] = "route",
    [F_PROVIDER] = "provider", [F_GATEWAY] = "gateway", [F_COST] = "cost", [F_PRICE] = "price", [F_RATE] = "rate",
    [F_CUSTOMER_RATE] = "customer_rate", [F_DIAL] = "dial", [F_TIMEOUT] = "timeout", [F_LEG] = "leg", [F_DUE] = "due",
    [F_LEFT] = "left", [F_DIALOG] = "dialog",
    [F_DIP_FOUND] = "dip_found", [F_DIP] = "dip", [F_ATTESTATION] = "attestation",
};

#define FIELDS (int)(sizeof names / sizeof names[0])

static int parse_name(pv_spec_p spec, str *in) {
    for (int i = 0; i < FIELDS; i++) {
        if (in->len == (int)strlen(names[i]) && memcmp(in->s, names[i], (size_t)in->len) == 0) {
            spec->pvp.pvn.type = PV_NAME_INTSTR;
            spec->pvp.pvn.u.isname.type = 0;
            spec->pvp.pvn.u.isname.name.n = i;
            return 0;
        }
    }
    LM_ERR("$tandem(%.*s) is not known; see docs/KAMAILIO.md for the names\n", in->len, in->s);
    return -1;
}

/* Kamailio's buffers go round: a value holds until some others have been read. */
static int say_text(sip_msg_t *msg, pv_param_t *param, pv_value_t *res, const char *text, int len) {
    char *room = pv_get_buffer();
    str value = {room, len};
    if (len >= pv_get_buffer_size()) return pv_get_null(msg, param, res);
    memcpy(room, text, (size_t)len);
    return pv_get_strval(msg, param, res, &value);
}

static int say_name(sip_msg_t *msg, pv_param_t *param, pv_value_t *res, const char *name) {
    return name ? say_text(msg, param, res, name, (int)strlen(name)) : pv_get_null(msg, param, res);
}

static int say_money(sip_msg_t *msg, pv_param_t *param, pv_value_t *res, int64_t nano) {
    char text[MONEY_LEN];
    return say_text(msg, param, res, text, money_write(nano, text));
}

static int say_slice(sip_msg_t *msg, pv_param_t *param, pv_value_t *res, const TandemDecision *d, TandemSlice slice) {
    str text = slice_of(d, slice);
    return text.len ? pv_get_strval(msg, param, res, &text) : pv_get_null(msg, param, res);
}

static int get_reason(sip_msg_t *msg, pv_param_t *param, pv_value_t *res, const answer_t *a) {
    char name[64];
    if (a->status < 0) return say_name(msg, param, res, tandem_status_name(a->status));
    if (a->status != TANDEM_STATUS_REJECTED) return pv_get_null(msg, param, res);
    return say_text(msg, param, res, name, (int)tandem_reason_name(a->decision.reason, name, sizeof name));
}

static int get_code(sip_msg_t *msg, pv_param_t *param, pv_value_t *res, const answer_t *a) {
    if (a->status < 0) return pv_get_uintval(msg, param, res, 500);
    if (a->status != TANDEM_STATUS_REJECTED) return pv_get_null(msg, param, res);
    return pv_get_uintval(msg, param, res, a->decision.sip_code);
}

static int get_of_answer(sip_msg_t *msg, pv_param_t *param, pv_value_t *res, const answer_t *a, int field) {
    char text[HANDLE_LEN];
    switch (field) {
        case F_STATUS: return say_name(msg, param, res, tandem_status_name(a->status));
        case F_HANDLE:
            if (!a->handle) return pv_get_null(msg, param, res);
            handle_write(a->handle, text);
            return say_text(msg, param, res, text, HANDLE_LEN);
        case F_REASON: return get_reason(msg, param, res, a);
        default: return get_code(msg, param, res, a);
    }
}

static int get_of_decision(sip_msg_t *msg, pv_param_t *param, pv_value_t *res, const TandemDecision *d, int field) {
    char text[24];
    switch (field) {
        case F_RETRY_AFTER:
            return d->retry_after_ns ? pv_get_uintval(msg, param, res, retry_after_sec(d->retry_after_ns))
                                     : pv_get_null(msg, param, res);
        case F_LONGEST: return pv_get_uintval(msg, param, res, d->max_duration_sec);
        case F_AGAIN: return pv_get_uintval(msg, param, res, d->retransmission);
        case F_LEGS: return pv_get_uintval(msg, param, res, d->leg_count);
        case F_JURISDICTION: return say_name(msg, param, res, jurisdiction_name(d->jurisdiction));
        case F_GENERATION:
            return say_text(msg, param, res, text, snprintf(text, sizeof text, "%" PRIu64, d->generation));
        case F_TRUNK: return say_slice(msg, param, res, d, d->trunk);
        case F_ACCOUNT: return say_slice(msg, param, res, d, d->account);
        case F_PARTITION: return say_slice(msg, param, res, d, d->partition);
        case F_ANI: return say_slice(msg, param, res, d, d->ani);
        case F_DNIS: return say_slice(msg, param, res, d, d->dnis);
        default: return say_slice(msg, param, res, d, d->dnis_lrn);
    }
}

/* $(tandem(route)[2]) is that of the third leg; without an index, of the leg that tandem_next gave, or the first. */
static int get_of_leg(sip_msg_t *msg, pv_param_t *param, pv_value_t *res, const answer_t *a, int field) {
    int at = 0, flags = 0;
    if (param->pvi.type == PV_IDX_NONE || pv_get_spec_index(msg, param, &at, &flags) < 0 || flags == PV_IDX_ALL) at = -1;
    if (at < 0) at = a->has_leg ? (int)a->leg.leg : 0;
    if (at >= a->decision.leg_count) return pv_get_null(msg, param, res);
    const TandemLeg *leg = &a->decision.legs[at];
    switch (field) {
        case F_ROUTE: return say_slice(msg, param, res, &a->decision, leg->route);
        case F_PROVIDER: return say_slice(msg, param, res, &a->decision, leg->provider);
        case F_GATEWAY: return say_slice(msg, param, res, &a->decision, leg->gateway);
        case F_COST: return say_money(msg, param, res, leg->cost_nano);
        case F_PRICE: return say_money(msg, param, res, leg->price_nano);
        case F_RATE: return say_money(msg, param, res, leg->rate_nano_per_min);
        default: return say_money(msg, param, res, leg->customer_rate_nano_per_min);
    }
}

static int get_of_next(sip_msg_t *msg, pv_param_t *param, pv_value_t *res, const TandemNext *leg, int field) {
    switch (field) {
        case F_DIAL: return say_text(msg, param, res, leg->dial_string, (int)leg->dial_string_len);
        case F_TIMEOUT: return pv_get_uintval(msg, param, res, leg->dial_timeout_sec);
        default: return pv_get_uintval(msg, param, res, leg->leg);
    }
}

/* As $dlg(h_entry):$dlg(h_id). */
static int say_place(sip_msg_t *msg, pv_param_t *param, pv_value_t *res, const restored_t *dialog) {
    char text[24];
    return say_text(msg, param, res, text, snprintf(text, sizeof text, "%u:%u", dialog->h_entry, dialog->h_id));
}

static int get(sip_msg_t *msg, pv_param_t *param, pv_value_t *res) {
    int field = param->pvn.u.isname.name.n;
    if (field == F_ATTESTATION) {
        char claim = message_attestation(msg);
        return claim ? say_text(msg, param, res, &claim, 1) : pv_get_null(msg, param, res);
    }
    const answer_t *a = calls_answer(msg);
    if (!a) return pv_get_null(msg, param, res);
    if (field <= F_CODE && (field < F_REASON || a->status != TANDEM_STATUS_OK)) {
        return get_of_answer(msg, param, res, a, field);
    }
    if (field > F_CODE && field <= F_CUSTOMER_RATE && a->decision.size) {
        return field < F_ROUTE ? get_of_decision(msg, param, res, &a->decision, field)
                               : get_of_leg(msg, param, res, a, field);
    }
    if (field >= F_DIAL && field <= F_LEG && a->has_leg) return get_of_next(msg, param, res, &a->leg, field);
    if (field == F_DUE && a->has_due) return say_name(msg, param, res, due_name(a->due.due_for));
    if (field == F_LEFT && a->has_due) return pv_get_uintval(msg, param, res, a->due.left_sec);
    if (field == F_DIALOG && a->restored) return say_place(msg, param, res, a->restored);
    if (field >= F_DIP_FOUND && a->dip.size && a->dip.found != TANDEM_DIP_FOUND_NOTHING) {
        if (field == F_DIP) return say_text(msg, param, res, a->dip.text, (int)a->dip.text_len);
        return say_name(msg, param, res, a->dip.found == TANDEM_DIP_FOUND_ASK ? "ask" : "known");
    }
    return pv_get_null(msg, param, res);
}

pv_export_t pv_items[] = {
    {{"tandem", sizeof "tandem" - 1}, PVT_OTHER, get, 0, parse_name, pv_parse_index, 0, 0},
    {{0, 0}, 0, 0, 0, 0, 0, 0, 0},
};
