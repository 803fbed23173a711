/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/front/block_cache.h"

#include <stdlib.h>
#include <string.h>

struct block {
    uint8_t token[HTTP_STREAM_TOKEN_BYTES];
    uint64_t offset, used;
    unsigned references; /* the cache's own is one */
    size_t len;
    uint8_t bytes[];
};

struct block_cache {
    struct block *at[BLOCK_CACHE_BLOCKS];
    uint64_t now; /* counts uses */
};

struct block_cache *block_cache_new(void) { return calloc(1, sizeof(struct block_cache)); }

void block_cache_free(struct block_cache *cache)
{
    for (size_t i = 0; cache && i < BLOCK_CACHE_BLOCKS; i++)
        if (cache->at[i])
            block_release(cache->at[i]);
    free(cache);
}

struct block *block_find(struct block_cache *cache, const uint8_t token[static HTTP_STREAM_TOKEN_BYTES], uint64_t offset)
{
    for (size_t i = 0; i < BLOCK_CACHE_BLOCKS; i++) {
        struct block *b = cache->at[i];
        if (b && b->offset == offset && memcmp(b->token, token, sizeof b->token) == 0) {
            b->used = ++cache->now;
            b->references++;
            return b;
        }
    }
    return NULL;
}

/* An empty place, or that of the block which was not used for longest and nobody sends. */
static struct block **place_find(struct block_cache *cache)
{
    struct block **oldest = NULL;
    for (size_t i = 0; i < BLOCK_CACHE_BLOCKS; i++) {
        struct block **b = &cache->at[i];
        if (!*b)
            return b;
        if ((*b)->references == 1 && (!oldest || (*b)->used < (*oldest)->used))
            oldest = b;
    }
    return oldest;
}

struct block *block_put(struct block_cache *cache, const uint8_t token[static HTTP_STREAM_TOKEN_BYTES], uint64_t offset,
                        struct span bytes)
{
    struct block *b = block_find(cache, token, offset); /* two clients asked at once */
    if (b)
        return b;
    struct block **place = place_find(cache);
    b = place ? malloc(sizeof *b + bytes.len) : NULL;
    if (!b)
        return NULL;
    if (*place)
        block_release(*place);
    *b = (struct block){.offset = offset, .used = ++cache->now, .references = 2, .len = bytes.len};
    memcpy(b->token, token, sizeof b->token);
    memcpy(b->bytes, bytes.at, bytes.len);
    *place = b;
    return b;
}

struct span block_bytes(const struct block *block) { return span_of(block->bytes, block->len); }

void block_release(struct block *block)
{
    if (--block->references == 0)
        free(block);
}
