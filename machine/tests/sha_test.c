/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA engine: abi/mt3620_hsp.h; known answers of FIPS 180-4. */
#include "abi/mt3620.h"
#include "machine/tests/engine.h"
#include "tests/check.h"

static struct bus b;

#define SHA_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define SHA_EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SHA1_ABC "a9993e364706816aba3e25717850c26c9cd0d89d"
#define ZERO_32 "0000000000000000000000000000000000000000000000000000000000000000"

static uint32_t run(uint32_t command)
{
    return engine_run(&b, MT3620_HSP_SHA, command);
}

static uint32_t update(uint32_t source, uint32_t length)
{
    bus_set(&b, "pluton", MT3620_HSP_SHA + HSP_SHA_SOURCE, source);
    bus_set(&b, "pluton", MT3620_HSP_SHA + HSP_SHA_LENGTH, length);
    return run(HSP_SHA_UPDATE);
}

static bool digest_is(const char *text)
{
    return engine_holds(&b, MT3620_HSP_SHA + HSP_SHA_DIGEST, text);
}

static void reset_values(void)
{
    static const uint32_t offsets[] = { HSP_COMMAND, HSP_STATUS, HSP_SHA_SOURCE, HSP_SHA_LENGTH };

    for (unsigned i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        CHECK_INT(bus_get(&b, "pluton", MT3620_HSP_SHA + offsets[i]), 0);
        CHECK(bus_words_only(&b, "pluton", MT3620_HSP_SHA + offsets[i]));
    }
    CHECK(engine_all_zero(&b, MT3620_HSP_SHA + HSP_SHA_DIGEST, 32));
    CHECK(engine_hidden(&b, MT3620_HSP_SHA));
}

static void known_answers(void)
{
    bus_set(&b, "pluton", MT3620_TCM, 0x00636261); /* "abc" */
    CHECK_INT(run(HSP_SHA_START), HSP_OK);
    CHECK_INT(update(MT3620_TCM, 3), HSP_OK);
    CHECK(digest_is(ZERO_32)); /* not before the end */
    CHECK_INT(run(HSP_SHA_FINISH), HSP_OK);
    CHECK(digest_is(SHA_ABC));

    CHECK_INT(run(HSP_SHA_START), HSP_OK);
    CHECK(digest_is(ZERO_32));
    CHECK_INT(update(0xFFFFFFF0, 0), HSP_OK); /* nothing to read, so no bad address */
    CHECK_INT(run(HSP_SHA_FINISH), HSP_OK);
    CHECK(digest_is(SHA_EMPTY));

    CHECK_INT(run(HSP_SHA_START_SHA1), HSP_OK);
    CHECK_INT(update(MT3620_TCM, 3), HSP_OK);
    CHECK_INT(run(HSP_SHA_FINISH), HSP_OK);
    CHECK(digest_is(SHA1_ABC "000000000000000000000000"));
}

/* The parts of a message may lie anywhere, at any alignment. */
static void parts(void)
{
    bus_set(&b, "pluton", MT3620_TCM, 0x61000000);
    bus_set(&b, "pluton", MT3620_RAM + 0x100, 0x00006362);
    CHECK_INT(run(HSP_SHA_START), HSP_OK);
    CHECK_INT(update(MT3620_TCM + 3, 1), HSP_OK);
    CHECK_INT(update(MT3620_RAM + 0x100, 2), HSP_OK);
    CHECK_INT(run(HSP_SHA_FINISH), HSP_OK);
    CHECK(digest_is(SHA_ABC));
}

/* 1,048,576 bytes of ones: a blank flash. */
static void flash(void)
{
    CHECK_INT(run(HSP_SHA_START), HSP_OK);
    CHECK_INT(update(MT3620_FLASH, 1048576), HSP_OK);
    CHECK_INT(run(HSP_SHA_FINISH), HSP_OK);
    CHECK(digest_is("f5fb04aa5b882706b9309e885f19477261336ef76a150c3b4d3489dfac3953ec"));
}

/* Not memory, or not all of it; the running digest is gone afterwards. */
static void bad_addresses(void)
{
    static const struct {
        uint32_t source, length;
    } bad[] = {
        { MT3620_HSP_SHA, 4 },                                   /* registers */
        { MT3620_M4_UART, 1 },
        { MT3620_TCM + MT3620_PLUTON_TCM_BYTES - 1, 2 },         /* over the end */
        { MT3620_RAM - 1, 2 },                                   /* from before the start */
        { MT3620_FLASH + MT3620_FLASH_BYTES - 4, 8 },
        { MT3620_RAM, 0xFFFFFFFF },                              /* wraps */
        { 0xFFFFFFFC, 8 },
        { MT3620_IO_SYSRAM, 4 },                                 /* another core's */
        { MT3620_SECURE_RAM + 0x30000, 4 },                      /* one past RAM */
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK_INT(run(HSP_SHA_START), HSP_OK);
        CHECK_INT(update(bad[i].source, bad[i].length), HSP_BAD_ADDRESS);
        CHECK_INT(update(MT3620_TCM, 1), HSP_BAD_COMMAND);
        CHECK_INT(run(HSP_SHA_FINISH), HSP_BAD_COMMAND);
        CHECK(digest_is(ZERO_32));
    }
}

static void bad_commands(void)
{
    static const uint32_t bad[] = { 0, 5, 0xFFFFFFFF, HSP_SHA_UPDATE, HSP_SHA_FINISH };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK_INT(run(HSP_SHA_START), HSP_OK);
        CHECK_INT(run(HSP_SHA_FINISH), HSP_OK);
        CHECK_INT(run(bad[i]), HSP_BAD_COMMAND);
        CHECK(digest_is(ZERO_32));
    }
}

static void chip_reset(void)
{
    CHECK_INT(run(HSP_SHA_START), HSP_OK);
    bus_reset(&b);
    CHECK_INT(run(HSP_SHA_FINISH), HSP_BAD_COMMAND);
    bus_reset(&b);
    reset_values();
}

int main(void)
{
    bus_start(&b, BUS_STEPS, "", NULL);
    reset_values();
    known_answers();
    parts();
    flash();
    bad_addresses();
    bad_commands();
    chip_reset();
    bus_stop(&b);
    return check_done();
}
