/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "rpc.h"

#include <inttypes.h>
#include <string.h>

#include "calls.h"
#include "words.h"

/* Answers with the library's own words. Faults of the asker are 400, all others 500. */
static void fault(rpc_t *rpc, void *ctx, TandemStatus status) {
    char text[512];
    const char *name = tandem_status_name(status);
    int len = (int)tandem_last_error(text, sizeof text);
    int code = status == TANDEM_STATUS_BAD_ARGUMENT ? 400 : 500;
    rpc->fault(ctx, code, "%s%s%.*s", name ? name : "?", len ? ": " : "", len, text);
}

static void add_count(rpc_t *rpc, void *to, char *name, uint64_t count) {
    rpc->struct_printf(to, name, "%" PRIu64, count);
}

static void add_slice(rpc_t *rpc, void *to, char *name, const TandemDecision *d, TandemSlice slice) {
    str text = slice_of(d, slice);
    if (text.len) rpc->struct_add(to, "S", name, &text);
}

static void add_money(rpc_t *rpc, void *to, char *name, int64_t nano) {
    char room[MONEY_LEN];
    str text = {room, money_write(nano, room)};
    rpc->struct_add(to, "S", name, &text);
}

static const char *status_doc[] = {"What the node has done and holds, and which snapshot is live", 0};

static void status(rpc_t *rpc, void *ctx) {
    TandemStats stats = {.size = sizeof stats};
    TandemSnapshot live = {.size = sizeof live};
    void *to;
    TandemStatus failed = tandem_stats(&stats);
    if (failed == TANDEM_STATUS_OK) failed = tandem_snapshot(&live);
    if (failed != TANDEM_STATUS_OK) {
        fault(rpc, ctx, failed);
        return;
    }
    if (rpc->add(ctx, "{", &to) < 0) return;
    add_count(rpc, to, "generation", live.generation);
    rpc->struct_printf(to, "content_id", "%016" PRIx64, live.content_id);
    add_count(rpc, to, "in_setup", stats.in_setup);
    add_count(rpc, to, "answered", stats.answered);
    add_count(rpc, to, "ended", stats.ended);
    add_count(rpc, to, "calls_max", stats.calls_max);
    add_count(rpc, to, "slots_held", stats.slots_held);
    add_count(rpc, to, "admitted", stats.admitted);
    add_count(rpc, to, "rejected", stats.rejected);
    add_count(rpc, to, "unrecorded", stats.unrecorded);
    add_count(rpc, to, "records_written", stats.records_written);
    add_count(rpc, to, "refresh_failures", stats.refresh_failures);
    add_count(rpc, to, "late_decisions", stats.late_decisions);
    add_count(rpc, to, "emergency_calls", stats.emergency_calls);
    add_count(rpc, to, "records_dropped", stats.records_dropped);
    add_count(rpc, to, "panics", stats.panics);
    for (uint16_t reason = 1; reason < TANDEM_REASONS_MAX; reason++) {
        char name[72] = "rejected_";
        size_t at = strlen(name), len = tandem_reason_name(reason, name + at, sizeof name - at - 1);
        if (!len || !stats.rejected_by_reason[reason]) continue;
        name[at + len] = 0;
        add_count(rpc, to, name, stats.rejected_by_reason[reason]);
    }
}

static const char *reload_doc[] = {"Makes the published snapshot live: that of the modparam, or of the path given", 0};

static void reload(rpc_t *rpc, void *ctx) {
    str path = {NULL, 0};
    TandemSnapshot live = {.size = sizeof live};
    void *to;
    if (rpc->scan(ctx, "*S", &path) < 1) path.len = 0;
    TandemStatus failed = tandem_publish(text_of(path));
    if (failed == TANDEM_STATUS_OK) failed = tandem_snapshot(&live);
    if (failed != TANDEM_STATUS_OK) {
        fault(rpc, ctx, failed);
        return;
    }
    if (rpc->add(ctx, "{", &to) < 0) return;
    add_count(rpc, to, "generation", live.generation);
    rpc->struct_printf(to, "content_id", "%016" PRIx64, live.content_id);
}

static void add_leg(rpc_t *rpc, void *legs, const TandemDecision *d, const TandemLeg *leg) {
    void *to;
    if (rpc->array_add(legs, "{", &to) < 0) return;
    add_slice(rpc, to, "route", d, leg->route);
    add_slice(rpc, to, "provider", d, leg->provider);
    add_slice(rpc, to, "gateway", d, leg->gateway);
    add_slice(rpc, to, "dial_string", d, leg->dial_string);
    add_money(rpc, to, "rate", leg->rate_nano_per_min);
    add_money(rpc, to, "customer_rate", leg->customer_rate_nano_per_min);
    add_money(rpc, to, "cost", leg->cost_nano);
    add_money(rpc, to, "price", leg->price_nano);
    add_count(rpc, to, "dial_timeout_sec", leg->dial_timeout_sec);
    add_count(rpc, to, "deck_version", leg->deck_version);
}

static void add_decision(rpc_t *rpc, void *ctx, const TandemDecision *d) {
    char reason[64];
    const char *jurisdiction = jurisdiction_name(d->jurisdiction);
    void *to, *legs;
    if (rpc->add(ctx, "{", &to) < 0) return;
    rpc->struct_add(to, "s", "decision", d->reason ? "rejected" : "routed");
    if (d->reason) {
        str name = {reason, (int)tandem_reason_name(d->reason, reason, sizeof reason)};
        rpc->struct_add(to, "Sd", "reason", &name, "sip_code", (int)d->sip_code);
    }
    if (d->retry_after_ns) rpc->struct_add(to, "d", "retry_after_sec", (int)retry_after_sec(d->retry_after_ns));
    add_slice(rpc, to, "trunk", d, d->trunk);
    add_slice(rpc, to, "account", d, d->account);
    add_slice(rpc, to, "partition", d, d->partition);
    add_slice(rpc, to, "ani", d, d->ani);
    add_slice(rpc, to, "dnis", d, d->dnis);
    add_slice(rpc, to, "dnis_lrn", d, d->dnis_lrn);
    if (jurisdiction) rpc->struct_add(to, "s", "jurisdiction", jurisdiction);
    if (!d->leg_count || rpc->struct_add(to, "[", "routes", &legs) < 0) return;
    for (int i = 0; i < d->leg_count; i++) add_leg(rpc, legs, d, &d->legs[i]);
}

static const char *route_doc[] = {
    "What a call would be told now, nothing held for it: source address, calling number, called number", 0};

static void route(rpc_t *rpc, void *ctx) {
    static TandemDecision decision;
    str source, ani, dnis;
    TandemCall call;
    if (rpc->scan(ctx, "SSS", &source, &ani, &dnis) < 3) {
        rpc->fault(ctx, 400, "wants three texts: source address, calling number, called number; kamcmd takes digits as a text with s: before them");
        return;
    }
    memset(&call, 0, sizeof call);
    call.size = sizeof call;
    call.source = text_of(source);
    call.ani = text_of(ani);
    call.dnis = text_of(dnis);
    decision.size = sizeof decision;
    TandemStatus failed = tandem_simulate(&call, &decision);
    if (failed < TANDEM_STATUS_OK) fault(rpc, ctx, failed);
    else add_decision(rpc, ctx, &decision);
}

rpc_export_t rpc_commands[] = {
    {"tandem.status", status, status_doc, 0},
    {"tandem.reload", reload, reload_doc, 0},
    {"tandem.route", route, route_doc, 0},
    {0, 0, 0, 0},
};
