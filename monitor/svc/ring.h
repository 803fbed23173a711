/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records in a ring of flash sectors: the log, and telemetry.
 * Source: docs/spec/flash-layout.md.  Writer and reader: the monitor alone.
 *
 *   sector   off size field      little-endian
 *              0    4 magic      "RING"
 *              4    4 sequence   of the sector, 1..; sector number = sequence mod sectors
 *              8    4 crc        CRC-32 of the 8 bytes before
 *             12    4 FFFFFFFF
 *             16      records, each at a multiple of 4
 *   record     0    2 length     bytes of the payload
 *              2    2 kind       of the owner, not FFFF
 *              4    4 crc        CRC-32 of the 4 bytes before and the payload
 *              8      payload, then FF up to a multiple of 4
 *
 * A position is sequence * sector bytes + offset: it never comes back.
 * A record whose CRC is wrong was torn by a power cut: it is skipped.  What
 * follows a record that does not fit its sector, or is not erased, is closed: the
 * next record goes to the next sector, which is erased first and so drops the
 * oldest records.
 * Invariant after ring_open(): a cut at any flash operation loses the record
 * being written and, when a new sector was begun, the oldest sector or a part of
 * it; nothing else.
 */
#ifndef PERI_MONITOR_SVC_RING_H
#define PERI_MONITOR_SVC_RING_H

#include "monitor/svc/flash.h"

enum {
    RING_HEADER_BYTES = 16,
    RING_RECORD_BYTES = 8,
    RING_PAYLOAD_MAX = FLASH_SECTOR_BYTES - RING_HEADER_BYTES - RING_RECORD_BYTES,
};

struct ring {
    struct flash_range range; /* whole sectors, at least 2 */
    uint32_t oldest, newest;  /* sequences; 0 while no sector was begun */
    uint32_t head;            /* offset in the newest sector of the next record */
};

struct ring_record {
    uint16_t kind;
    struct span payload; /* view of the flash until the next append */
    uint64_t at;         /* position */
};

void ring_open(struct ring *ring, struct flash_range range);
/* E_LENGTH (nothing done), E_IO. */
int ring_append(struct ring *ring, uint16_t kind, struct span payload) MUST_CHECK;
/* Where the next record will stand, unless it goes to a new sector. */
uint64_t ring_end(const struct ring *ring);
/* Payload that the newest sector still takes. */
uint32_t ring_room(const struct ring *ring);
/* The first valid record at or after *position (0 = the oldest); moves it
 * behind that record.  False at the end. */
bool ring_next(const struct ring *ring, uint64_t *position, struct ring_record *record);

#endif
