/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "words.h"

#include <inttypes.h>
#include <stdio.h>

int money_write(int64_t nano, char room[MONEY_LEN]) {
    uint64_t amount = nano < 0 ? 0 - (uint64_t)nano : (uint64_t)nano;
    int len = snprintf(room, MONEY_LEN, "%s%" PRIu64 ".%09" PRIu64, nano < 0 ? "-" : "", amount / 1000000000,
                       amount % 1000000000);
    while (room[len - 1] == '0') len--;
    return room[len - 1] == '.' ? len - 1 : len;
}

const char *jurisdiction_name(uint8_t jurisdiction) {
    static const char *const names[] = {NULL,         "interstate", "intrastate", "local", "indeterminate",
                                        "toll_free", "zone1",      "international"};
    return jurisdiction < sizeof names / sizeof names[0] ? names[jurisdiction] : NULL;
}

const char *due_name(uint32_t due_for) {
    switch (due_for) {
        case TANDEM_DUE_FOR_EXTENDED: return "extended";
        case TANDEM_DUE_FOR_END: return "end";
        case TANDEM_DUE_FOR_EXPIRED: return "expired";
        case TANDEM_DUE_FOR_ENDED: return "ended";
        default: return NULL;
    }
}

uint32_t retry_after_sec(uint64_t retry_after_ns) {
    uint64_t sec = retry_after_ns / 1000000000 + (retry_after_ns % 1000000000 != 0);
    return sec > UINT32_MAX ? UINT32_MAX : (uint32_t)sec;
}

str slice_of(const TandemDecision *decision, TandemSlice slice) {
    str text = {(char *)decision->text + slice.offset, slice.len};
    return text;
}
