/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The clock of the machine, offered the time that azured learned from the service, or what a
 * time server of the network says.
 * Chosen at link time: clock_host.c, clock_mcu.c.
 */
#ifndef PERI_OS_APPMAN_CLOCK_H
#define PERI_OS_APPMAN_CLOCK_H

#include <stdint.h>

enum { CLOCK_TOLERANCE_S = 5 };

/* now_s: Unix seconds.  What cannot be set is said in the log. */
void clock_offer(uint64_t now_s);
/* From the network, where nobody vouches for it: taken once, by a clock that was never set. */
void clock_suggest(uint64_t now_s);

#endif
