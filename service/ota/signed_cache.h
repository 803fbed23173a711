/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signed inner manifests, by digest of their body: a fleet of thousands asks for
 * the same few.  Least recently used goes first.
 * Lifetime: a view is good until the next signed_cache_put().
 */
#ifndef PERI_SERVICE_OTA_SIGNED_CACHE_H
#define PERI_SERVICE_OTA_SIGNED_CACHE_H

#include "lib/crypto.h"

enum {
    SIGNED_CACHE_MAX = 256, /* wanted sets at a time: about 1 MiB at most */
};

struct signed_cache_row {
    uint8_t digest[SHA256_BYTES];
    uint64_t used; /* 0: empty */
    uint8_t *image;
    size_t bytes;
};

struct signed_cache {
    uint64_t clock;
    struct signed_cache_row at[SIGNED_CACHE_MAX];
};

/* Empty when it is not there. */
struct span signed_cache_get(struct signed_cache *cache, const uint8_t digest[static SHA256_BYTES]);
/* Copies image.  E_NOMEM: not kept, nothing lost. */
int signed_cache_put(struct signed_cache *cache, const uint8_t digest[static SHA256_BYTES],
                     struct span image) MUST_CHECK;
void signed_cache_release(struct signed_cache *cache);

#endif
