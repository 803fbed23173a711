/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/svc/medium_flash.h"

#include <string.h>

#include "abi/image.h"
#include "monitor/svc/flash.h"
#include "monitor/svc/monitor.h"

enum { POOL_BYTES = FLASH_APPLICATIONS_BYTES - FLASH_SECTOR_BYTES, PIECE_BYTES = FLASH_SECTOR_BYTES };

static const uint32_t state_at[MEDIUM_STATES] = {FLASH_STATE_A_AT, FLASH_STATE_B_AT};

static struct flash_range range_of(struct medium_area area)
{
    return (struct flash_range){(uint32_t)area.first * FLASH_SECTOR_BYTES,
                                (uint32_t)area.blocks * FLASH_SECTOR_BYTES};
}

static int flash_medium_state_read(void *context, unsigned which, uint8_t *to, size_t len)
{
    (void)context;
    if (which >= MEDIUM_STATES || len > FLASH_SECTOR_BYTES)
        return E_RANGE;
    memcpy(to, flash_view(state_at[which], (uint32_t)len).at, len);
    return 0;
}

static int flash_medium_state_write(void *context, unsigned which, struct span bytes)
{
    (void)context;
    if (which >= MEDIUM_STATES || bytes.len > FLASH_SECTOR_BYTES)
        return E_RANGE;
    const int err = flash_erase(state_at[which], FLASH_SECTOR_BYTES);
    return err ? err : flash_write(state_at[which], bytes);
}

static int flash_medium_erase(void *context, struct medium_area area)
{
    const struct flash_range range = range_of(area);
    (void)context;
    for (uint32_t done = 0; done < range.bytes; done += FLASH_SECTOR_BYTES) {
        const uint32_t at = range.at + done;
        watchdog_arm();
        if (flash_erased(flash_view(at, FLASH_SECTOR_BYTES)))
            continue; /* spares the sector */
        const int err = flash_erase(at, FLASH_SECTOR_BYTES);
        if (err)
            return err;
    }
    return 0;
}

static int flash_medium_write(void *context, struct medium_area area, uint32_t offset,
                              struct span bytes)
{
    const struct flash_range range = range_of(area);
    (void)context;
    if (offset > range.bytes || bytes.len > range.bytes - offset)
        return E_RANGE;
    for (size_t done = 0; done < bytes.len;) {
        const size_t left = bytes.len - done;
        const struct span piece = {bytes.at + done, left < PIECE_BYTES ? left : PIECE_BYTES};
        watchdog_arm();
        const int err = flash_write(range.at + offset + (uint32_t)done, piece);
        if (err)
            return err;
        done += piece.len;
    }
    return 0;
}

static int flash_medium_finish(void *context, struct medium_area area, uint32_t len)
{
    const struct flash_range range = range_of(area);
    (void)context;
    if (range.at >= FLASH_APPLICATIONS_AT)
        return 0; /* found by the record alone */
    return flash_slot_finish(range, len);
}

static int flash_medium_view(void *context, struct medium_area area, uint32_t len,
                             struct span *view)
{
    const struct flash_range range = range_of(area);
    (void)context;
    *view = span_of(NULL, 0);
    if (len > range.bytes)
        return E_RANGE;
    *view = flash_view(range.at, len);
    return view->len == len ? 0 : E_RANGE;
}

static int flash_medium_sync(void *context)
{
    (void)context;
    return 0;
}

static const struct medium_ops ops = {flash_medium_state_read, flash_medium_state_write,
                                      flash_medium_erase,      flash_medium_write,
                                      flash_medium_finish,     flash_medium_view,
                                      flash_medium_sync};

#define SECTORS(at) ((at) / FLASH_SECTOR_BYTES)
#define SLOT(type, name)                                                                           \
    {type,                                                                                         \
     FLASH_SYSTEM_##name##_BYTES - FLASH_SLOT_TRAILER_BYTES,                                       \
     {{SECTORS(FLASH_SYSTEM_A_AT + FLASH_SYSTEM_##name), SECTORS(FLASH_SYSTEM_##name##_BYTES)},    \
      {SECTORS(FLASH_SYSTEM_B_AT + FLASH_SYSTEM_##name), SECTORS(FLASH_SYSTEM_##name##_BYTES)}}}

static const struct medium_fixed fixed[] = {
    SLOT(IMAGE_TYPE_NORMAL_WORLD_KERNEL, KERNEL),
    SLOT(IMAGE_TYPE_NORMAL_WORLD_DTB, DTB),
    SLOT(IMAGE_TYPE_ROOT_FS, ROOT),
    SLOT(IMAGE_TYPE_SERVICES, SERVICES),
};

const struct medium medium_flash = {
    .ops = &ops,
    .block_bytes = FLASH_SECTOR_BYTES,
    .pool_image_bytes_max = POOL_BYTES,
    .pool = {SECTORS(FLASH_APPLICATIONS_AT), SECTORS(POOL_BYTES)},
    .fixed = fixed,
    .fixed_count = sizeof fixed / sizeof fixed[0],
};
