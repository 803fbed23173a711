// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/drivers/azure_sphere/ring.h"

#ifdef __KERNEL__
#include <asm/barrier.h>
#define ORDER() dma_mb()
#else
#define ORDER() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#endif

enum {
	WORD = 4,
	DATA_WORDS = INTERCORE_DATA_BYTES / WORD,
	DATA_FIRST = INTERCORE_DATA / WORD,
	ALIGN_WORDS = INTERCORE_ALIGN / WORD,
	COMPONENT_WORDS = INTERCORE_COMPONENT_BYTES / WORD,
	HEADER_WORDS = 1 + COMPONENT_WORDS + 1, /* length, component, reserved */
};

_Static_assert(DATA_WORDS % ALIGN_WORDS == 0, "a length word never wraps");

static uint32_t word_get(const uint8_t at[static WORD])
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

/* Words that a message takes, up to the place of the next one. */
static uint32_t words_of(uint32_t payload)
{
	const uint32_t words = HEADER_WORDS + (payload + WORD - 1) / WORD;

	return (words + ALIGN_WORDS - 1) / ALIGN_WORDS * ALIGN_WORDS;
}

static uint32_t forward(uint32_t at, uint32_t words)
{
	at += words;
	return at >= DATA_WORDS ? at - DATA_WORDS : at;
}

/* A position that the core wrote, in words. */
static int position_take(struct ring_pair *pair, unsigned field, uint32_t *at)
{
	const uint32_t bytes = pair->theirs[field / WORD];

	if (pair->broken || bytes >= INTERCORE_DATA_BYTES || bytes % INTERCORE_ALIGN != 0) {
		pair->broken = true;
		return E_MALFORMED;
	}
	*at = bytes / WORD;
	return 0;
}

void ring_init(struct ring_pair *pair, volatile uint32_t *ours, volatile uint32_t *theirs)
{
	for (unsigned i = 0; i < INTERCORE_RING_BYTES / WORD; i++)
		ours[i] = theirs[i] = 0;
	*pair = (struct ring_pair){ .ours = ours, .theirs = theirs };
}

static int room(struct ring_pair *pair, uint32_t *words)
{
	uint32_t read_at;
	const int err = position_take(pair, INTERCORE_READ_POS, &read_at);

	if (err)
		return err;
	*words = (read_at + DATA_WORDS - pair->write_at - 1) % DATA_WORDS + 1 - ALIGN_WORDS;
	return 0;
}

bool ring_fits(struct ring_pair *pair, size_t bytes)
{
	uint32_t words;

	return bytes <= INTERCORE_PAYLOAD_MAX && !room(pair, &words) &&
	       words_of((uint32_t)bytes) <= words;
}

static uint32_t word_put(struct ring_pair *pair, uint32_t at, uint32_t value)
{
	pair->ours[DATA_FIRST + at] = value;
	return forward(at, 1);
}

int ring_put(struct ring_pair *pair, const uint8_t component[static INTERCORE_COMPONENT_BYTES],
	     const uint8_t *payload, size_t bytes)
{
	uint32_t words, at = pair->write_at;
	int err;

	if (bytes > INTERCORE_PAYLOAD_MAX)
		return E_LENGTH;
	err = room(pair, &words);
	if (err)
		return err;
	if (words_of((uint32_t)bytes) > words)
		return E_FULL;
	at = word_put(pair, at, INTERCORE_HEADER_BYTES + (uint32_t)bytes);
	for (unsigned i = 0; i < INTERCORE_COMPONENT_BYTES; i += WORD)
		at = word_put(pair, at, word_get(component + i));
	at = word_put(pair, at, 0);
	for (size_t i = 0; i < bytes; i += WORD) {
		uint8_t last[WORD] = { 0 };

		for (size_t k = 0; k < WORD && i + k < bytes; k++)
			last[k] = payload[i + k];
		at = word_put(pair, at, word_get(last));
	}
	pair->write_at = forward(pair->write_at, words_of((uint32_t)bytes));
	ORDER(); /* the message, then that it is there */
	pair->ours[INTERCORE_WRITE_POS / WORD] = pair->write_at * WORD;
	return 0;
}

static uint32_t word_take(const struct ring_pair *pair, uint32_t at, uint8_t *out, size_t room_bytes)
{
	const uint32_t value = pair->theirs[DATA_FIRST + at];

	for (size_t k = 0; k < WORD && k < room_bytes; k++)
		out[k] = (uint8_t)(value >> (8 * k));
	return forward(at, 1);
}

int ring_peek(struct ring_pair *pair, struct ring_message *message)
{
	uint32_t write_at, waiting, length, at = pair->read_at;
	int err;

	message->bytes = message->words = 0;
	err = position_take(pair, INTERCORE_WRITE_POS, &write_at);
	if (err)
		return err;
	waiting = (write_at + DATA_WORDS - pair->read_at) % DATA_WORDS;
	if (waiting == 0)
		return E_NOT_FOUND;
	ORDER(); /* that it is there, then the message */
	length = pair->theirs[DATA_FIRST + at];
	if (length < INTERCORE_HEADER_BYTES ||
	    length > INTERCORE_HEADER_BYTES + INTERCORE_PAYLOAD_MAX ||
	    words_of(length - INTERCORE_HEADER_BYTES) > waiting) {
		pair->broken = true;
		return E_MALFORMED;
	}
	length -= INTERCORE_HEADER_BYTES;
	at = forward(at, 1);
	for (unsigned i = 0; i < INTERCORE_COMPONENT_BYTES; i += WORD)
		at = word_take(pair, at, message->component + i, WORD);
	at = forward(at, 1);
	for (uint32_t i = 0; i < length; i += WORD)
		at = word_take(pair, at, message->payload + i, length - i);
	message->bytes = length;
	message->words = words_of(length);
	return 0;
}

void ring_drop(struct ring_pair *pair, const struct ring_message *message)
{
	if (pair->broken)
		return;
	pair->read_at = forward(pair->read_at, message->words);
	ORDER(); /* read, then said so */
	pair->ours[INTERCORE_READ_POS / WORD] = pair->read_at * WORD;
}
