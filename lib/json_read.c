/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/json_read.h"

#include "lib/utf8.h"

_Static_assert(JSON_DEPTH_MAX <= 32, "one bit of json_reader.objects for each level");

struct json_reader json_reader_of(struct span text)
{
    return (struct json_reader){.c = cursor_of(text)};
}

/* -- characters ------------------------------------------------------------ */

/* The next byte without taking it; -1 at the end or after an error. */
static int byte_peek(const struct json_reader *r)
{
    return r->c.err || r->c.left == 0 ? -1 : r->c.at[0];
}

static bool byte_take(struct json_reader *r, int byte)
{
    if (byte_peek(r) != byte)
        return false;
    cursor_skip(&r->c, 1);
    return true;
}

/* E_MORE at the end of the text, E_MALFORMED before it. */
static void unexpected(struct json_reader *r)
{
    cursor_fail(&r->c, r->c.left ? E_MALFORMED : E_MORE);
}

static void byte_expect(struct json_reader *r, int byte)
{
    if (!byte_take(r, byte))
        unexpected(r);
}

static void space_skip(struct json_reader *r)
{
    while (byte_take(r, ' ') || byte_take(r, '\t') || byte_take(r, '\n') || byte_take(r, '\r'))
        ;
}

static void literal_expect(struct json_reader *r, const char *literal)
{
    for (; *literal; literal++)
        byte_expect(r, *literal);
}

/* -- structure ------------------------------------------------------------- */

static bool in_object(const struct json_reader *r)
{
    return (r->objects >> (r->depth - 1) & 1) != 0;
}

enum json_type json_peek(struct json_reader *r)
{
    space_skip(r);
    switch (byte_peek(r)) {
    case '{': return JSON_OBJECT;
    case '[': return JSON_ARRAY;
    case '"': return JSON_STRING;
    case 't': return JSON_TRUE;
    case 'f': return JSON_FALSE;
    case 'n': return JSON_NULL;
    case '-': case '0': case '1': case '2': case '3': case '4':
    case '5': case '6': case '7': case '8': case '9':
        return JSON_NUMBER;
    default:
        unexpected(r);
        return JSON_NONE;
    }
}

/* The value must be of this type; false with an error if it is not. */
static bool type_expect(struct json_reader *r, enum json_type type)
{
    if (json_peek(r) == type)
        return true;
    cursor_fail(&r->c, E_MALFORMED);
    return false;
}

void json_enter(struct json_reader *r, enum json_type container)
{
    if (!type_expect(r, container))
        return;
    if (r->depth == JSON_DEPTH_MAX) {
        cursor_fail(&r->c, E_LIMIT);
        return;
    }
    cursor_skip(&r->c, 1);
    uint32_t bit = (uint32_t)1 << r->depth++;
    r->objects = container == JSON_OBJECT ? r->objects | bit : r->objects & ~bit;
    r->fresh = true;
}

bool json_next(struct json_reader *r)
{
    if (r->c.err || r->depth == 0) {
        cursor_fail(&r->c, E_MALFORMED);
        return false;
    }
    bool first = r->fresh;
    r->fresh = false;
    space_skip(r);
    if (byte_take(r, in_object(r) ? '}' : ']')) {
        r->depth--;
        return false;
    }
    if (!first)
        byte_expect(r, ',');
    if (byte_peek(r) < 0)
        unexpected(r);
    return !r->c.err;
}

int json_end(struct json_reader *r)
{
    space_skip(r);
    if (!r->c.err && r->depth)
        cursor_fail(&r->c, E_MALFORMED);
    return cursor_end(&r->c);
}

/* -- strings --------------------------------------------------------------- */

static uint32_t hex4_get(struct json_reader *r)
{
    uint32_t v = 0;
    for (int i = 0; i < 4; i++) {
        int byte = byte_peek(r);
        uint32_t digit;
        if (byte >= '0' && byte <= '9')
            digit = (uint32_t)(byte - '0');
        else if (byte >= 'a' && byte <= 'f')
            digit = (uint32_t)(byte - 'a' + 10);
        else if (byte >= 'A' && byte <= 'F')
            digit = (uint32_t)(byte - 'A' + 10);
        else {
            unexpected(r);
            return 0;
        }
        cursor_skip(&r->c, 1);
        v = v << 4 | digit;
    }
    return v;
}

/* After "\u": one scalar value, from one escape or a pair (section 7). */
static uint32_t unicode_get(struct json_reader *r)
{
    uint32_t high = hex4_get(r);
    if (high < 0xd800 || high > 0xdfff)
        return high;
    literal_expect(r, "\\u");
    uint32_t low = hex4_get(r);
    if (high > 0xdbff || low < 0xdc00 || low > 0xdfff)
        cursor_fail(&r->c, E_MALFORMED);
    return 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff);
}

/* After the backslash. */
static void escape_get(struct json_reader *r, struct writer *to)
{
    static const char short_form[] = "\"\\/bfnrt", meaning[] = "\"\\/\b\f\n\r\t";
    size_t i = 0;
    uint32_t scalar;
    while (short_form[i] && !byte_take(r, short_form[i]))
        i++;
    if (short_form[i]) {
        scalar = (uint32_t)meaning[i];
    } else {
        byte_expect(r, 'u');
        scalar = unicode_get(r);
    }
    if (to && !r->c.err)
        utf8_put(to, scalar);
}

/* How many bytes from here stand for themselves: up to a quote, a backslash, a
 * control character, malformed UTF-8 or the end. */
static size_t plain_length(const struct json_reader *r)
{
    struct span rest = {r->c.at, r->c.left};
    while (rest.len && rest.at[0] >= 0x20 && rest.at[0] != '"' && rest.at[0] != '\\') {
        size_t len = utf8_first(rest);
        if (len == 0)
            break;
        rest = span_of(rest.at + len, rest.len - len);
    }
    return r->c.left - rest.len;
}

void json_get_string(struct json_reader *r, struct writer *to)
{
    if (!type_expect(r, JSON_STRING))
        return;
    cursor_skip(&r->c, 1);
    while (!r->c.err && !byte_take(r, '"')) {
        struct span plain = cursor_bytes(&r->c, plain_length(r));
        if (to)
            writer_bytes(to, plain.at, plain.len);
        if (byte_take(r, '\\'))
            escape_get(r, to);
        else if (plain.len == 0)
            unexpected(r);
    }
}

void json_get_key(struct json_reader *r, struct writer *to)
{
    json_get_string(r, to);
    space_skip(r);
    byte_expect(r, ':');
}

/* -- numbers and words ----------------------------------------------------- */

static bool is_digit(int byte) { return byte >= '0' && byte <= '9'; }

static void digits_expect(struct json_reader *r)
{
    if (!is_digit(byte_peek(r)))
        unexpected(r);
    while (is_digit(byte_peek(r)))
        cursor_skip(&r->c, 1);
}

struct span json_get_number(struct json_reader *r)
{
    if (!type_expect(r, JSON_NUMBER))
        return (struct span){NULL, 0};
    struct cursor start = r->c;
    (void)byte_take(r, '-');
    if (!byte_take(r, '0')) /* no leading zeros */
        digits_expect(r);
    if (byte_take(r, '.'))
        digits_expect(r);
    if (byte_take(r, 'e') || byte_take(r, 'E')) {
        if (!byte_take(r, '+'))
            (void)byte_take(r, '-');
        digits_expect(r);
    }
    return r->c.err ? (struct span){NULL, 0} : span_of(start.at, start.left - r->c.left);
}

uint64_t json_get_uint(struct json_reader *r, uint64_t max)
{
    struct cursor digits = cursor_of(json_get_number(r));
    uint64_t v = 0;
    while (digits.left) {
        uint8_t byte = cursor_u8(&digits);
        if (!is_digit(byte)) {
            cursor_fail(&r->c, E_MALFORMED);
            return 0;
        }
        unsigned digit = (unsigned)byte - '0';
        if (digit > max || v > (max - digit) / 10) {
            cursor_fail(&r->c, E_LIMIT);
            return 0;
        }
        v = v * 10 + digit;
    }
    return v;
}

bool json_get_bool(struct json_reader *r)
{
    bool yes = json_peek(r) == JSON_TRUE;
    if (!yes && !type_expect(r, JSON_FALSE))
        return false;
    literal_expect(r, yes ? "true" : "false");
    return yes && !r->c.err;
}

void json_get_null(struct json_reader *r)
{
    if (type_expect(r, JSON_NULL))
        literal_expect(r, "null");
}

/* -- skipping -------------------------------------------------------------- */

/* Reads a scalar, or steps into a container. */
static void value_begin(struct json_reader *r)
{
    enum json_type type = json_peek(r);
    switch (type) {
    case JSON_OBJECT:
    case JSON_ARRAY: json_enter(r, type); break;
    case JSON_STRING: json_get_string(r, NULL); break;
    case JSON_NUMBER: (void)json_get_number(r); break;
    case JSON_TRUE:
    case JSON_FALSE: (void)json_get_bool(r); break;
    case JSON_NULL: json_get_null(r); break;
    case JSON_NONE: break;
    }
}

void json_skip(struct json_reader *r)
{
    uint8_t outside = r->depth;
    value_begin(r);
    while (!r->c.err && r->depth > outside) {
        if (!json_next(r)) /* left a container */
            continue;
        if (in_object(r))
            json_get_key(r, NULL);
        value_begin(r);
    }
}
