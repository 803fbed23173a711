/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records: a struct of a sibling's message as one CBOR array, described by a
 * table of its fields.  One table gives both the writer and the parser, so the
 * two ends cannot disagree.
 * Source: docs/spec/service-ipc.md, "records".
 *
 * Kinds: unsigned numbers of the C type's width, bool, bytes of a fixed size,
 * byte and text spans, a list of records (its count field is not a field of its
 * own), and a single nested record.
 * Trust: the payload is as hostile as the peer; limits stand in the table.
 * Lifetime: spans of a parsed struct are views into the payload.
 * Errors of parse: the cursor's; E_LIMIT (number, text or list beyond its
 * limit), E_TRAILING.  The struct is zeroed on failure.
 */
#ifndef PERI_SERVICE_IPC_RECORD_H
#define PERI_SERVICE_IPC_RECORD_H

#include <stddef.h>

#include "lib/cursor.h"

enum record_kind {
    RECORD_U16,
    RECORD_U32,
    RECORD_U64,
    RECORD_BOOL,
    RECORD_FIXED, /* size bytes */
    RECORD_BYTES, /* struct span, at most limit bytes */
    RECORD_TEXT,  /* struct span of UTF-8, at most limit bytes */
    RECORD_NEST,  /* a struct inside */
    RECORD_LIST,  /* count at count_offset, limit elements of size bytes */
};

struct record_type;

struct record_field {
    enum record_kind kind;
    size_t offset;
    size_t size;  /* FIXED: bytes; LIST: bytes of one element */
    uint64_t limit; /* greatest value, length or count */
    size_t count_offset;
    size_t count_size; /* 2 or 4 */
    const struct record_type *inner;
};

struct record_type {
    size_t size; /* of the struct */
    size_t count;
    const struct record_field *at;
};

/* Row builders: R_NUMBER(U16, field, UINT16_MAX) inside RECORD_DEFINE(type, rows). */
#define R_NUMBER(width, field, max) {RECORD_##width, offsetof(RECORD_STRUCT, field), 0, (max), 0, 0, NULL}
#define R_BOOL(field) {RECORD_BOOL, offsetof(RECORD_STRUCT, field), 0, 1, 0, 0, NULL}
#define R_FIXED(field) \
    {RECORD_FIXED, offsetof(RECORD_STRUCT, field), sizeof ((RECORD_STRUCT *)0)->field, 0, 0, 0, NULL}
#define R_BYTES(field, max) {RECORD_BYTES, offsetof(RECORD_STRUCT, field), 0, (max), 0, 0, NULL}
#define R_TEXT(field, max) {RECORD_TEXT, offsetof(RECORD_STRUCT, field), 0, (max), 0, 0, NULL}
#define R_NEST(field, type) {RECORD_NEST, offsetof(RECORD_STRUCT, field), 0, 0, 0, 0, &(type)}
#define R_LIST(field, count, max, type)                                                     \
    {RECORD_LIST, offsetof(RECORD_STRUCT, field), sizeof ((RECORD_STRUCT *)0)->field[0], (max), \
     offsetof(RECORD_STRUCT, count), sizeof ((RECORD_STRUCT *)0)->count, &(type)}
#define RECORD_TYPE(name, rows) \
    static const struct record_type name = {sizeof(RECORD_STRUCT), sizeof(rows) / sizeof((rows)[0]), rows}

int record_write(const struct record_type *type, const void *in, struct writer *w) MUST_CHECK;
int record_parse(const struct record_type *type, struct span payload, void *out) MUST_CHECK;
/* The next of several records that stand one after the other; sticky errors in c. */
void record_get(const struct record_type *type, struct cursor *c, void *out);
/* An upper bound of what record_write() needs for this struct. */
size_t record_bytes(const struct record_type *type, const void *in);

#endif
