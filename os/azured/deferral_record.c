/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes of a deferral on disk: declared in deferral.h. */
#include <string.h>

#include "lib/crc32.h"
#include "os/azured/deferral.h"

enum { MAGIC = 0x46454450, VERSION = 1 };

int deferral_record_parse(struct span bytes, struct deferral_record *record)
{
    struct cursor c = cursor_of(bytes);
    struct deferral_record got = {0};
    memset(record, 0, sizeof *record);
    uint32_t magic = cursor_u32le(&c);
    uint16_t version = cursor_u16le(&c), final = cursor_u16le(&c);
    got.app_known_s = cursor_u64le(&c);
    got.system_known_s = cursor_u64le(&c);
    got.until_s = cursor_u64le(&c);
    cursor_copy(&c, got.by, sizeof got.by);
    uint32_t crc = cursor_u32le(&c);
    int err = cursor_end(&c);
    if (err)
        return err;
    if (magic != MAGIC || final > 1)
        return E_MALFORMED;
    if (version != VERSION)
        return E_VERSION;
    if (crc != crc32_update(0, bytes.at, bytes.len - sizeof crc))
        return E_DIGEST;
    got.final = final == 1;
    *record = got;
    return 0;
}

int deferral_record_write(const struct deferral_record *record, struct writer *w)
{
    size_t start = w->len;
    writer_u32le(w, MAGIC);
    writer_u16le(w, VERSION);
    writer_u16le(w, record->final);
    writer_u64le(w, record->app_known_s);
    writer_u64le(w, record->system_known_s);
    writer_u64le(w, record->until_s);
    writer_bytes(w, record->by, sizeof record->by);
    if (!w->err)
        writer_u32le(w, crc32_update(0, w->at + start, w->len - start));
    return w->err;
}
