/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lockup of a Cortex-M: a fault while a fault of the highest priority is handled.
 * Source: Armv7-M Architecture Reference Manual, B1.5.15.
 *
 * QEMU does not model it: its interrupt controller ends the emulator with cpu_abort().
 * machine/build adds this header to that one file, after its own includes, so that the core stops
 * instead, as silicon does, until its watchdog or a chip reset starts it again.  With
 * recovery=exit, a locked Pluton ends the run with MT3620_END_LOCKUP.
 */
#ifndef PERI_MACHINE_LOCKUP_H
#define PERI_MACHINE_LOCKUP_H

#include "hw/core/cpu.h"

G_NORETURN void mt3620_lockup(CPUState *cpu, const char *format, ...) G_GNUC_PRINTF(2, 3);

#define cpu_abort mt3620_lockup

#endif
