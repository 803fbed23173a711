/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/engine/record.h"

#include <assert.h>
#include <string.h>

enum {
    RECORD_MAGIC = 0x524D5350, /* "PSMR" */
    RECORD_VERSION = 2,
    RECORD_FLAG_UNDONE = 1 << 0,
    RECORD_FLAG_TRIAL = 1 << 1,
    RECORD_FLAGS = RECORD_FLAG_UNDONE | RECORD_FLAG_TRIAL,
    RECORD_COMPONENT_BYTES = 72,
};

static_assert(RECORD_BYTES == 2624, "size in the header's table");
static_assert(sizeof(struct component) == RECORD_COMPONENT_BYTES, "no padding: compared whole");

static int digest_of(const uint8_t bytes[static RECORD_BYTES], uint8_t digest[static SHA256_BYTES])
{
    struct span part = {bytes, RECORD_BYTES - SHA256_BYTES};
    return crypto_sha256(&part, 1, digest);
}

static void set_write(struct writer *w, const struct image_set *s)
{
    writer_u64le(w, s->sequence);
    writer_bytes(w, s->contents, sizeof s->contents);
    writer_bytes(w, s->os_contents, sizeof s->os_contents);
    writer_u32le(w, s->keystore_version);
    writer_u32le(w, s->check_interval_s);
    writer_bytes(w, s->group, sizeof s->group);
    writer_u16le(w, s->system);
    writer_u16le(w, s->count);
    writer_zero(w, 12);
    for (unsigned i = 0; i < s->count; i++) {
        const struct component *c = &s->at[i];
        writer_bytes(w, c->component, sizeof c->component);
        writer_bytes(w, c->image, sizeof c->image);
        writer_u16le(w, c->type);
        writer_u16le(w, c->first);
        writer_u32le(w, c->file_bytes);
        writer_bytes(w, c->digest, sizeof c->digest);
    }
    writer_zero(w, (size_t)(MONITOR_COMPONENTS_MAX - s->count) * RECORD_COMPONENT_BYTES);
}

static int record_write(const struct record *r, uint8_t bytes[static RECORD_BYTES])
{
    struct writer w = writer_of(bytes, RECORD_BYTES);
    writer_u32le(&w, RECORD_MAGIC);
    writer_u32le(&w, RECORD_VERSION);
    writer_u64le(&w, r->generation);
    writer_u16le(&w, (uint16_t)((r->undone ? RECORD_FLAG_UNDONE : 0) |
                                (r->trial ? RECORD_FLAG_TRIAL : 0)));
    writer_u16le(&w, r->tries);
    writer_u32le(&w, 0);
    writer_u64le(&w, r->undone_sequence);
    writer_bytes(&w, r->undone_os, sizeof r->undone_os);
    set_write(&w, &r->kept);
    set_write(&w, &r->next);
    uint8_t digest[SHA256_BYTES];
    int err = digest_of(bytes, digest);
    if (err)
        return err;
    writer_bytes(&w, digest, sizeof digest);
    return w.err ? w.err : w.len == RECORD_BYTES ? 0 : E_INTERNAL;
}

static bool all_zero(struct span bytes)
{
    uint8_t any = 0;
    for (size_t i = 0; i < bytes.len; i++)
        any |= bytes.at[i];
    return any == 0;
}

struct medium_area component_area(const struct medium *medium, const struct component *c)
{
    return place_area(medium, c->type, c->first, c->file_bytes);
}

static bool components_valid(const struct image_set *s, const struct medium *medium)
{
    for (unsigned i = 0; i < s->count; i++) {
        const struct component *c = &s->at[i];
        const struct medium_fixed *fixed = place_fixed(medium, c->type);
        const struct medium_area area = component_area(medium, c);
        if (area.blocks == 0 || (fixed && fixed->system[s->system].first != c->first))
            return false;
        for (unsigned j = 0; j < i; j++)
            if (memcmp(s->at[j].component, c->component, sizeof c->component) == 0 ||
                memcmp(s->at[j].image, c->image, sizeof c->image) == 0 ||
                place_overlap(component_area(medium, &s->at[j]), area))
                return false;
    }
    return true;
}

/* What both sets have is the same; all else is apart. */
static bool sets_apart(const struct record *r, const struct medium *medium)
{
    for (unsigned i = 0; i < r->kept.count; i++)
        for (unsigned j = 0; j < r->next.count; j++)
            if (place_overlap(component_area(medium, &r->kept.at[i]),
                              component_area(medium, &r->next.at[j])) &&
                memcmp(&r->kept.at[i], &r->next.at[j], sizeof r->next.at[j]) != 0)
                return false;
    return true;
}

/* Fields that are zero in a set that is not there stay zero. */
static int set_read(struct cursor *c, const struct medium *medium, struct image_set *s)
{
    s->sequence = cursor_u64le(c);
    cursor_copy(c, s->contents, sizeof s->contents);
    cursor_copy(c, s->os_contents, sizeof s->os_contents);
    s->keystore_version = cursor_u32le(c);
    s->check_interval_s = cursor_u32le(c);
    cursor_copy(c, s->group, sizeof s->group);
    s->system = cursor_u16le(c);
    s->count = cursor_u16le(c);
    struct span reserved = cursor_bytes(c, 12);
    if (s->system >= MEDIUM_SYSTEMS || s->count > MONITOR_COMPONENTS_MAX)
        return E_CORRUPT;
    for (unsigned i = 0; i < s->count; i++) {
        struct component *to = &s->at[i];
        cursor_copy(c, to->component, sizeof to->component);
        cursor_copy(c, to->image, sizeof to->image);
        to->type = cursor_u16le(c);
        to->first = cursor_u16le(c);
        to->file_bytes = cursor_u32le(c);
        cursor_copy(c, to->digest, sizeof to->digest);
    }
    struct span unused =
        cursor_bytes(c, (size_t)(MONITOR_COMPONENTS_MAX - s->count) * RECORD_COMPONENT_BYTES);
    return !c->err && all_zero(reserved) && all_zero(unused) && components_valid(s, medium)
               ? 0
               : E_CORRUPT;
}

static int record_parse(const uint8_t bytes[static RECORD_BYTES], const struct medium *medium,
                        struct record *r)
{
    uint8_t digest[SHA256_BYTES];
    int err = digest_of(bytes, digest);
    if (err)
        return err;
    if (memcmp(digest, bytes + RECORD_BYTES - SHA256_BYTES, SHA256_BYTES) != 0)
        return E_CORRUPT;
    struct cursor c = cursor_of(span_of(bytes, RECORD_BYTES - SHA256_BYTES));
    if (cursor_u32le(&c) != RECORD_MAGIC || cursor_u32le(&c) != RECORD_VERSION)
        return E_CORRUPT;
    r->generation = cursor_u64le(&c);
    const uint16_t flags = cursor_u16le(&c);
    r->undone = flags & RECORD_FLAG_UNDONE;
    r->trial = flags & RECORD_FLAG_TRIAL;
    r->tries = cursor_u16le(&c);
    const uint32_t reserved = cursor_u32le(&c);
    r->undone_sequence = cursor_u64le(&c);
    cursor_copy(&c, r->undone_os, sizeof r->undone_os);
    const struct span next = {c.at + RECORD_SET_BYTES, RECORD_SET_BYTES};
    if (r->generation == 0 || flags & ~RECORD_FLAGS || reserved != 0 || r->tries > RECORD_TRIES ||
        (!r->trial && (r->tries != 0 || !all_zero(next))))
        return E_CORRUPT;
    err = set_read(&c, medium, &r->kept);
    if (!err)
        err = set_read(&c, medium, &r->next);
    return err ? err : cursor_end(&c) == 0 && sets_apart(r, medium) ? 0 : E_CORRUPT;
}

/* One place; every failure to read it is "not valid", and a zero record. */
static bool place_valid(const struct medium *medium, unsigned which, struct record *r)
{
    uint8_t bytes[RECORD_BYTES];
    memset(r, 0, sizeof *r);
    if (medium_state_read(medium, which, bytes, sizeof bytes) == 0 &&
        record_parse(bytes, medium, r) == 0)
        return true;
    memset(r, 0, sizeof *r);
    return false;
}

int record_load(const struct medium *medium, struct record *record, unsigned *which)
{
    *which = 0;
    const bool valid_a = place_valid(medium, 0, record);
    const uint64_t generation_a = record->generation;
    const bool valid_b = place_valid(medium, 1, record);
    if (valid_a && valid_b && record->generation == generation_a) {
        memset(record, 0, sizeof *record);
        return E_CORRUPT; /* no commit makes this */
    }
    if (valid_b && (!valid_a || record->generation > generation_a)) {
        *which = 1;
        return 0;
    }
    return valid_a && place_valid(medium, 0, record) ? 0 : E_CORRUPT;
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

bool image_set_same(const struct image_set *a, const struct image_set *b)
{
    return a->sequence == b->sequence && a->keystore_version == b->keystore_version &&
           a->check_interval_s == b->check_interval_s && a->system == b->system &&
           a->count == b->count && memcmp(a->group, b->group, sizeof a->group) == 0 &&
           memcmp(a->contents, b->contents, sizeof a->contents) == 0 &&
           memcmp(a->os_contents, b->os_contents, sizeof a->os_contents) == 0 &&
           memcmp(a->at, b->at, a->count * sizeof a->at[0]) == 0;
}

const struct component *image_set_component(const struct image_set *set, const uint8_t *uid)
{
    for (unsigned i = 0; i < set->count; i++)
        if (memcmp(set->at[i].component, uid, IMAGE_UID_BYTES) == 0)
            return &set->at[i];
    return NULL;
}

const struct component *image_set_image(const struct image_set *set, const uint8_t *uid)
{
    for (unsigned i = 0; i < set->count; i++)
        if (memcmp(set->at[i].image, uid, IMAGE_UID_BYTES) == 0)
            return &set->at[i];
    return NULL;
}
