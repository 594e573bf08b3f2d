/* What a SIP message says of its call.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TANDEM_MODULE_MESSAGE_H
#define TANDEM_MODULE_MESSAGE_H

#include "calls.h"

/* Fills in a call: what the configuration gives, else what the message says. The source is its address, the calling
 * number that of P-Asserted-Identity (RFC 3325), else of From; the called number is the request URI's user part with
 * its RFC 4694 parameters. The texts hold until the next message. -1 where the message cannot be read. */
int message_call(sip_msg_t *msg, const parties_t *given, TandemCall *call);

/* What the message's signer claims in its Identity (RFC 8588), unverified: 'A', 'B' or 'C'; 0 for nothing. */
char message_attestation(sip_msg_t *msg);

#endif
