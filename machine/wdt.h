/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watchdog.
 * Source: abi/mt3620_wdt.h; public real-time samples of the MT3620.
 *
 * Interface
 *   region 0          registers
 *   sysbus interrupt  0: an end in interrupt mode, or SWINT; until SWINT clears it
 *   out "bite"        pulse: the time is over; out "swrst": SWRST was written.  The reset block
 *                     decides what is reset
 *
 * Where the sources are silent
 *   MODE      reads its low byte; the key alone does not change it.  The enable starts the time
 *   LENGTH    taken over by the next enable, RESTART or end; reset value: the longest; 0 counts as 1
 *   STA       why this watchdog last asked for a reset: it outlives that reset, and no other
 *   after a bite or SWRST the block is at its reset values but for STA
 *   INTERVAL  kept; it says how long a reset pulse is
 *
 * Differences from silicon: time is the machine's virtual time: it stands while the
 * emulator is stopped.
 */
#ifndef PERI_MACHINE_WDT_H
#define PERI_MACHINE_WDT_H

#include "qom/object.h"

#define TYPE_MT3620_WDT "mt3620-wdt"
OBJECT_DECLARE_SIMPLE_TYPE(WdtState, MT3620_WDT)

#endif
