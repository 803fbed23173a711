/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The runtime on the MCU: takes over from the first boot loader, verifies and
 * starts the monitor on the A7, then serves both mailboxes for ever.
 * Source: docs/spec/pluton.md "Boot of the MCU"; abi/mcu_boot.h.
 */
#include <string.h>

#include "abi/mt3620_firewall.h"
#include "abi/mt3620_gpt.h"
#include "abi/mt3620_mailbox.h"
#include "abi/mt3620_reset.h"
#include "pluton/mcu/calls.h"
#include "pluton/mcu/hal_mcu.h"
#include "pluton/mcu/hsp.h"
#include "pluton/mcu/postcode.h"
#include "pluton/mcu/runtime.h"
#include "pluton/mcu/slot.h"
#include "pluton/mcu/stage.h"
#include "pluton/mcu/transport.h"
#include "pluton/mcu/uart.h"

const char stage_name[] = "PLUTON";

static const struct slot monitor_slots[] = {
    {FLASH_MONITOR_AT, FLASH_MONITOR_BYTES},
    {FLASH_MONITOR_BACKUP_AT, FLASH_MONITOR_BACKUP_BYTES},
};
static const struct mpu_row rows[] = {
    {MT3620_TCM, MPU_DATA | MPU_SIZE(17)},
    /* 64 KiB from the start of the TCM, less the half below the runtime */
    {MT3620_TCM, MPU_CODE | MPU_SIZE(16) | MPU_SUBREGIONS_OFF(0x0F)},
    {0x20000000u, MPU_DEVICE | MPU_SIZE(29)},
    {MT3620_RAM, MPU_DATA | MPU_SIZE(22)},
    {MT3620_FLASH, MPU_CONST | MPU_SIZE(24)},
};

static struct boot_handoff boot;
static struct hal hal;
static struct pluton pluton;

/* -- boot ----------------------------------------------------------------------- */

/* What ROM and loader measured; the lower of their versions bounds the counter. */
static int measurements_take(void)
{
    uint32_t lowest = UINT32_MAX;
    int err = 0;
    for (unsigned i = 0; !err && i < boot.measurements; i++) {
        const struct boot_measurement *from = &boot.measurement[i];
        struct measurement m = {.type = from->type, .security_version = from->security_version};
        memcpy(m.component, from->component, sizeof m.component);
        memcpy(m.digest, from->digest, sizeof m.digest);
        if (m.type != IMAGE_TYPE_TRUSTED_KEYSTORE && m.security_version < lowest)
            lowest = m.security_version;
        err = pluton_measure(&pluton, &m);
    }
    pluton.pluton_version = boot.measurements ? lowest : 0;
    return err;
}

/* The loader verified it; the runtime does so again, because it keeps the keys. */
static int keystore_take(void)
{
    static uint8_t file[PLUTON_PAYLOAD_MAX];
    if (boot.keystore_bytes > sizeof file || boot.keystore_at > MT3620_FLASH_BYTES - sizeof file)
        return E_RANGE;
    memcpy(file, reg_memory(MT3620_FLASH + boot.keystore_at), boot.keystore_bytes);
    return pluton_trust_keystore(&pluton, span_of(file, boot.keystore_bytes));
}

enum { MONITOR_HEADER_BYTES = 12 };

/* Copy first, then check the copy.  The A7 does not run yet, so it stays. */
static int monitor_take(const struct slot *slot, uint32_t *entry)
{
    const uint32_t ram_end = MT3620_RAM + MT3620_RAM_BYTES;
    struct cursor c =
        cursor_of(span_of(reg_memory(MT3620_FLASH + slot->at), MONITOR_HEADER_BYTES));
    struct image image;
    const uint32_t load = cursor_u32le(&c);
    *entry = 0;
    if (slot_file_bytes(slot, slot->bytes) == 0)
        return E_NOT_FOUND;
    if (load < MT3620_SECURE_RAM || load >= ram_end || load % 4 != 0)
        return E_RANGE;
    const struct span file = slot_copy(slot, load, ram_end - load);
    c = cursor_of(file);
    const uint32_t said_load = cursor_u32le(&c), said_bytes = cursor_u32le(&c),
                   start = cursor_u32le(&c);
    if (c.err || said_load != load || said_bytes != file.len || start < load + MONITOR_HEADER_BYTES ||
        start - load >= file.len)
        return E_MALFORMED;
    const int err = pluton_boot_monitor(&pluton, file, &image);
    if (!err)
        *entry = start;
    return err;
}

static const char *monitor_boot(uint32_t *entry)
{
    const char *text = NULL;
    for (unsigned i = 0; i < sizeof monitor_slots / sizeof monitor_slots[0]; i++) {
        if (i > 0) {
            uart_text("[PLUTON] BOOTING BACKUP security monitor\r\n");
            boot.flags |= BOOT_BACKUP_MONITOR;
        }
        const int err = monitor_take(&monitor_slots[i], entry);
        if (!err)
            return NULL;
        text = err_text(err);
        uart_text("[PLUTON] !! ERROR: security monitor: ");
        uart_text(text);
        uart_text("\r\n");
    }
    return text;
}

static int a7_start(uint32_t entry)
{
    const uint32_t reset = MT3620_PLUTON_RESET;
    reg_write(reset + RESET_A7_START, entry);
    if (reg_read(reset + RESET_A7_START) != entry)
        return E_IO;
    uart_text("[PLUTON] Booting HLOS core\r\n");
    reg_barrier();
    reg_write(reset + RESET_A7_CONTROL, RESET_CONTROL_RUN);
    return 0;
}

static bool stopped(const char *what, int err)
{
    if (err)
        stage_recovery(what, err_text(err), NULL);
    return err != 0;
}

bool runtime_boot(void)
{
    uint32_t entry;
    memcpy(&boot, handoff(), sizeof boot);
    hal.root_key = boot.root_key;
    if (stopped("hand-off", boot.magic == BOOT_HANDOFF_MAGIC && boot.version == BOOT_HANDOFF_VERSION &&
                                    boot.measurements <= BOOT_MEASUREMENTS_MAX
                                ? 0 : E_CORRUPT))
        return false;
    struct postcode record;
    (void)postcode_read(&record);
    postcode_reached(POSTCODE_RUNTIME, boot.flags, boot.cause);
    uart_text("[PLUTON] Logging initialized\r\n");
    if (stopped("hardware", pluton_boot(&pluton, &hal)))
        return false;
    pluton.more = mcu_calls;
    pluton.more_count = MCU_CALLS;
    pluton.postcode = record.code;
    if (stopped("measurements", measurements_take()) || stopped("keystore", keystore_take()))
        return false;
    /* Closed before there is anything to protect: nobody else is running. */
    reg_write(MT3620_FIREWALL + FIREWALL_SECURE_BASE, MT3620_SECURE_RAM);
    if (stopped("firewall",
                reg_read(MT3620_FIREWALL + FIREWALL_SECURE_BASE) == MT3620_SECURE_RAM ? 0 : E_IO))
        return false;
    const char *reason = monitor_boot(&entry);
    if (reason) {
        stage_recovery("security monitor", reason, NULL);
        return false;
    }
    postcode_reached(POSTCODE_MONITOR, boot.flags, boot.cause);
    return !stopped("A7", a7_start(entry));
}

/* -- service ------------------------------------------------------------------- */

#define NVIC_ENABLE 0xE000E100u
#define NVIC_CLEAR 0xE000E280u
enum {
    MAILBOX_WR = 2, /* of its six interrupts: message arrived */
    ARRIVED = 1 << 1 | 1 << 2,
    /* All below 32: one word of the interrupt controller. */
    WAKE = 1 << MT3620_IRQ_GPT01 | 1 << (MT3620_IRQ_MAILBOX_A7 + MAILBOX_WR) |
           1 << (MT3620_IRQ_MAILBOX_PEER + MAILBOX_WR),
    TICK_MS = 1000, /* wakes often enough for the watchdog */
};

void runtime_serve_start(void)
{
    reg_write(MT3620_M4_GPT + GPT0_CTRL, 0);
    reg_write(MT3620_M4_GPT + GPT0_ICNT, TICK_MS);
    reg_write(MT3620_M4_GPT + GPT_IER, 1);
    reg_write(MT3620_M4_GPT + GPT0_CTRL, 1 | 2 | 8); /* enable, repeat, restart; about 1 kHz */
    for (unsigned i = 0; i < TRANSPORTS; i++)
        reg_write(transports[i].port + MAILBOX_INT_EN, ARRIVED);
    reg_write(NVIC_ENABLE, WAKE);
}

void runtime_serve(void)
{
    stage_watchdog_tend();
    /* What arrives after this is pending again, and ends the next wait at once. */
    reg_write(MT3620_M4_GPT + GPT_ISR, 1);
    for (unsigned i = 0; i < TRANSPORTS; i++)
        reg_write(transports[i].port + MAILBOX_INT_STS, 0xF);
    reg_write(NVIC_CLEAR, WAKE);
    for (unsigned i = 0; i < TRANSPORTS; i++)
        transport_drain(&pluton, &transports[i]);
    if (mcu_boot_failed.said)
        stage_recovery(image_type_name((uint16_t)mcu_boot_failed.stage), err_text(mcu_boot_failed.err),
                       NULL);
    struct postcode record;
    (void)postcode_read(&record);
    if (record.code != pluton.postcode) {
        record.code = pluton.postcode;
        postcode_write(&record);
    }
}

void stage_main(void)
{
    stage_watchdog_tend();
    stage_protect(rows, sizeof rows / sizeof rows[0]);
    hsp_start();
    if (!runtime_boot())
        return;
    runtime_serve_start();
    for (;;) {
        runtime_serve();
        reg_wait();
    }
}

/* A caller may have provoked it: start again rather than stay down. */
void stage_fault(void)
{
    reg_write(MT3620_PLUTON_RESET + RESET_CHIP_RESET, RESET_KEY_CHIP_RESET);
}
