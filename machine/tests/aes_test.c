/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AES engine: abi/mt3620_hsp.h; known answer of FIPS 197, C.3. */
#include "abi/mt3620.h"
#include "machine/tests/engine.h"
#include "tests/check.h"

static struct bus b;

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define PLAIN "00112233445566778899aabbccddeeff"
#define CIPHER "8ea2b7ca516745bfeafc49904b496089"
#define ZERO_16 "00000000000000000000000000000000"

static const uint32_t at = MT3620_HSP_AES;

static void reset_values(void)
{
    CHECK(engine_all_zero(&b, at, 0x100));
    CHECK(engine_hidden(&b, at));
    for (uint32_t offset = 0; offset < 0xA0; offset += 4) {
        CHECK(bus_words_only(&b, "pluton", at + offset));
    }
}

static void known_answer(void)
{
    engine_put_text(&b, at + HSP_AES_KEY, KEY);
    engine_put_text(&b, at + HSP_AES_IN, PLAIN);
    CHECK_INT(engine_run(&b, at, HSP_AES_ENCRYPT), HSP_OK);
    CHECK(engine_holds(&b, at + HSP_AES_OUT, CIPHER));
    engine_put_text(&b, at + HSP_AES_IN, CIPHER);
    CHECK_INT(engine_run(&b, at, HSP_AES_DECRYPT), HSP_OK);
    CHECK(engine_holds(&b, at + HSP_AES_OUT, PLAIN));
}

/* KEY and LABEL go in and do not come out. */
static void write_only(void)
{
    engine_put_text(&b, at + HSP_AES_KEY, KEY);
    engine_put_text(&b, at + HSP_AES_LABEL, KEY);
    CHECK(engine_all_zero(&b, at + HSP_AES_KEY, 0x40));
}

static void derive(void)
{
    uint8_t first[32], again[32], other[32];

    engine_put_text(&b, at + HSP_AES_LABEL, KEY);
    CHECK_INT(engine_run(&b, at, HSP_AES_DERIVE), HSP_OK);
    engine_get(&b, at + HSP_AES_OUT32, first, 32);
    CHECK(engine_holds(&b, at + HSP_AES_OUT, ZERO_16)); /* of the command before */
    CHECK_INT(engine_run(&b, at, HSP_AES_DERIVE), HSP_OK);
    engine_get(&b, at + HSP_AES_OUT32, again, 32);
    CHECK_MEM(again, first, 32);
    bus_set(&b, "pluton", at + HSP_AES_LABEL + 28, 0);
    CHECK_INT(engine_run(&b, at, HSP_AES_DERIVE), HSP_OK);
    engine_get(&b, at + HSP_AES_OUT32, other, 32);
    CHECK(memcmp(other, first, 32) != 0);
    /* the next command takes it away */
    CHECK_INT(engine_run(&b, at, HSP_AES_ENCRYPT), HSP_OK);
    CHECK(engine_all_zero(&b, at + HSP_AES_OUT32, 32));
}

static void bad_command(void)
{
    static const uint32_t bad[] = { 0, 4, 0x80000001 };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK_INT(engine_run(&b, at, HSP_AES_ENCRYPT), HSP_OK);
        CHECK_INT(engine_run(&b, at, bad[i]), HSP_BAD_COMMAND);
        CHECK(engine_holds(&b, at + HSP_AES_OUT, ZERO_16));
    }
}

/* The key of before the reset is not there any more. */
static void chip_reset(void)
{
    engine_put_text(&b, at + HSP_AES_KEY, KEY);
    bus_reset(&b);
    reset_values();
    engine_put_text(&b, at + HSP_AES_IN, ZERO_16);
    CHECK_INT(engine_run(&b, at, HSP_AES_ENCRYPT), HSP_OK);
    CHECK(engine_holds(&b, at + HSP_AES_OUT, "dc95c078a2408989ad48a21492842087")); /* key 0, block 0 */
}

int main(void)
{
    bus_start(&b, BUS_STEPS, "", NULL);
    reset_values();
    known_answer();
    write_only();
    derive();
    bad_command();
    chip_reset();
    bus_stop(&b);
    return check_done();
}
