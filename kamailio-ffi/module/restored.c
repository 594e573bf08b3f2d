/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "restored.h"

#include <stdlib.h>

#include "core/dprint.h"
#include "handle.h"
#include "modules/dialog/dlg_hash.h"
#include "modules/dialog/dlg_load.h"

/* The dialog module reads its database before the fork, so every process has the list. */
static restored_t *list;
static size_t count, room, told;

static struct dlg_binds dialogs;

static void loaded(struct dlg_cell *dialog, int type, struct dlg_cb_params *params) {
    str name = str_init("tandem"), value = {NULL, 0};
    (void)type, (void)params;
    /* Its row was not deleted in time: it is over. */
    if (dialog->state == DLG_STATE_DELETED) return;
    if (dialogs.get_dlg_varval(dialog, &name, &value) < 0) return;
    uint64_t handle = handle_read(&value);
    if (!handle) return;
    if (count == room) {
        size_t larger = room ? room * 2 : 64;
        restored_t *grown = realloc(list, larger * sizeof *list);
        if (!grown) {
            LM_ERR("no memory for the dialogs of the database: the calls of some are not confirmed\n");
            return;
        }
        list = grown;
        room = larger;
    }
    restored_t one = {handle, dialog->h_entry, dialog->h_id};
    list[count++] = one;
}

int restored_watch(void) {
    if (!find_module_by_name("dialog")) return 0;
    if (load_dlg_api(&dialogs) < 0 || dialogs.register_dlgcb(NULL, DLGCB_LOADED, loaded, NULL, NULL) != 0) {
        LM_ERR("the dialog module does not tell which dialogs it has\n");
        return -1;
    }
    return 0;
}

const restored_t *restored_next(void) { return told < count ? &list[told++] : NULL; }
