/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/svc/flash.h"

#include <string.h>

#include "monitor/svc/plat.h"

enum { ERASED = 0xFF };

static const struct flash_range array = {0, MT3620_FLASH_BYTES};

struct span flash_view(uint32_t at, uint32_t bytes)
{
    return flash_within(array, at, bytes) ? span_of(plat_flash(at), bytes) : span_of(NULL, 0);
}

bool flash_erased(struct span bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        if (bytes.at[i] != ERASED)
            return false;
    return true;
}

static void reg_set(uint32_t offset, uint32_t value)
{
    plat_write(MT3620_FLASH_CONTROLLER + offset, value);
}

static int command_run(uint32_t command)
{
    reg_set(FLASH_COMMAND, command);
    return plat_read(MT3620_FLASH_CONTROLLER + FLASH_STATUS) & FLASH_STATUS_FAILED ? E_IO : 0;
}

int flash_erase(uint32_t at, uint32_t bytes)
{
    if (at % FLASH_SECTOR_BYTES || bytes % FLASH_SECTOR_BYTES || !flash_within(array, at, bytes))
        return E_RANGE;
    for (uint32_t done = 0; done < bytes; done += FLASH_SECTOR_BYTES) {
        reg_set(FLASH_ADDRESS, at + done);
        const int err = command_run(FLASH_COMMAND_ERASE);
        if (err)
            return err;
        if (!flash_erased(flash_view(at + done, FLASH_SECTOR_BYTES)))
            return E_IO;
    }
    return 0;
}

/* At most one page, not over its border. */
static int page_program(uint32_t at, struct span bytes)
{
    for (size_t i = 0; i < bytes.len; i += sizeof(uint32_t)) {
        uint32_t word = 0;
        for (size_t k = 0; k < sizeof word && i + k < bytes.len; k++)
            word |= (uint32_t)bytes.at[i + k] << (8 * k);
        reg_set(FLASH_BUFFER + (uint32_t)i, word);
    }
    reg_set(FLASH_ADDRESS, at);
    reg_set(FLASH_LENGTH, (uint32_t)bytes.len);
    const int err = command_run(FLASH_COMMAND_PROGRAM);
    if (err)
        return err;
    return memcmp(flash_view(at, (uint32_t)bytes.len).at, bytes.at, bytes.len) == 0 ? 0 : E_IO;
}

int flash_write(uint32_t at, struct span bytes)
{
    if (bytes.len > MT3620_FLASH_BYTES || !flash_within(array, at, (uint32_t)bytes.len))
        return E_RANGE;
    const struct span old = flash_view(at, (uint32_t)bytes.len);
    for (size_t i = 0; i < bytes.len; i++)
        if (bytes.at[i] & ~(unsigned)old.at[i])
            return E_CONFLICT;
    for (size_t done = 0; done < bytes.len;) {
        const uint32_t to = at + (uint32_t)done;
        size_t piece = FLASH_PAGE_BYTES - to % FLASH_PAGE_BYTES;
        if (piece > bytes.len - done)
            piece = bytes.len - done;
        const int err = page_program(to, span_of(bytes.at + done, piece));
        if (err)
            return err;
        done += piece;
    }
    return 0;
}

int flash_slot(struct flash_range slot, struct span *file)
{
    *file = span_of(NULL, 0);
    const struct span all = flash_view(slot.at, slot.bytes);
    if (all.len <= FLASH_SLOT_TRAILER_BYTES)
        return E_RANGE;
    const size_t room = all.len - FLASH_SLOT_TRAILER_BYTES;
    struct cursor c = cursor_of(span_of(all.at + room, FLASH_SLOT_TRAILER_BYTES));
    const uint32_t magic = cursor_u32le(&c), bytes = cursor_u32le(&c);
    const uint32_t inverse = cursor_u32le(&c), zero = cursor_u32le(&c);
    if (magic != FLASH_SLOT_MAGIC || inverse != ~bytes || zero != 0 || bytes > room)
        return flash_erased(all) ? E_NOT_FOUND : E_CORRUPT;
    *file = span_of(all.at, bytes);
    return 0;
}

int flash_slot_finish(struct flash_range slot, uint32_t bytes)
{
    uint8_t trailer[FLASH_SLOT_TRAILER_BYTES];
    struct writer w = writer_of(trailer, sizeof trailer);
    if (bytes > slot.bytes - sizeof trailer)
        return E_RANGE;
    writer_u32le(&w, FLASH_SLOT_MAGIC);
    writer_u32le(&w, bytes);
    writer_u32le(&w, ~bytes);
    writer_u32le(&w, 0);
    return flash_write(slot.at + slot.bytes - (uint32_t)sizeof trailer, writer_view(&w));
}
