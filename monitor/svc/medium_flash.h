/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine's medium over the flash of the MCU: a block is an erase sector, its
 * number the offset in the array divided by that; records stand in the first
 * sector of STATE_A and STATE_B; fixed places are the slots of the two systems, the
 * pool is APPLICATIONS but for its last sector, where the factory's trailer stands.
 * Source: abi/flash_layout.h.  An operation is durable when it returns.
 * Long work arms the watchdog as it goes: a chip that hangs does not come here.
 */
#ifndef PERI_MONITOR_SVC_MEDIUM_FLASH_H
#define PERI_MONITOR_SVC_MEDIUM_FLASH_H

#include "monitor/medium.h"

extern const struct medium medium_flash;

#endif
