/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "message.h"

#include <string.h>
#include <strings.h>

#include "core/ip_addr.h"
#include "core/parser/parse_cseq.h"
#include "core/parser/parse_from.h"
#include "core/parser/parse_ppi_pai.h"
#include "core/parser/parse_uri.h"

static const str nothing = {NULL, 0};

static str user_of(str uri) {
    struct sip_uri parsed;
    return parse_uri(uri.s, uri.len, &parsed) == 0 ? parsed.user : nothing;
}

static str calling_number(sip_msg_t *msg) {
    if (parse_pai_header(msg) == 0 && msg->pai && msg->pai->parsed && get_pai(msg)->num_ids > 0) {
        return user_of(get_pai(msg)->id[0].uri);
    }
    return user_of(get_from(msg)->uri);
}

static str called_number(sip_msg_t *msg) {
    return parse_sip_msg_uri(msg) < 0 ? nothing : msg->parsed_uri.user;
}

/* A variable without a value comes as "<null>" from native cfg. */
static int is_given(const str *text) {
    return text->s && text->len > 0 && !(text->len == 6 && memcmp(text->s, "<null>", 6) == 0);
}

static TandemText given_or(const str *given, str found) { return text_of(is_given(given) ? *given : found); }

char message_attestation(sip_msg_t *msg) {
    if (parse_headers(msg, HDR_EOH_F, 0) < 0) return 0;
    for (const struct hdr_field *header = msg->headers; header; header = header->next) {
        const str *name = &header->name;
        int is_identity = (name->len == 8 && strncasecmp(name->s, "identity", 8) == 0) ||
                          (name->len == 1 && (*name->s == 'y' || *name->s == 'Y'));
        char claim = is_identity ? tandem_attestation(text_of(header->body)) : 0;
        if (claim) return claim;
    }
    return 0;
}

int message_call(sip_msg_t *msg, const parties_t *given, TandemCall *call) {
    if (parse_headers(msg, HDR_CALLID_F | HDR_FROM_F | HDR_CSEQ_F | HDR_VIA_F, 0) < 0 || !msg->callid ||
        !msg->from || !msg->cseq || !msg->via1 || parse_from_header(msg) < 0) {
        return -1;
    }
    str branch = msg->via1->branch ? msg->via1->branch->value : nothing;
    char *address = ip_addr2a(&msg->rcv.src_ip);
    str source = {address, (int)strlen(address)};
    call->source = given_or(&given->source, source);
    call->ani = given_or(&given->ani, is_given(&given->ani) ? nothing : calling_number(msg));
    call->dnis = given_or(&given->dnis, is_given(&given->dnis) ? nothing : called_number(msg));
    call->dnis_lrn = given_or(&given->dnis_lrn, nothing);
    call->dip = given_or(&given->dip, nothing);
    static char claim; /* read before another message comes */
    claim = message_attestation(msg);
    call->identity.data = &claim;
    call->identity.len = claim ? 1 : 0;
    call->call_id = text_of(msg->callid->body);
    call->from_tag = text_of(get_from(msg)->tag_value);
    call->cseq = text_of(get_cseq(msg)->number);
    call->branch = text_of(branch);
    return 0;
}
