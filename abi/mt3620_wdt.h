/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Watchdog: resets the chip unless it is restarted in time.
 * Source: public real-time samples of the MT3620.  One for each M4 and one for
 * the A7's secure world.  An I/O core's watchdog resets that core alone.
 */
#ifndef PERI_ABI_MT3620_WDT_H
#define PERI_ABI_MT3620_WDT_H

enum {
    WDT_MODE = 0x30,     /* key 0x2200 must be in the write; 0 enable, 3 interrupt, not reset */
    WDT_LENGTH = 0x34,   /* key 0x08 in bits 4-0; ticks << 5, 11 bits, 1/32 s each */
    WDT_RESTART = 0x38,  /* write 0x1971 */
    WDT_STA = 0x3C,      /* 0x8000 watchdog reset, 0x4000 software reset */
    WDT_INTERVAL = 0x40, /* 12 bits */
    WDT_SWRST = 0x44,    /* write 0x1209: reset now */
    WDT_SWINT = 0x80,    /* 0x80000000 raise, 0x40000000 clear */

    WDT_MODE_KEY = 0x2200,
    WDT_MODE_ENABLE = 1,
    WDT_MODE_INTERRUPT = 8,
    WDT_LENGTH_KEY = 0x08,
    WDT_LENGTH_SHIFT = 5,
    WDT_TICKS_PER_SECOND = 32,
    WDT_TICKS_MAX = 2047,
    WDT_RESTART_KEY = 0x1971,
    WDT_SWRST_KEY = 0x1209,
};

#endif
