/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trusted keystore (abi/keystore.h): which key may sign which image.
 * Lifetime: struct keystore owns its copy; static size, no heap.
 */
#ifndef PERI_LIB_KEYSTORE_H
#define PERI_LIB_KEYSTORE_H

#include "abi/keystore.h"
#include "lib/image.h"

struct keystore_key {
    uint8_t key[P256_PUBLIC_BYTES];
    uint8_t thumbprint[IMAGE_THUMBPRINT_BYTES];
    uint32_t usage; /* KEYSTORE_USE_* */
};

struct keystore {
    uint16_t count;
    struct keystore_key at[KEYSTORE_KEYS_MAX];
};

/* Body of a keystore image whose signature was checked.  Refuses duplicate
 * thumbprints, unknown usage bits and usage 0.  Empty on failure. */
int keystore_parse(struct span body, struct keystore *keystore) MUST_CHECK;
/* The key of that name, or NULL. */
const struct keystore_key *keystore_find(const struct keystore *keystore,
                                         const uint8_t thumbprint[static IMAGE_THUMBPRINT_BYTES]);
/* Bits of one use at least, and none without a meaning. */
bool keystore_usage_valid(uint32_t usage);
int keystore_write(const struct keystore *keystore, struct writer *w) MUST_CHECK;
/* Usage bit that signs this image: from its type, and DEVELOPMENT for an
 * application flagged under development; 0 for types nobody may sign. */
uint32_t keystore_use_of(const struct image_meta *meta);
/* Finds the key named in the metadata, demands the usage bit for the type, and
 * verifies.  DEVELOPMENT counts only if development is true.
 * 0, E_KEY_UNKNOWN, E_SIGNATURE, E_UNSUPPORTED, E_CRYPTO. */
int keystore_verify(const struct keystore *keystore, const struct image *image,
                    bool development) MUST_CHECK;

#endif
