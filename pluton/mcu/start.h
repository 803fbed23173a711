/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of a stage that are not C: vectors, reset, faults, the jump to the
 * next stage, the end.  In the host's tests: pluton/testing/chip.c.
 */
#ifndef PERI_PLUTON_MCU_START_H
#define PERI_PLUTON_MCU_START_H

#include <stdint.h>

/* Never returns. */
void start_stage(uint32_t vectors, uint32_t stack, uint32_t entry);
/* Waits for ever; declared as if it returned, so that what follows a call is
 * written out by the compiler and is not the next function in memory. */
void start_halt(void);

#endif
