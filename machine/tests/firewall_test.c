/* SPDX-License-Identifier: GPL-2.0-or-later */
/* abi/mt3620_firewall.h as promised: grants, windows, regions, locks, violations. */
#include "abi/flash_layout.h"
#include "abi/mt3620.h"
#include "abi/mt3620_firewall.h"
#include "abi/mt3620_flash.h"
#include "machine/tests/bus.h"
#include "tests/check.h"

enum {
    FORBIDDEN = 1,
    SPI_PENDING = MT3620_GIC_DISTRIBUTOR + 0x200, /* GICD_ISPENDR */
};

static struct bus b;

static const struct {
    const char *name;
    uint32_t base, bytes;
    bool shared;
} peripherals[] = {
#define ROW(number, text, at, size, several) { #text, at, size, several },
    FIREWALL_PERIPHERAL_TABLE(ROW)
#undef ROW
};

static const struct {
    const char *who;
    uint32_t initiator;
} filtered[] = { { "a7n", MT3620_A7_NORMAL }, { "io0", MT3620_IO0 }, { "io1", MT3620_IO1 } };

static uint32_t reg(uint32_t offset)
{
    return bus_get(&b, "a7s", MT3620_FIREWALL + offset);
}

/* Whether the write was allowed. */
static bool set(uint32_t offset, uint32_t value)
{
    bus_set(&b, "a7s", MT3620_FIREWALL + FIREWALL_STATUS, FORBIDDEN);
    bus_set(&b, "a7s", MT3620_FIREWALL + offset, value);
    return !(reg(FIREWALL_STATUS) & FORBIDDEN);
}

static uint32_t row(uint32_t initiator, uint32_t offset)
{
    return FIREWALL_INITIATOR + FIREWALL_INITIATOR_STRIDE * initiator + offset;
}

static uint32_t ram(unsigned w, uint32_t offset)
{
    return FIREWALL_RAM + FIREWALL_WINDOW_STRIDE * w + offset;
}

static uint32_t flash(unsigned r, uint32_t offset)
{
    return FIREWALL_FLASH + FIREWALL_WINDOW_STRIDE * r + offset;
}

static bool window(uint32_t at, uint32_t base, uint32_t limit, uint32_t control)
{
    return set(at + FIREWALL_BASE, base) && set(at + FIREWALL_LIMIT, limit) &&
           set(at + FIREWALL_CONTROL, control);
}

static void reset_values(void)
{
    CHECK_INT(reg(FIREWALL_STATUS), 0);
    CHECK_INT(reg(FIREWALL_LOCK), 0);
    CHECK_INT(reg(FIREWALL_VIOLATIONS), 0);
    CHECK_INT(reg(FIREWALL_VIOLATION_ADDR), 0);
    CHECK_INT(reg(FIREWALL_VIOLATION_INFO), 0);
    for (unsigned i = 0; i < 3; i++) {
        for (uint32_t offset = 0; offset < 0x10; offset += 4) {
            CHECK_INT(reg(row(filtered[i].initiator, offset)), 0);
        }
    }
    for (unsigned w = 0; w < FIREWALL_RAM_WINDOWS; w++) {
        for (uint32_t offset = 0; offset < 12; offset += 4) {
            CHECK_INT(reg(ram(w, offset)), 0);
        }
    }
    for (unsigned r = 0; r < FIREWALL_FLASH_REGIONS; r++) {
        for (uint32_t offset = 0; offset < 12; offset += 4) {
            CHECK_INT(reg(flash(r, offset)), 0);
        }
    }
    CHECK_INT(reg(FIREWALL_SECURE_BASE), 0);
    CHECK_INT(reg(FIREWALL_IO0_XIP), 0);
    CHECK_INT(reg(FIREWALL_IO1_XIP), 0);
}

static void widths_and_initiators(void)
{
    static const uint32_t offsets[] = { FIREWALL_STATUS, FIREWALL_LOCK, FIREWALL_VIOLATIONS,
        FIREWALL_VIOLATION_ADDR, FIREWALL_VIOLATION_INFO, FIREWALL_VIOLATION_ACK, 0x140, 0x188,
        FIREWALL_RAM, FIREWALL_FLASH + 8, FIREWALL_SECURE_BASE, FIREWALL_IO0_XIP };

    for (unsigned i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        CHECK(bus_words_only(&b, "a7s", MT3620_FIREWALL + offsets[i]));
        CHECK(bus_words_only(&b, "pluton", MT3620_FIREWALL + offsets[i]));
        for (unsigned k = 0; k < 3; k++) {
            CHECK(bus_refused(&b, filtered[k].who, MT3620_FIREWALL + offsets[i]));
        }
    }
    /* Pluton writes the same registers */
    bus_set(&b, "pluton", MT3620_FIREWALL + FIREWALL_IO0_XIP, 0x3000);
    CHECK_INT(reg(FIREWALL_IO0_XIP), 0x3000);
    bus_reset(&b);
}

/* Each peripheral: refused, granted, taken away; the secure world sees it throughout. */
static void peripherals_one_by_one(void)
{
    for (unsigned n = 0; n < FIREWALL_PERIPHERAL_COUNT; n++) {
        uint32_t at = peripherals[n].base, value;
        /* one with a register at its start; what is behind is another test's */
        bool there = bus_read(&b, "a7s", 4, at, &value);

        for (unsigned i = 0; i < 3; i++) {
            uint32_t bits = row(filtered[i].initiator, n / 32 * 4);

            CHECK(bus_refused(&b, filtered[i].who, at));
            CHECK(set(bits, 1u << n % 32));
            CHECK_INT(reg(bits), 1u << n % 32);
            CHECK_INT(bus_read(&b, filtered[i].who, 4, at, &value), there);
            CHECK(!bus_read(&b, filtered[i].who, 1, at, &value) ||
                  n == FIREWALL_UART0 || n == FIREWALL_VIRTIO); /* these have narrow registers */
            CHECK(bus_refused(&b, filtered[i].who, at + peripherals[n].bytes));
            /* nobody else got it with that */
            for (unsigned k = 0; k < 3; k++) {
                CHECK(k == i || bus_refused(&b, filtered[k].who, at));
            }
            CHECK(set(bits, 0));
            CHECK(bus_refused(&b, filtered[i].who, at));
        }
        CHECK_INT(bus_read(&b, "a7s", 4, at, &value), there);
    }
}

static void one_holder(void)
{
    for (unsigned n = 0; n < FIREWALL_PERIPHERAL_COUNT; n++) {
        uint32_t bit = 1u << n;

        CHECK(set(row(MT3620_A7_NORMAL, 0), bit));
        CHECK_INT(set(row(MT3620_IO0, 0), bit), peripherals[n].shared);
        CHECK_INT(reg(row(MT3620_IO0, 0)), peripherals[n].shared ? bit : 0);
        CHECK(set(row(MT3620_IO0, 0), 0));
        CHECK(set(row(MT3620_A7_NORMAL, 0), 0));
        CHECK(set(row(MT3620_IO0, 0), bit)); /* free again */
        CHECK(set(row(MT3620_IO0, 0), 0));
    }
    /* a write of several bits is done whole or not at all */
    CHECK(set(row(MT3620_IO1, 0), 1u << FIREWALL_ISU0));
    CHECK(!set(row(MT3620_IO0, 0), 1u << FIREWALL_ISU0 | 1u << FIREWALL_ISU1));
    CHECK_INT(reg(row(MT3620_IO0, 0)), 0);
    CHECK(set(row(MT3620_IO1, 0), 0));
    /* numbers that are no peripheral */
    CHECK(!set(row(MT3620_IO0, 0), 1u << 29));
    CHECK(!set(row(MT3620_IO0, 4), 1));
    /* rows that are none */
    CHECK(!set(row(MT3620_A7_SECURE, 0), 1));
    CHECK(!set(row(MT3620_PLUTON, 0), 1));
}

static void peripheral_lock(void)
{
    uint32_t held = 1u << FIREWALL_ISU0, free_bit = 1u << FIREWALL_ISU1, other = 1u << FIREWALL_ISU2;

    CHECK(set(row(MT3620_IO0, 0), held));
    CHECK(set(row(MT3620_IO0, FIREWALL_PERIPHERALS_LOCK), held | free_bit));
    CHECK(!set(row(MT3620_IO0, 0), 0));
    CHECK(!set(row(MT3620_IO0, 0), held | free_bit));
    CHECK_INT(reg(row(MT3620_IO0, 0)), held);
    CHECK(set(row(MT3620_IO0, 0), held | other)); /* the rest is free */
    CHECK(!set(row(MT3620_IO1, 0), held));        /* and does not move */
    CHECK(set(row(MT3620_IO0, FIREWALL_PERIPHERALS_LOCK), 0));
    CHECK_INT(reg(row(MT3620_IO0, FIREWALL_PERIPHERALS_LOCK)), held | free_bit);
    bus_reset(&b);
    CHECK_INT(reg(row(MT3620_IO0, 0)), 0);
    CHECK_INT(reg(row(MT3620_IO0, FIREWALL_PERIPHERALS_LOCK)), 0);
}

/* The normal world may read the clock, never set it. */
static void rtc_read_only(void)
{
    uint32_t value, at;

    CHECK(set(row(MT3620_A7_NORMAL, 0), 1u << FIREWALL_RTC));
    for (at = MT3620_RTC; at < MT3620_RTC + 0x80; at += 4) {
        if (bus_read(&b, "a7s", 4, at, &value)) {
            CHECK(bus_read(&b, "a7n", 4, at, &value));
        }
        CHECK(!bus_write(&b, "a7n", 4, at, 0));
    }
    CHECK(!bus_read(&b, "a7n", 1, MT3620_RTC + 0x40, &value));
    CHECK(set(row(MT3620_A7_NORMAL, 0), 0));
}

static void ram_windows(void)
{
    uint32_t value;

    bus_set(&b, "a7s", MT3620_RAM + 0x5000, 0xC0FFEE);
    for (unsigned w = 0; w < FIREWALL_RAM_WINDOWS; w++) {
        for (unsigned i = 0; i < 3; i++) {
            const char *who = filtered[i].who;

            CHECK(!bus_read(&b, who, 4, MT3620_RAM + 0x5000, &value));
            CHECK(window(ram(w, 0), MT3620_RAM + 0x5000, MT3620_RAM + 0x7000,
                         filtered[i].initiator | FIREWALL_CONTROL_ENABLED));
            CHECK_INT(bus_get(&b, who, MT3620_RAM + 0x5000), 0xC0FFEE);
            CHECK(bus_read(&b, who, 1, MT3620_RAM + 0x5001, &value));
            CHECK_INT(value, 0xFF);
            CHECK(bus_read(&b, who, 4, MT3620_RAM + 0x6FFC, &value));
            CHECK(!bus_read(&b, who, 4, MT3620_RAM + 0x4FFC, &value));
            CHECK(!bus_read(&b, who, 4, MT3620_RAM + 0x7000, &value));
            for (unsigned width = 1; width <= 4; width *= 2) { /* read only */
                CHECK(!bus_write(&b, who, width, MT3620_RAM + 0x5000, 0));
            }
            CHECK_INT(bus_get(&b, "a7s", MT3620_RAM + 0x5000), 0xC0FFEE);
            CHECK(!set(ram(w, FIREWALL_BASE), MT3620_RAM)); /* not while enabled */
            CHECK(!set(ram(w, FIREWALL_LIMIT), MT3620_RAM + 0x8000));
            CHECK(set(ram(w, FIREWALL_CONTROL), filtered[i].initiator | FIREWALL_CONTROL_ENABLED |
                                                    FIREWALL_CONTROL_WRITE));
            CHECK(bus_write(&b, who, 4, MT3620_RAM + 0x6000, w * 16 + i));
            CHECK_INT(bus_get(&b, "a7s", MT3620_RAM + 0x6000), w * 16 + i);
            for (unsigned k = 0; k < 3; k++) {
                CHECK(k == i || bus_refused(&b, filtered[k].who, MT3620_RAM + 0x5000));
            }
            CHECK(set(ram(w, FIREWALL_CONTROL), 0));
            CHECK(!bus_read(&b, who, 4, MT3620_RAM + 0x5000, &value));
        }
    }
}

static void ram_window_rules(void)
{
    uint32_t end = MT3620_RAM + MT3620_RAM_BYTES;

    CHECK(!set(ram(0, FIREWALL_BASE), MT3620_RAM + 4));
    CHECK(!set(ram(0, FIREWALL_BASE), MT3620_RAM - 0x1000));
    CHECK(!set(ram(0, FIREWALL_BASE), end));
    CHECK(!set(ram(0, FIREWALL_BASE), 0));
    CHECK(!set(ram(0, FIREWALL_LIMIT), end + 0x1000));
    CHECK(!set(ram(0, FIREWALL_LIMIT), MT3620_FLASH));
    CHECK(set(ram(0, FIREWALL_BASE), MT3620_RAM + 0x2000));
    CHECK(set(ram(0, FIREWALL_LIMIT), MT3620_RAM + 0x2000));
    CHECK(!set(ram(0, FIREWALL_CONTROL), FIREWALL_CONTROL_ENABLED | MT3620_IO0)); /* empty */
    CHECK(set(ram(0, FIREWALL_LIMIT), MT3620_RAM + 0x1000));
    CHECK(!set(ram(0, FIREWALL_CONTROL), FIREWALL_CONTROL_ENABLED | MT3620_IO0)); /* backwards */
    CHECK(set(ram(0, FIREWALL_LIMIT), MT3620_RAM + 0x3000));
    CHECK(!set(ram(0, FIREWALL_CONTROL), FIREWALL_CONTROL_ENABLED | MT3620_A7_SECURE));
    CHECK(!set(ram(0, FIREWALL_CONTROL), FIREWALL_CONTROL_ENABLED | MT3620_PLUTON));
    CHECK(!set(ram(0, FIREWALL_CONTROL), FIREWALL_CONTROL_ENABLED | 15));
    CHECK(!set(ram(0, FIREWALL_CONTROL), FIREWALL_CONTROL_ENABLED | MT3620_IO0 | 0x40));
    CHECK(!set(ram(0, 0xC), 0)); /* no such register */
    CHECK(set(ram(0, FIREWALL_CONTROL),
              FIREWALL_CONTROL_ENABLED | FIREWALL_CONTROL_LOCKED | MT3620_IO0));
    CHECK(!set(ram(0, FIREWALL_CONTROL), 0));
    CHECK(!set(ram(0, FIREWALL_BASE), MT3620_RAM));
    CHECK_INT(reg(ram(0, FIREWALL_BASE)), MT3620_RAM + 0x2000);
    bus_reset(&b);
    CHECK_INT(reg(ram(0, FIREWALL_CONTROL)), 0);
}

static void secure_ram(void)
{
    uint32_t end = MT3620_RAM + MT3620_RAM_BYTES, value;

    /* an enabled window in the way */
    CHECK(window(ram(3, 0), end - 0x2000, end, FIREWALL_CONTROL_ENABLED | MT3620_A7_NORMAL));
    CHECK(!set(FIREWALL_SECURE_BASE, MT3620_SECURE_RAM));
    CHECK_INT(reg(FIREWALL_SECURE_BASE), 0);
    CHECK(set(ram(3, FIREWALL_CONTROL), 0));
    CHECK(!set(FIREWALL_SECURE_BASE, MT3620_SECURE_RAM + 4));
    CHECK(!set(FIREWALL_SECURE_BASE, end));
    CHECK(!set(FIREWALL_SECURE_BASE, 0x1000));

    CHECK(set(FIREWALL_SECURE_BASE, MT3620_SECURE_RAM));
    CHECK(!set(FIREWALL_SECURE_BASE, 0));
    CHECK(!set(FIREWALL_SECURE_BASE, end - 0x1000));
    CHECK_INT(reg(FIREWALL_SECURE_BASE), MT3620_SECURE_RAM);
    /* a window that was set before, and new ones */
    CHECK(!set(ram(3, FIREWALL_CONTROL), FIREWALL_CONTROL_ENABLED | MT3620_A7_NORMAL));
    CHECK(!window(ram(4, 0), MT3620_RAM, MT3620_SECURE_RAM + 0x1000,
                  FIREWALL_CONTROL_ENABLED | MT3620_A7_NORMAL));
    CHECK(!window(ram(4, 0), MT3620_SECURE_RAM, end, FIREWALL_CONTROL_ENABLED | MT3620_IO0));
    CHECK(window(ram(5, 0), MT3620_RAM, MT3620_SECURE_RAM,
                 FIREWALL_CONTROL_ENABLED | FIREWALL_CONTROL_WRITE | MT3620_A7_NORMAL));
    CHECK(bus_read(&b, "a7n", 4, MT3620_SECURE_RAM - 4, &value));
    CHECK(!bus_read(&b, "a7n", 4, MT3620_SECURE_RAM, &value));
    CHECK(!bus_read(&b, "a7n", 4, MT3620_SECURE_RAM - 2, &value)); /* half of it inside */
    CHECK(bus_refused(&b, "a7n", end - 4));
    bus_get(&b, "a7s", MT3620_SECURE_RAM);
    bus_get(&b, "pluton", MT3620_SECURE_RAM);
    bus_reset(&b);
    CHECK_INT(reg(FIREWALL_SECURE_BASE), 0);
}

static void flash_regions(void)
{
    uint32_t value;

    for (unsigned r = 0; r < FIREWALL_FLASH_REGIONS; r++) {
        CHECK(!bus_read(&b, "a7n", 4, MT3620_FLASH + 0x3000, &value));
        CHECK(window(flash(r, 0), 0x3000, 0x4000, FIREWALL_CONTROL_ENABLED | MT3620_A7_NORMAL));
        CHECK(bus_read(&b, "a7n", 4, MT3620_FLASH + 0x3000, &value));
        CHECK(bus_read(&b, "a7n", 2, MT3620_FLASH + 0x3FFE, &value));
        CHECK(!bus_read(&b, "a7n", 4, MT3620_FLASH + 0x2FFC, &value));
        CHECK(!bus_read(&b, "a7n", 4, MT3620_FLASH + 0x4000, &value));
        CHECK(!bus_write(&b, "a7n", 4, MT3620_FLASH + 0x3000, 0));
        CHECK(!set(flash(r, FIREWALL_LIMIT), 0x5000)); /* enabled */
        CHECK(set(flash(r, FIREWALL_CONTROL), 0));
    }
    CHECK(!set(flash(0, FIREWALL_CONTROL),
               FIREWALL_CONTROL_ENABLED | FIREWALL_CONTROL_WRITE | MT3620_A7_NORMAL));
    CHECK(!set(flash(0, FIREWALL_BASE), 0x800));
    CHECK(!set(flash(0, FIREWALL_BASE), MT3620_FLASH_BYTES));
    CHECK(!set(flash(0, FIREWALL_LIMIT), MT3620_FLASH_BYTES + 0x1000));
    CHECK(set(flash(0, FIREWALL_CONTROL), FIREWALL_CONTROL_LOCKED));
    CHECK(!set(flash(0, FIREWALL_CONTROL), FIREWALL_CONTROL_ENABLED | MT3620_A7_NORMAL));
    bus_reset(&b);
}

static void program(uint32_t at, uint32_t value)
{
    bus_set(&b, "a7s", MT3620_FLASH_CONTROLLER + FLASH_ADDRESS, at);
    bus_set(&b, "a7s", MT3620_FLASH_CONTROLLER + FLASH_LENGTH, 4);
    bus_set(&b, "a7s", MT3620_FLASH_CONTROLLER + FLASH_BUFFER, value);
    bus_set(&b, "a7s", MT3620_FLASH_CONTROLLER + FLASH_COMMAND, FLASH_COMMAND_PROGRAM);
}

/* The I/O cores' window: moved by its register, filled as far as the regions allow. */
static void io_windows(void)
{
    uint32_t value, last = MT3620_FLASH_BYTES - 0x1000;

    program(FLASH_APPLICATIONS_AT, 0x11111111);
    program(FLASH_APPLICATIONS_AT + 0x2000, 0x22222222);
    program(last, 0x33333333);
    for (unsigned core = 0; core < 2; core++) {
        const char *who = core ? "io1" : "io0", *other = core ? "io0" : "io1";
        uint32_t xip = core ? FIREWALL_IO1_XIP : FIREWALL_IO0_XIP;
        uint32_t to = FIREWALL_CONTROL_ENABLED | (MT3620_IO0 + core);

        CHECK(set(xip, FLASH_APPLICATIONS_AT));
        CHECK(!bus_read(&b, who, 4, MT3620_IO_XIP, &value));
        CHECK(window(flash(0, 0), FLASH_APPLICATIONS_AT, FLASH_APPLICATIONS_AT + 0x1000, to));
        CHECK_INT(bus_get(&b, who, MT3620_IO_XIP), 0x11111111);
        CHECK(!bus_write(&b, who, 4, MT3620_IO_XIP, 0));
        CHECK(!bus_read(&b, who, 4, MT3620_IO_XIP + 0x1000, &value));
        CHECK(!bus_read(&b, who, 4, MT3620_IO_XIP + 0x2000, &value));
        CHECK(bus_refused(&b, other, MT3620_IO_XIP));
        CHECK(window(flash(1, 0), FLASH_APPLICATIONS_AT + 0x2000, FLASH_APPLICATIONS_AT + 0x3000, to));
        CHECK_INT(bus_get(&b, who, MT3620_IO_XIP + 0x2000), 0x22222222);
        CHECK(set(xip, FLASH_APPLICATIONS_AT + 0x2000)); /* the window moves, the regions stay */
        CHECK_INT(bus_get(&b, who, MT3620_IO_XIP), 0x22222222);
        CHECK(!bus_read(&b, who, 4, MT3620_IO_XIP + 0x1000, &value));
        /* no wrap at the end of flash */
        CHECK(window(flash(2, 0), 0, 0x1000, to));
        CHECK(window(flash(3, 0), last, MT3620_FLASH_BYTES, to));
        CHECK(set(xip, last));
        CHECK_INT(bus_get(&b, who, MT3620_IO_XIP), 0x33333333);
        CHECK(!bus_read(&b, who, 4, MT3620_IO_XIP + 0x1000, &value));
        CHECK(!set(xip, MT3620_FLASH_BYTES));
        CHECK(!set(xip, 0x800));
        CHECK_INT(reg(xip), last);
        for (unsigned r = 0; r < 4; r++) {
            CHECK(set(flash(r, FIREWALL_CONTROL), 0));
        }
        /* regions of the window do not open the flash itself to an I/O core */
        CHECK(bus_refused(&b, who, MT3620_FLASH + FLASH_APPLICATIONS_AT));
    }
}

static void violations(void)
{
    uint32_t bit = 1u << MT3620_SPI_FIREWALL, value;

    bus_reset(&b);
    CHECK_INT(bus_get(&b, "a7s", SPI_PENDING + 4) & bit, 0);
    CHECK(!bus_read(&b, "io1", 2, 0x38010004, &value));
    CHECK_INT(reg(FIREWALL_VIOLATIONS), 1);
    CHECK_INT(reg(FIREWALL_VIOLATION_ADDR), 0x38010004);
    CHECK_INT(reg(FIREWALL_VIOLATION_INFO), MT3620_IO1 | 2 << 16);
    CHECK_INT(bus_get(&b, "a7s", SPI_PENDING + 4) & bit, bit);
    bus_set(&b, "a7s", MT3620_FIREWALL + FIREWALL_VIOLATION_ACK, 1);
    CHECK_INT(bus_get(&b, "a7s", SPI_PENDING + 4) & bit, 0);
    CHECK_INT(reg(FIREWALL_VIOLATIONS), 1); /* the count stays */
    CHECK(!bus_write(&b, "a7n", 4, MT3620_SECURE_RAM, 0));
    CHECK_INT(reg(FIREWALL_VIOLATIONS), 2);
    CHECK_INT(reg(FIREWALL_VIOLATION_ADDR), MT3620_SECURE_RAM);
    CHECK_INT(reg(FIREWALL_VIOLATION_INFO), MT3620_A7_NORMAL | 1 << 8 | 4 << 16);
    CHECK_INT(bus_get(&b, "a7s", SPI_PENDING + 4) & bit, bit);
    /* a read-only piece counts too */
    CHECK(window(ram(0, 0), MT3620_RAM, MT3620_RAM + 0x1000, FIREWALL_CONTROL_ENABLED | MT3620_IO0));
    CHECK(!bus_write(&b, "io0", 1, MT3620_RAM + 5, 0));
    CHECK_INT(reg(FIREWALL_VIOLATION_ADDR), MT3620_RAM + 5);
    CHECK_INT(reg(FIREWALL_VIOLATION_INFO), MT3620_IO0 | 1 << 8 | 1 << 16);
    CHECK_INT(reg(FIREWALL_VIOLATIONS), 3);
    /* Pluton and the secure world are not filtered: their errors are not counted */
    CHECK(!bus_read(&b, "pluton", 4, 0x40000000, &value));
    CHECK(!bus_read(&b, "a7s", 4, 0x40000000, &value));
    CHECK_INT(reg(FIREWALL_VIOLATIONS), 3);
    /* not by writing to them */
    CHECK(!set(FIREWALL_VIOLATIONS, 0));
    CHECK(!set(FIREWALL_VIOLATION_ADDR, 0));
    CHECK(!set(FIREWALL_VIOLATION_INFO, 0));
    CHECK_INT(reg(FIREWALL_VIOLATIONS), 3);
    bus_reset(&b);
    CHECK_INT(reg(FIREWALL_VIOLATIONS), 0);
    CHECK_INT(bus_get(&b, "a7s", SPI_PENDING + 4) & bit, 0);
}

static void whole_lock(void)
{
    CHECK(set(row(MT3620_IO0, 0), 1u << FIREWALL_GPIO0));
    CHECK(set(ram(0, FIREWALL_BASE), MT3620_RAM + 0x1000));
    CHECK(!set(FIREWALL_LOCK, 2));
    CHECK_INT(reg(FIREWALL_LOCK), 0);
    CHECK(set(FIREWALL_LOCK, 1));
    CHECK(!set(FIREWALL_LOCK, 0));
    CHECK_INT(reg(FIREWALL_LOCK), 1);
    CHECK(!set(row(MT3620_IO0, 0), 0));
    CHECK(!set(row(MT3620_IO1, 0), 1u << FIREWALL_GPIO1));
    CHECK(!set(row(MT3620_IO0, FIREWALL_PERIPHERALS_LOCK), 1));
    CHECK(!set(ram(0, FIREWALL_BASE), MT3620_RAM));
    CHECK(!set(flash(7, FIREWALL_LIMIT), 0x1000));
    CHECK(!set(FIREWALL_SECURE_BASE, MT3620_SECURE_RAM));
    CHECK(!set(FIREWALL_IO0_XIP, 0x1000));
    CHECK_INT(reg(row(MT3620_IO0, 0)), 1u << FIREWALL_GPIO0);
    CHECK_INT(reg(ram(0, FIREWALL_BASE)), MT3620_RAM + 0x1000);
    CHECK(bus_refused(&b, "io1", MT3620_RAM)); /* and violations can still be acknowledged */
    bus_set(&b, "a7s", MT3620_FIREWALL + FIREWALL_VIOLATION_ACK, 1);
    CHECK_INT(bus_get(&b, "a7s", SPI_PENDING + 4) & 1u << MT3620_SPI_FIREWALL, 0);
    bus_reset(&b);
    CHECK_INT(reg(FIREWALL_LOCK), 0);
    CHECK(set(row(MT3620_IO0, 0), 0));
}

int main(void)
{
    bus_start(&b, BUS_STEPS, "", NULL);
    reset_values();
    widths_and_initiators();
    peripherals_one_by_one();
    one_holder();
    peripheral_lock();
    rtc_read_only();
    ram_windows();
    ram_window_rules();
    secure_ram();
    flash_regions();
    io_windows();
    violations();
    whole_lock();
    bus_stop(&b);
    return check_done();
}
