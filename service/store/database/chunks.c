/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/store/database/chunks.h"

#include <string.h>

int chunks_put(struct database *db, const uint8_t digest[static 32], struct span bytes)
{
    static uint8_t sealed[CHUNK_BYTES + VAULT_CHUNK_EXTRA]; /* one thread */
    int err = 0;
    for (uint64_t number = 0; !err && bytes.len; number++) {
        size_t len = bytes.len < CHUNK_BYTES ? bytes.len : CHUNK_BYTES;
        err = vault_chunk_seal(db->vault, digest, number, span_of(bytes.at, len), sealed);
        if (err)
            break;
        struct statement *s = statement_get(db, STATEMENT_CHUNK_PUT);
        bind_bytes(s, 1, digest, 32);
        bind_number(s, 2, number);
        bind_clear(s, 3, sealed, len + VAULT_CHUNK_EXTRA);
        err = statement_run(db, s);
        bytes.at += len;
        bytes.len -= len;
    }
    return err;
}

int chunks_read(struct database *db, const uint8_t digest[static 32], uint64_t offset, uint8_t *to,
                size_t len, size_t *got)
{
    static uint8_t plain[CHUNK_BYTES]; /* one thread */
    *got = 0;
    while (*got < len) {
        uint64_t at = offset + *got;
        size_t skip = (size_t)(at % CHUNK_BYTES);
        struct statement *s = statement_get(db, STATEMENT_CHUNK_GET);
        bind_bytes(s, 1, digest, 32);
        bind_number(s, 2, at / CHUNK_BYTES);
        int there = statement_step(db, s);
        struct span bytes = span_of(NULL, 0);
        if (there == 1) {
            struct span sealed = column_clear(s, 0);
            int err = sealed.len <= CHUNK_BYTES + VAULT_CHUNK_EXTRA
                          ? vault_chunk_open(db->vault, digest, at / CHUNK_BYTES, sealed, plain)
                          : E_CORRUPT;
            if (err)
                there = err;
            else
                bytes = span_of(plain, sealed.len - VAULT_CHUNK_EXTRA);
        }
        size_t take = bytes.len > skip ? bytes.len - skip : 0;
        take = take < len - *got ? take : len - *got;
        if (take)
            memcpy(to + *got, bytes.at + skip, take);
        statement_done(s);
        if (there < 0)
            return there;
        if (!take)
            return 0;
        *got += take;
    }
    return 0;
}

int chunks_remove(struct database *db, const uint8_t digest[static 32])
{
    struct statement *s = statement_get(db, STATEMENT_CHUNK_REMOVE);
    bind_bytes(s, 1, digest, 32);
    return statement_run(db, s);
}

int chunks_sweep(struct database *db) { return statement_run(db, statement_get(db, STATEMENT_CHUNK_SWEEP)); }
