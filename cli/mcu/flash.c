/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/mcu/flash.h"

#include <stdlib.h>
#include <string.h>

#include "cli/file.h"

const struct mcu_slot_row mcu_slots[MCU_SLOTS] = {
#define MCU_SLOT_ROW(name, text, at, bytes, type) {text, at, bytes, type},
    MCU_SLOT_TABLE(MCU_SLOT_ROW)
#undef MCU_SLOT_ROW
};

enum { ERASED = 0xFF };

int mcu_flash_new(struct mcu_flash *flash)
{
    flash->at = malloc(MT3620_FLASH_BYTES);
    if (!flash->at)
        return fail(PERI_EXIT_ERROR, "out of memory");
    memset(flash->at, ERASED, MT3620_FLASH_BYTES);
    return PERI_EXIT_OK;
}

int mcu_flash_read(const char *path, struct mcu_flash *flash)
{
    struct span bytes;
    flash->at = NULL;
    int code = file_read(path, &bytes);
    if (code)
        return code;
    if (bytes.len != MT3620_FLASH_BYTES) {
        code = fail(PERI_EXIT_ERROR, "the flash file '%s' has %zu bytes, not %u", path, bytes.len, MT3620_FLASH_BYTES);
        file_release(&bytes);
        return code;
    }
    flash->at = (uint8_t *)(uintptr_t)bytes.at; /* malloc'd by file_read(), ours from now on */
    return PERI_EXIT_OK;
}

int mcu_flash_write(const char *path, const struct mcu_flash *flash)
{
    return file_write(path, span_of(flash->at, MT3620_FLASH_BYTES), 0600);
}

void mcu_flash_free(struct mcu_flash *flash)
{
    free(flash->at);
    flash->at = NULL;
}

uint32_t mcu_slot_room(enum mcu_slot slot) { return mcu_slots[slot].bytes - FLASH_SLOT_TRAILER_BYTES; }

void mcu_flash_clear(struct mcu_flash *flash, enum mcu_slot slot)
{
    memset(flash->at + mcu_slots[slot].at, ERASED, mcu_slots[slot].bytes);
}

int mcu_flash_put(struct mcu_flash *flash, enum mcu_slot slot, struct span file)
{
    if (file.len > mcu_slot_room(slot))
        return E_FULL;
    mcu_flash_clear(flash, slot);
    uint8_t *base = flash->at + mcu_slots[slot].at;
    memcpy(base, file.at, file.len);
    struct writer w = writer_of(base + mcu_slot_room(slot), FLASH_SLOT_TRAILER_BYTES);
    writer_u32le(&w, FLASH_SLOT_MAGIC);
    writer_u32le(&w, (uint32_t)file.len);
    writer_u32le(&w, ~(uint32_t)file.len);
    writer_u32le(&w, 0);
    return w.err;
}

int mcu_flash_image(const struct mcu_flash *flash, enum mcu_slot slot, struct span *file)
{
    const uint8_t *base = flash->at + mcu_slots[slot].at;
    struct cursor c = cursor_of(span_of(base + mcu_slot_room(slot), FLASH_SLOT_TRAILER_BYTES));
    *file = span_of(NULL, 0);
    uint32_t magic = cursor_u32le(&c), bytes = cursor_u32le(&c), inverse = cursor_u32le(&c), zero = cursor_u32le(&c);
    if (magic != FLASH_SLOT_MAGIC)
        return E_NOT_FOUND;
    if (bytes != ~inverse || zero != 0 || bytes == 0 || bytes > mcu_slot_room(slot))
        return E_MALFORMED;
    *file = span_of(base, bytes);
    return 0;
}
