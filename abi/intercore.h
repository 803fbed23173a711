/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages between high-level applications on the A7 and a real-time application on
 * an I/O core: mailbox commands, rings in shared memory, and the socket's address.
 * Source: public real-time samples and the published kernel of the original; limits
 * as the samples'.  Byte order little-endian.
 * Writers: kernel/drivers/azure_sphere (A7), the real-time application (I/O core).
 * Trust: each side's ring is written by the other core at any moment.  The kernel reads
 * each word once, checks the copy, and keeps its own positions to itself.
 *
 * Mailbox, A7 to core, left in the FIFO until the application reads them:
 *   command      data
 *   0xBA5E0001   ring that the core writes   address | log2(size): size 4096, so | 12
 *   0xBA5E0002   ring that the core reads    same
 *   0xBA5E0003   0: begin
 *   0xBA5E0004   0: the rings go away
 * Software interrupts (SW_TX_INT_PORT), each way its own meaning:
 *   core to A7   1 sent, 2 has read         A7 to core   2 sent, 1 has read
 *
 * Ring, INTERCORE_RING_BYTES:
 *   off size field
 *     0    4 write_pos   where the owner of this ring writes next, in the data area
 *     4    4 read_pos    how far the owner of this ring has read the *other* ring
 *     8   56 zero
 *    64 4032 data area
 * Positions are multiples of 16 below 4032.  Equal: empty.  16 bytes stay free.
 *
 * Message in the data area, beginning at a multiple of 16, its bytes may wrap:
 *   off size field
 *     0    4 bytes behind this word: 20 + payload
 *     4   16 component   to the core: sender; from the core: receiver (GUID bytes)
 *    20    4 reserved    0 when written, not looked at when read
 *    24    n payload     0..1040
 *
 * Socket: socket(AF_AZSPIO, SOCK_DGRAM, 0), connect() to the address below,
 * send(), recv(); docs/spec/intercore.md.
 *   off size field
 *     0    2 family      43
 *     2    2 port        0
 *     4   16 component   GUID bytes
 * ioctl on such a socket, by who may control I/O cores: a pair of addresses
 * {source, destination}; ALLOW adds, DISALLOW removes (an all-zero component is any).
 */
#ifndef PERI_ABI_INTERCORE_H
#define PERI_ABI_INTERCORE_H

#define INTERCORE_COMMAND_OUTBOUND 0xBA5E0001u
#define INTERCORE_COMMAND_INBOUND 0xBA5E0002u
#define INTERCORE_COMMAND_BEGIN 0xBA5E0003u
#define INTERCORE_COMMAND_END 0xBA5E0004u

enum {
    INTERCORE_SENT_TO_CORE = 2, /* A7 to core */
    INTERCORE_READ_BY_A7 = 1,
    INTERCORE_SENT_BY_CORE = 1, /* core to A7 */
    INTERCORE_READ_BY_CORE = 2,

    INTERCORE_RING_BYTES = 4096,
    INTERCORE_RING_LOG2 = 12,
    INTERCORE_WRITE_POS = 0,
    INTERCORE_READ_POS = 4,
    INTERCORE_DATA = 64,
    INTERCORE_DATA_BYTES = INTERCORE_RING_BYTES - INTERCORE_DATA,
    INTERCORE_ALIGN = 16,

    INTERCORE_LENGTH_BYTES = 4,
    INTERCORE_COMPONENT_BYTES = 16,
    INTERCORE_HEADER_BYTES = INTERCORE_COMPONENT_BYTES + 4, /* behind the length */
    INTERCORE_PAYLOAD_MAX = 1040,
};

#define INTERCORE_FAMILY 43 /* AF_AZSPIO */

struct intercore_address {
    unsigned short family;
    unsigned short port;
    unsigned char component[INTERCORE_COMPONENT_BYTES];
};

struct intercore_pair {
    struct intercore_address source, destination;
};

_Static_assert(sizeof(struct intercore_address) == 20, "layout above");
_Static_assert(sizeof(struct intercore_pair) == 40, "layout above");

/* SIOCPROTOPRIVATE + 0 and + 1, written out: this header needs no other. */
#define INTERCORE_ALLOW 0x89E0u
#define INTERCORE_DISALLOW 0x89E1u

#endif
