/* Dialogs that came back from the database when Kamailio was started, with the calls that they are of.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TANDEM_MODULE_RESTORED_H
#define TANDEM_MODULE_RESTORED_H

#include <stdint.h>

typedef struct restored {
    uint64_t handle;
    unsigned int h_entry;
    unsigned int h_id;
} restored_t;

/* Before the fork: asks the dialog module, if it is loaded, to tell them. A dialog's call is in its variable "tandem". */
int restored_watch(void);

/* The next one that this process has not been told; NULL when there is none. */
const restored_t *restored_next(void);

#endif
