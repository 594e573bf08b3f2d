/* What the module does with a call: the verbs of tandem.h, for a SIP message.
 *
 * One decision is one value of fixed size in this process: what the last verb said, readable as $tandem(...) until the
 * next one. It belongs to the message that it was asked for; for any other message there is none, so a route never
 * reads what another call was told.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TANDEM_MODULE_CALLS_H
#define TANDEM_MODULE_CALLS_H

#include "core/parser/msg_parser.h"
#include "core/str.h"
#include "restored.h"
#include "tandem.h"

/* What cfg functions return. 0 would end the route. */
#define CALLS_YES 1
#define CALLS_NO (-1)
#define CALLS_FAULT (-2)

/* What the last verb said. */
typedef struct answer {
    unsigned int msg_id;
    int msg_pid;
    int is_asked;         /* of anybody */
    TandemStatus status;
    uint64_t handle;      /* 0 if the verb named no call */
    int has_leg;
    int has_due;
    TandemDip dip;        /* its size is 0 where nothing was asked */
    TandemDueCall due;
    const restored_t *restored; /* NULL if there is none */
    TandemNext leg;
    TandemDecision decision; /* its size is 0 where nothing was decided */
} answer_t;

/* Who calls whom, where the configuration says it; an empty text is taken from the message. */
typedef struct parties {
    str source;
    str ani;
    str dnis;
    str dnis_lrn;
    str dip; /* never taken from the message */
} parties_t;

int calls_attach(const char *snapshot, const char *state, int calls_max);
int calls_hint(str *number, int stage);
int calls_decide(sip_msg_t *msg, const parties_t *given);
/* Whether the called number is to be asked about; CALLS_NO where not. */
int calls_dip_wanted(sip_msg_t *msg, const parties_t *given);
/* Asks services, and waits for them; CALLS_NO when none answers. */
int calls_dip(sip_msg_t *msg, str *question);
/* Reads an answer that the configuration has got by itself; CALLS_NO where it is none. */
int calls_dip_read(sip_msg_t *msg, str *number, str *how, int code, str *text);
/* Without a handle: the call that was decided for this message. */
int calls_next(sip_msg_t *msg, str *handle, int failed_sip_code);
int calls_ringing(str *handle, int sip_code);
int calls_answered(str *handle, int sip_code);
int calls_ended(str *handle, int sip_code);
int calls_alive(str *handle);
/* One call that is due; CALLS_NO when there is none now. */
int calls_due(sip_msg_t *msg);

/* One dialog that came back with the start of Kamailio; CALLS_NO when all are told. */
int calls_restored(sip_msg_t *msg);

/* What the last verb said for this message; null if none was asked. */
const answer_t *calls_answer(sip_msg_t *msg);

TandemText text_of(str text);
/* Logs a status that is a fault, with the library's own words; gives what a cfg function returns. */
int outcome(const char *verb, TandemStatus status);

#endif
