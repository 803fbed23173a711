/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flash: the array, its controller, and the remap for the normal world.
 * Source: abi/mt3620_flash.h (ours; the original's registers are not public).
 *
 * Interface
 *   region 0        the controller's registers; mapped for the A7's secure world alone
 *   flash_array()   the 16 MiB as they are, for views; a write there is a bus error
 *   flash_normal()  the same through the remap, for the normal world's view
 *   properties      file   host file of 16 MiB; without one the chip is blank and forgets
 *                   fault  "N" or "N:torn": power is lost at command N (0 = first), before
 *                          it or with half of it done
 *                   flip   "BYTE:BIT" is inverted at power-on, in the chip, not in the file
 *                   firewall link, told of refused writes
 *
 * Kept over a chip reset: the array and OPERATIONS.  Everything else returns to its reset value.
 *
 * Differences from silicon: no busy time, no wear, no serial commands; the array can
 * be read while it is programmed; the remap.  A page program that clears no bit is carried
 * out and counted like any other.
 */
#ifndef PERI_MACHINE_FLASH_H
#define PERI_MACHINE_FLASH_H

#include "exec/memory.h"
#include "qom/object.h"

#define TYPE_MT3620_FLASH_DEVICE "mt3620-flash"
OBJECT_DECLARE_SIMPLE_TYPE(FlashState, MT3620_FLASH_DEVICE)

/* After realize. */
MemoryRegion *flash_array(FlashState *s);
MemoryRegion *flash_normal(FlashState *s);

#endif
