/* SPDX-License-Identifier: BSD-2-Clause */
#include "pluton/mcu/slot.h"

#include <string.h>

#include "pluton/mcu/reg.h"

uint32_t slot_file_bytes(const struct slot *slot, uint32_t max)
{
    const uint32_t trailer = MT3620_FLASH + slot->at + slot->bytes - FLASH_SLOT_TRAILER_BYTES;
    struct cursor c = cursor_of(span_of(reg_memory(trailer), FLASH_SLOT_TRAILER_BYTES));
    const uint32_t magic = cursor_u32le(&c), bytes = cursor_u32le(&c), inverse = cursor_u32le(&c);
    if (magic != FLASH_SLOT_MAGIC || inverse != ~bytes || bytes > max ||
        bytes > slot->bytes - FLASH_SLOT_TRAILER_BYTES)
        return 0;
    return bytes;
}

struct span slot_copy(const struct slot *slot, uint32_t to, uint32_t max)
{
    const uint32_t bytes = slot_file_bytes(slot, max);
    void *copy = reg_memory(to);
    memcpy(copy, reg_memory(MT3620_FLASH + slot->at), bytes);
    return span_of(copy, bytes);
}
