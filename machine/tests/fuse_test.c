/* SPDX-License-Identifier: GPL-2.0-or-later */
/* E-fuses: registers and file of abi/mt3620_fuse.h. */
#include "abi/mt3620.h"
#include "machine/tests/engine.h"
#include "machine/tests/fuse_file.h"
#include "tests/check.h"

#include <fcntl.h>
#include <sys/stat.h>

static struct bus b;
static struct fuse_file file;
static char rom[64]; /* eight zeroes: enough for a start that must fail before it is used */

static uint32_t word(unsigned n)
{
    return bus_get(&b, "pluton", MT3620_HSP_FUSE + FUSE_ARRAY + 4 * n);
}

static void shadow(unsigned n, uint32_t value)
{
    bus_set(&b, "pluton", MT3620_HSP_FUSE + FUSE_SHADOW + 4 * n, value);
}

static uint32_t burn(void)
{
    bus_set(&b, "pluton", MT3620_HSP_FUSE + FUSE_COMMAND, FUSE_BURN);
    return bus_get(&b, "pluton", MT3620_HSP_FUSE + FUSE_STATUS);
}

static uint32_t starts(void)
{
    return bus_get(&b, "pluton", MT3620_HSP_TRNG + HSP_TRNG_STARTS);
}

/* Returns after the power-on. */
static void start(void)
{
    bus_start(&b, BUS_STEPS, file.option, NULL);
    CHECK_INT(bus_get(&b, "pluton", MT3620_HSP_FUSE + FUSE_STATUS), HSP_IDLE);
}

/* A blank chip shows nothing, not even the secret that its first power-on made. */
static void reset_values(void)
{
    start();
    CHECK_INT(bus_get(&b, "pluton", MT3620_HSP_FUSE + FUSE_STATUS), HSP_IDLE);
    for (unsigned n = 0; n < FUSE_WORDS; n++) {
        CHECK_INT(word(n), 0);
        CHECK_INT(bus_get(&b, "pluton", MT3620_HSP_FUSE + FUSE_SHADOW + 4 * n), 0);
    }
    bus_stop(&b);
}

static void reached_by_pluton_in_words(void)
{
    start();
    CHECK(engine_hidden(&b, MT3620_HSP_FUSE));
    CHECK(engine_hidden(&b, MT3620_HSP_FUSE + FUSE_SHADOW));
    CHECK(engine_hidden(&b, MT3620_HSP_FUSE + FUSE_ARRAY));
    CHECK(bus_words_only(&b, "pluton", MT3620_HSP_FUSE + FUSE_COMMAND));
    CHECK(bus_words_only(&b, "pluton", MT3620_HSP_FUSE + FUSE_STATUS));
    CHECK(bus_words_only(&b, "pluton", MT3620_HSP_FUSE + FUSE_SHADOW));
    CHECK(bus_words_only(&b, "pluton", MT3620_HSP_FUSE + FUSE_ARRAY));
    bus_stop(&b);
}

/* 0 to 1, never back, and in the file before the write to COMMAND returns. */
static void one_way(void)
{
    struct fuse_array array;

    fuse_file_blank(&file);
    start();
    shadow(FUSE_COUNTERS, 0x5);
    shadow(FUSE_LIFECYCLE + 1, 0x1);
    CHECK_INT(word(FUSE_COUNTERS), 0); /* not before the burn */
    CHECK_INT(burn(), HSP_OK);
    CHECK_INT(word(FUSE_COUNTERS), 0x5);
    CHECK_INT(word(FUSE_LIFECYCLE), 0);
    CHECK_INT(word(FUSE_LIFECYCLE + 1), 0x1);
    fuse_file_get(&file, &array);
    CHECK_INT(array.word[FUSE_COUNTERS], 0x5);
    shadow(FUSE_COUNTERS, 0x2);
    CHECK_INT(burn(), HSP_OK);
    CHECK_INT(word(FUSE_COUNTERS), 0x7);
    CHECK_INT(burn(), HSP_OK); /* SHADOW was cleared: nothing more */
    CHECK_INT(word(FUSE_COUNTERS), 0x7);
    /* the array itself is not written */
    bus_set(&b, "pluton", MT3620_HSP_FUSE + FUSE_ARRAY, 0xFFFFFFFF);
    CHECK_INT(word(0), 0);
    bus_stop(&b);
    start();
    CHECK_INT(word(FUSE_COUNTERS), 0x7);
    CHECK_INT(word(FUSE_LIFECYCLE + 1), 0x1);
    bus_stop(&b);
}

/* One word that may not be burned, and none is. */
static void refused_burns(void)
{
    static const unsigned bad[] = { FUSE_SECRET, FUSE_SECRET + 7, FUSE_ATTESTATION, FUSE_GENERAL + 7,
                                    12, 56, 80, FUSE_WORDS - 1 };

    fuse_file_blank(&file);
    start();
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        shadow(FUSE_COUNTERS, 1);
        shadow(bad[i], 0x80000000);
        CHECK_INT(burn(), HSP_DENIED);
        CHECK_INT(word(FUSE_COUNTERS), 0);
        CHECK_INT(burn(), HSP_OK); /* SHADOW was cleared there too */
        CHECK_INT(word(FUSE_COUNTERS), 0);
    }
    bus_stop(&b);
}

static void root_is_final(void)
{
    for (unsigned copy = 0; copy < 2; copy++) {
        fuse_file_blank(&file);
        start();
        shadow(FUSE_ROOT, 0x12345678);
        shadow(FUSE_LOCKS + copy, FUSE_LOCK_ROOT); /* takes effect after this burn */
        CHECK_INT(burn(), HSP_OK);
        CHECK_INT(word(FUSE_ROOT), 0x12345678);
        for (unsigned n = FUSE_ROOT; n < FUSE_ROOT + FUSE_ROOT_WORDS; n++) {
            shadow(n, 1u << 31);
            CHECK_INT(burn(), HSP_DENIED);
        }
        CHECK_INT(word(FUSE_ROOT), 0x12345678);
        shadow(FUSE_COUNTERS, 1);
        CHECK_INT(burn(), HSP_OK);
        bus_stop(&b);
    }
}

static void wrong_command(void)
{
    static const uint32_t bad[] = { 0, 1, 0xB100, 0xB102, 0xB101B101, 0x0001B101 };

    fuse_file_blank(&file);
    start();
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        shadow(FUSE_COUNTERS, 1);
        CHECK_INT(engine_run(&b, MT3620_HSP_FUSE, bad[i]), HSP_BAD_COMMAND);
        CHECK_INT(word(FUSE_COUNTERS), 0);
    }
    CHECK_INT(burn(), HSP_OK); /* SHADOW stayed */
    CHECK_INT(word(FUSE_COUNTERS), 1);
    bus_stop(&b);
}

/* A chip reset clears what is on its way, not what is burned, and is no power-on. */
static void chip_reset(void)
{
    fuse_file_blank(&file);
    start();
    shadow(FUSE_COUNTERS, 1);
    CHECK_INT(burn(), HSP_OK);
    shadow(FUSE_COUNTERS, 2);
    CHECK_INT(starts(), 1);
    bus_reset(&b);
    CHECK_INT(bus_get(&b, "pluton", MT3620_HSP_FUSE + FUSE_STATUS), HSP_IDLE);
    CHECK_INT(starts(), 1);
    CHECK_INT(burn(), HSP_OK);
    CHECK_INT(word(FUSE_COUNTERS), 1);
    bus_stop(&b);
}

static void power_ons(void)
{
    struct fuse_array first, later;

    fuse_file_blank(&file);
    start();
    CHECK_INT(starts(), 1);
    bus_stop(&b);
    fuse_file_get(&file, &first);
    CHECK_INT(first.starts, 1);
    CHECK(memcmp(first.word + FUSE_SECRET, (uint32_t[8]){ 0 }, 32) != 0);
    start();
    CHECK_INT(starts(), 2);
    bus_stop(&b);
    fuse_file_get(&file, &later);
    CHECK_INT(later.starts, 2);
    CHECK_MEM(later.word, first.word, sizeof(first.word)); /* the secret is made once */
    /* another blank chip has another one */
    fuse_file_blank(&file);
    start();
    bus_stop(&b);
    fuse_file_get(&file, &later);
    CHECK(memcmp(later.word + FUSE_SECRET, first.word + FUSE_SECRET, 32) != 0);
}

static void file_mode(void)
{
    struct stat info;

    chmod(file.path, 0644);
    start();
    bus_stop(&b);
    CHECK(stat(file.path, &info) == 0);
    CHECK_INT(info.st_mode & 07777, 0600);
}

/* fault-flip: seen by the core, never in the file, and no burn carries it there. */
static void flip(void)
{
    char options[128];
    struct fuse_array array;

    fuse_file_blank(&file);
    snprintf(options, sizeof(options), "%s,fault-flip=fuse:%u:3", file.option, 4 * FUSE_COUNTERS + 1);
    bus_start(&b, BUS_STEPS, options, NULL);
    CHECK_INT(word(FUSE_COUNTERS), 1u << 11);
    shadow(FUSE_COUNTERS, 1);
    CHECK_INT(burn(), HSP_OK);
    CHECK_INT(word(FUSE_COUNTERS), 1u << 11 | 1);
    bus_stop(&b);
    fuse_file_get(&file, &array);
    CHECK_INT(array.word[FUSE_COUNTERS], 1);
}

static void rom_make(void)
{
    FILE *f;

    snprintf(rom, sizeof(rom), "%s/rom", file.folder);
    f = fopen(rom, "wb");
    REQUIRE(f && fwrite("\0\0\0\0\0\0\0", 1, 8, f) == 8 && fclose(f) == 0);
}

/* Does it refuse to start, say the file's name and this word, and leave the file alone? */
static void refused_file(const char *word_said)
{
    char said[512], options[192];

    snprintf(options, sizeof(options), "%s,rom=%s", file.option, rom);
    CHECK_INT(bus_refuses_to_start(options, said, sizeof(said)), MT3620_END_USAGE);
    CHECK(strstr(said, file.path) != NULL);
    CHECK(strstr(said, word_said) != NULL);
    if (check_failed) {
        fprintf(stderr, "said: %s", said);
    }
}

static void bad_files(void)
{
    uint8_t bytes[FUSE_FILE_BYTES + 1] = { 0 };
    const struct fuse_array blank = { 0 };
    FILE *f;

    fuse_file_encode(&blank, bytes);
    unlink(file.path);
    refused_file("No such file");
    mkdir(file.path, 0700);
    refused_file("fuse file");
    rmdir(file.path);
    fuse_file_put(&file, bytes, FUSE_FILE_BYTES - 1);
    refused_file("567");
    fuse_file_put(&file, bytes, FUSE_FILE_BYTES + 1);
    refused_file("569");
    fuse_file_put(&file, bytes, 0);
    refused_file("0 bytes");
    bytes[100] ^= 1;
    fuse_file_put(&file, bytes, FUSE_FILE_BYTES);
    refused_file("damaged");
    bytes[8] = 2;
    fuse_file_put(&file, bytes, FUSE_FILE_BYTES);
    refused_file("version 2");
    bytes[0] = 'p';
    fuse_file_put(&file, bytes, FUSE_FILE_BYTES);
    refused_file("PERIFUSE");
    /* as it was, to the byte */
    f = fopen(file.path, "rb");
    REQUIRE(f != NULL);
    uint8_t back[FUSE_FILE_BYTES];
    CHECK_INT(fread(back, 1, sizeof(back), f), sizeof(back));
    CHECK_MEM(back, bytes, sizeof(back));
    fclose(f);
    if (geteuid() != 0) { /* root writes to anything */
        fuse_file_blank(&file);
        chmod(file.path, 0400);
        refused_file("cannot be written");
        unlink(file.path);
    }
}

/* The lock goes with the file that a burn has put in its place. */
static void held(void)
{
    fuse_file_blank(&file);
    start();
    refused_file("held");
    shadow(FUSE_COUNTERS, 1);
    CHECK_INT(burn(), HSP_OK);
    refused_file("held");
    bus_stop(&b);
    start();
    CHECK_INT(starts(), 2); /* the refused ones are no power-ons */
    bus_stop(&b);
}

/* The folder does not take the new file: nothing is burned, in the array or the file. */
static void cannot_replace(void)
{
    char blocker[64];
    struct fuse_array array;

    fuse_file_blank(&file);
    start();
    snprintf(blocker, sizeof(blocker), "%s.new", file.path);
    REQUIRE(mkdir(blocker, 0700) == 0);
    shadow(FUSE_COUNTERS, 1);
    CHECK_INT(burn(), HSP_FUSE_FAILED);
    CHECK_INT(word(FUSE_COUNTERS), 0);
    rmdir(blocker);
    shadow(FUSE_COUNTERS, 1);
    CHECK_INT(burn(), HSP_FUSE_FAILED); /* until the next power-on */
    bus_stop(&b);
    fuse_file_get(&file, &array);
    CHECK_INT(array.word[FUSE_COUNTERS], 0);
    start();
    shadow(FUSE_COUNTERS, 1);
    CHECK_INT(burn(), HSP_OK);
    bus_stop(&b);
}

/* What a run left that lost power in the middle of a replacement is in nobody's way. */
static void left_over(void)
{
    char other[64];
    struct fuse_array array;
    FILE *f;

    fuse_file_blank(&file);
    snprintf(other, sizeof(other), "%s.new", file.path);
    f = fopen(other, "wb");
    REQUIRE(f && fwrite("half", 1, 4, f) == 4 && fclose(f) == 0);
    start();
    shadow(FUSE_COUNTERS, 1);
    CHECK_INT(burn(), HSP_OK);
    bus_stop(&b);
    CHECK(access(other, F_OK) != 0);
    fuse_file_get(&file, &array);
    CHECK_INT(array.word[FUSE_COUNTERS], 1);
    CHECK_INT(array.starts, 1);
}

int main(void)
{
    fuse_file_make(&file);
    rom_make();
    reset_values();
    reached_by_pluton_in_words();
    one_way();
    refused_burns();
    root_is_final();
    wrong_command();
    chip_reset();
    power_ons();
    file_mode();
    flip();
    bad_files();
    held();
    cannot_replace();
    left_over();
    unlink(rom);
    fuse_file_remove(&file);
    return check_done();
}
