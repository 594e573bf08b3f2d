/* KSR.tandem.*
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TANDEM_MODULE_KEMI_H
#define TANDEM_MODULE_KEMI_H

#include "core/kemi.h"

int kemi_register(void);

#endif
