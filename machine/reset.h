/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reset and power control, release and loading of the other cores.
 * Source: abi/mt3620_reset.h (ours; the original's registers are not public).
 *
 * Interface
 *   region 0, 1     Pluton's view, the monitor's view
 *   "watchdog"      input lines, two for each core (enum reset_line): a rising edge
 *                   resets the chip, or for an I/O core that core
 *   properties      a7, io0, io1: links to the cores; io0-memory, io1-memory: their views
 *                   recovery-exit, reset-exit: end the run there
 *
 * At power-on and at every chip reset Pluton starts from its ROM, the others are held.
 * Kept over a chip reset: SCRATCH, and the cause of the reset.
 * A vector table must lie in the core's TCM or window, on a multiple of 128 bytes; a wrong one, or
 * one changed while the core runs, is refused (logged) and the core does not start.
 *
 * Differences from silicon: the registers are ours; no power domains, no partial power-down;
 * a core is stopped between instructions.
 */
#ifndef PERI_MACHINE_RESET_H
#define PERI_MACHINE_RESET_H

#include "abi/mt3620_reset.h"
#include "machine/initiator.h"
#include "qom/object.h"

#define TYPE_MT3620_RESET_DEVICE "mt3620-reset"
OBJECT_DECLARE_SIMPLE_TYPE(ResetBlockState, MT3620_RESET_DEVICE)

enum reset_line { RESET_LINE_BITE, RESET_LINE_SOFTWARE, RESET_LINES_EACH };

/* Index of an input line. */
#define RESET_LINE(core, line) ((core) * RESET_LINES_EACH + (line))

/* Whether the machine was told recovery=exit. */
bool reset_ends_at_recovery(ResetBlockState *s);

#endif
