/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The path is decoded once into segments, then compared with the patterns;
 * nothing is decoded twice and no decoded byte can become a separator.
 */
#include "service/api/routes.h"

#include <string.h>

#include "service/ipc/process.h"

enum { SEGMENTS_MAX = 24, SEGMENT_MAX = 255 };

struct segments {
    size_t count;
    struct span at[SEGMENTS_MAX];
    uint8_t text[2048];
    size_t used;
};

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One byte of the path, decoded; the number of raw bytes used, 0 if malformed. */
static size_t byte_decode(struct span raw, size_t at, uint8_t *out)
{
    *out = raw.at[at];
    if (*out != '%')
        return 1;
    if (raw.len - at < 3)
        return 0;
    int high = hex_value(raw.at[at + 1]), low = hex_value(raw.at[at + 2]);
    if (high < 0 || low < 0)
        return 0;
    *out = (uint8_t)(high << 4 | low);
    /* An encoded separator means that the client and we would split differently. */
    return *out == '/' || *out == '\\' ? 0 : 3;
}

static bool is_dots(struct span s)
{
    return (s.len == 1 && s.at[0] == '.') || (s.len == 2 && s.at[0] == '.' && s.at[1] == '.');
}

static int segment_add(struct segments *all, struct span raw)
{
    struct span out = {all->text + all->used, 0};
    for (size_t i = 0; i < raw.len;) {
        uint8_t c;
        size_t took = byte_decode(raw, i, &c);
        if (took == 0 || c < 0x20 || c == 0x7f)
            return E_MALFORMED;
        if (out.len == SEGMENT_MAX || all->used == sizeof all->text)
            return E_LIMIT;
        all->text[all->used++] = c;
        out.len++;
        i += took;
    }
    if (is_dots(out))
        return E_MALFORMED;
    if (all->count == SEGMENTS_MAX)
        return E_LIMIT;
    all->at[all->count++] = out;
    return 0;
}

static int path_split(struct span path, struct segments *all)
{
    all->count = all->used = 0;
    if (path.len == 0 || path.at[0] != '/')
        return E_MALFORMED;
    for (size_t i = 0; i < path.len;) {
        size_t end = i;
        while (end < path.len && path.at[end] != '/')
            end++;
        if (end > i) {
            int err = segment_add(all, span_of(path.at + i, end - i));
            if (err)
                return err;
        }
        i = end + 1;
    }
    return 0;
}

static uint8_t lower(uint8_t c) { return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c; }

static bool equal_without_case(struct span a, const char *b, size_t len)
{
    if (a.len != len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (lower(a.at[i]) != lower((uint8_t)b[i]))
            return false;
    return true;
}

/* Indexes of the segments that {names} took; the count, or -1: no match. */
static int pattern_match(const char *pattern, const struct segments *path,
                         uint8_t params[static HTTP_PARAMS_MAX])
{
    size_t segment = 0;
    int count = 0;
    for (const char *at = pattern; *at == '/'; segment++) {
        const char *start = ++at;
        at += strcspn(at, "/");
        if (segment == path->count)
            return -1;
        if (*start == '{') {
            if (count == HTTP_PARAMS_MAX)
                return -1;
            params[count++] = (uint8_t)segment;
        } else if (!equal_without_case(path->at[segment], start, (size_t)(at - start))) {
            return -1;
        }
    }
    return segment == path->count ? count : -1;
}

int route_find(enum route_method method, struct span path, struct route_match *match)
{
    struct segments segments;
    enum route_method row_method = method == ROUTE_HEAD ? ROUTE_GET : method;

    match->route = NULL;
    match->path_known = false;
    match->param_count = 0;
    int err = path_split(path, &segments);
    if (err)
        return err;
    for (size_t i = 0; i < ROUTE_COUNT; i++) {
        uint8_t params[HTTP_PARAMS_MAX];
        int count = pattern_match(route_table[i].pattern, &segments, params);
        if (count < 0)
            continue;
        match->path_known = true;
        if (route_table[i].method != row_method)
            continue;
        match->route = &route_table[i];
        match->param_count = (uint16_t)count;
        for (int k = 0; k < count; k++) {
            struct span s = segments.at[params[k]];
            memcpy(match->param[k], s.at, s.len);
            match->param[k][s.len] = '\0';
        }
        return 0;
    }
    return E_NOT_FOUND;
}

const struct route route_table[ROUTE_COUNT] = {
#define ROUTE_ROW(id, method, pattern, backend, auth, limit, summary) \
    {#id, ROUTE_##method, pattern, PROCESS_##backend, ROUTE_##auth, limit, summary},
    ROUTE_TABLE(ROUTE_ROW)
#undef ROUTE_ROW
};
