/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists: which page is wanted, the page, and the link to the next one. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/api/access.h"

enum { PAGE_DEFAULT = 100, URL_MAX = 8192 };

bool api_page(struct api_call *call, struct store_query *query)
{
    const struct query *q = &call->query;
    uint32_t limit = q->page_size && q->page_size < STORE_PAGE_MAX ? q->page_size : PAGE_DEFAULT;
    if (q->page_size >= STORE_PAGE_MAX)
        limit = STORE_PAGE_MAX;
    if (q->has_top && q->top < limit)
        limit = q->top;
    if (limit == 0) { /* $top=0: nothing is wanted */
        api_answer(call, 200, json_pack("{s:[]}", "value"));
        return false;
    }
    query->after = q->token;
    query->skip = q->skip;
    query->limit = limit;
    query->filter = span_of(q->filter, strlen(q->filter));
    return true;
}

struct url {
    char text[URL_MAX];
    size_t len;
    bool full;
};

static void url_add(struct url *url, const char *text, size_t len)
{
    if (len >= sizeof url->text - url->len) {
        url->full = true;
        return;
    }
    memcpy(url->text + url->len, text, len);
    url->text[url->len += len] = '\0';
}

static void url_add_encoded(struct url *url, struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        char hex[4];
        uint8_t c = text.at[i];
        if (isalnum(c) || strchr("-._~", c))
            url_add(url, (const char *)&c, 1);
        else
            url_add(url, hex, (size_t)snprintf(hex, sizeof hex, "%%%02X", c));
    }
}

static void url_add_number(struct url *url, const char *name, uint64_t value)
{
    char text[64];
    url_add(url, text, (size_t)snprintf(text, sizeof text, "&%s=%llu", name, (unsigned long long)value));
}

/* The pattern of the route with the caller's own parameters. */
static void url_add_path(struct url *url, const struct api_call *call)
{
    const char *at = route_table[call->handler->route].pattern;
    for (uint16_t i = 0; *at;) {
        size_t plain = strcspn(at, "{");
        url_add(url, at, plain);
        at += plain;
        if (*at == '{') {
            url_add_encoded(url, i < call->param_count ? call->param[i] : span_of(NULL, 0));
            i++;
            at += strcspn(at, "}") + 1;
        }
    }
}

static json_t *next_link(const struct api_call *call, const struct store_rows *rows, uint32_t shown)
{
    const struct query *q = &call->query;
    struct url url = {.len = 0};
    url_add(&url, call->api->base_url, strlen(call->api->base_url));
    url_add_path(&url, call);
    url_add(&url, "?api-version=" QUERY_API_VERSION, strlen("?api-version=" QUERY_API_VERSION));
    url_add_number(&url, "$skipToken", rows->next);
    if (rows->skip)
        url_add_number(&url, "$skip", rows->skip);
    if (q->has_top)
        url_add_number(&url, "$top", q->top - shown);
    if (q->page_size)
        url_add_number(&url, "$maxpagesize", q->page_size);
    if (*q->filter) {
        url_add(&url, "&$filter=", strlen("&$filter="));
        url_add_encoded(&url, span_of(q->filter, strlen(q->filter)));
    }
    if (*call->query.group_name) {
        url_add(&url, "&deviceGroupName=", strlen("&deviceGroupName="));
        url_add_encoded(&url, span_of(call->query.group_name, strlen(call->query.group_name)));
    }
    return url.full ? NULL : json_string(url.text);
}

void api_finish_page(struct api_call *call, struct span payload)
{
    struct store_rows rows;
    uint32_t count = 0;
    int err = record_parse(&store_rows_type, payload, &rows);
    void *row = calloc(1, call->handler->row->size);
    json_t *page = json_object(), *value = json_array();
    struct cursor c = cursor_of(rows.rows);
    if (!err && (!row || !page || json_object_set(page, "value", value) != 0))
        err = E_NOMEM;
    while (!err && c.left) {
        record_get(call->handler->row, &c, row);
        if (c.err)
            err = E_INTERNAL;
        else if (json_array_append_new(value, call->handler->render(call, row)) != 0)
            err = E_NOMEM;
        count++;
    }
    if (!err && rows.next && !(call->query.has_top && call->query.top <= count) &&
        json_object_set_new(page, "nextLink", next_link(call, &rows, count)) != 0)
        err = E_NOMEM;
    json_decref(value);
    free(row);
    if (err) {
        json_decref(page);
        api_fail_status(call, err);
    } else {
        api_answer(call, 200, page);
    }
}
