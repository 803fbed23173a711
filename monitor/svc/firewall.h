/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the monitor grants, in one place.
 * Source: abi/mt3620_firewall.h; the table is in docs/spec/smc.md.
 *
 *   number            granted to                                    until
 *   RAM window 0      normal world: RAM below the secure part, rw    reset
 *   RAM window 1..4   I/O core c, buffer type t (1 + 2c + t)         stop
 *   RAM window 5..15  nobody                                        reset
 *   flash region 0    normal world: system window                   reset
 *   flash region 1    normal world: APPLICATIONS                    reset
 *   flash region 2, 3 I/O core 0, 1: what it executes in place       stop
 *   flash region 4..7 nobody                                        reset
 */
#ifndef PERI_MONITOR_SVC_FIREWALL_H
#define PERI_MONITOR_SVC_FIREWALL_H

#include <stdbool.h>

#include "abi/mt3620_firewall.h"
#include "lib/cursor.h"

/* At start: secure RAM, what the normal world gets, and the locks.  E_IO when
 * the firewall did not take a setting. */
int firewall_close(void) MUST_CHECK;

/* I/O core's windows; core 0..1, type 0..1.  Bytes 0 closes; ranges are of whole
 * granules, checked by the caller.  E_IO as above. */
int firewall_io_ram(unsigned core, unsigned type, uint32_t at, uint32_t bytes,
                    bool writable) MUST_CHECK;
/* Shows flash from offset `shown` on at the core's window, readable in
 * [at, at + bytes) of the array. */
int firewall_io_flash(unsigned core, uint32_t shown, uint32_t at, uint32_t bytes) MUST_CHECK;

#endif
