/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the real-time application of the tests does with a message: it sends it back, or,
 * when it is '!' and one of these letters, does that.
 */
#ifndef PERI_KERNEL_TESTING_INTERCORE_ACTS_H
#define PERI_KERNEL_TESTING_INTERCORE_ACTS_H

#define INTERCORE_TEST_COMPONENT "11111111-1111-1111-1111-111111111111"
#define INTERCORE_TEST_COMPONENT_BYTE 0x11

enum intercore_act {
    /* breaks the protocol */
    ACT_POSITION_BEHIND = 'p', /* write position past the data area */
    ACT_POSITION_UNALIGNED = 'u',
    ACT_READ_BEHIND = 'r', /* read position past the data area */
    ACT_LENGTH_HUGE = 'l',
    ACT_LENGTH_SMALL = 's',
    ACT_LENGTH_MORE = 'm', /* than it says to have written */
    /* keeps to it, more or less; answers with the message when it is done */
    ACT_STRANGER = 't', /* first sends to a component that it may not talk to */
    ACT_STORM = 'f',    /* interrupts and mailbox entries without end, for a while */
    ACT_MANY = 'n',     /* ACT_MANY_COUNT messages, each its number */
    ACT_FLICKER = 'c',  /* changes positions and length all the time, then never answers */
    ACT_DEAF = 'd',     /* reads no more */
    ACT_MANY_COUNT = 40,
};

#endif
