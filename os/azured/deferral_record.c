/* SPDX-License-Identifier: BSD-2-Clause */
/* A deferral on disk: declared in deferral.h. */
#include <string.h>

#include "lib/crc32.h"
#include "os/azured/deferral.h"
#include "os/dumps/kept_file.h"

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

int deferral_record_load(int folder, struct deferral_record *record)
{
    uint8_t bytes[DEFERRAL_RECORD_BYTES + 1];
    size_t len;
    memset(record, 0, sizeof *record);
    int err = kept_file_read(folder, DEFERRAL_RECORD_NAME, bytes, sizeof bytes, &len);
    return err ? err : deferral_record_parse(span_of(bytes, len), record);
}

int deferral_record_save(int folder, const struct deferral_record *record)
{
    uint8_t bytes[DEFERRAL_RECORD_BYTES];
    struct writer w = writer_of(bytes, sizeof bytes);
    int err = deferral_record_write(record, &w);
    return err ? err : kept_file_write(folder, DEFERRAL_RECORD_NAME, DEFERRAL_RECORD_NAME ".new", 0600, writer_view(&w));
}
