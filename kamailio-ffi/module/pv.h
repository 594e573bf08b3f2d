/* $tandem(...): what the last verb said for this message.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TANDEM_MODULE_PV_H
#define TANDEM_MODULE_PV_H

#include "core/pvar.h"

extern pv_export_t pv_items[];

#endif
