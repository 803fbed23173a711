/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of a run, with its exit code (enum mt3620_end).
 * Source: abi/mt3620.h.  Callers: reset.c, flash.c, fuse.c.
 *
 * QEMU 7.2 ends with 0 whatever the machine thinks; so the code is kept here and
 * put in place by the last exit handler, after everything was closed in order.
 * The cores stop at the end of the translated block that they are in, the one that caused
 * the end too; so blocks that keep something without power ask mt3620_ended() first.
 */
#ifndef PERI_MACHINE_END_H
#define PERI_MACHINE_END_H

#include "abi/mt3620.h"

void mt3620_end(enum mt3620_end code);

/* From then on nothing may change what the chip keeps without power. */
bool mt3620_ended(void);

/* The core whose access is being served stops after its translated block, if there is one.
 * A chip reset starts it again. */
void mt3620_stop_core(void);

#endif
