/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/engine/record.h"

#include <assert.h>
#include <string.h>

enum {
    RECORD_MAGIC = 0x524D5350, /* "PSMR" */
    RECORD_VERSION = 1,
    RECORD_FLAG_UNDONE = 1 << 0,
    RECORD_COMPONENT_BYTES = 72,
};

static_assert(RECORD_BYTES == 1280, "size in the header's table");

static int digest_of(const uint8_t bytes[static RECORD_BYTES], uint8_t digest[static SHA256_BYTES])
{
    struct span part = {bytes, RECORD_BYTES - SHA256_BYTES};
    return crypto_sha256(&part, 1, digest);
}

static void component_write(struct writer *w, const struct component *c)
{
    writer_bytes(w, c->component, sizeof c->component);
    writer_bytes(w, c->image, sizeof c->image);
    writer_u16le(w, c->type);
    writer_u16le(w, c->slot);
    writer_u32le(w, c->file_bytes);
    writer_bytes(w, c->digest, sizeof c->digest);
}

static int record_write(const struct record *r, uint8_t bytes[static RECORD_BYTES])
{
    struct writer w = writer_of(bytes, RECORD_BYTES);
    writer_u32le(&w, RECORD_MAGIC);
    writer_u32le(&w, RECORD_VERSION);
    writer_u64le(&w, r->generation);
    writer_u64le(&w, r->sequence);
    writer_bytes(&w, r->contents, sizeof r->contents);
    writer_u64le(&w, r->undone_sequence);
    writer_u32le(&w, r->undone ? RECORD_FLAG_UNDONE : 0);
    writer_u32le(&w, r->check_interval_s);
    writer_bytes(&w, r->group, sizeof r->group);
    writer_u16le(&w, r->count);
    writer_zero(&w, 6);
    for (unsigned i = 0; i < r->count; i++)
        component_write(&w, &r->at[i]);
    writer_zero(&w, (size_t)(MONITOR_COMPONENTS_MAX - r->count) * RECORD_COMPONENT_BYTES);
    uint8_t digest[SHA256_BYTES];
    int err = digest_of(bytes, digest);
    if (err)
        return err;
    writer_bytes(&w, digest, sizeof digest);
    return w.err ? w.err : w.len == RECORD_BYTES ? 0 : E_INTERNAL;
}

static void component_read(struct cursor *c, struct component *to)
{
    cursor_copy(c, to->component, sizeof to->component);
    cursor_copy(c, to->image, sizeof to->image);
    to->type = cursor_u16le(c);
    to->slot = cursor_u16le(c);
    to->file_bytes = cursor_u32le(c);
    cursor_copy(c, to->digest, sizeof to->digest);
}

static bool components_valid(const struct record *r, const struct medium *medium)
{
    uint32_t slots = 0;
    for (unsigned i = 0; i < r->count; i++) {
        const struct component *c = &r->at[i];
        if (c->slot >= medium->slots || slots & (UINT32_C(1) << c->slot) || c->file_bytes == 0 ||
            c->file_bytes > medium->slot_bytes)
            return false;
        slots |= UINT32_C(1) << c->slot;
        for (unsigned j = 0; j < i; j++)
            if (memcmp(r->at[j].component, c->component, sizeof c->component) == 0 ||
                memcmp(r->at[j].image, c->image, sizeof c->image) == 0)
                return false;
    }
    return true;
}

static bool all_zero(struct span bytes)
{
    uint8_t any = 0;
    for (size_t i = 0; i < bytes.len; i++)
        any |= bytes.at[i];
    return any == 0;
}

static int record_parse(const uint8_t bytes[static RECORD_BYTES], const struct medium *medium,
                        struct record *r)
{
    uint8_t digest[SHA256_BYTES];
    memset(r, 0, sizeof *r);
    int err = digest_of(bytes, digest);
    if (err)
        return err;
    if (memcmp(digest, bytes + RECORD_BYTES - SHA256_BYTES, SHA256_BYTES) != 0)
        return E_CORRUPT;
    struct cursor c = cursor_of(span_of(bytes, RECORD_BYTES - SHA256_BYTES));
    if (cursor_u32le(&c) != RECORD_MAGIC || cursor_u32le(&c) != RECORD_VERSION)
        return E_CORRUPT;
    r->generation = cursor_u64le(&c);
    r->sequence = cursor_u64le(&c);
    cursor_copy(&c, r->contents, sizeof r->contents);
    r->undone_sequence = cursor_u64le(&c);
    uint32_t flags = cursor_u32le(&c);
    r->undone = flags & RECORD_FLAG_UNDONE;
    r->check_interval_s = cursor_u32le(&c);
    cursor_copy(&c, r->group, sizeof r->group);
    r->count = cursor_u16le(&c);
    struct span reserved = cursor_bytes(&c, 6);
    if (r->count > MONITOR_COMPONENTS_MAX || r->generation == 0 || flags & ~(uint32_t)RECORD_FLAG_UNDONE)
        goto corrupt;
    for (unsigned i = 0; i < r->count; i++)
        component_read(&c, &r->at[i]);
    if (!c.err && all_zero(reserved) && all_zero(span_of(c.at, c.left)) && components_valid(r, medium))
        return 0;
corrupt:
    memset(r, 0, sizeof *r);
    return E_CORRUPT;
}

/* One place; every failure to read it is "not valid". */
static bool place_valid(const struct medium *medium, unsigned which, struct record *r)
{
    uint8_t bytes[RECORD_BYTES];
    memset(r, 0, sizeof *r);
    return medium_state_read(medium, which, bytes, sizeof bytes) == 0 &&
           record_parse(bytes, medium, r) == 0;
}

int record_load(const struct medium *medium, struct record *record, unsigned *which)
{
    struct record b;
    bool valid_a = place_valid(medium, 0, record), valid_b = place_valid(medium, 1, &b);
    *which = 0;
    if (valid_a && valid_b && record->generation == b.generation) {
        memset(record, 0, sizeof *record);
        return E_CORRUPT; /* no commit makes this */
    }
    if (valid_b && (!valid_a || b.generation > record->generation)) {
        *record = b;
        *which = 1;
    }
    return valid_a || valid_b ? 0 : E_CORRUPT;
}

bool record_absent(const struct medium *medium)
{
    struct record r;
    return !place_valid(medium, 0, &r) && !place_valid(medium, 1, &r);
}

int record_commit(const struct medium *medium, const struct record *record, unsigned which)
{
    uint8_t bytes[RECORD_BYTES];
    int err = record_write(record, bytes);
    if (err)
        return err;
    /* The images must be durable before a record names them. */
    err = medium_sync(medium);
    if (!err)
        err = medium_state_write(medium, which, span_of(bytes, sizeof bytes));
    if (!err)
        err = medium_sync(medium);
    return err;
}

bool record_same(const struct record *a, const struct record *b)
{
    struct record x = *a, y = *b;
    uint8_t bytes_x[RECORD_BYTES], bytes_y[RECORD_BYTES];
    x.generation = y.generation = 1;
    return record_write(&x, bytes_x) == 0 && record_write(&y, bytes_y) == 0 &&
           memcmp(bytes_x, bytes_y, RECORD_BYTES) == 0;
}

const struct component *record_find_component(const struct record *record, const uint8_t *uid)
{
    for (unsigned i = 0; i < record->count; i++)
        if (memcmp(record->at[i].component, uid, IMAGE_UID_BYTES) == 0)
            return &record->at[i];
    return NULL;
}

const struct component *record_find_image(const struct record *record, const uint8_t *uid)
{
    for (unsigned i = 0; i < record->count; i++)
        if (memcmp(record->at[i].image, uid, IMAGE_UID_BYTES) == 0)
            return &record->at[i];
    return NULL;
}
