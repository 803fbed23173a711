/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reset and clock unit of an M4: the core's clock, and power settings that software reads back.
 * Source: abi/mt3620_rgu.h.
 *
 * Interface
 *   region 0      registers
 *   clock "hclk"  out: the core's clock, as HCLK selects; its SysTick counts it
 *
 * Where the sources are silent: HCLK starts at 26 MHz; selection 3 is 26 MHz.
 *
 * Differences from silicon: a core runs as fast as the host lets it, whatever its clock; every
 * clock is there at once, and a PLL is ready as soon as it is enabled; no memory is ever
 * powered down; sleep is the core's own (WFI).
 */
#ifndef PERI_MACHINE_RGU_H
#define PERI_MACHINE_RGU_H

#include "qom/object.h"

#define TYPE_MT3620_RGU "mt3620-rgu"
OBJECT_DECLARE_SIMPLE_TYPE(RguState, MT3620_RGU)

#endif
