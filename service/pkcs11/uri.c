/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/pkcs11/uri.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "lib/hex.h"

static const char scheme[] = "pkcs11:";
enum { SCHEME = sizeof scheme - 1 };

/* Attributes that are taken, in the order of uri_format(). */
static const struct attribute_row {
    const char *name;
    size_t offset, most;
} rows[] = {
    {"token", offsetof(struct token_uri, token), 32},
    {"manufacturer", offsetof(struct token_uri, manufacturer), 32},
    {"serial", offsetof(struct token_uri, serial), 16},
    {"model", offsetof(struct token_uri, model), 16},
    {"object", offsetof(struct token_uri, object), URI_LABEL_MAX},
    {"id", offsetof(struct token_uri, id), URI_ID_MAX},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static const char *const type_names[] = {
    [URI_TYPE_PRIVATE] = "private", [URI_TYPE_PUBLIC] = "public", [URI_TYPE_SECRET] = "secret-key"};
enum { TYPES = sizeof type_names / sizeof type_names[0] };

static bool is(struct span text, const char *word)
{
    return text.len == strlen(word) && memcmp(text.at, word, text.len) == 0;
}

bool uri_is(struct span text) { return text.len >= SCHEME && memcmp(text.at, scheme, SCHEME) == 0; }

/* pk11-res-avail of RFC 7512: what stands for itself in a value. */
static bool is_plain(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c && strchr("-._~:[]@!$'()*+,=&", c) != NULL);
}

static int value_read(struct span text, size_t most, struct uri_value *value)
{
    struct cursor c = cursor_of(text);
    if (value->len)
        return E_DUPLICATE;
    while (c.left) {
        struct span one = cursor_bytes(&c, 1);
        uint8_t byte = one.at[0];
        if (byte == '%') {
            struct span digits = cursor_bytes(&c, 2);
            if (c.err || hex_decode(digits, &byte, 1) != 0)
                return E_MALFORMED;
        } else if (!is_plain(byte)) {
            return E_MALFORMED;
        }
        if (value->len == most)
            return E_LIMIT;
        value->bytes[value->len++] = byte;
    }
    return value->len ? 0 : E_MALFORMED; /* an empty one says nothing, and looks as if it did */
}

static int type_read(struct span text, enum uri_type *type)
{
    if (*type != URI_TYPE_ANY)
        return E_DUPLICATE;
    for (size_t i = URI_TYPE_PRIVATE; i < TYPES; i++)
        if (is(text, type_names[i])) {
            *type = (enum uri_type)i;
            return 0;
        }
    return E_UNSUPPORTED;
}

static int attribute_read(struct span name, struct span value, struct token_uri *uri)
{
    if (is(name, "type"))
        return type_read(value, &uri->type);
    for (size_t i = 0; i < ROWS; i++)
        if (is(name, rows[i].name))
            return value_read(value, rows[i].most, (struct uri_value *)(void *)((uint8_t *)uri + rows[i].offset));
    return E_UNSUPPORTED;
}

static int fail(char *why, int err, struct span part)
{
    static const struct {
        int err;
        const char *text;
    } words[] = {
        {E_DUPLICATE, "stands twice"},
        {E_LIMIT, "is too long"},
        {E_UNSUPPORTED, "is not taken in the name of a key"},
        {E_MALFORMED, "is malformed"},
    };
    const char *text = "is malformed";
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (words[i].err == err)
            text = words[i].text;
    /* An operator's own text, but it goes to a log: printable, and not all of it. */
    char shown[33];
    size_t n = 0;
    for (; n < part.len && n < sizeof shown - 1; n++)
        shown[n] = (char)(part.at[n] > 0x20 && part.at[n] < 0x7f ? part.at[n] : '?');
    shown[n] = '\0';
    snprintf(why, URI_WHY_BYTES, "\"%s\" %s", shown, text);
    return err;
}

static int path_read(struct span text, struct token_uri *uri, char *why)
{
    while (text.len) {
        const uint8_t *end = memchr(text.at, ';', text.len);
        struct span part = span_of(text.at, end ? (size_t)(end - text.at) : text.len);
        const uint8_t *equals = part.len ? memchr(part.at, '=', part.len) : NULL;
        if (!equals)
            return fail(why, E_MALFORMED, part);
        struct span name = span_of(part.at, (size_t)(equals - part.at));
        int err = attribute_read(name, span_of(equals + 1, part.len - name.len - 1), uri);
        if (err)
            return fail(why, err, name);
        if (end && part.len + 1 == text.len)
            return fail(why, E_MALFORMED, span_of(end, 1)); /* nothing behind the last ';' */
        text = end ? span_of(end + 1, text.len - part.len - 1) : span_of(NULL, 0);
    }
    return 0;
}

int uri_parse(struct span text, struct token_uri *uri, char why[static URI_WHY_BYTES])
{
    struct token_uri parsed = {0};
    memset(uri, 0, sizeof *uri);
    why[0] = '\0';
    if (!uri_is(text))
        return fail(why, E_MALFORMED, text);
    if (text.len > URI_TEXT_MAX) {
        snprintf(why, URI_WHY_BYTES, "it is longer than %d characters", URI_TEXT_MAX);
        return E_LIMIT;
    }
    const uint8_t *query = memchr(text.at, '?', text.len);
    if (query) {
        snprintf(why, URI_WHY_BYTES, "nothing may follow \"?\": service.json names the module and where the PIN is");
        return E_UNSUPPORTED;
    }
    int err = path_read(span_of(text.at + SCHEME, text.len - SCHEME), &parsed, why);
    if (!err)
        *uri = parsed;
    return err;
}

/* -- writing -------------------------------------------------------------------- */

static void value_write(const struct uri_value *value, struct writer *w)
{
    for (size_t i = 0; i < value->len; i++) {
        uint8_t byte = value->bytes[i];
        char digits[3];
        if (is_plain(byte) && byte != '=' && byte != '&') {
            writer_u8(w, byte);
        } else {
            hex_encode(&byte, 1, digits);
            writer_u8(w, '%');
            writer_bytes(w, digits, 2);
        }
    }
}

static void name_write(const char *name, size_t *count, struct writer *w)
{
    if ((*count)++)
        writer_u8(w, ';');
    writer_bytes(w, name, strlen(name));
    writer_u8(w, '=');
}

int uri_format(const struct token_uri *uri, char *text, size_t cap)
{
    struct writer w = writer_of(text, cap);
    size_t count = 0;
    writer_bytes(&w, scheme, SCHEME);
    for (size_t i = 0; i < ROWS; i++) {
        const struct uri_value *value = (const struct uri_value *)(const void *)((const uint8_t *)uri + rows[i].offset);
        if (value->len == 0)
            continue;
        name_write(rows[i].name, &count, &w);
        value_write(value, &w);
    }
    if (uri->type != URI_TYPE_ANY) {
        name_write("type", &count, &w);
        writer_bytes(&w, type_names[uri->type], strlen(type_names[uri->type]));
    }
    writer_u8(&w, '\0');
    if (w.err && cap)
        text[0] = '\0';
    return w.err;
}

bool uri_value_matches(const struct uri_value *value, const uint8_t *field, size_t len)
{
    while (len && field[len - 1] == ' ')
        len--;
    return value->len == 0 || (value->len == len && memcmp(value->bytes, field, len) == 0);
}
