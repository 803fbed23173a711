/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The address map of abi/mt3620.h: who sees what at power-on, nothing else, and apart. */
#include "abi/mt3620.h"
#include "machine/tests/bus.h"
#include "tests/check.h"

#include <stdio.h>
#include <string.h>

static struct bus b;

enum { S = 1, N = 2, I = 4, P = 8 }; /* A7 secure, A7 normal, both I/O cores, Pluton */

static const struct {
    uint32_t at;
    unsigned readers;
    unsigned writers;
    bool words; /* registers: one word at a time */
} map[] = {
    { MT3620_PLUTON_ROM, P, 0, false },
    { MT3620_PLUTON_ROM + MT3620_PLUTON_ROM_BYTES - 4, P, 0, false },
    { MT3620_PLUTON_ROM + MT3620_PLUTON_ROM_BYTES, 0, 0, false },
    { MT3620_TCM - 4, 0, 0, false },
    { MT3620_TCM, P | I, P | I, false },
    { MT3620_TCM + MT3620_PLUTON_TCM_BYTES - 4, P | I, P | I, false },
    { MT3620_TCM + MT3620_PLUTON_TCM_BYTES, I, I, false },
    { MT3620_TCM + MT3620_IO_TCM_BYTES - 4, I, I, false },
    { MT3620_TCM + MT3620_IO_TCM_BYTES, 0, 0, false },
    { MT3620_IO_XIP, 0, 0, false },
    { MT3620_IO_XIP + MT3620_IO_XIP_BYTES - 4, 0, 0, false },
    { 0x20000000, 0, 0, false },
    { MT3620_M4_INTERRUPTS, P | I, P | I, true },
    { MT3620_M4_RGU, P | I, P | I, true },
    { MT3620_M4_WDT + 0x3C, P | I, P | I, true },
    { MT3620_M4_GPT, P | I, P | I, true },
    { MT3620_M4_MAILBOX_A7, P | I, P | I, true },
    { MT3620_M4_MAILBOX_PEER, P | I, P | I, true },
    { MT3620_M4_INFRA, P | I, P | I, true },
    { MT3620_IO_DMA, P | I, P | I, true },
    { MT3620_PLUTON_RESET, P, P, true },
    { MT3620_IO_SYSRAM, I, I, false },
    { MT3620_IO_SYSRAM + MT3620_IO_SYSRAM_BYTES - 4, I, I, false },
    { MT3620_IO_SYSRAM + MT3620_IO_SYSRAM_BYTES, 0, 0, false },
    { MT3620_HSP_SHA + 4, P, P, true },
    { MT3620_HSP_AES + 4, P, P, true },
    { MT3620_HSP_ECC + 4, P, P, true },
    { MT3620_HSP_RSA + 4, P, P, true },
    { MT3620_HSP_TRNG + 4, P, P, true },
    { MT3620_HSP_FUSE + 4, P, P, true },
    { MT3620_HSP + 0x6000, 0, 0, false },
    { MT3620_FIREWALL, P | S, P | S, true },
    { MT3620_PINMUX, S, S, true },
    { MT3620_A7_GPIO, S, S, true },
    { MT3620_TOP_CONFIG, S, S, true },
    { MT3620_SECURE_DMA, S, S, true },
    { MT3620_A7_WDT + 0x3C, S, S, true },
    { MT3620_SYSRAM_CONTROL, S, S, true },
    { MT3620_FLASH_CONTROLLER, S, S, true },
    { MT3620_INFRA, P | S, P | S, true },
    { MT3620_MCUSYS, S, S, true },
    { MT3620_A7_MAILBOX_SECURE, S, S, true },
    { MT3620_GIC_DISTRIBUTOR + 0x1000 - 4, S | N, 0, false }, /* an identity register */
    { MT3620_A7_MAILBOX_NORMAL, S, S, true },
    { MT3620_A7_MAILBOX_IO0, S, S, true },
    { MT3620_A7_MAILBOX_IO1, S, S, true },
    { MT3620_A7_GPT, S, S, true },
    { MT3620_A7_DMA, S, S, true },
    { MT3620_A7_INTERRUPTS, S, S, true },
    { MT3620_IO_ADC, S, S, true },
    { MT3620_IO_GPIO, S, S, true },
    { MT3620_IO_GPIO + 5 * 0x10000, S, S, true },
    { MT3620_IO_ISU, S, S, true },
    { MT3620_IO_ISU + 5 * 0x10000, S, S, true },
    { MT3620_IO_I2S, S, S, true },
    { 0x380F0000, S, S, true },
    { 0x38100000, S, S, true },
    { 0x38110000, 0, 0, false },
    { 0x60000000, 0, 0, false },
    { MT3620_RAM - 4, 0, 0, false },
    { MT3620_RAM, P | S, P | S, false },
    { MT3620_SECURE_RAM, P | S, P | S, false },
    { MT3620_RAM + MT3620_RAM_BYTES - 4, P | S, P | S, false },
    { MT3620_RAM + MT3620_RAM_BYTES, 0, 0, false },
    { MT3620_FLASH, P | S, 0, false },
    { MT3620_FLASH + MT3620_FLASH_BYTES - 4, P | S, 0, false },
    { MT3620_FLASH + MT3620_FLASH_BYTES, 0, 0, false },
};

static const struct {
    const char *name;
    unsigned bit;
} who[] = { { "a7s", S }, { "a7n", N }, { "io0", I }, { "io1", I }, { "pluton", P } };

static void who_sees_what(void)
{
    for (unsigned m = 0; m < sizeof(map) / sizeof(map[0]); m++) {
        for (unsigned w = 0; w < 5; w++) {
            bool reads = map[m].readers & who[w].bit, writes = map[m].writers & who[w].bit;
            uint32_t value = 0;
            bool got = bus_read(&b, who[w].name, 4, map[m].at, &value);

            if (got != reads) {
                fprintf(stderr, "%s at 0x%08x\n", who[w].name, map[m].at);
            }
            CHECK_INT(got, reads);
            if (writes || !reads) {
                got = bus_write(&b, who[w].name, 4, map[m].at, value);
                if (got != writes) {
                    fprintf(stderr, "write of %s at 0x%08x\n", who[w].name, map[m].at);
                }
                CHECK_INT(got, writes);
            }
            if (reads && map[m].words) {
                CHECK(bus_words_only(&b, who[w].name, map[m].at));
            }
        }
    }
}

/* The same address is another memory for each M4. */
static void apart(void)
{
    bus_set(&b, "pluton", MT3620_TCM + 0x100, 1);
    bus_set(&b, "io0", MT3620_TCM + 0x100, 2);
    bus_set(&b, "io1", MT3620_TCM + 0x100, 3);
    bus_set(&b, "io0", MT3620_IO_SYSRAM, 4);
    bus_set(&b, "io1", MT3620_IO_SYSRAM, 5);
    CHECK_INT(bus_get(&b, "pluton", MT3620_TCM + 0x100), 1);
    CHECK_INT(bus_get(&b, "io0", MT3620_TCM + 0x100), 2);
    CHECK_INT(bus_get(&b, "io1", MT3620_TCM + 0x100), 3);
    CHECK_INT(bus_get(&b, "io0", MT3620_IO_SYSRAM), 4);
    CHECK_INT(bus_get(&b, "io1", MT3620_IO_SYSRAM), 5);
    bus_set(&b, "io0", MT3620_M4_RGU + 0xC, 0x200); /* and other blocks */
    CHECK_INT(bus_get(&b, "io0", MT3620_M4_RGU + 0xC), 0x200);
    CHECK_INT(bus_get(&b, "io1", MT3620_M4_RGU + 0xC), 0);
    /* RAM is one for those who see it */
    bus_set(&b, "pluton", MT3620_RAM + 0x40, 0x600D);
    CHECK_INT(bus_get(&b, "a7s", MT3620_RAM + 0x40), 0x600D);
}

/* Memory takes any width. */
static void widths(void)
{
    static const struct {
        const char *who;
        uint32_t at;
    } memory[] = { { "pluton", MT3620_TCM }, { "io0", MT3620_TCM }, { "io1", MT3620_IO_SYSRAM },
                   { "a7s", MT3620_RAM } };
    uint32_t value;

    for (unsigned i = 0; i < 4; i++) {
        bus_set(&b, memory[i].who, memory[i].at, 0);
        CHECK(bus_write(&b, memory[i].who, 1, memory[i].at + 1, 0xAB));
        CHECK(bus_write(&b, memory[i].who, 2, memory[i].at + 2, 0xCDEF));
        CHECK(bus_read(&b, memory[i].who, 4, memory[i].at, &value));
        CHECK_INT(value, 0xCDEFAB00);
    }
}

/* Blocks of a later step: what keeps its words, and what does not. */
static void later(void)
{
    bus_set(&b, "a7s", MT3620_PINMUX + 0x20, 0x12345678);
    CHECK_INT(bus_get(&b, "a7s", MT3620_PINMUX + 0x20), 0x12345678);
    bus_set(&b, "a7s", MT3620_IO_GPIO + 0x10, 0xF);
    CHECK_INT(bus_get(&b, "a7s", MT3620_IO_GPIO + 0x10), 0);
    bus_reset(&b);
    CHECK_INT(bus_get(&b, "a7s", MT3620_PINMUX + 0x20), 0);
}

/* What the emulator has written so far holds the words. */
static void logged(const char *words)
{
    static char text[16384];
    FILE *f = fopen(b.log, "re");
    size_t got = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

    text[got] = '\0';
    if (f) {
        fclose(f);
    }
    if (!strstr(text, words)) {
        fprintf(stderr, "not logged: %s\n", words);
    }
    CHECK(strstr(text, words) != NULL);
}

/* Asked to, the emulator names each refusal with its initiator, and each access to a block of a
 * later step. */
static void logs(void)
{
    static const char *const asked[] = { "-d", "unimp,guest_errors", NULL };
    char words[128];
    uint32_t value;

    bus_start(&b, BUS_STEPS, "", asked);
    CHECK(!bus_read(&b, "a7n", 4, MT3620_FLASH_CONTROLLER, &value));
    snprintf(words, sizeof(words), "read of 4 bytes at 0x%08x refused", MT3620_FLASH_CONTROLLER);
    logged(words);
    CHECK(!bus_write(&b, "io1", 4, MT3620_SECURE_RAM, 1));
    snprintf(words, sizeof(words), "write of 4 bytes at 0x%08x refused", MT3620_SECURE_RAM);
    logged(words);
    bus_get(&b, "a7s", MT3620_IO_GPIO + 0x10);
    logged("read of 0x0010: 0x00000000");
    bus_set(&b, "a7s", MT3620_IO_GPIO + 0x14, 0xF);
    logged("write of 0x0000000f to 0x0014");
    bus_stop(&b);
}

int main(void)
{
    bus_start(&b, BUS_STEPS, "", NULL);
    who_sees_what();
    apart();
    widths();
    later();
    bus_stop(&b);
    logs();
    return check_done();
}
