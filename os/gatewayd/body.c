/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/gatewayd/body.h"

#include <string.h>

#include "lib/text.h"

/* count: of none. */
static unsigned key_read(struct json_reader *r, const char *const names[], unsigned count)
{
    char key[BODY_NAME_MAX + 1];
    struct writer w = writer_of(key, sizeof key);
    unsigned which = 0;
    json_get_key(r, &w);
    while (which < count && (w.err || !text_equal(writer_view(&w), names[which])))
        which++;
    return which;
}

uint32_t body_read(const struct gateway *g, const char *const names[], unsigned count, uint32_t needed, body_take *take, void *to)
{
    struct json_reader syntax = json_reader_of(span_of(g->body, g->body_len)), r = syntax;
    uint32_t seen = 0;
    bool object = json_peek(&syntax) == JSON_OBJECT;
    json_skip(&syntax);
    if (json_end(&syntax))
        return REST_INVALID_JSON;
    if (!object)
        return REST_INVALID_JSON_DATA;
    json_enter(&r, JSON_OBJECT);
    while (json_next(&r)) {
        unsigned which = key_read(&r, names, count);
        if (which == count || seen & 1u << which)
            return REST_INVALID_JSON_DATA;
        seen |= 1u << which;
        uint32_t error = take(&r, which, to);
        if (error)
            return error;
    }
    return json_end(&r) ? REST_INVALID_JSON : (seen & needed) != needed ? REST_INVALID_JSON_DATA : 0;
}

struct text {
    char *at;
    size_t cap;
};

static uint32_t string_take(struct json_reader *r, unsigned which, void *to)
{
    struct text *text = to;
    struct writer w = writer_of(text->at, text->cap - 1);
    (void)which;
    json_get_string(r, &w);
    text->at[w.len] = '\0';
    return !r->c.err && (w.err || memchr(text->at, 0, w.len)) ? REST_INVALID_JSON_DATA : 0;
}

uint32_t body_text(const struct gateway *g, const char *name, char *text, size_t cap)
{
    struct text to = {text, cap};
    text[0] = '\0';
    return body_read(g, &name, 1, 1, string_take, &to);
}
