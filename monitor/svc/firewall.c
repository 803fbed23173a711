/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/svc/firewall.h"

#include "abi/flash_layout.h"
#include "abi/mt3620.h"
#include "monitor/svc/plat.h"

enum {
    STATUS_FORBIDDEN = 1,
    IO_RAM_FIRST = 1,
    IO_RAM_WINDOWS = 4,
    IO_FLASH_FIRST = 2,
    IO_FLASH_REGIONS = 2,
};

#define BIT(name) (1u << FIREWALL_##name)

/* The normal world's peripherals for good. */
static const uint32_t normal_peripherals = BIT(UART0) | BIT(MAILBOX_NORMAL) | BIT(MAILBOX_IO0) |
                                           BIT(MAILBOX_IO1) | BIT(VIRTIO) | BIT(A7_GPT) | BIT(RTC);
/* What never goes to an I/O core: everything of the A7 and of the chip. */
static const uint32_t never_io = BIT(ADC) - 1;

static void set(uint32_t offset, uint32_t value)
{
    plat_write(MT3620_FIREWALL + offset, value);
}

/* A setting that a rule forbids leaves its mark. */
static int refused(void)
{
    if (!(plat_read(MT3620_FIREWALL + FIREWALL_STATUS) & STATUS_FORBIDDEN))
        return 0;
    set(FIREWALL_STATUS, STATUS_FORBIDDEN);
    return E_IO;
}

/* control 0: closed. */
static void window_set(uint32_t table, unsigned index, uint32_t base, uint32_t bytes,
                       uint32_t control)
{
    const uint32_t row = table + index * FIREWALL_WINDOW_STRIDE;
    set(row + FIREWALL_CONTROL, 0); /* base and limit move while it is closed */
    if (bytes) {
        set(row + FIREWALL_BASE, base);
        set(row + FIREWALL_LIMIT, base + bytes);
    }
    if (control)
        set(row + FIREWALL_CONTROL, control);
}

static void peripherals_set(enum mt3620_initiator who, uint32_t granted, uint32_t locked)
{
    const uint32_t row = FIREWALL_INITIATOR + (uint32_t)who * FIREWALL_INITIATOR_STRIDE;
    set(row + FIREWALL_PERIPHERALS, granted);
    set(row + FIREWALL_PERIPHERALS + 4, 0);
    set(row + FIREWALL_PERIPHERALS_LOCK, locked);
    set(row + FIREWALL_PERIPHERALS_LOCK + 4, UINT32_MAX);
}

int firewall_close(void)
{
    const uint32_t normal = MT3620_A7_NORMAL | FIREWALL_CONTROL_ENABLED | FIREWALL_CONTROL_LOCKED;
    set(FIREWALL_STATUS, STATUS_FORBIDDEN);
    /* Pluton has set it before this code was loaded there; a second write is refused. */
    if (plat_read(MT3620_FIREWALL + FIREWALL_SECURE_BASE) != MT3620_SECURE_RAM)
        set(FIREWALL_SECURE_BASE, MT3620_SECURE_RAM);
    window_set(FIREWALL_RAM, 0, MT3620_RAM, MT3620_SECURE_RAM - MT3620_RAM,
               normal | FIREWALL_CONTROL_WRITE);
    for (unsigned i = IO_RAM_FIRST + IO_RAM_WINDOWS; i < FIREWALL_RAM_WINDOWS; i++)
        window_set(FIREWALL_RAM, i, 0, 0, FIREWALL_CONTROL_LOCKED);
    window_set(FIREWALL_FLASH, 0, FLASH_SYSTEM_A_AT, FLASH_SYSTEM_A_BYTES, normal);
    window_set(FIREWALL_FLASH, 1, FLASH_APPLICATIONS_AT, FLASH_APPLICATIONS_BYTES, normal);
    for (unsigned i = IO_FLASH_FIRST + IO_FLASH_REGIONS; i < FIREWALL_FLASH_REGIONS; i++)
        window_set(FIREWALL_FLASH, i, 0, 0, FIREWALL_CONTROL_LOCKED);
    peripherals_set(MT3620_A7_NORMAL, normal_peripherals, UINT32_MAX);
    peripherals_set(MT3620_IO0, 0, never_io);
    peripherals_set(MT3620_IO1, 0, never_io);
    const int err = refused();
    if (err)
        return err;
    return plat_read(MT3620_FIREWALL + FIREWALL_SECURE_BASE) == MT3620_SECURE_RAM ? 0 : E_IO;
}

int firewall_io_ram(unsigned core, unsigned type, uint32_t at, uint32_t bytes, bool writable)
{
    const uint32_t control = (uint32_t)MT3620_IO0 + core + FIREWALL_CONTROL_ENABLED +
                             (writable ? FIREWALL_CONTROL_WRITE : 0);
    window_set(FIREWALL_RAM, IO_RAM_FIRST + 2 * core + type, at, bytes, bytes ? control : 0);
    return refused();
}

int firewall_io_flash(unsigned core, uint32_t shown, uint32_t at, uint32_t bytes)
{
    const uint32_t control = (uint32_t)MT3620_IO0 + core + FIREWALL_CONTROL_ENABLED;
    window_set(FIREWALL_FLASH, IO_FLASH_FIRST + core, at, bytes, bytes ? control : 0);
    set(core ? FIREWALL_IO1_XIP : FIREWALL_IO0_XIP, shown);
    return refused();
}
