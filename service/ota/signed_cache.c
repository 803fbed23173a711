/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/ota/signed_cache.h"

#include <stdlib.h>
#include <string.h>

static struct signed_cache_row *row_find(struct signed_cache *cache, const uint8_t *digest)
{
    for (size_t i = 0; i < SIGNED_CACHE_MAX; i++)
        if (cache->at[i].used && memcmp(cache->at[i].digest, digest, SHA256_BYTES) == 0)
            return &cache->at[i];
    return NULL;
}

struct span signed_cache_get(struct signed_cache *cache, const uint8_t digest[static SHA256_BYTES])
{
    struct signed_cache_row *row = row_find(cache, digest);
    if (!row)
        return (struct span){NULL, 0};
    row->used = ++cache->clock;
    return span_of(row->image, row->bytes);
}

int signed_cache_put(struct signed_cache *cache, const uint8_t digest[static SHA256_BYTES],
                     struct span image)
{
    struct signed_cache_row *row = row_find(cache, digest);
    uint8_t *copy = malloc(image.len ? image.len : 1);

    if (!copy)
        return E_NOMEM;
    memcpy(copy, image.at, image.len);
    for (size_t i = 0; !row && i < SIGNED_CACHE_MAX; i++)
        if (cache->at[i].used == 0)
            row = &cache->at[i];
    if (!row) {
        row = &cache->at[0];
        for (size_t i = 1; i < SIGNED_CACHE_MAX; i++)
            if (cache->at[i].used < row->used)
                row = &cache->at[i];
    }
    free(row->image);
    row->image = copy;
    row->bytes = image.len;
    row->used = ++cache->clock;
    memcpy(row->digest, digest, SHA256_BYTES);
    return 0;
}

void signed_cache_release(struct signed_cache *cache)
{
    for (size_t i = 0; i < SIGNED_CACHE_MAX; i++)
        free(cache->at[i].image);
    memset(cache, 0, sizeof *cache);
}
