/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interrupt controller from the normal world: interrupts of the secure world read
 * as zero and keep what is written to themselves.
 */
#include "tests/hostile/kernel/hostile.h"

enum {
    GICD_CTLR = 0x000,
    GICD_IGROUPR = 0x080,
    GICD_ISENABLER = 0x100,
    GICD_ICENABLER = 0x180,
    GICD_ISPENDR = 0x200,
    GICD_ICPENDR = 0x280,
    GICD_ITARGETSR = 0x800,
    GICC_CTLR = 0x00,
    GICC_IAR = 0x0C,
    GICC_HPPIR = 0x18,

    GIC_SPI_FIRST = 32,
    GIC_NONE_SECURE = 1022, /* "there is one, and it is not yours" */
    GIC_NONE = 1023,
};

static uint32_t distributor(uint32_t reg)
{
    return MT3620_GIC_DISTRIBUTOR + reg;
}

/* true when a bit of a set register can be set for the interrupt. */
static bool settable(uint32_t set, uint32_t clear, unsigned spi)
{
    const unsigned id = GIC_SPI_FIRST + spi;
    const uint32_t bit = 1u << id % 32, at = id / 32 * 4;
    poke(distributor(set + at), bit);
    const bool is_set = peek(distributor(set + at)) & bit;
    poke(distributor(clear + at), bit);
    return is_set;
}

static bool enables(unsigned spi)
{
    return settable(GICD_ISENABLER, GICD_ICENABLER, spi);
}

static bool gic_control_enable_own(void)
{
    return enables(MT3620_SPI_UART0);
}

static bool gic_read_groups(void)
{
    uint32_t seen = 0;
    for (uint32_t i = 0; i < 4; i++)
        seen |= peek(distributor(GICD_IGROUPR + 4 * i));
    return seen != 0;
}

static bool gic_take_watchdog(void)
{
    return enables(MT3620_SPI_WDT);
}

static bool gic_take_firewall(void)
{
    return enables(MT3620_SPI_FIREWALL);
}

static bool gic_take_secure_mailbox(void)
{
    return enables(MT3620_SPI_MAILBOX_SECURE) || enables(MT3620_SPI_MAILBOX_SECURE + 1) ||
           enables(MT3620_SPI_MAILBOX_SECURE + 2);
}

static bool gic_take_after_regrouping(void)
{
    for (uint32_t i = 0; i < 4; i++)
        poke(distributor(GICD_IGROUPR + 4 * i), 0xFFFFFFFF);
    barrier();
    const bool taken = gic_take_watchdog() || gic_take_firewall() || gic_take_secure_mailbox();
    for (uint32_t i = 0; i < 4; i++)
        poke(distributor(GICD_IGROUPR + 4 * i), 0);
    return taken || !gic_control_enable_own(); /* nor may it lose its own that way */
}

static bool gic_pend_watchdog(void)
{
    return settable(GICD_ISPENDR, GICD_ICPENDR, MT3620_SPI_WDT);
}

static bool gic_retarget_watchdog(void)
{
    const uint32_t at = distributor(GICD_ITARGETSR + GIC_SPI_FIRST + (MT3620_SPI_WDT & ~3u));
    const uint32_t lane = 0xFFu << 8 * (MT3620_SPI_WDT % 4);
    poke(at, 0xFFFFFFFF);
    return peek(at) & lane;
}

/* Both views have one bit here: EnableGrp1.  FIQ and bypass bits are not theirs. */
static bool gic_interface_group0(void)
{
    poke(MT3620_GIC_CPU + GICC_CTLR, 0xF);
    const uint32_t seen = peek(MT3620_GIC_CPU + GICC_CTLR);
    poke(MT3620_GIC_CPU + GICC_CTLR, 0);
    return seen & 0xEu;
}

static bool gic_distributor_group0(void)
{
    const uint32_t before = peek(distributor(GICD_CTLR));
    poke(distributor(GICD_CTLR), 0x3);
    const uint32_t seen = peek(distributor(GICD_CTLR));
    poke(distributor(GICD_CTLR), before);
    return seen & 0x2;
}

static bool gic_acknowledge_secure(void)
{
    const uint32_t pending = peek(MT3620_GIC_CPU + GICC_HPPIR) & 0x3FF;
    const uint32_t taken = peek(MT3620_GIC_CPU + GICC_IAR) & 0x3FF;
    return !(pending == GIC_NONE || pending == GIC_NONE_SECURE) ||
           !(taken == GIC_NONE || taken == GIC_NONE_SECURE);
}

typedef bool attempt(void);
static attempt *const attempts[] = {
#define X(name, want) gic_##name,
    HOSTILE_GIC_TABLE(X)
#undef X
};

static bool result;
static void play(uint32_t which, uint32_t unused)
{
    (void)unused;
    result = attempts[which]();
}

enum hostile_word gic_play(const struct hostile_row *row, uint32_t *detail)
{
    const unsigned caught = hostile_try(play, row->a, 0);
    *detail = caught;
    if (caught == CAUGHT_DATA)
        return HOSTILE_REFUSED;
    return caught ? HOSTILE_WRONG : result ? HOSTILE_ALLOWED : HOSTILE_REFUSED;
}
