/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reset and clock unit: abi/mt3620_rgu.h; what HCLK does to the core's SysTick. */
#include "abi/mt3620_rgu.h"

#include "abi/mt3620.h"
#include "machine/tests/bus.h"
#include "tests/check.h"

static struct bus b;

enum {
    MS = 1000000,
    SYST_CSR = 0xE000E010 - 0xE000E000,
    SYST_RVR = SYST_CSR + 4,
    SYST_CVR = SYST_CSR + 8,
    SYST_MAX = 0xFFFFFF,
};
#define SYSTEM_SPACE 0xE000E000u

static uint32_t get(const char *who, uint32_t offset)
{
    return bus_get(&b, who, MT3620_M4_RGU + offset);
}

static void set(const char *who, uint32_t offset, uint32_t value)
{
    bus_set(&b, who, MT3620_M4_RGU + offset, value);
}

static void registers(const char *who)
{
    static const uint32_t offsets[] = { RGU_SLP_CTRL, RGU_HCLK, RGU_MEMORY, RGU_MEMORY + 0x20,
                                        RGU_CLOCK_GEN, RGU_GATE_2MHZ, RGU_POWER };

    for (unsigned i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        CHECK_INT(get(who, offsets[i]), 0);
        CHECK(bus_words_only(&b, who, MT3620_M4_RGU + offsets[i]));
        set(who, offsets[i], 0x13579BDF & ~(3u << 26));
        CHECK_INT(get(who, offsets[i]) & ~(3u << 26), 0x13579BDF & ~(3u << 26));
    }
    CHECK(bus_refused(&b, "a7s", MT3620_M4_RGU));
    CHECK(bus_refused(&b, "a7n", MT3620_M4_RGU));
}

/* A PLL that is enabled is ready; ready is not written. */
static void plls(const char *who)
{
    set(who, RGU_POWER, 1u << 28);
    CHECK_INT(get(who, RGU_POWER), 1u << 28 | 1u << 26);
    set(who, RGU_POWER, 3u << 28);
    CHECK_INT(get(who, RGU_POWER), 3u << 28 | 3u << 26);
    set(who, RGU_POWER, 3u << 26);
    CHECK_INT(get(who, RGU_POWER), 0);
}

/* Ticks of the core's clock in a time, by its SysTick. */
static uint32_t ticks(const char *who, uint64_t ns)
{
    uint32_t count;

    bus_set(&b, who, SYSTEM_SPACE + SYST_RVR, SYST_MAX);
    bus_set(&b, who, SYSTEM_SPACE + SYST_CVR, 0);
    bus_set(&b, who, SYSTEM_SPACE + SYST_CSR, 5); /* core clock, no interrupt */
    bus_step(&b, ns);
    count = SYST_MAX - bus_get(&b, who, SYSTEM_SPACE + SYST_CVR);
    bus_set(&b, who, SYSTEM_SPACE + SYST_CSR, 0);
    return count;
}

/* Within a tenth of a per cent, and two ticks for the ends. */
static void about(uint32_t got, uint32_t want)
{
    CHECK(got + 2 + want / 1000 >= want && got <= want + 2 + want / 1000);
}

static void core_clock(const char *who)
{
    bus_reset(&b);
    about(ticks(who, 10 * MS), 260000);
    set(who, RGU_HCLK, RGU_HCLK_197MHZ << RGU_HCLK_SHIFT);
    about(ticks(who, 10 * MS), 1976000);
    set(who, RGU_HCLK, RGU_HCLK_32KHZ << RGU_HCLK_SHIFT);
    about(ticks(who, 1000ull * MS), 32768);
    bus_reset(&b);
    about(ticks(who, 10 * MS), 260000);
}

int main(void)
{
    static const char *const cores[] = { "pluton", "io0", "io1" };

    bus_start(&b, BUS_STEPS, "", NULL);
    for (unsigned i = 0; i < sizeof(cores) / sizeof(cores[0]); i++) {
        registers(cores[i]);
        plls(cores[i]);
    }
    for (unsigned i = 0; i < sizeof(cores) / sizeof(cores[0]); i++) {
        core_clock(cores[i]);
    }
    bus_stop(&b);
    return check_done();
}
