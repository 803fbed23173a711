/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot ROM: finds the first boot loader, decides whether it may run, runs
 * it.  Everything it trusts is in the fuses.
 * Source: docs/spec/pluton.md "Boot of the MCU"; abi/mcu_boot.h.
 */
#include <string.h>

#include "abi/mt3620_reset.h"
#include "pluton/mcu/fuse.h"
#include "pluton/mcu/hsp.h"
#include "pluton/mcu/postcode.h"
#include "pluton/mcu/slot.h"
#include "pluton/mcu/stage.h"
#include "pluton/mcu/uart.h"
#include "pluton/rom/factory.h"
#include "pluton/rom/rom.h"

const char stage_name[] = "ROM";

static const struct slot slots[ROM_COPIES] = {
    {FLASH_BOOTLOADER_ONE_AT, FLASH_BOOTLOADER_ONE_BYTES},
    {FLASH_BOOTLOADER_ONE_BACKUP_AT, FLASH_BOOTLOADER_ONE_BACKUP_BYTES},
};
const struct claim rom_claim = {
    .type = IMAGE_TYPE_ONE_BL,
    .counter = PLUTON_COUNTER_PLUTON,
    .exact_bytes = BOOT_1BL_BYTES,
    .stranger = "root key is not the one in the fuses",
};
static const struct mpu_row rows[] = {
    {MT3620_PLUTON_ROM, MPU_CODE | MPU_SIZE(16)},
    {MT3620_TCM, MPU_DATA | MPU_SIZE(17)},
    {0x20000000u, MPU_DEVICE | MPU_SIZE(29)},
    {MT3620_FLASH, MPU_CONST | MPU_SIZE(24)},
};

static struct image image; /* hostile: not on the stack */
enum { LOOKS = 2 };
volatile struct verdict stage_seen[LOOKS];
const unsigned stage_seen_count = LOOKS;
const uint32_t stage_next = BOOT_1BL_AT;

void rom_copy(unsigned slot)
{
    (void)slot_copy(&slots[slot], BOOT_1BL_AT, BOOT_1BL_BYTES);
}

const uint8_t *rom_root_key(void)
{
    return (const uint8_t *)reg_memory(BOOT_1BL_AT) + BOOT_1BL_HEADER_AT + 8;
}

void rom_look(volatile struct verdict *v, unsigned slot)
{
    const struct span file =
        span_of(reg_memory(BOOT_1BL_AT), slot_file_bytes(&slots[slot], BOOT_1BL_BYTES));
    const uint8_t *key = rom_root_key();
    if (!verdict_parse(v, &rom_claim, file, &image))
        return;
    struct cursor c = cursor_of(file);
    cursor_skip(&c, BOOT_1BL_HEADER_AT);
    if (cursor_u32le(&c) != BOOT_1BL_MAGIC || cursor_u32le(&c) != BOOT_1BL_VERSION) {
        v->reason = E_VERSION;
        v->shape = 0;
        return;
    }
    verdict_root(v, key);
    verdict_signature(v, file, key);
}

static int hand_over(unsigned slot)
{
    struct boot_handoff *h = handoff();
    memset(h, 0, sizeof *h);
    h->magic = BOOT_HANDOFF_MAGIC;
    h->version = BOOT_HANDOFF_VERSION;
    h->flags = slot == 0 ? 0 : BOOT_BACKUP_1BL;
    h->cause = reg_read(MT3620_PLUTON_RESET + RESET_CAUSE);
    memcpy(h->root_key, rom_root_key(), sizeof h->root_key);
    return handoff_measure(h, &image);
}

static const char *try_slot(unsigned slot)
{
    rom_copy(slot);
    rom_look(&stage_seen[0], slot);
    rom_look(&stage_seen[1], slot);
    if (verdict_wrong(stage_seen, LOOKS) != 0)
        return verdict_text(stage_seen, LOOKS, &rom_claim);
    if (hand_over(slot))
        return "measuring failed";
    stage_enter();
    return err_text(E_INTERNAL);
}

void stage_main(void)
{
    stage_watchdog_arm();
    stage_protect(rows, sizeof rows / sizeof rows[0]);
    uart_init();
    hsp_start();
    if (reg_read(MT3620_PLUTON_RESET + RESET_CAUSE) == RESET_CAUSE_POWER_ON)
        postcode_forget();
    if (!(fuse_locks() & FUSE_LOCK_ROOT)) {
        const char *reason = factory_start();
        if (reason) {
            stage_recovery("factory", reason, NULL);
            return;
        }
    }
    const char *primary = try_slot(0);
    uart_text("[ROM] BACKUP 1BL\r\n");
    const char *backup = try_slot(1);
    stage_recovery("1BL", primary, backup);
}

void stage_fault(void)
{
    stage_recovery("ROM", "fault", NULL);
}
