/* The Kamailio module: tandem.h for native cfg, for every KEMI language and for RPC. See docs/KAMAILIO.md.
 *
 * It attaches libtandem before the fork and again in every process. It decides nothing itself.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdlib.h>

#include "calls.h"
#include "core/dprint.h"
#include "core/sr_module.h"
#include "kemi.h"
#include "pv.h"
#include "restored.h"
#include "rpc.h"
#include "script.h"

MODULE_VERSION

/* Where no modparam is set: of the environment, as for Lua and Python, else these. */
#define SNAPSHOT_DEFAULT "/var/lib/tandem/plan.snapshot"
#define STATE_DEFAULT "/var/lib/tandem/node.state"

static char *snapshot = NULL;
static char *state = NULL;
static int calls_max = 0;

static param_export_t params[] = {
    {"snapshot", PARAM_STRING, &snapshot},
    {"state", PARAM_STRING, &state},
    {"calls_max", PARAM_INT, &calls_max},
    {0, 0, 0},
};

static char *path_or(char *set, const char *name, char *otherwise) {
    char *found = getenv(name);
    if (set && *set) return set;
    return found && *found ? found : otherwise;
}

static int mod_init(void) {
    snapshot = path_or(snapshot, "TANDEM_SNAPSHOT", SNAPSHOT_DEFAULT);
    state = path_or(state, "TANDEM_STATE", STATE_DEFAULT);
    if (calls_attach(snapshot, state, calls_max) == 0) return restored_watch();
    LM_ERR("cannot carry calls with snapshot %s and state %s (modparams \"snapshot\" and \"state\"): see the line above\n",
           snapshot, state);
    return -1;
}

/* The child of a fork inherits the node, but sits on its parent's seat until it takes one of its own. */
static int child_init(int rank) {
    if (rank == PROC_INIT || rank == PROC_POSTCHILDINIT) return 0;
    return calls_attach(snapshot, state, calls_max);
}

struct module_exports exports = {
    "tandem", DEFAULT_DLFLAGS, script_functions, params, rpc_commands, pv_items, 0, mod_init, child_init, 0,
};

int mod_register(char *path, int *dlflags, void *p1, void *p2) {
    (void)path, (void)dlflags, (void)p1, (void)p2;
    return kemi_register();
}
