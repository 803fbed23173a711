/* SPDX-License-Identifier: BSD-2-Clause */
/* The stored form of the key, for azured, and for azcore, which knows no certificates. */
#include "os/dumps/stored_key.h"

#include <string.h>

#include "lib/crc32.h"

enum { VERSION = 1 };

int dump_key_parse(struct span bytes, struct dump_key *key)
{
    struct cursor c = cursor_of(bytes);
    struct dump_key got = {.of.allowed = true};
    memset(key, 0, sizeof *key);
    uint32_t magic = cursor_u32le(&c);
    uint16_t version = cursor_u16le(&c), zero = cursor_u16le(&c);
    cursor_copy(&c, got.of.device_id, sizeof got.of.device_id);
    cursor_copy(&c, got.of.catalog, sizeof got.of.catalog);
    cursor_copy(&c, got.of.group, sizeof got.of.group);
    cursor_copy(&c, got.public, sizeof got.public);
    got.fetched_s = cursor_u64le(&c);
    uint32_t crc = cursor_u32le(&c);
    int err = cursor_end(&c);
    if (err)
        return err;
    if (magic != DUMP_KEY_MAGIC || zero)
        return E_MALFORMED;
    if (version != VERSION)
        return E_VERSION;
    if (crc != crc32_update(0, bytes.at, DUMP_KEY_BYTES - 4))
        return E_CORRUPT;
    err = hpke_public_check(got.public);
    if (!err)
        *key = got;
    return err;
}

int dump_key_write(const struct dump_key *key, struct writer *w)
{
    size_t begin = w->len;
    writer_u32le(w, DUMP_KEY_MAGIC);
    writer_u16le(w, VERSION);
    writer_u16le(w, 0);
    writer_bytes(w, key->of.device_id, sizeof key->of.device_id);
    writer_bytes(w, key->of.catalog, sizeof key->of.catalog);
    writer_bytes(w, key->of.group, sizeof key->of.group);
    writer_bytes(w, key->public, sizeof key->public);
    writer_u64le(w, key->fetched_s);
    if (!w->err)
        writer_u32le(w, crc32_update(0, w->at + begin, w->len - begin));
    return w->err;
}
