/* SPDX-License-Identifier: BSD-2-Clause */
/* Written once, then read by the core alone. */
#include "monitor/mcu/mcu.h"

void mmu_start(void)
{
}
