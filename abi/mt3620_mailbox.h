/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mailbox: a pair of ports, each pushing {command, data} pairs to the other.
 * Source: public real-time samples and drivers of the MT3620.
 * Pairs: Pluton <-> A7 secure world, Pluton <-> A7 normal world, A7 <-> I/O core
 * 0 and 1, I/O core 0 <-> 1.  Each port is one block of these registers.
 *
 * 15 entries each way; a push into a full FIFO is dropped (and logged).  DATA is
 * written before CMD: writing CMD pushes the pair; DATA is 0 if not written since.
 * DATA is read before CMD: reading CMD pops.  Reading an empty FIFO gives 0.
 *
 * On arrival the receiver's INT_STS gets bits 1 and 2, and its WR and FIFO
 * interrupts rise while one of them is enabled; when the receiver pops, the sender's
 * INT_STS gets bits 0 and 3, and its RD interrupt rises while one is enabled
 * (drivers disagree on the bit order; this serves all of them).
 */
#ifndef PERI_ABI_MT3620_MAILBOX_H
#define PERI_ABI_MT3620_MAILBOX_H

enum {
    MAILBOX_VERSION = 0x00, /* r   0x36200000 */
    MAILBOX_GEN_CTRL = 0x04, /* w  0 reset both sides, 1 reset own side (what this side sent) */
    MAILBOX_SW_TX_INT_PORT = 0x14,
    MAILBOX_SW_RX_INT_EN = 0x18,
    MAILBOX_SW_RX_INT_STS = 0x1C, /* w1c */
    MAILBOX_FIFO_CTRL = 0x20,
    MAILBOX_NF_THRS = 0x30,
    MAILBOX_NE_THRS = 0x34,
    MAILBOX_INT_EN = 0x38,
    MAILBOX_INT_STS = 0x3C, /* w1c */
    MAILBOX_CMD_PUSH = 0x40,
    MAILBOX_DATA_PUSH = 0x44,
    MAILBOX_PUSH_CNT = 0x48, /* r  entries that the peer has not read */
    MAILBOX_CMD_POP = 0x50,
    MAILBOX_DATA_POP = 0x54,
    MAILBOX_POP_CNT = 0x58, /* r   entries waiting here */
    MAILBOX_SEMAPHORE = 0x60, /* read 1 = acquired; write 0 releases */

    MAILBOX_VERSION_VALUE = 0x36200000,
    MAILBOX_DEPTH = 15,
};

#endif
