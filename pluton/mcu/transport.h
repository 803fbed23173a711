/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One call of another core: a mailbox word names a block in RAM.
 * Source: abi/pluton_call.h "Transport of the MCU".
 * Trust: the caller is hostile, and so is the block: it may lie anywhere and
 * change at any moment.  It is read once, into Pluton's own memory; nothing is decided on
 * a second reading.  Only RAM that the caller may use is read or written.
 *
 * A reply that does not fit the block is BAD_LENGTH; for calls that change
 * something that is known, and refused, before anything is done.
 */
#ifndef PERI_PLUTON_MCU_TRANSPORT_H
#define PERI_PLUTON_MCU_TRANSPORT_H

#include "pluton/runtime/pluton.h"

struct transport {
    uint32_t port;    /* mailbox registers */
    uint32_t ram_end; /* the caller's RAM is [MT3620_RAM, ram_end) */
    uint32_t rights;
};

enum { TRANSPORTS = 2 };
extern const struct transport transports[TRANSPORTS]; /* normal world, secure world */

/* Serves one word; what to answer in DATA: sequence, or 0 for no block. */
uint32_t transport_serve(struct pluton *p, const struct transport *t, uint32_t block,
                         uint32_t sequence);
/* Serves what waits in the mailbox, at most as many words as it holds. */
void transport_drain(struct pluton *p, const struct transport *t);

#endif
