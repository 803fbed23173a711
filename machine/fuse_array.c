/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/fuse_array.h"

#include <nettle/sha2.h>
#include <string.h>

enum {
    ROW_READ = 1,  /* by registers */
    ROW_BURN = 2,  /* by registers */
    ROW_WORDS = 8, /* of a root digest, secret, key */
    FILE_VERSION_AT = 8,
    FILE_WORDS_AT = 12,
};

/* A word of no row is not there.  Rows without ROW_BURN are written by the engines. */
static const struct fuse_row {
    uint8_t first;
    uint8_t words;
    uint8_t access;
    uint8_t lock; /* this bit of LOCKS makes it final */
} rows[] = {
    { FUSE_ROOT, FUSE_ROOT_WORDS, ROW_READ | ROW_BURN, FUSE_LOCK_ROOT },
    { FUSE_LIFECYCLE, 2, ROW_READ | ROW_BURN, 0 },
    { FUSE_LOCKS, 2, ROW_READ | ROW_BURN, 0 },
    { FUSE_COUNTERS, 4 * FUSE_COUNTER_WORDS, ROW_READ | ROW_BURN, 0 },
    { FUSE_SECRET, ROW_WORDS, 0, 0 },
    { FUSE_ATTESTATION, ROW_WORDS, 0, FUSE_LOCK_ATTESTATION },
    { FUSE_GENERAL, ROW_WORDS, 0, FUSE_LOCK_GENERAL },
};

static const struct fuse_row *row_of(unsigned word)
{
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (word >= rows[i].first && word - rows[i].first < rows[i].words) {
            return &rows[i];
        }
    }
    return NULL;
}

bool fuse_word_readable(unsigned word)
{
    const struct fuse_row *row = row_of(word);

    return row && (row->access & ROW_READ);
}

bool fuse_word_burnable(unsigned word, uint32_t locks)
{
    const struct fuse_row *row = row_of(word);

    return row && (row->access & ROW_BURN) && !(locks & row->lock);
}

static void put(uint8_t *at, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
}

static uint64_t get(const uint8_t *at, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < bytes; i++) {
        value |= (uint64_t)at[i] << (8 * i);
    }
    return value;
}

static void digest_of(const uint8_t file[FUSE_FILE_BYTES], uint8_t digest[SHA256_DIGEST_SIZE])
{
    struct sha256_ctx hash;

    sha256_init(&hash);
    sha256_update(&hash, FUSE_FILE_DIGEST, file);
    sha256_digest(&hash, SHA256_DIGEST_SIZE, digest);
}

void fuse_file_encode(const struct fuse_array *array, uint8_t file[FUSE_FILE_BYTES])
{
    memcpy(file, FUSE_FILE_MAGIC, FILE_VERSION_AT);
    put(file + FILE_VERSION_AT, FUSE_FILE_VERSION, 4);
    put(file + FILE_WORDS_AT, FUSE_WORDS, 4);
    put(file + FUSE_FILE_STARTS, array->starts, 8);
    for (unsigned i = 0; i < FUSE_WORDS; i++) {
        put(file + FUSE_FILE_ARRAY + 4 * i, array->word[i], 4);
    }
    digest_of(file, file + FUSE_FILE_DIGEST);
}

enum fuse_file_check fuse_file_decode(const uint8_t file[FUSE_FILE_BYTES],
                                      struct fuse_array *array)
{
    uint8_t digest[SHA256_DIGEST_SIZE];

    memset(array, 0, sizeof(*array));
    if (memcmp(file, FUSE_FILE_MAGIC, FILE_VERSION_AT) != 0) {
        return FUSE_FILE_NOT_ONE;
    }
    if (get(file + FILE_VERSION_AT, 4) != FUSE_FILE_VERSION ||
        get(file + FILE_WORDS_AT, 4) != FUSE_WORDS) {
        return FUSE_FILE_OTHER_VERSION;
    }
    digest_of(file, digest);
    if (memcmp(digest, file + FUSE_FILE_DIGEST, sizeof(digest)) != 0) {
        return FUSE_FILE_DAMAGED;
    }
    array->starts = get(file + FUSE_FILE_STARTS, 8);
    for (unsigned i = 0; i < FUSE_WORDS; i++) {
        array->word[i] = (uint32_t)get(file + FUSE_FILE_ARRAY + 4 * i, 4);
    }
    return FUSE_FILE_GOOD;
}
