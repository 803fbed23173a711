/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A7's side of the two rings that it shares with an I/O core.
 * Source: abi/intercore.h.  Caller: io_core.c; on the host its test and fuzzer.
 * Trust: the core is hostile, and writes `theirs` while these functions run.  Each
 * word of it is read once into a copy, and only the copy is checked and used;
 * `ours` is never read.  Whatever stands there, nothing outside the two pages is
 * touched, and no more than one page is read for a call.
 * A peer that breaks the protocol gets E_MALFORMED, and from then on from every call:
 * the rings are of no use until they are made anew.
 * Not here: locks (one caller at a time), interrupts, barriers between the calls.
 */
#ifndef PERI_KERNEL_RING_H
#define PERI_KERNEL_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/intercore.h"
#include "lib/err.h"

struct ring_pair {
	volatile uint32_t *ours;	 /* INTERCORE_RING_BYTES, written by this side */
	const volatile uint32_t *theirs; /* the same, written by the core */
	uint32_t write_at, read_at;	 /* in words of the data area */
	bool broken;
};

struct ring_message {
	uint8_t component[INTERCORE_COMPONENT_BYTES];
	uint32_t bytes;
	uint32_t words; /* of the ring, up to the next message; ring_drop()'s */
	uint8_t payload[INTERCORE_PAYLOAD_MAX];
};

/* Both pages zero, both sides at the beginning. */
void ring_init(struct ring_pair *pair, volatile uint32_t *ours, volatile uint32_t *theirs);

/* One message to the core.  0; E_LENGTH (more than PAYLOAD_MAX bytes); E_FULL;
 * E_MALFORMED.  Nothing is written after an error. */
int ring_put(struct ring_pair *pair, const uint8_t component[static INTERCORE_COMPONENT_BYTES],
	     const uint8_t *payload, size_t bytes) MUST_CHECK;

/* The oldest message from the core, which stays there until ring_drop().  0; E_NOT_FOUND:
 * none; E_MALFORMED.  After an error *message takes no words. */
int ring_peek(struct ring_pair *pair, struct ring_message *message) MUST_CHECK;

/* Behind the message that ring_peek() gave last: tells the core. */
void ring_drop(struct ring_pair *pair, const struct ring_message *message);

/* Whether a message of that many bytes would fit now. */
bool ring_fits(struct ring_pair *pair, size_t bytes);

#endif
