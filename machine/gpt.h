/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * General-purpose timers: two count down (0, 1), three count up (2, 3, 4).
 * Source: abi/mt3620_gpt.h; public real-time samples of the MT3620.
 *
 * Interface
 *   region 0           registers
 *   sysbus interrupts  0 GPT0 and GPT1: ISR & IER; 1 GPT3: until bit 15 of its CTRL is written
 *
 * Where the sources are silent
 *   GPT0, GPT1  loaded from ICNT by the enable, by bit 3 (reads 0), by another speed, and by each
 *               end in repeat mode; ICNT 0 counts as 1.  A one-shot that ended has cleared its
 *               enable, so that the next enable is a start
 *   GPT2        counts from 0 after each enable; GPT3, GPT4 from INIT
 *   CNT         of a stopped timer: where it stopped
 *   GPT3        reaching EXPIRE does not stop it; a new step length or EXPIRE takes effect at once
 *
 * Differences from silicon: counts follow the machine's virtual time; the bus clock of GPT4 is
 * 26 MHz whatever the clock control says.
 */
#ifndef PERI_MACHINE_GPT_H
#define PERI_MACHINE_GPT_H

#include "qom/object.h"

#define TYPE_MT3620_GPT "mt3620-gpt"
OBJECT_DECLARE_SIMPLE_TYPE(GptState, MT3620_GPT)

#endif
