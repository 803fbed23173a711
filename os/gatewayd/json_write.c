/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/gatewayd/json_write.h"

#include <stdio.h>
#include <string.h>

struct json_writer json_writer_of(struct writer *w)
{
    return (struct json_writer){.w = w};
}

static void put(struct json_writer *j, const char *text)
{
    writer_bytes(j->w, text, strlen(text));
}

/* The comma before an element; none behind a name. */
static void begin(struct json_writer *j)
{
    if (j->named)
        j->named = false;
    else if (j->depth && j->some[j->depth - 1])
        put(j, ",");
    if (j->depth)
        j->some[j->depth - 1] = true;
}

static void quoted(struct json_writer *j, const char *text)
{
    put(j, "\"");
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        char escaped[8];
        if (*at >= 0x20 && *at < 0x7f && *at != '"' && *at != '\\')
            writer_u8(j->w, *at);
        else {
            snprintf(escaped, sizeof escaped, "\\u%04x", *at);
            put(j, escaped);
        }
    }
    put(j, "\"");
}

void json_open(struct json_writer *j, char bracket)
{
    begin(j);
    if (j->depth == JSON_WRITE_DEPTH_MAX) {
        writer_fail(j->w, E_LIMIT);
        return;
    }
    writer_u8(j->w, (uint8_t)bracket);
    j->end[j->depth] = bracket == '{' ? '}' : ']';
    j->some[j->depth++] = false;
}

void json_close(struct json_writer *j)
{
    if (j->depth == 0) {
        writer_fail(j->w, E_LIMIT);
        return;
    }
    writer_u8(j->w, (uint8_t)j->end[--j->depth]);
}

void json_name(struct json_writer *j, const char *name)
{
    begin(j);
    quoted(j, name);
    put(j, ":");
    j->named = true;
}

void json_text(struct json_writer *j, const char *text)
{
    begin(j);
    quoted(j, text);
}

void json_uint(struct json_writer *j, uint64_t number)
{
    char digits[24];
    begin(j);
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    put(j, digits);
}

void json_bool(struct json_writer *j, bool value)
{
    begin(j);
    put(j, value ? "true" : "false");
}

void json_member_text(struct json_writer *j, const char *name, const char *text)
{
    json_name(j, name);
    json_text(j, text);
}

void json_member_uint(struct json_writer *j, const char *name, uint64_t number)
{
    json_name(j, name);
    json_uint(j, number);
}

void json_member_bool(struct json_writer *j, const char *name, bool value)
{
    json_name(j, name);
    json_bool(j, value);
}
