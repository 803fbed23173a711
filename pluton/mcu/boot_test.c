/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot matrix: each stage against each way in which its image can be wrong.
 * Whatever is in flash, only signed and current code is started: the primary,
 * else the backup, else the boot stops in recovery with a line that says why.
 *
 *   boot_test        one flipped bit in each signed byte
 *   boot_test all    every bit of them
 */
#include <stdbool.h>

#include "abi/keystore.h"
#include "abi/mcu_boot.h"
#include "lib/keystore.h"
#include "pluton/mcu/fuse.h"
#include "pluton/testing/chip.h"
#include "pluton/testing/mcu_flash.h"
#include "tests/check.h"

static struct fixture f;
static struct chip sound; /* fuses and keys of a chip whose images are right */
static uint8_t room[MCU_IMAGE_MAX], spare[MCU_IMAGE_MAX];

enum stage { LOADER, KEYSTORE, RUNTIME, MONITOR, STAGES };
enum copy { PRIMARY, BACKUP, COPIES };
enum { VERSION = 3, FLOOR = 3 };

static const struct stage_row {
    const char *stopped;  /* start of the last line when both copies are bad */
    const char *fallback; /* line that says that the backup is tried */
    uint32_t at[COPIES], bytes;
    enum pluton_counter counter;
    const char *stranger; /* reason for a key that may not sign this */
} rows[STAGES] = {
    [LOADER] = {"[ROM] !! ERROR: 1BL: ", "[ROM] BACKUP 1BL",
                {FLASH_BOOTLOADER_ONE_AT, FLASH_BOOTLOADER_ONE_BACKUP_AT}, FLASH_BOOTLOADER_ONE_BYTES,
                PLUTON_COUNTER_PLUTON, "root key is not the one in the fuses"},
    [KEYSTORE] = {"[1BL] !! ERROR: keystore: ", "[1BL] BACKUP KEYSTORE",
                  {FLASH_KEYSTORE_AT, FLASH_KEYSTORE_BACKUP_AT}, FLASH_KEYSTORE_BYTES,
                  PLUTON_COUNTER_KEYSTORE, "signature does not verify"},
    [RUNTIME] = {"[1BL] !! ERROR: Pluton runtime: ", "[1BL] BACKUP PLUTON-RT",
                 {FLASH_PLUTON_RUNTIME_AT, FLASH_PLUTON_RUNTIME_BACKUP_AT}, FLASH_PLUTON_RUNTIME_BYTES,
                 PLUTON_COUNTER_PLUTON, "signing key is not trusted for this use"},
    [MONITOR] = {"[PLUTON] !! ERROR: security monitor: ", "[PLUTON] BOOTING BACKUP security monitor",
                 {FLASH_MONITOR_AT, FLASH_MONITOR_BACKUP_AT}, FLASH_MONITOR_BYTES,
                 PLUTON_COUNTER_MONITOR, "signing key is not trusted for this use"},
};

/* An image as it should be, but for the signer (as: whose name it carries) and
 * the version. */
static struct span image_make(enum stage stage, enum copy copy, enum fixture_key signer,
                              enum fixture_key as, uint32_t version)
{
    const uint8_t fill = copy == PRIMARY ? 0xA1 : 0xB2;
    const struct span made_up = {NULL, 0};
    struct writer w = writer_of(room, sizeof room);
    switch (stage) {
    case LOADER: mcu_loader(&f, signer, as, version, made_up, fill, &w); break;
    case KEYSTORE: fixture_keystore(&f, signer, version, &w); break;
    case RUNTIME: mcu_runtime(&f, signer, as, version, made_up, fill, &w); break;
    case MONITOR: mcu_monitor(&f, signer, as, version, made_up, fill, &w); break;
    default: REQUIRE(false);
    }
    REQUIRE(w.err == 0);
    return writer_view(&w);
}

static enum fixture_key signer_of(enum stage stage)
{
    return stage == LOADER || stage == KEYSTORE ? FIXTURE_ROOT : FIXTURE_OS;
}

static struct span image_good(enum stage stage, enum copy copy)
{
    return image_make(stage, copy, signer_of(stage), signer_of(stage), VERSION);
}

static void put(enum stage stage, enum copy copy, struct span file)
{
    mcu_slot_put(chip.flash, rows[stage].at[copy], rows[stage].bytes, file);
}

/* Everything right, on a chip that is past its factory. */
static void device_good(void)
{
    for (enum stage s = LOADER; s < STAGES; s++)
        for (enum copy c = PRIMARY; c < COPIES; c++)
            put(s, c, image_good(s, c));
    memcpy(chip.fuse, sound.fuse, sizeof chip.fuse);
}

static void counter_set(enum pluton_counter counter, uint32_t value)
{
    for (uint32_t i = 0; i < value; i++)
        chip.fuse[FUSE_COUNTERS + counter * FUSE_COUNTER_WORDS + i / 32] |= 1u << i % 32;
}

/* Which copy of a stage has been started; -1 for none. */
static int started(enum stage stage)
{
    const struct boot_handoff *h = (const void *)(chip.tcm + (BOOT_HANDOFF_AT - MT3620_TCM));
    switch (stage) {
    case LOADER: return chip.tcm[256] == 0xA1 ? PRIMARY : chip.tcm[256] == 0xB2 ? BACKUP : -1;
    case KEYSTORE: return h->flags & BOOT_BACKUP_KEYSTORE ? BACKUP : PRIMARY;
    case RUNTIME: {
        const uint8_t at = chip.tcm[BOOT_RUNTIME_AT - MT3620_TCM + 256];
        return at == 0xA1 ? PRIMARY : at == 0xB2 ? BACKUP : -1;
    }
    case MONITOR: {
        const uint8_t at = chip.ram[MT3620_SECURE_RAM - MT3620_RAM + 256];
        return chip.a7_runs ? (at == 0xA1 ? PRIMARY : at == 0xB2 ? BACKUP : -1) : -1;
    }
    default: return -1;
    }
}

/* The outcome for a bad image in one copy, then in both.  reason NULL: any. */
static void bad_image(enum stage stage, struct span bad, const char *reason, const char *what)
{
    const struct stage_row *row = &rows[stage];
    memcpy(spare, bad.at, bad.len); /* image_make() has one room */
    const struct span file = span_of(spare, bad.len);
    device_good();
    put(stage, PRIMARY, file);
    counter_set(row->counter, FLOOR);
    const enum chip_end end = chip_boot(RESET_CAUSE_SOFTWARE);
    if (end != CHIP_RUNNING || started(stage) != BACKUP || !chip_said(row->fallback) || !chip.a7_runs)
        fprintf(stderr, "stage %d, %s in the primary: %s\n", stage, what, chip.uart);
    CHECK_INT(end, CHIP_RUNNING);
    CHECK_INT(started(stage), BACKUP);
    CHECK(chip_said(row->fallback));

    put(stage, BACKUP, file);
    CHECK_INT(chip_boot(RESET_CAUSE_SOFTWARE), CHIP_RECOVERY);
    CHECK(!chip.a7_runs && chip.a7_start == 0);
    CHECK(chip_said("RECOVERY\r\n0000362000008A01020A0000"));
    const char *line = chip_last_line();
    CHECK(strncmp(line, row->stopped, strlen(row->stopped)) == 0);
    if (reason && strncmp(line + strlen(row->stopped), reason, strlen(reason)) != 0) {
        fprintf(stderr, "stage %d, %s: %s\n", stage, what, line);
        CHECK(!"the reason is named");
    }

    /* and a bad backup does not matter while the primary is good */
    put(stage, PRIMARY, image_good(stage, PRIMARY));
    CHECK_INT(chip_boot(RESET_CAUSE_SOFTWARE), CHIP_RUNNING);
    CHECK_INT(started(stage), PRIMARY);
    CHECK(!chip_said(row->fallback));
}

/* -- ways to be wrong ------------------------------------------------------------ */

static void keys(enum stage s)
{
    bad_image(s, image_make(s, PRIMARY, FIXTURE_STRANGER, FIXTURE_STRANGER, VERSION), rows[s].stranger,
              "signed by a stranger");
    bad_image(s, image_make(s, PRIMARY, FIXTURE_STRANGER, signer_of(s), VERSION),
              "signature does not verify", "signed by a stranger in another's name");
    /* in the keystore, but not for this */
    if (s == RUNTIME || s == MONITOR)
        bad_image(s, image_make(s, PRIMARY, FIXTURE_CAPABILITY, FIXTURE_CAPABILITY, VERSION),
                  rows[s].stranger, "signed by a key for capabilities");
}

/* "1BL downgrade": an old image with a good signature. */
static void rollback(enum stage s)
{
    for (uint32_t version = 0; version < FLOOR; version++)
        bad_image(s, image_make(s, PRIMARY, signer_of(s), signer_of(s), version),
                  "older than what was accepted before", "older than the counter");
}

static void wrong_type(enum stage s)
{
    static const uint16_t types[] = {0, 1, 2, 4, 5, 7, 10, 16, 19, 28};
    static const uint16_t mine[] = {IMAGE_TYPE_ONE_BL, IMAGE_TYPE_TRUSTED_KEYSTORE,
                                    IMAGE_TYPE_PLUTON_RUNTIME, IMAGE_TYPE_SECURITY_MONITOR};
    static uint8_t body[MCU_IMAGE_MAX], file[MCU_IMAGE_MAX];
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i] == mine[s])
            continue;
        const struct span good = image_good(s, PRIMARY);
        const size_t bytes = good.len - MCU_OVERHEAD_BYTES;
        memcpy(body, good.at, bytes);
        struct writer w = writer_of(file, sizeof file);
        fixture_image(&f, signer_of(s), signer_of(s), types[i], VERSION, span_of(body, bytes), &w);
        REQUIRE(w.err == 0 && w.len == good.len);
        bad_image(s, writer_view(&w), s == MONITOR ? NULL : "wrong image type", "of another type");
    }
}

/* A signing type that is as wrong as the image type is no cure for it: an application's
 * key must not start a runtime. */
static void signing_type(enum stage s)
{
    static const uint16_t mine[] = {IMAGE_TYPE_ONE_BL, IMAGE_TYPE_TRUSTED_KEYSTORE,
                                    IMAGE_TYPE_PLUTON_RUNTIME, IMAGE_TYPE_SECURITY_MONITOR};
    static const uint16_t types[] = {IMAGE_TYPE_APPLICATIONS, IMAGE_TYPE_SERVICES, 0};
    static uint8_t body[MCU_IMAGE_MAX], file[MCU_IMAGE_MAX];
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        const uint16_t type = types[i] ? types[i] : mine[s]; /* the right one, and another signing type */
        const uint8_t wrong = types[i] ? (uint8_t)(IMAGE_SIGNING_ECDSA256 ^ mine[s] ^ type) : 2;
        const struct span good = image_good(s, PRIMARY);
        const size_t bytes = good.len - MCU_OVERHEAD_BYTES;
        uint8_t name[SHA1_BYTES];
        memcpy(body, good.at, bytes);
        struct writer w = writer_of(file, sizeof file);
        fixture_image(&f, signer_of(s), signer_of(s), type, VERSION, span_of(body, bytes), &w);
        REQUIRE(w.err == 0 && image_thumbprint(f.key[signer_of(s)].public_key, name) == 0);
        uint8_t *section = memmem(file + bytes, w.len - bytes, name, sizeof name);
        REQUIRE(section != NULL);
        section[sizeof name] = wrong; /* u32 behind the thumbprint */
        w.len -= IMAGE_SIGNATURE_BYTES;
        fixture_sign(&f, signer_of(s), &w);
        REQUIRE(w.err == 0 && w.len == good.len);
        bad_image(s, writer_view(&w), s == MONITOR ? NULL : "wrong image type", "of another signing type");
    }
}

static void truncated(enum stage s)
{
    const size_t whole = image_good(s, PRIMARY).len;
    const size_t cuts[] = {1, 2, 63, 64, 65, 196, 300, whole / 2, whole - 65, whole - 64, whole - 4,
                           whole - 1};
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        if (cuts[i] >= whole)
            continue;
        const struct span good = image_good(s, PRIMARY);
        bad_image(s, span_of(good.at, cuts[i]), NULL, "cut short");          /* its end is missing */
        bad_image(s, span_of(good.at + (whole - cuts[i]), cuts[i]), NULL, "without its start");
    }
    const struct span good = image_good(s, PRIMARY);
    memset(room + good.len, 0, 16);
    bad_image(s, span_of(good.at, good.len + 16), NULL, "followed by zeroes");
    bad_image(s, span_of(good.at, 0), "", "absent");
}

/* ANV, RSQ: a section count or length that lies; with a good signature over it. */
static void metadata(enum stage s)
{
    static const uint32_t values[] = {0, 1, 3, 5, 16, 17, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF};
    const struct { size_t back, bytes; } fields[] = {
        {64 + 132 - 4, 4},      /* section count */
        {64 + 132 - 8 - 2, 2},  /* length of ID */
        {64 + 132 - 8 - 40 - 2, 2}, /* length of SG */
        {64 + 4 + 4 + 2, 2},    /* length of RV */
        {64 + 4, 4},            /* length of the metadata */
    };
    const size_t count = sizeof fields / sizeof fields[0];
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
            const struct span good = image_good(s, PRIMARY);
            struct writer w = writer_of(room + good.len - fields[k].back, 4);
            if (fields[k].bytes == 2)
                writer_u16le(&w, (uint16_t)values[i]);
            else
                writer_u32le(&w, values[i]);
            /* what is right stays: count 4, or a length as it was */
            w = writer_of(room, good.len);
            w.len = good.len - 64;
            fixture_sign(&f, signer_of(s), &w);
            REQUIRE(w.err == 0);
            bad_image(s, span_of(room, good.len), NULL, "metadata that lie");
        }
}

/* The trailer is not signed: whatever it says, nothing else is started. */
static void trailer(enum stage s)
{
    const uint32_t at = rows[s].at[PRIMARY] + rows[s].bytes - FLASH_SLOT_TRAILER_BYTES;
    for (unsigned bit = 0; bit < 12 * 8; bit++) {
        device_good();
        chip.flash[at + bit / 8] = (uint8_t)(chip.flash[at + bit / 8] ^ 1u << bit % 8);
        CHECK_INT(chip_boot(RESET_CAUSE_SOFTWARE), CHIP_RUNNING);
        CHECK_INT(started(s), BACKUP);
    }
    static const uint32_t lengths[] = {0, 1, 64, 4096, 4097, 0x4000, 0x17000, 0x17001, 0xFFF0, 0xFFF1,
                                       0x1FFF0, 0x2FFF0, 0x30000, 0x80000000, 0xFFFFFFFF};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        device_good();
        if (lengths[i] == image_good(s, PRIMARY).len)
            continue;
        struct writer w = writer_of(chip.flash + at + 4, 8);
        writer_u32le(&w, lengths[i]);
        writer_u32le(&w, ~lengths[i]);
        CHECK_INT(chip_boot(RESET_CAUSE_SOFTWARE), CHIP_RUNNING);
        CHECK_INT(started(s), BACKUP);
    }
}

static unsigned long flipped;

/* Both copies flipped alike, so that a flip that went unseen would be started. */
static void flips(enum stage s, bool all)
{
    device_good();
    const size_t whole = image_good(s, PRIMARY).len;
    put(s, PRIMARY, image_good(s, PRIMARY));
    put(s, BACKUP, span_of(NULL, 0));
    uint8_t *image = chip.flash + rows[s].at[PRIMARY];
    for (size_t i = 0; i < whole; i++)
        for (unsigned bit = all ? 0 : (unsigned)(i % 8); bit < (all ? 8 : i % 8 + 1); bit++) {
            image[i] = (uint8_t)(image[i] ^ 1u << bit);
            const enum chip_end end =
                s == LOADER ? chip_boot_rom(RESET_CAUSE_SOFTWARE) : chip_boot(RESET_CAUSE_SOFTWARE);
            if (end != CHIP_RECOVERY || chip.a7_runs)
                fprintf(stderr, "stage %d byte %zu bit %u\n", s, i, bit);
            CHECK_INT(end, CHIP_RECOVERY);
            image[i] = (uint8_t)(image[i] ^ 1u << bit);
            flipped++;
        }
    CHECK_INT(chip_boot(RESET_CAUSE_SOFTWARE), CHIP_RUNNING);
}

/* -- fuses, factory, lines ---------------------------------------------------------- */

static void counters_damaged(void)
{
    for (enum stage s = LOADER; s < STAGES; s++) {
        device_good();
        /* a gap in the thermometer, in both copies */
        const unsigned word = FUSE_COUNTERS + rows[s].counter * FUSE_COUNTER_WORDS;
        chip.fuse[word] |= 2;
        chip.fuse[word + 4] |= 2;
        CHECK_INT(chip_boot(RESET_CAUSE_SOFTWARE), CHIP_RECOVERY);
        CHECK(strstr(chip_last_line(), "damaged") != NULL);
        /* a fuse that failed in one copy loses nothing */
        device_good();
        counter_set(rows[s].counter, FLOOR + 1);
        memcpy(&chip.fuse[word + 4], &chip.fuse[word], 16);
        chip.fuse[word] &= ~4u;
        chip.fuse[word + 4] &= ~2u;
        CHECK_INT(chip_boot(RESET_CAUSE_SOFTWARE), CHIP_RECOVERY);
        CHECK(strstr(chip_last_line(), "older than") != NULL);
    }
}

static bool root_final(void)
{
    return chip.fuse[FUSE_LOCKS] & FUSE_LOCK_ROOT && chip.fuse[FUSE_LOCKS + 1] & FUSE_LOCK_ROOT;
}

static void factory(void)
{
    chip_new();
    /* nothing in flash */
    CHECK_INT(chip_boot(RESET_CAUSE_POWER_ON), CHIP_RECOVERY);
    CHECK_STR(chip_last_line(), "[ROM] !! ERROR: factory: no loader with a good signature");
    CHECK(!root_final() && !chip.key[0].pair);
    /* a loader signed by another key than it carries */
    put(LOADER, PRIMARY, image_make(LOADER, PRIMARY, FIXTURE_STRANGER, FIXTURE_ROOT, VERSION));
    CHECK_INT(chip_boot(RESET_CAUSE_POWER_ON), CHIP_RECOVERY);
    CHECK(!root_final() && !chip.key[0].pair);
    for (enum stage s = LOADER; s < STAGES; s++)
        put(s, PRIMARY, image_good(s, PRIMARY));
    /* no noise, no keys; nothing half-made counts */
    chip.trng_failed = true;
    CHECK_INT(chip_boot(RESET_CAUSE_POWER_ON), CHIP_RECOVERY);
    CHECK_STR(chip_last_line(), "[ROM] !! ERROR: factory: random number generator failed its test");
    CHECK(!root_final());
    chip.trng_failed = false;
    chip.fuses_fail = true;
    CHECK_INT(chip_boot(RESET_CAUSE_POWER_ON), CHIP_RECOVERY);
    CHECK_STR(chip_last_line(), "[ROM] !! ERROR: factory: reading or writing failed");
    CHECK(!root_final() && chip.key[0].pair && chip.key[1].pair);
    uint8_t id[64];
    memcpy(id, chip.key[0].public_key, 64);
    chip.fuses_fail = false;
    CHECK_INT(chip_boot(RESET_CAUSE_POWER_ON), CHIP_RUNNING);
    CHECK(root_final() && chip_said("[ROM] FACTORY"));
    CHECK_MEM(id, chip.key[0].public_key, 64); /* the keys of before */
    for (enum copy c = PRIMARY; c < COPIES; c++)
        for (enum stage s = LOADER; s < STAGES; s++)
            put(s, c, image_good(s, c));
    CHECK_INT(chip_boot(RESET_CAUSE_POWER_ON), CHIP_RUNNING);
    CHECK(!chip_said("FACTORY"));
    sound = chip;
}

static void noise_dies(void)
{
    device_good();
    chip.trng_failed = true;
    CHECK_INT(chip_boot(RESET_CAUSE_POWER_ON), CHIP_RECOVERY);
    CHECK_STR(chip_last_line(), "[1BL] !! ERROR: identity: random number generator failed its test");
    chip.trng_failed = false;
}

static void lines(void)
{
    char hex[2 * 64 + 1];
    device_good();
    REQUIRE(chip_boot(RESET_CAUSE_POWER_ON) == CHIP_RUNNING);
    CHECK(chip_said("[1BL] BOOT: INIT\r\nG="));
    for (unsigned i = 0; i < 64; i++)
        snprintf(hex + 2 * i, 3, "%02x", chip.key[0].public_key[i]);
    const char *d = strstr(chip.uart, "\r\nD=");
    REQUIRE(d != NULL);
    CHECK(strncmp(d + 4, hex, 128) == 0 && strncmp(d + 4 + 128, ",N=", 3) == 0);
    char nonce[65];
    memcpy(nonce, d + 4 + 128 + 3, 64);
    CHECK(chip_said("[PLUTON] Logging initialized\r\n[PLUTON] Booting HLOS core\r\n"));
    CHECK(chip.secure_base == MT3620_SECURE_RAM && chip.a7_start == MT3620_SECURE_RAM + 0x11);
    CHECK(chip.watchdog != 0);
    /* a warm reset: the record of the boot before; another nonce */
    REQUIRE(chip_boot(RESET_CAUSE_SOFTWARE) == CHIP_RUNNING);
    CHECK(chip_said("[1BL] BOOT: 00000000/00000001/04000000\r\n"));
    d = strstr(chip.uart, ",N=");
    CHECK(d && strncmp(d + 3, nonce, 64) != 0);
    put(RUNTIME, PRIMARY, span_of(NULL, 0));
    REQUIRE(chip_boot(RESET_CAUSE_PLUTON_WATCHDOG) == CHIP_RUNNING);
    CHECK(chip_said("[1BL] BOOT: 00000000/00000002/04000001\r\n"));
    REQUIRE(chip_boot(RESET_CAUSE_SOFTWARE) == CHIP_RUNNING);
    CHECK(chip_said("[1BL] BOOT: 00000000/00000003/04040002\r\n"));
    /* a damaged record is none */
    chip.tcm[BOOT_POSTCODE_AT - MT3620_TCM + 9] ^= 1;
    REQUIRE(chip_boot(RESET_CAUSE_SOFTWARE) == CHIP_RUNNING);
    CHECK(chip_said("[1BL] BOOT: INIT\r\n"));
    REQUIRE(chip_boot(RESET_CAUSE_SOFTWARE) == CHIP_RUNNING);
    CHECK(chip_said("/00000005/")); /* and the count goes on */
}

/* "Measurement is the SHA-256 over the signed bytes": of each stage, in order. */
static void measured(void)
{
    const struct boot_handoff *h = (const void *)(chip.tcm + (BOOT_HANDOFF_AT - MT3620_TCM));
    device_good();
    REQUIRE(chip_boot(RESET_CAUSE_POWER_ON) == CHIP_RUNNING);
    CHECK_INT(h->measurements, 3);
    static const enum stage order[] = {LOADER, KEYSTORE, RUNTIME};
    static const uint16_t types[] = {IMAGE_TYPE_ONE_BL, IMAGE_TYPE_TRUSTED_KEYSTORE, IMAGE_TYPE_PLUTON_RUNTIME};
    for (unsigned i = 0; i < 3; i++) {
        const uint32_t at = rows[order[i]].at[PRIMARY];
        uint8_t digest[SHA256_BYTES];
        const struct span part = span_of(chip.flash + at, image_good(order[i], PRIMARY).len - 64);
        REQUIRE(crypto_sha256(&part, 1, digest) == 0);
        CHECK_MEM(h->measurement[i].digest, digest, sizeof digest);
        CHECK_INT(h->measurement[i].type, types[i]);
        CHECK_INT(h->measurement[i].security_version, VERSION);
    }
    CHECK_MEM(h->root_key, f.key[FIXTURE_ROOT].public_key, 64);
}

/* A monitor that names another place, or starts outside itself. */
static void monitor_header(void)
{
    static const struct { unsigned at; uint32_t value; } bad[] = {
        {0, MT3620_RAM}, {0, MT3620_SECURE_RAM - 4}, {0, MT3620_SECURE_RAM + 2},
        {0, MT3620_RAM + MT3620_RAM_BYTES}, {0, MT3620_RAM + MT3620_RAM_BYTES - 4}, {0, 0}, {0, 0xFFFFFFFC},
        {0, MT3620_TCM}, {4, 0}, {4, 1023}, {4, 0xFFFFFFFF}, {8, 0}, {8, MT3620_RAM + 1},
        {8, MT3620_SECURE_RAM}, {8, MT3620_SECURE_RAM + 0x10000}, {8, 0xFFFFFFFF},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct span good = image_good(MONITOR, PRIMARY);
        struct writer w = writer_of(room + bad[i].at, 4);
        writer_u32le(&w, bad[i].value);
        w = writer_of(room, good.len);
        w.len = good.len - 64;
        fixture_sign(&f, FIXTURE_OS, &w);
        bad_image(MONITOR, span_of(room, good.len), NULL, "header that lies");
    }
}

int main(int argc, char **argv)
{
    const bool all = argc > 1 && strcmp(argv[1], "all") == 0;
    fixture_init(&f);
    factory();
    lines();
    measured();
    noise_dies();
    counters_damaged();
    monitor_header();
    for (enum stage s = LOADER; s < STAGES; s++) {
        keys(s);
        rollback(s);
        wrong_type(s);
        signing_type(s);
        truncated(s);
        metadata(s);
        trailer(s);
        flips(s, all);
    }
    printf("%lu flipped bits, %lu signature checks\n", flipped, chip.verifications);
    chip_release();
    fixture_release(&f);
    return check_done();
}
