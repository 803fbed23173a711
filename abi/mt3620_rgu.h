/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reset and clock unit of an M4.
 * Source: public real-time samples of the MT3620.
 */
#ifndef PERI_ABI_MT3620_RGU_H
#define PERI_ABI_MT3620_RGU_H

enum {
    RGU_SLP_CTRL = 0x000, /* deep sleep and sleep enables; kept */
    RGU_HCLK = 0x00C,     /* 9-8 clock of the core: 0 26 MHz, 1 32,768 Hz, 2 197.6 MHz */
    RGU_MEMORY = 0x100,   /* to 0x120: power-down of memories; kept */
    RGU_CLOCK_GEN = 0x1B0,
    RGU_GATE_2MHZ = 0x1B4,
    RGU_POWER = 0x1B8, /* 28, 29 enable a PLL; 26, 27 (r) it is ready */

    RGU_HCLK_SHIFT = 8,
    RGU_HCLK_26MHZ = 0,
    RGU_HCLK_32KHZ = 1,
    RGU_HCLK_197MHZ = 2,
};

#endif
