/* Numbers of tandem.h as people read them.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TANDEM_MODULE_WORDS_H
#define TANDEM_MODULE_WORDS_H

#include "core/str.h"
#include "tandem.h"

/* Enough for the largest amount. */
#define MONEY_LEN 24

/* An amount of nano-units: 4500000 is 0.0045. Gives its length. */
int money_write(int64_t nano, char room[MONEY_LEN]);

/* NULL where there is none. */
const char *jurisdiction_name(uint8_t jurisdiction);
const char *due_name(uint32_t due_for);

/* For the header Retry-After: whole seconds, up. */
uint32_t retry_after_sec(uint64_t retry_after_ns);

/* A text of a decision. */
str slice_of(const TandemDecision *decision, TandemSlice slice);

#endif
