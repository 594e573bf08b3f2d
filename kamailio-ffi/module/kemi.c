/* KSR.tandem.*: the same functions for Lua, Python, JavaScript, Ruby, Perl.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "kemi.h"

#include "calls.h"

static int k_hint(sip_msg_t *msg, str *called, int stage) {
    (void)msg;
    return calls_hint(called, stage);
}

static int k_decide(sip_msg_t *msg) {
    static const parties_t none;
    return calls_decide(msg, &none);
}

static int k_decide_as(sip_msg_t *msg, str *source, str *ani, str *dnis, str *dnis_lrn) {
    parties_t given = {*source, *ani, *dnis, *dnis_lrn, {NULL, 0}};
    return calls_decide(msg, &given);
}

static int k_decide_dipped(sip_msg_t *msg, str *source, str *ani, str *dnis, str *dnis_lrn, str *dip) {
    parties_t given = {*source, *ani, *dnis, *dnis_lrn, *dip};
    return calls_decide(msg, &given);
}

static int k_dip_wanted(sip_msg_t *msg, str *source) {
    parties_t given = {*source, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};
    return calls_dip_wanted(msg, &given);
}

static int k_first(sip_msg_t *msg) { return calls_next(msg, NULL, 0); }

static int k_ringing(sip_msg_t *msg, str *handle, int sip_code) {
    (void)msg;
    return calls_ringing(handle, sip_code);
}

static int k_answered(sip_msg_t *msg, str *handle, int sip_code) {
    (void)msg;
    return calls_answered(handle, sip_code);
}

static int k_ended(sip_msg_t *msg, str *handle, int sip_code) {
    (void)msg;
    return calls_ended(handle, sip_code);
}

static int k_alive(sip_msg_t *msg, str *handle) {
    (void)msg;
    return calls_alive(handle);
}

#define N SR_KEMIP_NONE
#define S SR_KEMIP_STR
#define I SR_KEMIP_INT

static sr_kemi_t functions[] = {
    {str_init("tandem"), str_init("hint"), I, k_hint, {S, I, N, N, N, N}},
    {str_init("tandem"), str_init("decide"), I, k_decide, {N, N, N, N, N, N}},
    {str_init("tandem"), str_init("decide_as"), I, k_decide_as, {S, S, S, S, N, N}},
    {str_init("tandem"), str_init("decide_dipped"), I, k_decide_dipped, {S, S, S, S, S, N}},
    {str_init("tandem"), str_init("dip_wanted"), I, k_dip_wanted, {S, N, N, N, N, N}},
    {str_init("tandem"), str_init("dip"), I, calls_dip, {S, N, N, N, N, N}},
    {str_init("tandem"), str_init("dip_read"), I, calls_dip_read, {S, S, I, S, N, N}},
    {str_init("tandem"), str_init("first"), I, k_first, {N, N, N, N, N, N}},
    {str_init("tandem"), str_init("next"), I, calls_next, {S, I, N, N, N, N}},
    {str_init("tandem"), str_init("ringing"), I, k_ringing, {S, I, N, N, N, N}},
    {str_init("tandem"), str_init("answered"), I, k_answered, {S, I, N, N, N, N}},
    {str_init("tandem"), str_init("ended"), I, k_ended, {S, I, N, N, N, N}},
    {str_init("tandem"), str_init("alive"), I, k_alive, {S, N, N, N, N, N}},
    {str_init("tandem"), str_init("due"), I, calls_due, {N, N, N, N, N, N}},
    {str_init("tandem"), str_init("restored"), I, calls_restored, {N, N, N, N, N, N}},
    {{0, 0}, {0, 0}, 0, NULL, {0, 0, 0, 0, 0, 0}},
};

int kemi_register(void) { return sr_kemi_modules_add(functions); }
