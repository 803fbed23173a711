/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Measurements change when, and only when, a measured byte changes, and their value
 * can be computed from the images alone (`peri mcu measurements`).
 * What the chip measured is read where Pluton keeps it for evidence: by the debugger,
 * in the memory of Pluton's core, once the kernel runs.
 */
#include "cli/mcu/verify.h"
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

/* struct measurement of lib/evidence.h as the core has it: two bytes of padding have any value. */
static bool row_is(const uint8_t *row, const struct mcu_measurement *m)
{
    struct cursor c = cursor_of(span_of(row, ROW_BYTES));
    uint16_t type = cursor_u16le(&c);
    struct span component = cursor_bytes(&c, IMAGE_UID_BYTES);
    cursor_skip(&c, 2);
    uint32_t version = cursor_u32le(&c);
    struct span digest = cursor_bytes(&c, SHA256_BYTES);
    return cursor_end(&c) == 0 && type == m->type && version == m->security_version &&
           span_equal(component, span_of(m->component, IMAGE_UID_BYTES)) &&
           span_equal(digest, span_of(m->digest, SHA256_BYTES));
}

/* Is the list there, row behind row, and nothing behind the last? */
static bool measured(const uint8_t *memory, const struct mcu_measurement *m, size_t count)
{
    static const uint8_t none[ROW_BYTES];
    for (size_t base = 0; base + (count + 1) * ROW_BYTES <= MT3620_PLUTON_TCM_BYTES; base += 4) {
        size_t i = 0;
        while (i < count && row_is(memory + base + i * ROW_BYTES, &m[i]))
            i++;
        if (i == count && memcmp(memory + base + count * ROW_BYTES, none, sizeof none) == 0)
            return true;
    }
    return false;
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

    /* one field of one image's metadata, signed anew: that row alone, to peri's value */
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

    /* a body's byte: a letter of the model's name in the device tree */
    chip_fresh();
    flash = chip_flash_read();
    struct span file;
    struct image image;
    REQUIRE(mcu_flash_image(&flash, MCU_SLOT_DTB_A, &file) == 0 && image_parse(file, &image) == 0);
    const uint8_t *letter = memmem(image.body.at, image.body.len, "Perisphere", 10);
    REQUIRE(letter != NULL);
    chip_resign(&flash, MCU_SLOT_DTB_A, &(struct chip_change){.flip_at = (size_t)(letter - image.body.at) + 1});
    chip_flash_write(&flash);
    CHECK_INT(computed(after), count);
    for (size_t row = 0; row < count; row++)
        CHECK((memcmp(&after[row], &before[row], sizeof after[row]) != 0) == (row == 5));
    boot(memory);
    CHECK(measured(memory, after, count));
    return check_done();
}
