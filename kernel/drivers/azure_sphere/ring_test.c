/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rings: the layout byte by byte, every length at every place, full and empty; then
 * a core that writes whatever it likes into its own page.
 */
#include "kernel/drivers/azure_sphere/ring.h"
#include "tests/check.h"

enum { WORDS = INTERCORE_RING_BYTES / 4, SLOTS = INTERCORE_DATA_BYTES / INTERCORE_ALIGN };

static uint32_t a7_page[WORDS], core_page[WORDS];

static const uint8_t component[16] = "sixteen bytes id";

static void fresh(struct ring_pair *a7)
{
	ring_init(a7, a7_page, core_page);
}

/* The core's view of the same pages: what it writes, the A7 reads. */
static void fresh_both(struct ring_pair *a7, struct ring_pair *core)
{
	fresh(a7);
	ring_init(core, core_page, a7_page);
}

static void payload_make(uint8_t *at, size_t bytes, unsigned seed)
{
	for (size_t i = 0; i < bytes; i++)
		at[i] = (uint8_t)(seed * 31 + i * 7 + (i >> 8));
}

static void layout(void)
{
	static const uint8_t want[32] = { 23, 0, 0, 0, 's', 'i', 'x', 't', 'e', 'e', 'n', ' ', 'b', 'y', 't', 'e',
					  's', ' ', 'i', 'd', 0, 0, 0, 0, 'a', 'b', 'c' };
	struct ring_pair a7;

	fresh(&a7);
	CHECK_INT(ring_put(&a7, component, (const uint8_t *)"abc", 3), 0);
	CHECK_INT(a7_page[0], 32);
	CHECK_INT(a7_page[1], 0);
	CHECK_MEM((const uint8_t *)a7_page + 64, want, sizeof want);
}

/* What one side puts the other gets, at every place of the ring, in order. */
static void carried(size_t bytes)
{
	struct ring_pair a7, core;
	static struct ring_message got;
	uint8_t payload[INTERCORE_PAYLOAD_MAX];
	unsigned in = 0, out = 0;

	fresh_both(&a7, &core);
	while (out < 3 * SLOTS) {
		while (in < out + 200) {
			payload_make(payload, bytes, in);
			const bool fits = ring_fits(&a7, bytes);
			const int err = ring_put(&a7, component, payload, bytes);
			CHECK_INT(err == 0, fits);
			if (err == E_FULL)
				break;
			CHECK_INT(err, 0);
			in++;
		}
		payload_make(payload, bytes, out);
		CHECK_INT(ring_peek(&core, &got), 0);
		CHECK_INT(got.bytes, bytes);
		CHECK_MEM(got.component, component, sizeof component);
		CHECK_MEM(got.payload, payload, bytes);
		ring_drop(&core, &got);
		out++;
	}
}

static void empty_and_full(void)
{
	struct ring_pair a7, core;
	struct ring_message got;
	uint8_t payload[INTERCORE_PAYLOAD_MAX + 1] = { 0 };
	unsigned puts = 0;

	fresh_both(&a7, &core);
	CHECK_INT(ring_peek(&core, &got), E_NOT_FOUND);
	CHECK_INT(ring_put(&a7, component, payload, sizeof payload), E_LENGTH);
	CHECK(!ring_fits(&a7, sizeof payload));
	CHECK_INT(a7_page[0], 0);
	while (ring_put(&a7, component, payload, 8) == 0)
		puts++;
	CHECK_INT(puts, (SLOTS - 1) / 2); /* 32 bytes each, 16 stay free */
	const uint32_t before = a7_page[0];
	CHECK_INT(ring_put(&a7, component, payload, 8), E_FULL);
	CHECK_INT(a7_page[0], before);
	CHECK_INT(ring_peek(&core, &got), 0);
	CHECK_INT(ring_peek(&core, &got), 0); /* stays until it is dropped */
	ring_drop(&core, &got);
	CHECK_INT(ring_put(&a7, component, payload, 8), 0);
}

/* Positions that cannot be: refused, for good, and nothing written. */
static void bad_positions(void)
{
	static const uint32_t bad[] = { 1, 4, 8, 15, 4032, 4048, 4096, 0x80000000u, 0xFFFFFFF0u, 0xFFFFFFFFu };
	struct ring_message got;

	for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
		for (unsigned field = 0; field < 2; field++) {
			struct ring_pair a7;
			fresh(&a7);
			core_page[field] = bad[i];
			if (field == 0)
				CHECK_INT(ring_peek(&a7, &got), E_MALFORMED);
			else
				CHECK_INT(ring_put(&a7, component, component, 16), E_MALFORMED);
			core_page[field] = 0; /* too late */
			CHECK_INT(ring_peek(&a7, &got), E_MALFORMED);
			CHECK_INT(ring_put(&a7, component, component, 16), E_MALFORMED);
			CHECK(!ring_fits(&a7, 1));
			ring_drop(&a7, &got);
			CHECK_INT(a7_page[0], 0);
			CHECK_INT(a7_page[1], 0);
		}
}

static void bad_lengths(void)
{
	/* length, position where the core says it ended */
	static const struct {
		uint32_t length, write_pos;
		int want;
	} rows[] = {
		{ 0, 32, E_MALFORMED },	       { 1, 32, E_MALFORMED },	     { 19, 32, E_MALFORMED },
		{ 20, 16, E_MALFORMED },       { 20, 32, 0 },		     { 28, 32, 0 },
		{ 29, 32, E_MALFORMED },       { 1060, 1072, 0 },	     { 1060, 1056, E_MALFORMED },
		{ 1061, 4016, E_MALFORMED },   { 4032, 4016, E_MALFORMED },  { 0x7FFFFFFF, 4016, E_MALFORMED },
		{ 0xFFFFFFFC, 4016, E_MALFORMED }, { 0xFFFFFFFF, 4016, E_MALFORMED },
	};
	static struct ring_message got;

	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct ring_pair a7;
		fresh(&a7);
		core_page[INTERCORE_DATA / 4] = rows[i].length;
		core_page[0] = rows[i].write_pos;
		CHECK_INT(ring_peek(&a7, &got), rows[i].want);
		CHECK_INT(got.bytes, rows[i].want ? 0 : rows[i].length - 20);
	}
}

/* The reserved word is nobody's; a read position ahead of what was written only harms the core. */
static void harmless(void)
{
	struct ring_pair a7;
	struct ring_message got;

	fresh(&a7);
	core_page[INTERCORE_DATA / 4] = 21;
	core_page[INTERCORE_DATA / 4 + 5] = 0xFFFFFFFF;
	core_page[0] = 32;
	CHECK_INT(ring_peek(&a7, &got), 0);
	ring_drop(&a7, &got);
	CHECK_INT(a7_page[1], 32);
	core_page[1] = 64;
	CHECK_INT(ring_put(&a7, component, component, 16), 0);
	CHECK_INT(a7_page[0], 48);
}

int main(void)
{
	layout();
	for (size_t bytes = 0; bytes <= INTERCORE_PAYLOAD_MAX; bytes += bytes < 64 ? 1 : 61)
		carried(bytes);
	carried(INTERCORE_PAYLOAD_MAX);
	empty_and_full();
	bad_positions();
	bad_lengths();
	harmless();
	return check_done();
}
