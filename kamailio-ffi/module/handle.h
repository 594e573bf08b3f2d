/* A call's handle as the configuration sees it: a text of 16 hexadecimal digits, because its integers have 32 bits.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TANDEM_MODULE_HANDLE_H
#define TANDEM_MODULE_HANDLE_H

#include <stdint.h>

#include "core/str.h"

#define HANDLE_LEN 16

/* 0, which names no call, where it is not such a text. */
static inline uint64_t handle_read(const str *text) {
    uint64_t handle = 0;
    if (!text || text->len != HANDLE_LEN) return 0;
    for (int i = 0; i < HANDLE_LEN; i++) {
        char c = text->s[i];
        if (c >= '0' && c <= '9') handle = handle << 4 | (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f') handle = handle << 4 | (uint64_t)(c - 'a' + 10);
        else return 0;
    }
    return handle;
}

/* Not NUL-terminated. */
static inline void handle_write(uint64_t handle, char text[HANDLE_LEN]) {
    for (int i = HANDLE_LEN; i-- > 0; handle >>= 4) text[i] = "0123456789abcdef"[handle & 15];
}

/* 0 stands for "none". */
static inline int sip_code_fits(int sip_code) { return sip_code >= 0 && sip_code < 700; }

#endif
