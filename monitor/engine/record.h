/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * State record: which image set is installed, and which one is on trial.  It is
 * the only commit point of the monitor: which system boots and which
 * applications are there is what the newest valid record says.
 * Source: docs/spec/monitor.md.  Writer and reader: this file alone.
 * Trust: the medium is the monitor's own, but may be torn, worn out or, on a
 * host, edited: a record counts only if its digest and every field are right.
 *
 *   off size field            little-endian
 *     0    4 magic            "PSMR"
 *     4    4 version          2
 *     8    8 generation       1.., the higher of two valid records is live
 *    16    2 flags            bit 0: the last install was undone; bit 1: `next` is on trial
 *    18    2 tries            starts that the trial has left; 0 without one
 *    20    4 0
 *    24    8 undone sequence
 *    32   32 undone system    digest, as below, of the system that was undone last
 *    64 1264 kept             the set that is installed for good
 *  1328 1264 next             the set on trial; zero when none is
 *  2592   32 SHA-256 over everything before
 *
 *   set, 1264 bytes
 *     0    8 sequence         of the accepted manifest set; 0 at manufacture
 *     8   32 contents         digest of what that set wants; zero at manufacture
 *    40   32 system           digest of what its base and firmware manifests want
 *    72    4 keystore         version of the keystore under which it was accepted
 *    76    4 check interval   seconds
 *    80   16 group uid
 *    96    2 system           0 = A, 1 = B: where its images with fixed places stand
 *    98    2 component count  0..MONITOR_COMPONENTS_MAX
 *   100   12 0
 *   112 72x16 components      {component 16, image 16, u16 type, u16 first block,
 *                             u32 file bytes, digest of signed bytes 32},
 *                             unused ones zero
 *
 * Invariants of a record that was read: in each set components and images are
 * unique, every area lies on the medium, is large enough, overlaps no other, and
 * is of the set's system; areas of `kept` and `next` are the same image's or do not overlap.
 * Not done here: whether the areas hold what the record says (image_rule.h).
 */
#ifndef PERI_MONITOR_ENGINE_RECORD_H
#define PERI_MONITOR_ENGINE_RECORD_H

#include "abi/image.h"
#include "abi/monitor_call.h"
#include "lib/crypto.h"
#include "monitor/engine/place.h"

enum {
    RECORD_SET_BYTES = 112 + 72 * MONITOR_COMPONENTS_MAX,
    RECORD_BYTES = 64 + 2 * RECORD_SET_BYTES + SHA256_BYTES,
    /* Starts of a system on trial that may pass without a confirmation: power
     * may go in one of them for no fault of the system's. */
    RECORD_TRIES = 3,
};

struct component {
    uint8_t component[IMAGE_UID_BYTES];
    uint8_t image[IMAGE_UID_BYTES];
    uint16_t type; /* enum image_type */
    uint16_t first;
    uint32_t file_bytes;
    uint8_t digest[SHA256_BYTES]; /* of the signed bytes */
};

struct image_set {
    uint64_t sequence;
    uint8_t contents[SHA256_BYTES];
    uint8_t os_contents[SHA256_BYTES];
    uint32_t keystore_version;
    uint32_t check_interval_s;
    uint8_t group[IMAGE_UID_BYTES];
    uint16_t system;
    uint16_t count;
    struct component at[MONITOR_COMPONENTS_MAX];
};

struct record {
    uint64_t generation;
    bool undone, trial;
    uint16_t tries;
    uint64_t undone_sequence;
    uint8_t undone_os[SHA256_BYTES];
    struct image_set kept, next;
};

/* The newest valid record and where it stands.  E_CORRUPT when neither is
 * valid, or both are of one generation: there is no empty default. */
int record_load(const struct medium *medium, struct record *record, unsigned *which) MUST_CHECK;
/* Writes record to `which` between two syncs.  E_IO, E_CRYPTO: the medium may
 * hold the old or the new record as its newest, never neither. */
int record_commit(const struct medium *medium, const struct record *record,
                  unsigned which) MUST_CHECK;

bool image_set_same(const struct image_set *a, const struct image_set *b);
/* Area of a component of a set that was read or planned. */
struct medium_area component_area(const struct medium *medium, const struct component *c);
/* NULL when absent. */
const struct component *image_set_component(const struct image_set *set, const uint8_t *uid);
const struct component *image_set_image(const struct image_set *set, const uint8_t *uid);

#endif
