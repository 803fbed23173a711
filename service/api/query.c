/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/api/query.h"

#include <string.h>
#include <strings.h>

#include "lib/hex.h"
#include "lib/utf8.h"

/* Percent-decoded and terminated; '+' stays '+' but in conditions, where clients that write
 * forms mean a space. */
static int decode(struct span raw, bool form, char *to, size_t cap)
{
    size_t n = 0;
    for (size_t i = 0; i < raw.len; i++) {
        uint8_t c = raw.at[i];
        if (c == '%') {
            if (raw.len - i < 3 || hex_decode(span_of(raw.at + i + 1, 2), &c, 1) != 0)
                return E_MALFORMED;
            i += 2;
        } else if (c == '+' && form) {
            c = ' ';
        }
        if (c < 0x20 || c == 0x7f)
            return E_MALFORMED;
        if (n == cap - 1)
            return E_LIMIT;
        to[n++] = (char)c;
    }
    to[n] = '\0';
    return utf8_valid(span_of(to, n)) ? 0 : E_MALFORMED;
}

static int number(const char *text, uint64_t max, uint64_t *value)
{
    *value = 0;
    if (!*text || strlen(text) > 19)
        return E_MALFORMED;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return E_MALFORMED;
        *value = *value * 10 + (uint64_t)(*text - '0');
    }
    return *value > max ? E_LIMIT : 0;
}

enum option { VERSION, FILTER, TOP, SKIP, PAGE_SIZE, TOKEN, GROUP_NAME, OPTIONS };

static const char *const option_names[OPTIONS] = {
    [VERSION] = "api-version",  [FILTER] = "$filter",    [TOP] = "$top",
    [SKIP] = "$skip",           [PAGE_SIZE] = "$maxpagesize", [TOKEN] = "$skipToken",
    [GROUP_NAME] = "deviceGroupName",
};

static bool is_dated(const char *version)
{
    static const char form[] = "0000-00-00";
    for (size_t i = 0; i < sizeof form - 1; i++)
        if (form[i] == '0' ? version[i] < '0' || version[i] > '9' : version[i] != form[i])
            return false;
    return version[sizeof form - 1] == '\0' || strcasecmp(version + sizeof form - 1, "-preview") == 0;
}

static int option_take(struct query *q, enum option option, const char *value)
{
    uint64_t v = 0;
    int err = 0;
    switch (option) {
    case VERSION:
        q->has_version = true;
        q->version_known = strcasecmp(value, QUERY_API_VERSION) == 0;
        q->version_dated = is_dated(value);
        memcpy(q->version, value, strlen(value) + 1);
        break;
    case FILTER:
        memcpy(q->filter, value, strlen(value) + 1);
        break;
    case TOP:
        err = number(value, INT32_MAX, &v);
        q->has_top = true;
        q->top = (uint32_t)v;
        break;
    case SKIP:
        err = number(value, INT32_MAX, &v);
        q->skip = (uint32_t)v;
        break;
    case PAGE_SIZE:
        err = number(value, INT32_MAX, &v);
        if (!err && v == 0)
            err = E_LIMIT;
        q->page_size = (uint32_t)v;
        break;
    case TOKEN:
        err = number(value, INT64_MAX, &q->token);
        break;
    case GROUP_NAME:
        memcpy(q->group_name, value, strlen(value) + 1);
        break;
    case OPTIONS:
        break;
    }
    return err;
}

static int pair_take(struct query *q, struct span pair, unsigned *seen)
{
    char name[QUERY_TEXT_MAX], value[FILTER_TEXT_MAX + 1];
    const uint8_t *equals = pair.len ? memchr(pair.at, '=', pair.len) : NULL;
    size_t name_len = equals ? (size_t)(equals - pair.at) : pair.len;
    int err = decode(span_of(pair.at, name_len), false, name, sizeof name);
    if (err)
        return err;
    for (int i = 0; i < OPTIONS; i++) {
        if (strcasecmp(name, option_names[i]) != 0)
            continue;
        if (*seen & 1u << i)
            return E_DUPLICATE;
        *seen |= 1u << i;
        err = decode(equals ? span_of(equals + 1, pair.len - name_len - 1) : span_of(NULL, 0), i == FILTER, value,
                     i == FILTER ? sizeof value : QUERY_TEXT_MAX);
        return err ? err : option_take(q, (enum option)i, value);
    }
    return 0;
}

int query_parse(struct span raw, struct query *query)
{
    unsigned seen = 0;
    int err = 0;
    *query = (struct query){0};
    while (!err && raw.len) {
        const uint8_t *end = memchr(raw.at, '&', raw.len);
        size_t len = end ? (size_t)(end - raw.at) : raw.len;
        err = pair_take(query, span_of(raw.at, len), &seen);
        size_t used = end ? len + 1 : len;
        raw = span_of(raw.at + used, raw.len - used);
    }
    if (err)
        *query = (struct query){0};
    return err;
}
