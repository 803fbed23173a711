/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Noise source: abi/mt3620_hsp.h.  Its health tests alone: trng_health_test.c. */
#include "abi/mt3620.h"
#include "machine/tests/engine.h"
#include "tests/check.h"

static struct bus b;

static const uint32_t at = MT3620_HSP_TRNG;

static uint32_t reg(uint32_t offset)
{
    return bus_get(&b, "pluton", at + offset);
}

static void control(uint32_t value)
{
    bus_set(&b, "pluton", at + HSP_TRNG_CONTROL, value);
}

static void reset_values(void)
{
    CHECK_INT(reg(HSP_TRNG_CONTROL), 0);
    CHECK_INT(reg(HSP_TRNG_STATUS), 0);
    CHECK_INT(reg(HSP_TRNG_DATA), 0);
    CHECK_INT(reg(HSP_TRNG_STARTS), 1); /* a chip without a file has its first power-on */
}

static void reached_by_pluton_in_words(void)
{
    CHECK(engine_hidden(&b, at));
    for (uint32_t offset = 0; offset <= HSP_TRNG_STARTS; offset += 4) {
        CHECK(bus_words_only(&b, "pluton", at + offset));
    }
}

/* Of 64 words no two are equal (chance of a false alarm 2^-21), and none while off. */
static void data(void)
{
    uint32_t word[64];

    control(1);
    CHECK_INT(reg(HSP_TRNG_CONTROL), 1);
    CHECK_INT(reg(HSP_TRNG_STATUS), HSP_TRNG_READY);
    for (unsigned i = 0; i < 64; i++) {
        word[i] = reg(HSP_TRNG_DATA);
    }
    for (unsigned i = 0; i < 64; i++) {
        for (unsigned j = 0; j < i; j++) {
            CHECK(word[i] != word[j]);
        }
    }
    CHECK_INT(reg(HSP_TRNG_STATUS), HSP_TRNG_READY);
    control(0xFFFFFFFE);
    CHECK_INT(reg(HSP_TRNG_CONTROL), 0);
    CHECK_INT(reg(HSP_TRNG_STATUS), 0);
    CHECK_INT(reg(HSP_TRNG_DATA), 0);
}

static void read_only(void)
{
    bus_set(&b, "pluton", at + HSP_TRNG_STATUS, 3);
    bus_set(&b, "pluton", at + HSP_TRNG_DATA, 3);
    bus_set(&b, "pluton", at + HSP_TRNG_STARTS, 7);
    CHECK_INT(reg(HSP_TRNG_STATUS), 0);
    CHECK_INT(reg(HSP_TRNG_STARTS), 1);
}

/* The failure shows at once, gives no data, and stays until the chip's reset. */
static void stuck(void)
{
    bus_start(&b, BUS_STEPS, ",fault-trng=on", NULL);
    reset_values();
    for (unsigned i = 0; i < 2; i++) {
        control(1);
        CHECK_INT(reg(HSP_TRNG_STATUS), HSP_TRNG_FAILED);
        CHECK_INT(reg(HSP_TRNG_DATA), 0);
        control(0);
        CHECK_INT(reg(HSP_TRNG_STATUS), HSP_TRNG_FAILED);
    }
    bus_reset(&b);
    reset_values();
    bus_stop(&b);
}

int main(void)
{
    bus_start(&b, BUS_STEPS, "", NULL);
    reset_values();
    reached_by_pluton_in_words();
    data();
    read_only();
    control(1);
    bus_reset(&b);
    reset_values();
    bus_stop(&b);
    stuck();
    return check_done();
}
