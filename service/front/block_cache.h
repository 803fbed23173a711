/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blocks of streamed answers, kept for the next client: a fleet takes the same image within
 * hours, and each block would be read, unsealed and passed through three processes
 * for every device.
 * Key: the stream token (ota gives it out after deciding that the client may have the
 * bytes; the same bytes have the same token, and a token's bytes never change) and the
 * offset, a multiple of HTTP_PULL_MAX.  A client without the token finds nothing.
 * Limit: BLOCK_CACHE_BLOCKS blocks, the least recently used goes first; one that is
 * being sent stays until it is out.
 */
#ifndef PERI_SERVICE_FRONT_BLOCK_CACHE_H
#define PERI_SERVICE_FRONT_BLOCK_CACHE_H

#include "service/ipc/http_message.h"

enum { BLOCK_CACHE_BLOCKS = 128 }; /* 32 MiB, taken as it fills */

struct block;
struct block_cache;

struct block_cache *block_cache_new(void);
/* Blocks still held live on until their release. */
void block_cache_free(struct block_cache *cache);
/* Both give a reference to the caller, or NULL: not there; no memory, or all are in use. */
struct block *block_find(struct block_cache *cache, const uint8_t token[static HTTP_STREAM_TOKEN_BYTES], uint64_t offset);
struct block *block_put(struct block_cache *cache, const uint8_t token[static HTTP_STREAM_TOKEN_BYTES], uint64_t offset,
                        struct span bytes);
struct span block_bytes(const struct block *block);
void block_release(struct block *block);

#endif
