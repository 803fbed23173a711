/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/svc/ring.h"

#include "lib/crc32.h"

enum {
    RING_MAGIC = 0x474E4952, /* "RING" */
    SECTOR = FLASH_SECTOR_BYTES,
    KIND_ERASED = 0xFFFF,
};

static uint32_t sectors(const struct ring *ring)
{
    return ring->range.bytes / SECTOR;
}

static uint32_t sector_at(const struct ring *ring, uint32_t sequence)
{
    return ring->range.at + sequence % sectors(ring) * SECTOR;
}

static void header_write(struct writer *w, uint32_t sequence)
{
    writer_u32le(w, RING_MAGIC);
    writer_u32le(w, sequence);
    writer_u32le(w, crc32_update(0, w->at, w->len));
    writer_u32le(w, UINT32_MAX);
}

/* Sequence of the sector with that number, 0 when its header is not valid. */
static uint32_t sector_sequence(const struct ring *ring, uint32_t number)
{
    const struct span head = flash_view(ring->range.at + number * SECTOR, RING_HEADER_BYTES);
    struct cursor c = cursor_of(head);
    const uint32_t magic = cursor_u32le(&c), sequence = cursor_u32le(&c), crc = cursor_u32le(&c);
    if (c.err || magic != RING_MAGIC || crc != crc32_update(0, head.at, 8) ||
        sequence % sectors(ring) != number)
        return 0;
    return sequence;
}

static uint32_t padded(uint32_t bytes)
{
    return (bytes + 3) & ~UINT32_C(3);
}

enum seen { SEEN_RECORD, SEEN_TORN, SEEN_FREE, SEEN_CLOSED };

/* What stands at offset of a sector; *next is behind it. */
static enum seen record_read(const struct ring *ring, uint32_t sequence, uint32_t offset,
                             struct ring_record *record, uint32_t *next)
{
    if (offset > SECTOR - RING_RECORD_BYTES)
        return SEEN_CLOSED;
    const struct span all = flash_view(sector_at(ring, sequence) + offset, SECTOR - offset);
    struct cursor c = cursor_of(all);
    const uint16_t length = cursor_u16le(&c), kind = cursor_u16le(&c);
    const uint32_t crc = cursor_u32le(&c);
    if (flash_erased(span_of(all.at, RING_RECORD_BYTES)))
        return SEEN_FREE;
    const struct span payload = cursor_bytes(&c, length);
    if (c.err)
        return SEEN_CLOSED;
    *next = offset + RING_RECORD_BYTES + padded(length);
    *record = (struct ring_record){kind, payload, (uint64_t)sequence * SECTOR + offset};
    uint32_t is = crc32_update(0, all.at, 4);
    is = crc32_update(is, payload.at, payload.len);
    return is == crc ? SEEN_RECORD : SEEN_TORN;
}

/* Behind the last record of the newest sector; its end when it takes no more. */
static uint32_t head_find(const struct ring *ring)
{
    struct ring_record record;
    uint32_t offset = RING_HEADER_BYTES, next = 0;
    for (;;) {
        switch (record_read(ring, ring->newest, offset, &record, &next)) {
        case SEEN_RECORD:
        case SEEN_TORN: offset = next; continue;
        case SEEN_CLOSED: return SECTOR;
        case SEEN_FREE: break;
        }
        /* A cut may have left bytes behind a header that it did not reach. */
        return flash_erased(flash_view(sector_at(ring, ring->newest) + offset, SECTOR - offset))
                   ? offset
                   : SECTOR;
    }
}

void ring_open(struct ring *ring, struct flash_range range)
{
    *ring = (struct ring){.range = range};
    for (uint32_t i = 0; i < sectors(ring); i++) {
        const uint32_t sequence = sector_sequence(ring, i);
        if (sequence > ring->newest)
            ring->newest = sequence;
    }
    if (ring->newest == 0)
        return;
    ring->oldest = ring->newest;
    for (uint32_t i = 1; i < sectors(ring) && ring->oldest > 1; i++) {
        const uint32_t before = ring->oldest - 1;
        if (sector_sequence(ring, before % sectors(ring)) != before)
            break;
        ring->oldest = before;
    }
    ring->head = head_find(ring);
}

static int sector_begin(struct ring *ring)
{
    uint8_t header[RING_HEADER_BYTES];
    struct writer w = writer_of(header, sizeof header);
    const uint32_t sequence = ring->newest + 1;
    if (sequence == 0)
        return E_IO; /* four thousand million erases: the flash is long gone */
    header_write(&w, sequence);
    /* From here on the oldest sector is gone, even if what follows fails. */
    if (ring->newest != 0 && sequence - ring->oldest >= sectors(ring))
        ring->oldest++;
    int err = flash_erase(sector_at(ring, sequence), SECTOR);
    if (!err)
        err = flash_write(sector_at(ring, sequence), writer_view(&w));
    if (err)
        return err;
    if (ring->newest == 0)
        ring->oldest = sequence;
    ring->newest = sequence;
    ring->head = RING_HEADER_BYTES;
    return 0;
}

uint32_t ring_room(const struct ring *ring)
{
    if (ring->newest == 0 || ring->head > SECTOR - RING_RECORD_BYTES)
        return 0;
    return SECTOR - ring->head - RING_RECORD_BYTES;
}

int ring_append(struct ring *ring, uint16_t kind, struct span payload)
{
    uint8_t header[RING_RECORD_BYTES];
    struct writer w = writer_of(header, sizeof header);
    int err = 0;

    if (payload.len > RING_PAYLOAD_MAX || kind == KIND_ERASED)
        return E_LENGTH;
    const uint32_t bytes = (uint32_t)payload.len;
    if (ring->newest == 0 || bytes > ring_room(ring) || ring->head > SECTOR - RING_RECORD_BYTES)
        err = sector_begin(ring);
    if (err)
        return err;
    writer_u16le(&w, (uint16_t)bytes);
    writer_u16le(&w, kind);
    writer_u32le(&w, crc32_update(crc32_update(0, header, 4), payload.at, bytes));
    const uint32_t at = sector_at(ring, ring->newest) + ring->head;
    ring->head += RING_RECORD_BYTES + padded(bytes);
    err = flash_write(at, writer_view(&w));
    if (!err)
        err = flash_write(at + RING_RECORD_BYTES, payload);
    if (err)
        ring->head = SECTOR; /* worn here: go on elsewhere */
    return err;
}

uint64_t ring_end(const struct ring *ring)
{
    return (uint64_t)ring->newest * SECTOR + ring->head;
}

bool ring_next(const struct ring *ring, uint64_t *position, struct ring_record *record)
{
    uint64_t at = *position;
    if (at < (uint64_t)ring->oldest * SECTOR)
        at = (uint64_t)ring->oldest * SECTOR;
    while (ring->newest != 0 && at < ring_end(ring)) {
        const uint32_t sequence = (uint32_t)(at / SECTOR);
        uint32_t offset = (uint32_t)(at % SECTOR), next = 0;
        if (offset < RING_HEADER_BYTES)
            offset = RING_HEADER_BYTES;
        const enum seen seen = record_read(ring, sequence, offset, record, &next);
        if (seen == SEEN_FREE || seen == SEEN_CLOSED)
            next = SECTOR;
        at = (uint64_t)sequence * SECTOR + next;
        if (seen == SEEN_RECORD) {
            *position = at;
            return true;
        }
    }
    *position = ring_end(ring);
    return false;
}
