/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot matrix on the machine: each stage x each way an image can be wrong.
 *   both copies wrong      the chip stops in recovery (exit code 20) and names stage and reason
 *   the primary alone      it boots from the backup and says so
 * A bit flip across all signed bytes and the like run on the host (pluton/mcu/boot_test.c);
 * here a sample of each, on the whole chip.
 *
 *   matrix_test [--all]    --all: every defect also in the primary alone (tests/mcu/matrix_all)
 */
#include "tests/mcu/chip.h"

/* -- ways to be wrong ------------------------------------------------------------ */

static void in_place(struct mcu_flash *flash, enum mcu_slot slot, size_t from_end, size_t at_start, uint8_t with)
{
    struct span file;
    REQUIRE(mcu_flash_image(flash, slot, &file) == 0);
    flash->at[mcu_slots[slot].at + (from_end ? file.len - from_end : at_start)] ^= with;
}

static void bit_flip(struct mcu_flash *flash, enum mcu_slot slot) { in_place(flash, slot, 0, 150, 0x04); }
/* The signature's last byte but ten. */
static void signature(struct mcu_flash *flash, enum mcu_slot slot) { in_place(flash, slot, 11, 0, 0x80); }

static void wrong_key(struct mcu_flash *flash, enum mcu_slot slot)
{
    chip_resign(flash, slot, &(struct chip_change){.stranger = true});
}

static void unknown_key(struct mcu_flash *flash, enum mcu_slot slot)
{
    chip_resign(flash, slot, &(struct chip_change){.foreign = true});
}

static void truncated(struct mcu_flash *flash, enum mcu_slot slot)
{
    struct span file;
    REQUIRE(mcu_flash_image(flash, slot, &file) == 0);
    uint8_t *copy = malloc(file.len);
    REQUIRE(copy != NULL);
    memcpy(copy, file.at, file.len);
    REQUIRE(mcu_flash_put(flash, slot, span_of(copy, file.len - 100)) == 0);
    free(copy);
}

/* Where the metadata begin in the flash. */
static uint8_t *metadata(struct mcu_flash *flash, enum mcu_slot slot)
{
    struct span file;
    struct image image;
    REQUIRE(mcu_flash_image(flash, slot, &file) == 0 && image_parse(file, &image) == 0);
    return flash->at + mcu_slots[slot].at + (image.metadata.at - file.at);
}

static void section_count(struct mcu_flash *flash, enum mcu_slot slot) { metadata(flash, slot)[4] += 1; }
static void section_length(struct mcu_flash *flash, enum mcu_slot slot) { metadata(flash, slot)[10] += 4; }
static void empty(struct mcu_flash *flash, enum mcu_slot slot) { mcu_flash_clear(flash, slot); }

static void old(struct mcu_flash *flash, enum mcu_slot slot)
{
    chip_resign(flash, slot, &(struct chip_change){.version_set = true, .version = 0});
}

enum { SPOIL_COUNTER = 1 };
static const struct defect {
    const char *name;
    void (*spoil)(struct mcu_flash *flash, enum mcu_slot slot);
    /* what Pluton's stages and the monitor say; several words: any of them */
    const char *reason[4];
    int flags;
} defects[] = {
    {"bit flip", bit_flip, {"signature does not verify"}, 0},
    {"signature", signature, {"signature does not verify"}, 0},
    {"wrong key", wrong_key, {"signature does not verify"}, 0},
    {"unknown key", unknown_key, {"signing key is not trusted", "signature does not verify"}, 0},
    {"truncated", truncated, {"ends too early", "malformed", "beyond its limit"}, 0},
    {"section count", section_count, {"malformed", "beyond its limit", "twice"}, 0},
    {"section length", section_length, {"malformed", "ends too early"}, 0},
    {"empty", empty, {"no image", "no such object"}, 0},
    {"older than the counter", old, {"older than what was accepted"}, SPOIL_COUNTER},
};
enum { DEFECTS = sizeof defects / sizeof defects[0] };

/* -- stages ------------------------------------------------------------------------ */

static const struct stage {
    const char *name;
    enum mcu_slot primary, backup;
    enum pluton_counter counter;
    const char *error;    /* how the stop begins */
    const char *fallback; /* what is said when the backup is taken */
} stages[] = {
    {"OneBL", MCU_SLOT_ONE_BL, MCU_SLOT_ONE_BL_BACKUP, PLUTON_COUNTER_PLUTON, "[ROM] !! ERROR: 1BL", "[ROM] BACKUP 1BL"},
    {"keystore", MCU_SLOT_KEYSTORE, MCU_SLOT_KEYSTORE_BACKUP, PLUTON_COUNTER_KEYSTORE, "[1BL] !! ERROR: keystore",
     "[1BL] BACKUP KEYSTORE"},
    {"runtime", MCU_SLOT_RUNTIME, MCU_SLOT_RUNTIME_BACKUP, PLUTON_COUNTER_PLUTON, "[1BL] !! ERROR: Pluton runtime",
     "[1BL] BACKUP PLUTON-RT"},
    {"monitor", MCU_SLOT_MONITOR, MCU_SLOT_MONITOR_BACKUP, PLUTON_COUNTER_MONITOR,
     "[PLUTON] !! ERROR: security monitor", "[PLUTON] BOOTING BACKUP security monitor"},
    {"kernel", MCU_SLOT_KERNEL_A, MCU_SLOT_KERNEL_B, PLUTON_COUNTER_OS, "[SM] !! ERROR: kernel", "[SM] starting system B"},
    {"device tree", MCU_SLOT_DTB_A, MCU_SLOT_DTB_B, PLUTON_COUNTER_OS, "[SM] !! ERROR: device tree",
     "[SM] starting system B"},
    {"root", MCU_SLOT_ROOT_A, MCU_SLOT_ROOT_B, PLUTON_COUNTER_OS, "[SM] !! ERROR: root", "[SM] starting system B"},
};
enum { STAGES = sizeof stages / sizeof stages[0] };

/* All images of a stage's counter but the one that is to be old are of version 1. */
static void prepare(const struct stage *stage, const struct defect *defect, bool both)
{
    chip_fresh();
    struct mcu_flash flash = chip_flash_read();
    defect->spoil(&flash, stage->primary);
    if (both)
        defect->spoil(&flash, stage->backup);
    chip_flash_write(&flash);
    if (defect->flags & SPOIL_COUNTER)
        chip_counter_set(stage->counter, 1);
}

static bool any_of(const char *text, const char *const *words)
{
    for (int i = 0; i < 4 && words[i]; i++)
        if (strstr(text, words[i]))
            return true;
    return false;
}

static void both_wrong(const struct stage *stage, const struct defect *defect)
{
    static struct chip_run run;
    const unsigned failed = check_failed;
    prepare(stage, defect, true);
    chip_start(&run, "--end-at-reset");
    CHECK_INT(chip_end(&run, false), MT3620_END_RECOVERY);
    const char *error = strstr(run.log, stage->error);
    CHECK(error != NULL);
    CHECK(error && any_of(error, defect->reason));
    CHECK(strstr(run.log, "Linux version") == NULL);
    if (check_failed != failed)
        fprintf(stderr, "  %s, %s, both; the chip said:\n%.3000s\n", stage->name, defect->name, run.log);
}

static void primary_wrong(const struct stage *stage, const struct defect *defect)
{
    static struct chip_run run;
    const unsigned failed = check_failed;
    prepare(stage, defect, false);
    chip_start(&run, "--end-at-reset");
    chip_line(&run, stage->fallback);
    chip_line(&run, "Run /usr/bin/application-manager as init process");
    chip_end(&run, true);
    if (check_failed != failed)
        fprintf(stderr, "  that was: %s, %s, primary\n", stage->name, defect->name);
}

int main(int argc, char **argv)
{
    const bool all = argc > 1 && strcmp(argv[1], "--all") == 0;
    unsigned stopped = 0, booted = 0;
    chip_begin();
    for (size_t s = 0; s < STAGES; s++) {
        for (size_t d = 0; d < DEFECTS; d++, stopped++)
            both_wrong(&stages[s], &defects[d]);
        /* a sample: each defect comes up with some stage */
        for (size_t d = all ? 0 : s % DEFECTS; d < (all ? (size_t)DEFECTS : s % DEFECTS + 1); d++, booted++)
            primary_wrong(&stages[s], &defects[d]);
    }
    printf("%u stops with a reason, %u boots from a backup\n", stopped, booted);
    return check_done();
}
