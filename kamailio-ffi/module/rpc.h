/* tandem.status, tandem.reload, tandem.route: for kamcmd and JSON-RPC.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TANDEM_MODULE_RPC_H
#define TANDEM_MODULE_RPC_H

#include "core/rpc.h"

extern rpc_export_t rpc_commands[];

#endif
