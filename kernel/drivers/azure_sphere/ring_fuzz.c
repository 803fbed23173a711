/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A core that writes its page between the kernel's calls (TALOS-2020-1118).  Input: steps of a command
 * byte and its bytes; nothing outside the pages is touched (sanitizer), positions stay
 * in bounds, and a broken pair stays broken.
 */
#include <stdlib.h>

#include "kernel/drivers/azure_sphere/ring.h"
#include "lib/cursor.h"

enum { WORDS = INTERCORE_RING_BYTES / 4 };
enum step { POKE, PEEK, DROP, PUT, FITS, STEPS };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
	if (!holds)
		abort();
}

static void poke(volatile uint32_t *page, struct cursor *in)
{
	const uint16_t at = cursor_u16le(in);
	const uint32_t value = cursor_u32le(in);

	/* every other one a position or a length that could be */
	page[at % WORDS] = at & 0x8000 ? value : value % INTERCORE_DATA_BYTES / 16 * 16;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t *ours = malloc(INTERCORE_RING_BYTES), *theirs = malloc(INTERCORE_RING_BYTES);
	struct ring_message *message = calloc(1, sizeof *message);
	static const uint8_t payload[INTERCORE_PAYLOAD_MAX];
	struct cursor in = cursor_of(span_of(data, size));
	struct ring_pair pair;
	bool peeked = false;

	demand(ours && theirs && message);
	ring_init(&pair, ours, theirs);
	while (in.left && !in.err) {
		const bool broken = pair.broken;
		int err = 0;

		switch ((enum step)(cursor_u8(&in) % STEPS)) {
		case POKE: poke(theirs, &in); break;
		case PEEK:
			err = ring_peek(&pair, message);
			peeked = err == 0;
			demand(message->bytes <= INTERCORE_PAYLOAD_MAX && (peeked || !message->words));
			demand(!broken || err == E_MALFORMED);
			break;
		case DROP:
			if (peeked)
				ring_drop(&pair, message);
			peeked = false;
			break;
		case PUT: {
			const uint32_t before = ours[0];

			err = ring_put(&pair, payload, payload, cursor_u16le(&in) % (INTERCORE_PAYLOAD_MAX + 2));
			demand(err == 0 || ours[0] == before);
			demand(!broken || err == E_MALFORMED || err == E_LENGTH);
			break;
		}
		case FITS: demand(!ring_fits(&pair, 16) || !broken); break;
		case STEPS: break;
		}
		demand(ours[0] < INTERCORE_DATA_BYTES && ours[0] % 16 == 0);
		demand(ours[1] < INTERCORE_DATA_BYTES && ours[1] % 16 == 0);
		for (unsigned i = 2; i < INTERCORE_DATA / 4; i++)
			demand(ours[i] == 0);
	}
	free(ours);
	free(theirs);
	free(message);
	return 0;
}
