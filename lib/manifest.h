/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Image manifest v3 and manifest set (abi/manifest.h): bodies only; the
 * signature around each is lib/keystore.h's business.
 */
#ifndef PERI_LIB_MANIFEST_H
#define PERI_LIB_MANIFEST_H

#include "abi/manifest.h"
#include "lib/image.h"

struct manifest_entry {
    uint8_t image[IMAGE_UID_BYTES];
    uint8_t component[IMAGE_UID_BYTES];
    uint16_t type;
    uint16_t partition;
    uint32_t file_bytes;
    uint32_t uncompressed_bytes;
    struct abi_identity provides[MANIFEST_ABI_SLOTS];
    struct abi_identity depends[MANIFEST_ABI_SLOTS];
};

struct manifest {
    uint64_t built_s;
    uint16_t count;
    struct manifest_entry at[MANIFEST_IMAGES_MAX];
};

/* Refuses two entries with the same image or the same component (E_DUPLICATE),
 * file_bytes 0, unknown sizes in the header, trailing bytes.  Empty on failure. */
int manifest_parse(struct span body, struct manifest *manifest) MUST_CHECK;
int manifest_write(const struct manifest *manifest, struct writer *w) MUST_CHECK;

struct manifest_set {
    uint16_t flags;
    uint8_t device_id[64];
    uint8_t nonce[MANIFEST_SET_NONCE_BYTES];
    uint64_t sequence;
    uint64_t issued_s, not_after_s;
    uint32_t check_interval_s;
    uint16_t app_deferral_minutes, os_deferral_minutes; /* enum manifest_set_deferral */
    uint8_t group[IMAGE_UID_BYTES];
    uint8_t catalog[IMAGE_UID_BYTES];
    uint16_t count;
    struct {
        uint16_t type;
        struct span image; /* a complete image package, not yet verified */
    } at[MANIFEST_SET_MAX];
};

/* Views into body.  Checks every rule of the layout, including that the
 * manifests fill the body without gap or overlap. */
int manifest_set_parse(struct span body, struct manifest_set *set) MUST_CHECK;
int manifest_set_write(const struct manifest_set *set, struct writer *w) MUST_CHECK;

/* What both directions enforce: of an entry (0, E_MALFORMED, E_DUPLICATE with an earlier
 * one), and of a set, layout apart. */
int manifest_entry_check(const struct manifest *manifest, uint16_t index) MUST_CHECK;
bool manifest_set_valid(const struct manifest_set *set);

#endif
