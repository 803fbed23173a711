/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupt controller: a GICv2, shared by both worlds.  The secure world takes
 * no interrupts.  All are group 1, the normal world's, but those of the secure world's
 * own blocks: they stay in group 0, off, where the normal world neither sees nor
 * raises them.
 * Source: Arm IHI 0048B.
 */
#include "abi/mt3620.h"
#include "monitor/mcu/mcu.h"

enum {
    GICD_CTLR = 0x000,
    GICD_TYPER = 0x004,
    GICD_IGROUPR = 0x080,
    GICC_CTLR = 0x000,
    GICC_PMR = 0x004,
    ENABLE_GROUP1 = 1 << 1, /* as the secure world sees it */
};

#define SPI(number) (1u << (number)) /* in the word of the first 32 */
static const uint32_t secure_spis = SPI(MT3620_SPI_MAILBOX_SECURE) |
                                    SPI(MT3620_SPI_MAILBOX_SECURE + 1) |
                                    SPI(MT3620_SPI_MAILBOX_SECURE + 2) | SPI(MT3620_SPI_WDT) |
                                    SPI(MT3620_SPI_FIREWALL);

void gic_open(void)
{
    const uint32_t words = (*reg(MT3620_GIC_DISTRIBUTOR + GICD_TYPER) & 0x1F) + 1;
    for (uint32_t i = 0; i < words; i++)
        *reg(MT3620_GIC_DISTRIBUTOR + GICD_IGROUPR + 4 * i) = i == 1 ? ~secure_spis : UINT32_MAX;
    *reg(MT3620_GIC_DISTRIBUTOR + GICD_CTLR) = ENABLE_GROUP1;
    /* Open to all priorities, or the normal world could not move the mask. */
    *reg(MT3620_GIC_CPU + GICC_PMR) = 0xFF;
    *reg(MT3620_GIC_CPU + GICC_CTLR) = ENABLE_GROUP1;
}
