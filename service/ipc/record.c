/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/ipc/record.h"

#include <string.h>

#include "lib/cbor.h"

enum { HEAD_MAX = 9 };

static const uint8_t *field_at(const struct record_field *f, const void *in)
{
    return (const uint8_t *)in + f->offset;
}

static uint64_t number_load(const uint8_t *at, size_t width)
{
    uint16_t v16;
    uint32_t v32;
    uint64_t v64;
    switch (width) {
    case sizeof v16:
        memcpy(&v16, at, sizeof v16);
        return v16;
    case sizeof v32:
        memcpy(&v32, at, sizeof v32);
        return v32;
    default:
        memcpy(&v64, at, sizeof v64);
        return v64;
    }
}

static void number_store(uint8_t *at, size_t width, uint64_t v)
{
    uint16_t v16 = (uint16_t)v;
    uint32_t v32 = (uint32_t)v;
    if (width == sizeof v16)
        memcpy(at, &v16, sizeof v16);
    else if (width == sizeof v32)
        memcpy(at, &v32, sizeof v32);
    else
        memcpy(at, &v, sizeof v);
}

static size_t number_width(enum record_kind kind)
{
    return kind == RECORD_U16 ? 2 : kind == RECORD_U32 ? 4 : 8;
}

static struct span span_load(const uint8_t *at)
{
    struct span s;
    memcpy(&s, at, sizeof s);
    return s;
}

static uint64_t list_count(const struct record_field *f, const void *in)
{
    return number_load((const uint8_t *)in + f->count_offset, f->count_size);
}

/* -- writing ---------------------------------------------------------------- */

static void write_type(const struct record_type *type, const void *in, struct writer *w);

static void write_field(const struct record_field *f, const void *in, struct writer *w)
{
    const uint8_t *at = field_at(f, in);
    struct span s;
    bool b;
    uint64_t v;

    switch (f->kind) {
    case RECORD_U16:
    case RECORD_U32:
    case RECORD_U64:
        v = number_load(at, number_width(f->kind));
        if (v > f->limit)
            writer_fail(w, E_LIMIT);
        cbor_put_uint(w, v);
        break;
    case RECORD_BOOL:
        memcpy(&b, at, sizeof b);
        cbor_put_bool(w, b);
        break;
    case RECORD_FIXED:
        cbor_put_bytes(w, at, f->size);
        break;
    case RECORD_BYTES:
    case RECORD_TEXT:
        s = span_load(at);
        if (s.len > f->limit)
            writer_fail(w, E_LIMIT);
        else if (f->kind == RECORD_BYTES)
            cbor_put_bytes(w, s.at, s.len);
        else
            cbor_put_text(w, s.at ? (const char *)s.at : "", s.len);
        break;
    case RECORD_NEST:
        write_type(f->inner, at, w);
        break;
    case RECORD_LIST:
        v = list_count(f, in);
        if (v > f->limit) {
            writer_fail(w, E_LIMIT);
            break;
        }
        cbor_put_array(w, (size_t)v);
        for (uint64_t i = 0; i < v; i++)
            write_type(f->inner, at + i * f->size, w);
        break;
    }
}

static void write_type(const struct record_type *type, const void *in, struct writer *w)
{
    cbor_put_array(w, type->count);
    for (size_t i = 0; i < type->count; i++)
        write_field(&type->at[i], in, w);
}

int record_write(const struct record_type *type, const void *in, struct writer *w)
{
    write_type(type, in, w);
    return w->err;
}

size_t record_bytes(const struct record_type *type, const void *in)
{
    size_t sum = HEAD_MAX;
    for (size_t i = 0; i < type->count; i++) {
        const struct record_field *f = &type->at[i];
        const uint8_t *at = field_at(f, in);
        sum += HEAD_MAX;
        if (f->kind == RECORD_FIXED)
            sum += f->size;
        else if (f->kind == RECORD_BYTES || f->kind == RECORD_TEXT)
            sum += span_load(at).len;
        else if (f->kind == RECORD_NEST)
            sum += record_bytes(f->inner, at);
        else if (f->kind == RECORD_LIST)
            for (uint64_t n = 0; n < list_count(f, in) && n < f->limit; n++)
                sum += record_bytes(f->inner, at + n * f->size);
    }
    return sum;
}

/* -- reading ---------------------------------------------------------------- */

static void parse_type(const struct record_type *type, struct cursor *c, void *out);

static void parse_list(const struct record_field *f, struct cursor *c, void *out)
{
    size_t n = cbor_get_array(c);
    if (n > f->limit)
        cursor_fail(c, E_LIMIT);
    if (c->err)
        return;
    for (size_t i = 0; i < n && !c->err; i++)
        parse_type(f->inner, c, (uint8_t *)out + f->offset + i * f->size);
    number_store((uint8_t *)out + f->count_offset, f->count_size, n);
}

static void parse_field(const struct record_field *f, struct cursor *c, void *out)
{
    uint8_t *at = (uint8_t *)out + f->offset;
    struct span s;
    uint64_t v;
    bool b;

    switch (f->kind) {
    case RECORD_U16:
    case RECORD_U32:
    case RECORD_U64:
        v = cbor_get_uint(c);
        if (v > f->limit)
            cursor_fail(c, E_LIMIT);
        else
            number_store(at, number_width(f->kind), v);
        break;
    case RECORD_BOOL:
        b = cbor_get_bool(c);
        memcpy(at, &b, sizeof b);
        break;
    case RECORD_FIXED:
        cbor_get_exact(c, at, f->size);
        break;
    case RECORD_BYTES:
    case RECORD_TEXT:
        s = f->kind == RECORD_BYTES ? cbor_get_bytes(c) : cbor_get_text(c);
        if (s.len > f->limit)
            cursor_fail(c, E_LIMIT);
        memcpy(at, &s, sizeof s);
        break;
    case RECORD_NEST:
        parse_type(f->inner, c, at);
        break;
    case RECORD_LIST:
        parse_list(f, c, out);
        break;
    }
}

/* Depth is that of the tables, which are constant. */
static void parse_type(const struct record_type *type, struct cursor *c, void *out)
{
    cbor_expect_array(c, type->count);
    for (size_t i = 0; i < type->count && !c->err; i++)
        parse_field(&type->at[i], c, out);
}

void record_get(const struct record_type *type, struct cursor *c, void *out)
{
    memset(out, 0, type->size);
    parse_type(type, c, out);
    if (c->err)
        memset(out, 0, type->size);
}

int record_parse(const struct record_type *type, struct span payload, void *out)
{
    struct cursor c = cursor_of(payload);
    memset(out, 0, type->size);
    parse_type(type, &c, out);
    int err = cursor_end(&c);
    if (err)
        memset(out, 0, type->size);
    return err;
}
