/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A storm of random accesses over the registers of all blocks: whatever a core writes, the
 * emulator lives, fuses only gain ones, and no key shows.  Fixed seeds; no core runs.
 */
#include "abi/mt3620.h"
#include "abi/mt3620_firewall.h"
#include "abi/mt3620_gpt.h"
#include "abi/mt3620_wdt.h"
#include "machine/tests/engine.h"
#include "machine/tests/fuse_file.h"
#include "tests/check.h"

static struct bus b;
static struct fuse_file file;

enum { SEEDS = 3, ACCESSES = 6000 };

static const struct {
    const char *who;
    uint32_t at, bytes;
} blocks[] = {
    { "pluton", MT3620_HSP_SHA, 0x50 },           { "pluton", MT3620_HSP_AES, 0xB0 },
    { "pluton", MT3620_HSP_ECC, 0xD0 },           { "pluton", MT3620_HSP_RSA, 0x420 },
    { "pluton", MT3620_HSP_TRNG, 0x20 },          { "pluton", MT3620_HSP_FUSE, 0x620 },
    { "pluton", MT3620_M4_UART, 0x110 },          { "pluton", MT3620_M4_GPT, 0x80 },
    { "pluton", MT3620_M4_WDT, 0x90 },            { "pluton", MT3620_M4_RGU, 0x1000 },
    { "pluton", MT3620_M4_MAILBOX_A7, 0x70 },     { "pluton", MT3620_M4_MAILBOX_PEER, 0x70 },
    { "io0", MT3620_M4_UART, 0x110 },             { "io0", MT3620_M4_GPT, 0x80 },
    { "io0", MT3620_M4_WDT, 0x90 },               { "io0", MT3620_M4_MAILBOX_PEER, 0x70 },
    { "io1", MT3620_M4_MAILBOX_PEER, 0x70 },      { "a7n", MT3620_A7_MAILBOX_NORMAL, 0x70 },
    { "a7n", MT3620_A7_GPT, 0x80 },               { "a7n", MT3620_A7_UART0, 0x110 },
    { "a7n", MT3620_RTC, 0x90 },                  { "a7s", MT3620_RTC, 0x90 },
    { "a7s", MT3620_A7_WDT, 0x90 },               { "a7s", MT3620_A7_MAILBOX_SECURE, 0x70 },
};

/* Words that mean something somewhere, so that not every write is turned away at the door. */
static const uint32_t likely[] = {
    0, 1, 2, 3, 4, 5, 8, 9, 15, 0x10, 0x80, 0xBF, 0xFF, 0xFFFFFFFF, FUSE_BURN, GPT3_CTRL_1MHZ,
    WDT_MODE_KEY | 1, WDT_MODE_KEY | 9, WDT_RESTART_KEY, WDT_SWRST_KEY, 1 << 5 | WDT_LENGTH_KEY,
    MT3620_TCM, MT3620_RAM, MT3620_FLASH, MT3620_HSP, 0x1000, 0x80000000, 0x40000000, 0x8000,
};

static uint64_t state;

static uint32_t below(uint32_t limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 33) % limit;
}

/* Restart of the emulator with the same chip; RAM granted to nobody, registers as usual. */
static void start(void)
{
    bus_start(&b, BUS_STEPS, file.option, NULL);
    bus_set(&b, "a7s", MT3620_FIREWALL + FIREWALL_INITIATOR + FIREWALL_PERIPHERALS +
                           FIREWALL_INITIATOR_STRIDE * MT3620_A7_NORMAL,
            1u << FIREWALL_MAILBOX_NORMAL | 1u << FIREWALL_A7_GPT | 1u << FIREWALL_UART0 |
                1u << FIREWALL_RTC);
}

static void one_access(void)
{
    static const unsigned widths[] = { 4, 4, 4, 4, 4, 4, 2, 1 };
    uint32_t i = below(sizeof(blocks) / sizeof(blocks[0]));
    /* a quarter at the first register: there the engines have their commands */
    uint32_t at = blocks[i].at + (below(4) ? below(blocks[i].bytes) : 0);
    unsigned width = widths[below(8)];
    uint32_t value = below(2) ? likely[below(sizeof(likely) / sizeof(likely[0]))] : below(1u << 31);

    if (below(16)) {
        at &= ~3u;
    }
    if (at == MT3620_HSP_FUSE) {
        value = FUSE_BURN;
    }
    if (below(3)) {
        bus_write(&b, blocks[i].who, width, at, value);
    } else {
        bus_read(&b, blocks[i].who, width, at, &value);
    }
    if (below(64) == 0) {
        bus_step(&b, below(200000000));
    }
}

/* Rows that no register shows, whatever happened. */
static void keys_hidden(void)
{
    CHECK(engine_all_zero(&b, MT3620_HSP_FUSE + FUSE_ARRAY + 4 * FUSE_SECRET, 32));
    CHECK(engine_all_zero(&b, MT3620_HSP_FUSE + FUSE_ARRAY + 4 * FUSE_ATTESTATION, 64));
    CHECK(engine_all_zero(&b, MT3620_HSP_AES + HSP_AES_KEY, 32));
}

static void only_gained(const struct fuse_array *before, const struct fuse_array *after)
{
    for (unsigned i = 0; i < FUSE_WORDS; i++) {
        CHECK_INT(before->word[i] & ~after->word[i], 0);
    }
    CHECK_INT(after->starts, before->starts + 1);
}

/* Something that only registers burn. */
static bool burned(const struct fuse_array *array)
{
    uint32_t any = 0;

    for (unsigned i = 0; i < 4 * FUSE_COUNTER_WORDS; i++) {
        any |= array->word[FUSE_COUNTERS + i];
    }
    return any != 0;
}

int main(void)
{
    struct fuse_array before, after;

    fuse_file_make(&file);
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        state = 0x9E3779B97F4A7C15u * seed;
        fuse_file_get(&file, &before);
        start();
        for (unsigned i = 0; i < ACCESSES; i++) {
            one_access();
        }
        keys_hidden();
        bus_stop(&b);
        fuse_file_get(&file, &after);
        only_gained(&before, &after);
    }
    /* it was a storm: a fused key was made, and more was burned */
    CHECK((after.word[FUSE_LOCKS] & (FUSE_LOCK_ATTESTATION | FUSE_LOCK_GENERAL)) != 0);
    CHECK(burned(&after));
    fuse_file_remove(&file);
    return check_done();
}
