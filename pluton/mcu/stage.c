/* SPDX-License-Identifier: BSD-2-Clause */
#include "pluton/mcu/stage.h"

#include <string.h>

#include "abi/mt3620_reset.h"
#include "abi/mt3620_wdt.h"
#include "pluton/mcu/hsp.h"
#include "pluton/mcu/start.h"
#include "pluton/mcu/uart.h"

#define MPU_CTRL 0xE000ED94u
#define MPU_RNR 0xE000ED98u
#define MPU_RBAR 0xE000ED9Cu
#define MPU_RASR 0xE000EDA0u
enum { MPU_ENABLE = 1, MPU_REGIONS = 8 };

void stage_protect(const struct mpu_row *rows, unsigned count)
{
    reg_write(MPU_CTRL, 0);
    for (unsigned i = 0; i < MPU_REGIONS; i++) {
        reg_write(MPU_RNR, i);
        reg_write(MPU_RASR, 0);
        if (i < count) {
            reg_write(MPU_RBAR, rows[i].base);
            reg_write(MPU_RASR, rows[i].attributes);
        }
    }
    reg_write(MPU_CTRL, MPU_ENABLE);
    reg_barrier();
}

void stage_unprotect(void)
{
    reg_write(MPU_CTRL, 0);
    reg_barrier();
}

void stage_watchdog_arm(void)
{
    reg_write(MT3620_M4_WDT + WDT_LENGTH,
              WDT_LENGTH_KEY | STAGE_WATCHDOG_SECONDS * WDT_TICKS_PER_SECOND << WDT_LENGTH_SHIFT);
    reg_write(MT3620_M4_WDT + WDT_MODE, WDT_MODE_KEY | WDT_MODE_ENABLE);
    stage_watchdog_tend();
}

void stage_watchdog_tend(void)
{
    reg_write(MT3620_M4_WDT + WDT_RESTART, WDT_RESTART_KEY);
}

static void chip_line(void)
{
    uint8_t id[P256_PUBLIC_BYTES];
    (void)hsp_key(HSP_ECC_PUBLIC_OF, 0, id); /* zeroes while the chip has no keys */
    uart_text("0000362000008A01020A0000");
    uart_hex(id, 4);
    uart_text("\r\n");
}

void stage_recovery(const char *what, const char *reason, const char *backup)
{
    uart_text("RECOVERY\r\n");
    chip_line();
    uart_text("[");
    uart_text(stage_name);
    uart_text("] !! ERROR: ");
    uart_text(what);
    uart_text(": ");
    uart_text(reason);
    if (backup) {
        uart_text("; backup: ");
        uart_text(backup);
    }
    uart_text("\r\n");
    reg_write(MT3620_M4_WDT + WDT_MODE, WDT_MODE_KEY); /* stopped on purpose */
    reg_write(MT3620_PLUTON_RESET + RESET_RECOVERY, RESET_KEY_RECOVERY);
    start_halt();
}

int handoff_measure(struct boot_handoff *h, const struct image *image)
{
    if (h->measurements >= BOOT_MEASUREMENTS_MAX)
        return E_FULL;
    struct boot_measurement *m = &h->measurement[h->measurements];
    memset(m, 0, sizeof *m);
    m->type = image->meta.type;
    m->security_version = image->meta.security_version;
    memcpy(m->component, image->meta.component, sizeof m->component);
    const int err = image_digest(image, m->digest);
    if (!err)
        h->measurements++;
    return err;
}
