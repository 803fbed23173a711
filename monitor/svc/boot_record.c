/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/svc/boot_record.h"

#include "lib/crc32.h"

enum {
    RECORD_MAGIC = 0x544F4F42, /* "BOOT" */
    RECORD_VERSION = 1,
    RECORD_BYTES = 20,
    COPIES = 2,
};

struct record {
    uint32_t sequence; /* 0: not valid */
    uint32_t system;
};

static const uint32_t copy_at[COPIES] = {FLASH_STATE_A_AT, FLASH_STATE_B_AT};

static struct record copy_read(uint32_t at)
{
    const struct span bytes = flash_view(at, RECORD_BYTES);
    struct cursor c = cursor_of(bytes);
    const uint32_t magic = cursor_u32le(&c), version = cursor_u32le(&c);
    const struct record r = {cursor_u32le(&c), cursor_u32le(&c)};
    const uint32_t crc = cursor_u32le(&c);
    if (c.err || magic != RECORD_MAGIC || version != RECORD_VERSION ||
        r.system > BOOT_SYSTEM_B || crc != crc32_update(0, bytes.at, RECORD_BYTES - 4))
        return (struct record){0, BOOT_SYSTEM_A};
    return r;
}

/* The newer copy's index. */
static unsigned newest(struct record copy[static COPIES])
{
    for (unsigned i = 0; i < COPIES; i++)
        copy[i] = copy_read(copy_at[i]);
    return copy[1].sequence > copy[0].sequence ? 1 : 0;
}

enum boot_system boot_record_load(void)
{
    struct record copy[COPIES];
    const unsigned i = newest(copy);
    return copy[i].system == BOOT_SYSTEM_B ? BOOT_SYSTEM_B : BOOT_SYSTEM_A;
}

int boot_record_store(enum boot_system system)
{
    struct record copy[COPIES];
    uint8_t bytes[RECORD_BYTES];
    struct writer w = writer_of(bytes, sizeof bytes);
    const unsigned live = newest(copy), other = 1 - live;

    if ((system != BOOT_SYSTEM_A && system != BOOT_SYSTEM_B) || copy[live].sequence == UINT32_MAX)
        return E_RANGE;
    writer_u32le(&w, RECORD_MAGIC);
    writer_u32le(&w, RECORD_VERSION);
    writer_u32le(&w, copy[live].sequence + 1);
    writer_u32le(&w, (uint32_t)system);
    writer_u32le(&w, crc32_update(0, bytes, w.len));
    const int err = flash_erase(copy_at[other], FLASH_SECTOR_BYTES);
    return err ? err : flash_write(copy_at[other], writer_view(&w));
}
