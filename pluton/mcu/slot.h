/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Image slots of the flash as the boot chain reads them.
 * Source: abi/flash_layout.h.  Trust: hostile; a slot only says how many bytes
 * are to be copied, and the copy is what gets checked.
 */
#ifndef PERI_PLUTON_MCU_SLOT_H
#define PERI_PLUTON_MCU_SLOT_H

#include "abi/flash_layout.h"
#include "lib/cursor.h"

struct slot {
    uint32_t at, bytes; /* of the slot, in flash */
};

/* Length of the file that stands there; 0 when the trailer is none, or says
 * more than the slot or max holds. */
uint32_t slot_file_bytes(const struct slot *slot, uint32_t max);
/* Copies the file to an address; the copy, empty when there is no file. */
struct span slot_copy(const struct slot *slot, uint32_t to, uint32_t max);

#endif
