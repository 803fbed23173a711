/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Key slots and P-256 engine: abi/mt3620_hsp.h.  Its arithmetic alone: p256_test.c. */
#include "abi/mt3620.h"
#include "machine/tests/engine.h"
#include "machine/tests/fuse_file.h"
#include "tests/check.h"

static struct bus b;
static struct fuse_file file;

static const uint32_t at = MT3620_HSP_ECC;

/* RFC 6979, A.2.5: SHA-256 of "sample" */
#define PUBLIC "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6" \
               "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
#define DIGEST "af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf"
#define SIGNATURE "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716" \
                  "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"

static uint32_t run(uint32_t slot, uint32_t command)
{
    bus_set(&b, "pluton", at + HSP_ECC_SLOT, slot);
    return engine_run(&b, at, command);
}

static void noise(uint32_t on)
{
    bus_set(&b, "pluton", MT3620_HSP_TRNG + HSP_TRNG_CONTROL, on);
}

static void start(const char *options)
{
    bus_start(&b, BUS_STEPS, options, NULL);
    noise(1);
}

static bool public_clear(void)
{
    return engine_all_zero(&b, at + HSP_ECC_PUBLIC, 64);
}

static bool signature_clear(void)
{
    return engine_all_zero(&b, at + HSP_ECC_SIGNATURE, 64);
}

static void reset_values(void)
{
    CHECK(engine_all_zero(&b, at, 0xC0));
    CHECK(engine_hidden(&b, at));
    CHECK(engine_hidden(&b, at + 0x80));
    for (uint32_t offset = 0; offset < 0xC0; offset += 4) {
        CHECK(bus_words_only(&b, "pluton", at + offset));
    }
}

static void verify(void)
{
    engine_put_text(&b, at + HSP_ECC_PUBLIC, PUBLIC);
    engine_put_text(&b, at + HSP_ECC_DIGEST, DIGEST);
    engine_put_text(&b, at + HSP_ECC_SIGNATURE, SIGNATURE);
    CHECK_INT(engine_run(&b, at, HSP_ECC_VERIFY), HSP_OK);
    bus_set(&b, "pluton", at + HSP_ECC_DIGEST, 0);
    CHECK_INT(engine_run(&b, at, HSP_ECC_VERIFY), HSP_BAD_SIGNATURE);
    CHECK(engine_holds(&b, at + HSP_ECC_SIGNATURE, SIGNATURE)); /* operands stay */
    bus_set(&b, "pluton", at + HSP_ECC_PUBLIC, 0);
    CHECK_INT(engine_run(&b, at, HSP_ECC_VERIFY), HSP_NOT_A_POINT);
}

/* A key of a slot signs, and the signature verifies with the public half it gave. */
static void slot_works(uint32_t slot)
{
    uint8_t made[64], again[64];

    engine_get(&b, at + HSP_ECC_PUBLIC, made, 64);
    CHECK_INT(run(slot, HSP_ECC_PUBLIC_OF), HSP_OK);
    engine_get(&b, at + HSP_ECC_PUBLIC, again, 64);
    CHECK_MEM(again, made, 64);
    engine_put_text(&b, at + HSP_ECC_DIGEST, DIGEST);
    CHECK_INT(run(slot, HSP_ECC_SIGN), HSP_OK);
    CHECK_INT(run(slot, HSP_ECC_VERIFY), HSP_OK);
}

static void empty(uint32_t slot)
{
    engine_put_text(&b, at + HSP_ECC_PUBLIC, PUBLIC);
    CHECK_INT(run(slot, HSP_ECC_PUBLIC_OF), HSP_EMPTY_SLOT);
    CHECK(public_clear());
    engine_put_text(&b, at + HSP_ECC_SIGNATURE, SIGNATURE);
    CHECK_INT(run(slot, HSP_ECC_SIGN), HSP_EMPTY_SLOT);
    CHECK(signature_clear());
}

static void volatile_slots(void)
{
    uint8_t first[64], second[64];

    for (uint32_t slot = 2; slot < HSP_ECC_SLOTS; slot++) {
        empty(slot);
        CHECK_INT(run(slot, HSP_ECC_GENERATE), HSP_OK);
        slot_works(slot);
    }
    /* another pair takes the place of the first */
    CHECK_INT(run(2, HSP_ECC_PUBLIC_OF), HSP_OK);
    engine_get(&b, at + HSP_ECC_PUBLIC, first, 64);
    CHECK_INT(run(2, HSP_ECC_GENERATE), HSP_OK);
    engine_get(&b, at + HSP_ECC_PUBLIC, second, 64);
    CHECK(memcmp(first, second, 64) != 0);
    CHECK_INT(run(2, HSP_ECC_ERASE), HSP_OK);
    empty(2);
    CHECK_INT(run(2, HSP_ECC_ERASE), HSP_OK);
    CHECK_INT(run(3, HSP_ECC_PUBLIC_OF), HSP_OK); /* its neighbour stays */
    bus_reset(&b);
    noise(1);
    for (uint32_t slot = 2; slot < HSP_ECC_SLOTS; slot++) {
        empty(slot);
    }
}

static void no_such_slot(void)
{
    static const uint32_t bad[] = { HSP_ECC_SLOTS, 31, 0x80000000, 0xFFFFFFFF };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        empty(bad[i]);
        CHECK_INT(run(bad[i], HSP_ECC_GENERATE), HSP_DENIED);
        CHECK_INT(run(bad[i], HSP_ECC_ERASE), HSP_DENIED);
    }
    CHECK_INT(run(2, 0), HSP_BAD_COMMAND);
    CHECK_INT(run(2, 6), HSP_BAD_COMMAND);
}

static void lock_says(unsigned slot, bool want)
{
    uint32_t bit = slot ? FUSE_LOCK_GENERAL : FUSE_LOCK_ATTESTATION;

    for (unsigned copy = 0; copy < 2; copy++) {
        uint32_t locks = bus_get(&b, "pluton", MT3620_HSP_FUSE + FUSE_ARRAY + 4 * (FUSE_LOCKS + copy));

        CHECK_INT((locks & bit) != 0, want);
    }
}

/* Once in a chip's life; the same key after every reset and power-on; never in a register. */
static void fused_slots(void)
{
    uint8_t made[2][64], back[64];

    fuse_file_blank(&file);
    start(file.option);
    for (uint32_t slot = 0; slot < 2; slot++) {
        empty(slot);
        lock_says(slot, false);
        CHECK_INT(run(slot, HSP_ECC_GENERATE), HSP_OK);
        engine_get(&b, at + HSP_ECC_PUBLIC, made[slot], 64);
        slot_works(slot);
        lock_says(slot, true);
        CHECK_INT(run(slot, HSP_ECC_GENERATE), HSP_DENIED);
        CHECK(public_clear());
        CHECK_INT(run(slot, HSP_ECC_ERASE), HSP_DENIED);
    }
    CHECK(memcmp(made[0], made[1], 64) != 0);
    CHECK(engine_all_zero(&b, MT3620_HSP_FUSE + FUSE_ARRAY + 4 * FUSE_ATTESTATION, 64));
    bus_reset(&b);
    CHECK_INT(run(0, HSP_ECC_PUBLIC_OF), HSP_OK);
    bus_stop(&b);

    start(file.option);
    for (uint32_t slot = 0; slot < 2; slot++) {
        CHECK_INT(run(slot, HSP_ECC_PUBLIC_OF), HSP_OK);
        engine_get(&b, at + HSP_ECC_PUBLIC, back, 64);
        CHECK_MEM(back, made[slot], 64);
        slot_works(slot);
        CHECK_INT(run(slot, HSP_ECC_GENERATE), HSP_DENIED);
    }
    bus_stop(&b);
}

/* Key and lock are burned together: a slot that says it is made has its key. */
static void key_in_file(void)
{
    struct fuse_array array;

    fuse_file_get(&file, &array);
    CHECK_INT(array.word[FUSE_LOCKS], FUSE_LOCK_ATTESTATION | FUSE_LOCK_GENERAL);
    CHECK_INT(array.word[FUSE_LOCKS + 1], FUSE_LOCK_ATTESTATION | FUSE_LOCK_GENERAL);
    CHECK(memcmp(array.word + FUSE_ATTESTATION, array.word + FUSE_GENERAL, 32) != 0);
}

/* A lock that reads 0 in one of its copies is a lock still. */
static void lock_copies(void)
{
    char options[128];

    for (unsigned copy = 0; copy < 2; copy++) {
        snprintf(options, sizeof(options), "%s,fault-flip=fuse:%u:1", file.option,
                 4 * (FUSE_LOCKS + copy));
        start(options);
        CHECK_INT(bus_get(&b, "pluton", MT3620_HSP_FUSE + FUSE_ARRAY + 4 * (FUSE_LOCKS + copy)),
                  FUSE_LOCK_GENERAL);
        CHECK_INT(run(0, HSP_ECC_GENERATE), HSP_DENIED);
        CHECK_INT(run(0, HSP_ECC_PUBLIC_OF), HSP_OK);
        slot_works(0);
        bus_stop(&b);
    }
}

/* A row with ones and no lock is no key, and none is burned over it. */
static void half_made(void)
{
    struct fuse_array array = { 0 }, after;

    array.word[FUSE_ATTESTATION + 7] = 0x00000100;
    fuse_file_write(&file, &array);
    start(file.option);
    empty(0);
    CHECK_INT(run(0, HSP_ECC_GENERATE), HSP_FUSE_FAILED);
    CHECK(public_clear());
    CHECK_INT(run(1, HSP_ECC_GENERATE), HSP_OK);
    bus_stop(&b);
    fuse_file_get(&file, &after);
    CHECK_MEM(after.word + FUSE_ATTESTATION, array.word + FUSE_ATTESTATION, 32);
}

/* Without noise no key is made, and nothing is burned; signing goes on. */
static void no_noise(void)
{
    struct fuse_array array;

    fuse_file_blank(&file);
    start(file.option);
    CHECK_INT(run(2, HSP_ECC_GENERATE), HSP_OK);
    noise(0);
    CHECK_INT(run(2, HSP_ECC_SIGN), HSP_OK);
    for (uint32_t slot = 0; slot < 4; slot++) {
        CHECK_INT(run(slot, HSP_ECC_GENERATE), HSP_NO_ENTROPY);
        CHECK(public_clear());
    }
    CHECK_INT(run(2, HSP_ECC_PUBLIC_OF), HSP_OK); /* as it was */
    bus_stop(&b);
    fuse_file_get(&file, &array);
    CHECK_INT(array.word[FUSE_LOCKS], 0);

    start(",fault-trng=on");
    CHECK_INT(run(0, HSP_ECC_GENERATE), HSP_NO_ENTROPY);
    CHECK_INT(run(2, HSP_ECC_GENERATE), HSP_NO_ENTROPY);
    empty(0);
    empty(2);
    bus_stop(&b);
}

int main(void)
{
    fuse_file_make(&file);
    start("");
    reset_values();
    verify();
    volatile_slots();
    no_such_slot();
    bus_reset(&b);
    reset_values();
    bus_stop(&b);
    fused_slots();
    key_in_file();
    lock_copies();
    half_made();
    no_noise();
    fuse_file_remove(&file);
    return check_done();
}
