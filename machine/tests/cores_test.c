/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cores' own blocks, as docs/spec/mt3620.md has them: interrupt controllers, MPU. */
#include "abi/mt3620.h"
#include "machine/tests/bus.h"
#include "tests/check.h"

/* Armv7-M Architecture Reference Manual, B3.2 */
enum { NVIC_ISER = 0xE100, NVIC_IPR = 0xE400, SCB_CPUID = 0xED00, SCB_VTOR = 0xED08,
       MPU_TYPE = 0xED90 };
#define SYSTEM_SPACE 0xE0000000u

/* GIC architecture version 2, 4.3 and 4.4 */
enum { GICD_TYPER = 0x004, GICD_IGROUPR = 0x080, GICD_ISENABLER = 0x100, GICD_ICENABLER = 0x180,
       GICC_CTLR = 0x000 };

static struct bus b;

static const char *const m4[] = { "pluton", "io0", "io1" };

static void m4_blocks(void)
{
    for (unsigned i = 0; i < 3; i++) {
        CHECK_INT(bus_get(&b, m4[i], SYSTEM_SPACE + SCB_CPUID) >> 4 & 0xFFF, 0xC24); /* Cortex-M4 */
        CHECK_INT(bus_get(&b, m4[i], SYSTEM_SPACE + MPU_TYPE), 8 << 8);
        /* three priority bits, at the top */
        bus_set(&b, m4[i], SYSTEM_SPACE + NVIC_IPR, 0xFFFFFFFF);
        CHECK_INT(bus_get(&b, m4[i], SYSTEM_SPACE + NVIC_IPR), 0xE0E0E0E0);
        /* 100 interrupts and no more */
        bus_set(&b, m4[i], SYSTEM_SPACE + NVIC_ISER + 12, 0xFFFFFFFF);
        CHECK_INT(bus_get(&b, m4[i], SYSTEM_SPACE + NVIC_ISER + 12), (1 << (MT3620_IRQS - 96)) - 1);
    }
    /* each has its own */
    bus_set(&b, "io0", SYSTEM_SPACE + SCB_VTOR, MT3620_TCM);
    CHECK_INT(bus_get(&b, "io0", SYSTEM_SPACE + SCB_VTOR), MT3620_TCM);
    bus_set(&b, "pluton", SYSTEM_SPACE + SCB_VTOR, MT3620_TCM + 0x8000);
    CHECK_INT(bus_get(&b, "io0", SYSTEM_SPACE + SCB_VTOR), MT3620_TCM);
}

/* The normal world cannot see, enable or claim an interrupt of the secure world. */
static void gic(void)
{
    uint32_t typer = bus_get(&b, "a7s", MT3620_GIC_DISTRIBUTOR + GICD_TYPER), bit = 1 << 3;
    uint32_t group = MT3620_GIC_DISTRIBUTOR + GICD_IGROUPR + 4;
    uint32_t enable = MT3620_GIC_DISTRIBUTOR + GICD_ISENABLER + 4;

    CHECK_INT(((typer & 0x1F) + 1) * 32, MT3620_SPIS + 32);
    CHECK(typer & 1 << 10);             /* security extensions */
    CHECK_INT(typer >> 5 & 7, 0);       /* one core */
    CHECK_INT(bus_get(&b, "a7s", group), 0); /* all secure at reset */

    bus_set(&b, "a7s", enable, bit);
    CHECK_INT(bus_get(&b, "a7s", enable), bit);
    CHECK_INT(bus_get(&b, "a7n", enable), 0);
    bus_set(&b, "a7n", group, 0xFFFFFFFF);
    CHECK_INT(bus_get(&b, "a7s", group), 0);
    bus_set(&b, "a7n", MT3620_GIC_DISTRIBUTOR + GICD_ICENABLER + 4, bit);
    CHECK_INT(bus_get(&b, "a7s", enable), bit);

    bus_set(&b, "a7s", group, bit); /* given away */
    CHECK_INT(bus_get(&b, "a7n", enable), bit);
    bus_set(&b, "a7n", MT3620_GIC_DISTRIBUTOR + GICD_ICENABLER + 4, bit);
    CHECK_INT(bus_get(&b, "a7s", enable), 0);

    /* the control register of the core interface is banked */
    bus_set(&b, "a7s", MT3620_GIC_CPU + GICC_CTLR, 9);
    CHECK_INT(bus_get(&b, "a7n", MT3620_GIC_CPU + GICC_CTLR), 0);
    for (unsigned i = 0; i < 3; i++) {
        CHECK(bus_refused(&b, m4[i], MT3620_GIC_DISTRIBUTOR));
        CHECK(bus_refused(&b, m4[i], MT3620_GIC_CPU));
    }
}

int main(void)
{
    bus_start(&b, BUS_STEPS, "", NULL);
    m4_blocks();
    gic();
    bus_stop(&b);
    return check_done();
}
