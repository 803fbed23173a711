/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/output/terminal.h"

#include <langinfo.h>
#include <locale.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/utf8.h"

/* What is escaped although it is good UTF-8; both ends included. */
static const struct {
    uint32_t first, last;
} unsafe[] = {
    {0x00, 0x1f},     {0x7f, 0x9f},     {0x061c, 0x061c}, {0x200e, 0x200f},
    {0x2028, 0x202e}, {0x2066, 0x2069},
};

static uint32_t scalar_of(const uint8_t *at, size_t len)
{
    static const uint8_t lead[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t scalar = at[0] & lead[len];
    for (size_t i = 1; i < len; i++)
        scalar = scalar << 6 | (at[i] & 0x3f);
    return scalar;
}

static bool is_unsafe(uint32_t scalar)
{
    for (size_t i = 0; i < sizeof unsafe / sizeof unsafe[0]; i++)
        if (scalar >= unsafe[i].first && scalar <= unsafe[i].last)
            return true;
    return false;
}

/* Is what is written to fd read as something else than UTF-8? */
static bool is_foreign(int fd)
{
    static int utf8 = -1;
    if (fd < 0 || !isatty(fd))
        return false;
    if (utf8 < 0) {
        locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
        const char *codeset = locale ? nl_langinfo_l(CODESET, locale) : "";
        utf8 = strcmp(codeset, "UTF-8") == 0;
        if (locale)
            freelocale(locale);
    }
    return !utf8;
}

bool terminal_is_dumb(void)
{
    const char *term = getenv("TERM");
    return !term || !*term || strcmp(term, "dumb") == 0;
}

bool terminal_has_colour(int fd)
{
    const char *none = getenv("NO_COLOR");
    return isatty(fd) && !terminal_is_dumb() && !(none && *none);
}

static char *escape(const char *text, bool json, bool ascii)
{
    size_t len = strlen(text);
    char *out = malloc(6 * len + 1), *to = out;
    if (!out)
        return NULL;
    for (size_t at = 0, n; at < len; at += n) {
        const uint8_t *from = (const uint8_t *)text + at;
        n = utf8_first(span_of(from, len - at));
        uint32_t scalar = n ? scalar_of(from, n) : 0;
        bool layout = json && (scalar == '\n' || scalar == ' ');
        if (n && (layout || !is_unsafe(scalar)) && (!ascii || scalar < 0x80)) {
            memcpy(to, from, n);
            to += n;
        } else if (n && json && scalar > 0xffff) { /* a pair, as JSON has it */
            to += sprintf(to, "\\u%04X\\u%04X", 0xd800 + ((unsigned)scalar - 0x10000) / 0x400, 0xdc00 + (unsigned)scalar % 0x400);
        } else if (n && json) {
            to += sprintf(to, "\\u%04X", (unsigned)scalar);
        } else {
            n = n ? n : 1;
            for (size_t i = 0; i < n; i++)
                to += sprintf(to, "\\x%02x", from[i]);
        }
    }
    *to = 0;
    return out;
}

char *terminal_text(const char *text, int fd) { return escape(text, false, is_foreign(fd)); }
char *terminal_json(const char *json, int fd) { return escape(json, true, is_foreign(fd)); }

json_t *terminal_string(const char *text)
{
    char *safe = terminal_text(text, -1);
    json_t *string = safe ? json_string(safe) : NULL;
    free(safe);
    return string;
}

size_t terminal_columns(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

size_t terminal_offset(const char *text, size_t index)
{
    size_t at = 0;
    for (; text[at]; at++)
        if (((unsigned char)text[at] & 0xc0) != 0x80 && index-- == 0)
            break;
    return at;
}
