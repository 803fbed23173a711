/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON text (RFC 8259) written in order, commas put by the writer.
 * Trust: strings may hold any bytes: all outside printable ASCII, and '"' and '\',
 * are escaped as \u00XX, so nothing that a package or an application names can leave its string.
 * Errors are the writer's own: E_FULL; E_LIMIT beyond JSON_WRITE_DEPTH_MAX.
 *
 *     struct json_writer j = json_writer_of(w);
 *     json_open(&j, '{');
 *     json_name(&j, "count"); json_uint(&j, 3);
 *     json_close(&j);
 */
#ifndef PERI_OS_GATEWAYD_JSON_WRITE_H
#define PERI_OS_GATEWAYD_JSON_WRITE_H

#include "lib/cursor.h"

enum { JSON_WRITE_DEPTH_MAX = 8 };

struct json_writer {
    struct writer *w;
    uint8_t depth;
    char end[JSON_WRITE_DEPTH_MAX]; /* '}' or ']' */
    bool some[JSON_WRITE_DEPTH_MAX]; /* an element stands there: a comma is due */
    bool named;
};

struct json_writer json_writer_of(struct writer *w);
void json_open(struct json_writer *j, char bracket); /* '{' or '[' */
void json_close(struct json_writer *j);
void json_name(struct json_writer *j, const char *name);
void json_text(struct json_writer *j, const char *text);
void json_uint(struct json_writer *j, uint64_t number);
void json_bool(struct json_writer *j, bool value);
/* A member each. */
void json_member_text(struct json_writer *j, const char *name, const char *text);
void json_member_uint(struct json_writer *j, const char *name, uint64_t number);
void json_member_bool(struct json_writer *j, const char *name, bool value);

#endif
