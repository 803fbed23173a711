/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * General-purpose timers.
 * Source: public real-time samples of the MT3620.  What the samples leave open: machine/gpt.h.
 */
#ifndef PERI_ABI_MT3620_GPT_H
#define PERI_ABI_MT3620_GPT_H

enum {
    GPT_ISR = 0x00, /* w1c: 0 GPT0, 1 GPT1 */
    GPT_IER = 0x04,
    GPT0_CTRL = 0x10, /* 0 enable, 1 repeat, 2 speed (0: 32768/33 Hz, 1: 32768 Hz), 3 restart */
    GPT0_ICNT = 0x14,
    GPT1_CTRL = 0x20,
    GPT1_ICNT = 0x24,
    GPT2_CTRL = 0x30, /* 0 enable, 1 speed; counts up */
    GPT2_CNT = 0x34,
    GPT0_CNT = 0x40,
    GPT1_CNT = 0x44,
    GPT3_CTRL = 0x50, /* 0 enable, 15 clear interrupt, 21-16 ticks of 26 MHz a step, minus 1 */
    GPT3_INIT = 0x54,
    GPT3_CNT = 0x58,
    GPT3_EXPIRE = 0x5C,
    GPT4_CTRL = 0x60, /* 0 enable, 1 speed */
    GPT4_INIT = 0x64,
    GPT4_CNT = 0x68,
    GPT3_CTRL_1MHZ = 0x190001,
};

#endif
