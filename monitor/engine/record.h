/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * State record: which image set is installed.  It is the only commit point of
 * the engine: a set is installed when, and only when, the newest valid record
 * names it.
 * Source: docs/spec/monitor.md.  Writer and reader: this file alone.
 * Trust: the medium is the monitor's own, but may be torn, worn out or, on a
 * host, edited: a record counts only if its digest and every field are right.
 *
 *   off size field            little-endian
 *     0    4 magic            "PSMR"
 *     4    4 version          1
 *     8    8 generation       1.., the higher of two valid records is live
 *    16    8 sequence         of the accepted manifest set; 0 at manufacture
 *    24   32 contents         digest of what that set wants; zero at manufacture
 *    56    8 undone sequence
 *    64    4 flags            bit 0: the last install was undone
 *    68    4 check interval   seconds
 *    72   16 group uid
 *    88    2 component count  0..MONITOR_COMPONENTS_MAX
 *    90    6 0
 *    96 72x16 components      {component 16, image 16, u16 type, u16 slot,
 *                             u32 file bytes, digest of signed bytes 32},
 *                             unused ones zero
 *  1248   32 SHA-256 over everything before
 *
 * Invariants of a record that was read: components, images and slots are
 * unique, every slot lies on the medium, every size fits a slot.
 * Not done here: whether the slots hold what the record says (image_rule.h).
 */
#ifndef PERI_MONITOR_ENGINE_RECORD_H
#define PERI_MONITOR_ENGINE_RECORD_H

#include "abi/image.h"
#include "abi/monitor_call.h"
#include "lib/crypto.h"
#include "monitor/medium.h"

enum {
    RECORD_BYTES = 96 + 72 * MONITOR_COMPONENTS_MAX + SHA256_BYTES,
    SLOT_NONE = 0xFFFF,
};

struct component {
    uint8_t component[IMAGE_UID_BYTES];
    uint8_t image[IMAGE_UID_BYTES];
    uint16_t type; /* enum image_type */
    uint16_t slot;
    uint32_t file_bytes;
    uint8_t digest[SHA256_BYTES]; /* of the signed bytes */
};

struct record {
    uint64_t generation;
    uint64_t sequence;
    uint8_t contents[SHA256_BYTES];
    uint64_t undone_sequence;
    bool undone;
    uint32_t check_interval_s;
    uint8_t group[IMAGE_UID_BYTES];
    uint16_t count;
    struct component at[MONITOR_COMPONENTS_MAX];
};

/* The newest valid record and where it stands.  E_CORRUPT when neither is
 * valid, or both are of one generation: there is no empty default. */
int record_load(const struct medium *medium, struct record *record, unsigned *which) MUST_CHECK;
/* True when neither place holds a valid record. */
bool record_absent(const struct medium *medium);
/* Writes record to `which` between two syncs.  E_IO, E_CRYPTO: the medium may
 * hold the old or the new record as its newest, never neither. */
int record_commit(const struct medium *medium, const struct record *record,
                  unsigned which) MUST_CHECK;
/* Same set, whatever the generation. */
bool record_same(const struct record *a, const struct record *b);
/* NULL when absent. */
const struct component *record_find_component(const struct record *record, const uint8_t *uid);
const struct component *record_find_image(const struct record *record, const uint8_t *uid);

#endif
