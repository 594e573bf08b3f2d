/* The functions of native cfg: tandem_decide() and its like.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TANDEM_MODULE_SCRIPT_H
#define TANDEM_MODULE_SCRIPT_H

#include "core/sr_module.h"

extern cmd_export_t script_functions[];

#endif
