/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mailbox: two ports, each with the FIFO of the messages that it receives.
 * Source: abi/mt3620_mailbox.h; public real-time samples and drivers of the MT3620.
 *
 * Interface
 *   regions 0, 1       registers of side A and side B
 *   sysbus interrupts  0-5 side A, 6-11 side B: RD NF WR NE FIFO SW, each a level
 *
 * Where the sources are silent
 *   GEN_CTRL       bit 1 empties the FIFO that this side fills; bit 0 both FIFOs and both
 *                  INT_STS.  Neither touches what the other side has set up (INT_EN,
 *                  SW_RX_INT_EN, thresholds): a side cannot deafen its peer
 *   INT_EN         a bit of an arrival that becomes 1 while messages wait sets INT_STS
 *                  bits 1 and 2 again, so that a driver which clears first misses nothing
 *   SEMAPHORE      one for the pair; reads 1 while the side that reads holds it
 *   NF, NE, FIFO_CTRL, thresholds   kept; the lines NF and NE do not rise
 *
 * Differences from silicon: no time passes between push and arrival.
 */
#ifndef PERI_MACHINE_MAILBOX_H
#define PERI_MACHINE_MAILBOX_H

#include "qom/object.h"

#define TYPE_MT3620_MAILBOX "mt3620-mailbox"
OBJECT_DECLARE_SIMPLE_TYPE(MailboxState, MT3620_MAILBOX)

enum mailbox_line {
    MAILBOX_LINE_RD,
    MAILBOX_LINE_NF,
    MAILBOX_LINE_WR,
    MAILBOX_LINE_NE,
    MAILBOX_LINE_FIFO,
    MAILBOX_LINE_SW,
    MAILBOX_LINES,
};

#endif
