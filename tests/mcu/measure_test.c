/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Measurements change when, and only when, a measured byte changes, and their value
 * can be computed from the images alone (`peri mcu measurements`).
 * What the chip measured is read where Pluton keeps it for evidence: by the debugger,
 * in the memory of Pluton's core, once the kernel runs.
 */
#include "cli/mcu_verify.h"
#include "tests/mcu/chip.h"
#include "tests/mcu/debugged.h"

enum { STAGES = 7, ROW_BYTES = 56, PIECE = 512 };

/* peri's own words for the chip in at("chip"), parsed back. */
static size_t computed(struct mcu_measurement m[static MCU_MEASUREMENTS_MAX])
{
    struct mcu_flash flash = chip_flash_read();
    struct mcu_fuses fuses;
    struct mcu_trust trust;
    size_t count;
    enum mcu_slot missing;
    memset(m, 0, MCU_MEASUREMENTS_MAX * sizeof *m);
    REQUIRE(mcu_fuses_read(at("chip/fuses.bin"), &fuses) == 0);
    mcu_trust_init(&trust, &flash, &fuses);
    REQUIRE(mcu_measure_boot(&trust, &flash, m, &count, &missing) == 0);
    mcu_flash_free(&flash);
    mcu_fuses_wipe(&fuses);
    return count;
}

/* Boots the chip and takes the memory of Pluton's core. */
static void boot(uint8_t memory[static MT3620_PLUTON_TCM_BYTES])
{
    static struct debugged d;
    debugged_up(&d, at("chip"), at("gdb"), MCU_UART_A7, "Run /usr/bin/application-manager");
    for (int i = 0; i < CHIP_HANG_S * 10 && !atomic_load(&d.heard) && !d.rsp.dead; i++)
        rsp_continue(&d.rsp, 100);
    CHECK(atomic_load(&d.heard));
    for (uint32_t i = 0; i < MT3620_PLUTON_TCM_BYTES; i += PIECE)
        rsp_memory(&d.rsp, MT3620_TCM + i, memory + i, PIECE);
    debugged_down(&d);
}

/* struct measurement of lib/evidence.h as the core has it. */
static void row_write(const struct mcu_measurement *m, uint8_t row[static ROW_BYTES])
{
    struct writer w = writer_of(row, ROW_BYTES);
    writer_u16le(&w, m->type);
    writer_bytes(&w, m->component, sizeof m->component);
    writer_u16le(&w, 0); /* the compiler's */
    writer_u32le(&w, m->security_version);
    writer_bytes(&w, m->digest, sizeof m->digest);
}

/* Is the list there, row behind row, and nothing behind the last? */
static bool measured(const uint8_t *memory, const struct mcu_measurement *m, size_t count)
{
    uint8_t rows[(MCU_MEASUREMENTS_MAX + 1) * ROW_BYTES] = {0};
    for (size_t i = 0; i < count; i++)
        row_write(&m[i], rows + i * ROW_BYTES);
    return memmem(memory, MT3620_PLUTON_TCM_BYTES, rows, (count + 1) * ROW_BYTES) != NULL;
}

int main(void)
{
    static uint8_t memory[MT3620_PLUTON_TCM_BYTES];
    struct mcu_measurement before[MCU_MEASUREMENTS_MAX], after[MCU_MEASUREMENTS_MAX];
    chip_begin();
    size_t count = computed(before);
    CHECK_INT(count, STAGES);
    boot(memory);
    CHECK(measured(memory, before, count));
    boot(memory); /* again the same */
    CHECK(measured(memory, before, count));

    /* what is not in an image is not measured: free flash, a slot's rest, an unused slot */
    struct mcu_flash flash = chip_flash_read();
    flash.at[FLASH_NW_CONFIG_AT + 100] ^= 1;
    flash.at[FLASH_MONITOR_AT + FLASH_MONITOR_BYTES - 100] ^= 1;
    flash.at[FLASH_APPLICATIONS_AT] ^= 1;
    chip_flash_write(&flash);
    CHECK_INT(computed(after), count);
    CHECK_MEM(after, before, sizeof before);
    boot(memory);
    CHECK(measured(memory, before, count));

    /* one byte of one image, signed anew: that row alone, to peri's value.  The byte is the root's last page's,
     * which nothing reads at boot; and the monitor's image as a whole gets another version */
    static const struct {
        enum mcu_slot slot;
        size_t row;
        struct chip_change change;
    } changes[] = {
        {MCU_SLOT_DTB_A, 5, {.version_set = true, .version = 2}},
        {MCU_SLOT_MONITOR, 3, {.version_set = true, .version = 3}},
        {MCU_SLOT_RUNTIME, 2, {.version_set = true, .version = 2}},
    };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        chip_fresh();
        flash = chip_flash_read();
        chip_resign(&flash, changes[i].slot, &changes[i].change);
        chip_flash_write(&flash);
        CHECK_INT(computed(after), count);
        for (size_t row = 0; row < count; row++)
            CHECK((memcmp(&after[row], &before[row], sizeof after[row]) != 0) == (row == changes[i].row));
        boot(memory);
        CHECK(measured(memory, after, count));
        CHECK(!measured(memory, before, count));
    }

    /* a body's byte: the last of the root file system is padding that nothing reads */
    chip_fresh();
    flash = chip_flash_read();
    struct span file;
    struct image image;
    REQUIRE(mcu_flash_image(&flash, MCU_SLOT_ROOT_A, &file) == 0 && image_parse(file, &image) == 0);
    chip_resign(&flash, MCU_SLOT_ROOT_A, &(struct chip_change){.flip_at = image.body.len});
    chip_flash_write(&flash);
    CHECK_INT(computed(after), count);
    for (size_t row = 0; row < count; row++)
        CHECK((memcmp(&after[row], &before[row], sizeof after[row]) != 0) == (row == 6));
    boot(memory);
    CHECK(measured(memory, after, count));
    return check_done();
}
