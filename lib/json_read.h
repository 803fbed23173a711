/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pull reader for JSON text: RFC 8259, nothing more and nothing less, with the
 * choices that it leaves open made as follows: text is UTF-8 and malformed
 * UTF-8 is refused; an escaped surrogate without its other half is refused
 * (it has no UTF-8 form); nesting is bounded by JSON_DEPTH_MAX; a byte order
 * mark is not skipped here; duplicate names are the caller's business.
 *
 * Use: the caller asks for what it expects and walks the text once, in order.
 *
 *     json_enter(&r, JSON_OBJECT);
 *     while (json_next(&r)) {
 *         json_get_key(&r, &key);
 *         ... one json_get_... or json_skip() ...
 *     }
 *     err = json_end(&r);
 *
 * Trust: the text is hostile.  Errors are sticky, in the reader: E_MORE,
 * E_MALFORMED (also: the value is of another type than asked for), E_LIMIT.
 * After one, json_next() is false and every value is empty, so loops end.
 * A reader is a value: a copy made before a value reads that value again.
 */
#ifndef PERI_LIB_JSON_READ_H
#define PERI_LIB_JSON_READ_H

#include <stdbool.h>

#include "lib/cursor.h"

enum { JSON_DEPTH_MAX = 16 };

enum json_type {
    JSON_NONE, /* no value begins here, or an error is set */
    JSON_OBJECT,
    JSON_ARRAY,
    JSON_STRING,
    JSON_NUMBER,
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL,
};

struct json_reader {
    struct cursor c;
    uint32_t objects; /* bit i: the container at depth i is an object */
    uint8_t depth;
    bool fresh; /* innermost container was just entered: no comma yet */
};

struct json_reader json_reader_of(struct span text);
/* Type of the value that comes next, judged by its first character. */
enum json_type json_peek(struct json_reader *r);
/* Steps into an object or array. */
void json_enter(struct json_reader *r, enum json_type container);
/* Another member or element?  At the end: false, and the container is left. */
bool json_next(struct json_reader *r);
/* Name of a member.  Strings are appended to `to`, decoded, not terminated;
 * if they do not fit, `to` fails with E_FULL and reading goes on.  NULL: not
 * wanted.  A decoded string may contain U+0000. */
void json_get_key(struct json_reader *r, struct writer *to);
void json_get_string(struct json_reader *r, struct writer *to);
/* The literal as written. */
struct span json_get_number(struct json_reader *r);
/* A number written as plain digits, at most max; E_MALFORMED, E_LIMIT. */
uint64_t json_get_uint(struct json_reader *r, uint64_t max);
bool json_get_bool(struct json_reader *r);
void json_get_null(struct json_reader *r);
/* One whole value, checked as strictly as if it were read. */
void json_skip(struct json_reader *r);
/* The sticky error, or E_TRAILING when more than white space is left, or 0. */
int json_end(struct json_reader *r) MUST_CHECK;

#endif
