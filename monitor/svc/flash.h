/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The flash of the MCU: views, erase and program with read-back.
 * Source: abi/mt3620_flash.h, abi/flash_layout.h.  Caller: services and boot.
 * Errors: E_RANGE (outside the array, unaligned erase; nothing done), E_CONFLICT
 * (a bit would have to rise; nothing done), E_IO (the chip refused, or the bytes
 * read back are others: contents undefined).
 */
#ifndef PERI_MONITOR_SVC_FLASH_H
#define PERI_MONITOR_SVC_FLASH_H

#include <stdbool.h>

#include "abi/flash_layout.h"
#include "abi/mt3620.h"
#include "abi/mt3620_flash.h"
#include "lib/cursor.h"

struct flash_range {
    uint32_t at; /* offset in the array */
    uint32_t bytes;
};

/* [at, at + bytes) lies in outer; safe for every value. */
static inline bool flash_within(struct flash_range outer, uint32_t at, uint32_t bytes)
{
    return at >= outer.at && at - outer.at <= outer.bytes && bytes <= outer.bytes - (at - outer.at);
}

/* Empty outside the array. */
struct span flash_view(uint32_t at, uint32_t bytes);
bool flash_erased(struct span bytes);
/* Whole sectors. */
int flash_erase(uint32_t at, uint32_t bytes) MUST_CHECK;
int flash_write(uint32_t at, struct span bytes) MUST_CHECK;

/* The image file in a slot, by its trailer.  E_NOT_FOUND: the slot is blank;
 * E_CORRUPT: no valid trailer.  What it holds is hostile. */
int flash_slot(struct flash_range slot, struct span *file) MUST_CHECK;

/* Says that a file of so many bytes stands in the slot: the trailer. */
int flash_slot_finish(struct flash_range slot, uint32_t bytes) MUST_CHECK;

#endif
