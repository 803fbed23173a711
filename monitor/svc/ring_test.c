/* SPDX-License-Identifier: BSD-2-Clause */
/* docs/spec/flash-layout.md "Ring": records, and what a cut at each operation leaves. */
#include "monitor/svc/fake_test.h"
#include "monitor/svc/ring.h"

enum { AT = FLASH_LOG_STORAGE_AT, SECTOR = 4096, SMALL_SECTORS = 3, RECORDS_MAX = 4096 };
static const struct flash_range small = {AT, SMALL_SECTORS * SECTOR};

static void blank(void)
{
    fake_power_on();
    memset(fake.flash + AT, 0xFF, FLASH_LOG_STORAGE_BYTES);
}

/* Record n is its number and a length and filling that follow from it. */
static struct span record_of(uint32_t n, uint8_t *bytes)
{
    const size_t len = 4 + n * 37 % 700;
    memset(bytes, (int)(n * 13 + 5), len);
    memcpy(bytes, &n, 4);
    return span_of(bytes, len);
}

static int append(struct ring *ring, uint32_t n)
{
    uint8_t bytes[1024];
    return ring_append(ring, (uint16_t)(n % 7), record_of(n, bytes));
}

/* Every record there is one that was written, whole, in order; their count, the
 * first and the last. */
static unsigned check_all(const struct ring *ring, uint32_t *first, uint32_t *last)
{
    struct ring_record record;
    uint8_t bytes[1024];
    uint64_t position = 0;
    unsigned count = 0;
    while (ring_next(ring, &position, &record)) {
        uint32_t n;
        REQUIRE(record.payload.len >= 4);
        memcpy(&n, record.payload.at, 4);
        CHECK_INT(record.kind, n % 7);
        CHECK(span_equal(record.payload, record_of(n, bytes)));
        CHECK(count == 0 || n > *last);
        if (count == 0)
            *first = n;
        *last = n;
        count++;
    }
    return count;
}

/* Number of the first record in the sector after the oldest: what no cut may take. */
static uint32_t floor_of(const struct ring *ring)
{
    struct ring_record record;
    uint64_t position = ((uint64_t)ring->oldest + 1) * SECTOR;
    uint32_t n = 0;
    if (ring_next(ring, &position, &record))
        memcpy(&n, record.payload.at, 4);
    return n;
}

static unsigned count_from(const struct ring *ring, uint32_t floor)
{
    struct ring_record record;
    uint64_t position = 0;
    unsigned count = 0;
    while (ring_next(ring, &position, &record)) {
        uint32_t n;
        memcpy(&n, record.payload.at, 4);
        count += n >= floor;
    }
    return count;
}

static void append_and_read(void)
{
    struct ring ring, again;
    uint32_t first = 0, last = 0;
    blank();
    ring_open(&ring, small);
    CHECK_INT(check_all(&ring, &first, &last), 0);
    CHECK_INT(ring_room(&ring), 0);
    for (uint32_t n = 0; n < 200; n++) {
        CHECK_INT(append(&ring, n), 0);
        ring_open(&again, small);
        CHECK_MEM(&again, &ring, sizeof ring);
        CHECK(check_all(&ring, &first, &last) != 0);
        CHECK_INT(last, n);
        /* all sectors but the one that is written next hold records */
        CHECK(n < 30 || n - first >= 10);
    }
}

static void limits(void)
{
    static uint8_t bytes[RING_PAYLOAD_MAX + 1];
    struct ring ring;
    struct ring_record record;
    uint64_t position = 0;
    blank();
    ring_open(&ring, small);
    CHECK_INT(ring_append(&ring, 0, span_of(bytes, sizeof bytes)), E_LENGTH);
    CHECK_INT(ring_append(&ring, 0xFFFF, span_of(bytes, 1)), E_LENGTH);
    CHECK_INT(fake.operations, 0);
    CHECK_INT(ring_append(&ring, 0, span_of(bytes, RING_PAYLOAD_MAX)), 0);
    CHECK_INT(ring_room(&ring), 0);
    CHECK_INT(ring_append(&ring, 0, span_of(bytes, 0)), 0);
    CHECK_INT(ring.newest, 2);
    CHECK(ring_next(&ring, &position, &record));
    CHECK_INT(record.payload.len, RING_PAYLOAD_MAX);
    CHECK(ring_next(&ring, &position, &record));
    CHECK_INT(record.payload.len, 0);
    CHECK(!ring_next(&ring, &position, &record));
}

/* Power is lost at operation `at` while record n is appended, in every way.  All
 * records of the sectors that stay are there, at most the new one is missing,
 * and writing goes on. */
static void cut_once(uint32_t n, long at, enum fake_cut cut, bool *complete)
{
    struct ring ring;
    uint32_t first = 0, last = 0;
    blank();
    ring_open(&ring, small);
    for (uint32_t i = 0; i < n; i++)
        CHECK_INT(append(&ring, i), 0);
    const bool full = ring.newest >= SMALL_SECTORS;
    const uint32_t floor = full ? floor_of(&ring) : 0;
    fake.operations = 0;
    fake.cut_at = at;
    fake.cut = cut;
    const int err = append(&ring, n);
    *complete = !fake.dead;
    CHECK(!*complete || err == 0);
    fake_power_on();
    ring_open(&ring, small);
    const unsigned now = check_all(&ring, &first, &last);
    CHECK(n == 0 || (now && (last == n || last == n - 1)));
    CHECK(!*complete || last == n);
    if (n != 0)
        CHECK_INT(count_from(&ring, floor), last - floor + 1);
    CHECK(!full || floor > 0);
    for (uint32_t i = n + 1; i < n + 20; i++)
        CHECK_INT(append(&ring, i), 0);
    CHECK(check_all(&ring, &first, &last) != 0);
    CHECK_INT(last, n + 19);
}

static void cuts(void)
{
    for (uint32_t n = 0; n < 60; n++)
        for (int cut = 0; cut < FAKE_CUTS; cut++) {
            bool complete = false;
            for (long at = 0; !complete; at++)
                cut_once(n, at, (enum fake_cut)cut, &complete);
        }
}

/* A second cut, in the append after the first one. */
static void cuts_in_a_row(void)
{
    for (long at = 0; at < 8; at++)
        for (int cut = 0; cut < FAKE_CUTS; cut++) {
            struct ring ring;
            uint32_t first = 0, last = 0;
            blank();
            ring_open(&ring, small);
            for (uint32_t i = 0; i < 28; i++)
                CHECK_INT(append(&ring, i), 0);
            for (unsigned round = 0; round < 12; round++) {
                fake.operations = 0;
                fake.cut_at = (at + round) % 8;
                fake.cut = (enum fake_cut)((cut + (int)round) % FAKE_CUTS);
                (void)!append(&ring, 100 + round);
                fake_power_on();
                ring_open(&ring, small);
                CHECK(check_all(&ring, &first, &last) != 0);
            }
            CHECK_INT(append(&ring, 200), 0);
            CHECK(check_all(&ring, &first, &last) != 0);
            CHECK_INT(last, 200);
        }
}

/* Whatever stands in the flash, reading ends, stays inside, and writing goes on. */
static void rubbish(void)
{
    uint32_t seed = 1;
    for (unsigned round = 0; round < 300; round++) {
        struct ring ring;
        struct ring_record record;
        uint64_t position = 0;
        blank();
        ring_open(&ring, small);
        for (uint32_t i = 0; i < 20; i++)
            CHECK_INT(append(&ring, i), 0);
        for (unsigned k = 0; k < 1 + round % 60; k++) {
            seed = seed * 1664525 + 1013904223;
            fake.flash[AT + (seed >> 8) % (SMALL_SECTORS * SECTOR)] = (uint8_t)(seed >> 24);
            if (round % 3 == 0) /* near the headers */
                fake.flash[AT + (seed >> 12) % SMALL_SECTORS * SECTOR + (seed >> 5) % 64] = (uint8_t)seed;
        }
        ring_open(&ring, small);
        unsigned count = 0;
        while (ring_next(&ring, &position, &record))
            REQUIRE(++count < RECORDS_MAX && record.payload.at >= fake.flash + AT &&
                    record.payload.at + record.payload.len <= fake.flash + AT + SMALL_SECTORS * SECTOR);
        bool written = false;
        for (unsigned i = 0; i < 4 && !written; i++)
            written = append(&ring, 500) == 0;
        CHECK(written || ring.newest == UINT32_MAX);
    }
}

int main(void)
{
    fake_init();
    append_and_read();
    limits();
    cuts();
    cuts_in_a_row();
    rubbish();
    fake_release();
    return check_done();
}
