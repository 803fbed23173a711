/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Infra bus of an M4: where its last bus error was.
 * Source: public memory map and interrupt table of the MT3620 for the block; its
 * registers are ours.  Each M4 sees its own.
 *
 * An access of the core to an address that nobody answers, or that the firewall refuses, is a
 * bus error for the core and sets STATUS bit 0; the interrupt (INFRA) is up while it is set.
 * ADDRESS and INFO are those of the first such access since STATUS was cleared.  A wrong
 * width at a register is a bus error too, but not one of the bus.
 */
#ifndef PERI_ABI_MT3620_M4_INFRA_H
#define PERI_ABI_MT3620_M4_INFRA_H

enum {
    M4_INFRA_STATUS = 0x00,  /* w1c */
    M4_INFRA_ADDRESS = 0x04, /* r */
    M4_INFRA_INFO = 0x08,    /* r  8 was a write, 23-16 bytes */

    M4_INFRA_STATUS_ERROR = 1,
    M4_INFRA_INFO_WRITE = 1 << 8,
    M4_INFRA_INFO_BYTES_SHIFT = 16,
};

#endif
