/* SPDX-License-Identifier: BSD-2-Clause */
/* Skipping a text and reading it value by value must agree, and what is
 * decoded must be UTF-8 no longer than it was written. */
#include <stdlib.h>

#include "lib/json_read.h"
#include "lib/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void one_value(struct json_reader *r, struct writer *w)
{
    enum json_type type = json_peek(r);
    switch (type) {
    case JSON_OBJECT:
    case JSON_ARRAY: json_enter(r, type); break;
    case JSON_STRING: json_get_string(r, w); break;
    case JSON_NUMBER: (void)json_get_number(r); break;
    case JSON_TRUE:
    case JSON_FALSE: (void)json_get_bool(r); break;
    case JSON_NULL: json_get_null(r); break;
    case JSON_NONE: break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_reader skipped = json_reader_of(span_of(data, size));
    json_skip(&skipped);
    int want = json_end(&skipped);

    uint8_t *room = malloc(size + 1);
    if (!room)
        return 0;
    struct writer w = writer_of(room, size);
    struct json_reader r = json_reader_of(span_of(data, size));
    one_value(&r, &w);
    while (!r.c.err && r.depth) {
        if (!json_next(&r))
            continue;
        if (r.objects >> (r.depth - 1) & 1)
            json_get_key(&r, &w);
        one_value(&r, &w);
    }
    if (json_end(&r) != want || w.err || !utf8_valid(writer_view(&w)))
        abort();
    free(room);
    return 0;
}
