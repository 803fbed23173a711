/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which update key serves which versions of a device's keystore, as far as answers of the issuer have
 * shown: a signed manifest names its key by thumbprint, and the versions that one key serves are one
 * range (docs/update.md, "Keys").  So a manifest is kept once a key, whatever versions devices name:
 * they may name any number there is.
 * Memory alone: the keys change with a start of the service only.
 */
#ifndef PERI_SERVICE_OTA_KEY_RANGES_H
#define PERI_SERVICE_OTA_KEY_RANGES_H

#include <stdint.h>

#include "lib/image.h"

enum { KEY_RANGES_MAX = 17 }; /* the key in use, and those of former rotations */

struct key_range {
    uint32_t first, last; /* versions that it was seen to serve, and all between */
    uint8_t thumbprint[IMAGE_THUMBPRINT_BYTES];
};

struct key_ranges {
    unsigned count;
    struct key_range at[KEY_RANGES_MAX];
};

/* The key's thumbprint; NULL: not known yet. */
const uint8_t *key_range_find(const struct key_ranges *ranges, uint32_t version);
/* The key of this thumbprint served version.  What contradicts what was known replaces all of it. */
void key_range_learn(struct key_ranges *ranges, uint32_t version,
                     const uint8_t thumbprint[static IMAGE_THUMBPRINT_BYTES]);

#endif
