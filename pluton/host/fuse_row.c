/* SPDX-License-Identifier: BSD-2-Clause */
#include "pluton/host/fuse_row.h"

#include <string.h>

#include "lib/ct.h"

_Static_assert(FUSE_ROW_COVERED_BYTES + SHA256_BYTES == FUSE_ROW_BYTES, "row layout");

int fuse_row_write(const struct fuses *fuses, uint8_t row[static FUSE_ROW_BYTES])
{
    uint8_t digest[SHA256_BYTES];
    struct writer w = writer_of(row, FUSE_ROW_BYTES);
    writer_u32le(&w, FUSE_ROW_MAGIC);
    writer_u16le(&w, FUSE_ROW_VERSION);
    writer_u16le(&w, FUSE_ROW_BYTES);
    writer_u32le(&w, fuses->lifecycle);
    for (unsigned i = 0; i < PLUTON_COUNTERS; i++)
        writer_u32le(&w, fuses->counter[i]);
    writer_bytes(&w, fuses->root_digest, sizeof fuses->root_digest);
    writer_u32le(&w, 0);
    const struct span covered = writer_view(&w);
    int err = crypto_sha256(&covered, 1, digest);
    if (err)
        return err;
    writer_bytes(&w, digest, sizeof digest);
    return w.err;
}

int fuse_row_read(const uint8_t row[static FUSE_ROW_BYTES], struct fuses *fuses)
{
    struct fuses got;
    uint8_t digest[SHA256_BYTES], stored[SHA256_BYTES];
    const struct span covered = span_of(row, FUSE_ROW_COVERED_BYTES);

    memset(fuses, 0, sizeof *fuses);
    int err = crypto_sha256(&covered, 1, digest);
    if (err)
        return err;
    struct cursor c = cursor_of(span_of(row, FUSE_ROW_BYTES));
    const uint32_t magic = cursor_u32le(&c);
    const uint16_t version = cursor_u16le(&c), bytes = cursor_u16le(&c);
    got.lifecycle = cursor_u32le(&c);
    for (unsigned i = 0; i < PLUTON_COUNTERS; i++)
        got.counter[i] = cursor_u32le(&c);
    cursor_copy(&c, got.root_digest, sizeof got.root_digest);
    const uint32_t reserved = cursor_u32le(&c);
    cursor_copy(&c, stored, sizeof stored);
    if (cursor_end(&c) || magic != FUSE_ROW_MAGIC || !ct_equal(digest, stored, sizeof digest))
        return E_CORRUPT;
    if (version != FUSE_ROW_VERSION)
        return E_VERSION;
    if (bytes != FUSE_ROW_BYTES || reserved != 0 || got.lifecycle >= LIFECYCLE_COUNT)
        return E_CORRUPT;
    *fuses = got;
    return 0;
}
