/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the services of the Security Monitor need of the machine.
 * Implementations: monitor/mcu (the chip), monitor/svc/fake_test.c (a host, with
 * faults); chosen at link time.
 * Caller: monitor/svc alone, one call at a time.
 *
 * Addresses are physical ones of abi/mt3620.h.  The caller has checked every
 * range; nothing here checks again.
 */
#ifndef PERI_MONITOR_SVC_PLAT_H
#define PERI_MONITOR_SVC_PLAT_H

#include "lib/cursor.h"

/* Registers of the secure world's blocks. */
uint32_t plat_read(uint32_t address);
void plat_write(uint32_t address, uint32_t value);

/* RAM of the normal world.  An I/O core may write there at any moment: copy
 * once, then look at the copy. */
uint8_t *plat_ram(uint32_t address);
/* The flash array as it is; changes only by commands of monitor/svc/flash.c. */
const uint8_t *plat_flash(uint32_t offset);

/* One call to the Pluton runtime; reply gets its payload.
 * 0; E_SIGNATURE, E_STATE, E_FULL, E_NOT_FOUND, E_MALFORMED (argument or length
 * refused), E_DENIED, E_CRYPTO (its hardware failed), E_TIMEOUT, E_IO. */
int plat_pluton(uint16_t command, struct span request, struct writer *reply) MUST_CHECK;

/* A piece of a line on the console; only before the normal world runs. */
void plat_say(const char *text);

/* Time since some moment, in BUDGET_TICKs (monitor/svc/budget.h), modulo 2^32; the normal
 * world cannot change it. */
uint32_t plat_ticks(void);

/* After the register that ends the run was written: does not return on the chip. */
void plat_stop(void);

#endif
