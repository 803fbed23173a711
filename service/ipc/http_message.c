/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything is a byte string: what a client sent need not be UTF-8.  The
 * parsers check what the other end guarantees, so that a compromised sibling
 * cannot use this message to split a header or overrun a table.
 */
#include "service/ipc/http_message.h"

#include <stdlib.h>
#include <string.h>

#include "lib/cbor.h"
#include "service/api/routes.h"

enum {
    REQUEST_FIELDS = 13,
    RESPONSE_FIELDS = 13,
    PULL_FIELDS = 3,
    HEAD_MAX = 9, /* bytes of a CBOR head */
    PARAM_MAX = 255,
    NAME_MAX_BYTES = 256, /* identity */
    HEADER_MAX = 2048,
    RETRY_MAX_S = 30 * 86400,
};

/* -- checks -------------------------------------------------------------- */

static bool has_control(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] < 0x20 || text.at[i] == 0x7f)
            return true;
    return false;
}

static struct span text_get(struct cursor *c, size_t max)
{
    struct span text = cbor_get_bytes(c);
    if (text.len > max)
        cursor_fail(c, E_LIMIT);
    if (has_control(text))
        cursor_fail(c, E_MALFORMED);
    return text;
}

static void put_span(struct writer *w, struct span bytes) { cbor_put_bytes(w, bytes.at, bytes.len); }

static bool is_zero(const uint8_t *at, size_t len)
{
    uint8_t any = 0;
    for (size_t i = 0; i < len; i++)
        any |= at[i];
    return any == 0;
}

/* -- request ------------------------------------------------------------- */

size_t http_request_bytes(const struct http_request *r)
{
    size_t params = 0;
    for (unsigned i = 0; i < r->param_count && i < HTTP_PARAMS_MAX; i++)
        params += r->param[i].len;
    return HEAD_MAX * (1 + REQUEST_FIELDS + HTTP_PARAMS_MAX) + sizeof r->identity_key + sizeof r->identity_serial + params +
           r->identity_name.len + r->query.len + r->range.len + r->if_match.len +
           r->if_none_match.len + r->if_range.len +
           r->request_id.len + r->body.len;
}

int http_request_write(const struct http_request *r, struct writer *w)
{
    if (r->param_count > HTTP_PARAMS_MAX)
        return E_RANGE;
    cbor_put_array(w, REQUEST_FIELDS);
    cbor_put_uint(w, r->route);
    cbor_put_uint(w, r->identity);
    put_span(w, r->identity_name);
    cbor_put_bytes(w, r->identity_key, sizeof r->identity_key);
    cbor_put_bytes(w, r->identity_serial, sizeof r->identity_serial);
    cbor_put_array(w, r->param_count);
    for (unsigned i = 0; i < r->param_count; i++)
        put_span(w, r->param[i]);
    put_span(w, r->query);
    put_span(w, r->range);
    put_span(w, r->if_match);
    put_span(w, r->if_none_match);
    put_span(w, r->if_range);
    put_span(w, r->request_id);
    put_span(w, r->body);
    return w->err;
}

static void params_get(struct cursor *c, struct http_request *r)
{
    size_t count = cbor_get_array(c);
    if (count > HTTP_PARAMS_MAX) {
        cursor_fail(c, E_LIMIT);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        r->param[i] = text_get(c, PARAM_MAX);
        if (r->param[i].len == 0)
            cursor_fail(c, E_MALFORMED);
    }
    r->param_count = (uint16_t)count;
}

int http_request_parse(struct span payload, struct http_request *out)
{
    struct http_request r = {0};
    struct cursor c = cursor_of(payload);
    memset(out, 0, sizeof *out);
    cbor_expect_array(&c, REQUEST_FIELDS);
    r.route = cbor_get_u16(&c);
    r.identity = cbor_get_u16(&c);
    if (r.route >= ROUTE_COUNT || r.identity > HTTP_IDENTITY_TOKEN)
        cursor_fail(&c, E_LIMIT);
    r.identity_name = text_get(&c, NAME_MAX_BYTES);
    cbor_get_exact(&c, r.identity_key, sizeof r.identity_key);
    cbor_get_exact(&c, r.identity_serial, sizeof r.identity_serial);
    if ((r.identity == HTTP_IDENTITY_NONE || r.identity == HTTP_IDENTITY_TOKEN) &&
        !is_zero(r.identity_serial, sizeof r.identity_serial))
        cursor_fail(&c, E_MALFORMED);
    if (r.identity == HTTP_IDENTITY_NONE
            ? r.identity_name.len || !is_zero(r.identity_key, sizeof r.identity_key)
            : r.identity_name.len == 0)
        cursor_fail(&c, E_MALFORMED);
    params_get(&c, &r);
    r.query = text_get(&c, HTTP_QUERY_MAX);
    r.range = text_get(&c, HEADER_MAX);
    r.if_match = text_get(&c, HEADER_MAX);
    r.if_none_match = text_get(&c, HEADER_MAX);
    r.if_range = text_get(&c, HEADER_MAX);
    r.request_id = text_get(&c, HEADER_MAX);
    r.body = cbor_get_bytes(&c);
    int err = cursor_end(&c);
    if (!err)
        *out = r;
    return err;
}

bool http_etag_listed(struct span list, struct span etag)
{
    if (list.len == 1 && list.at[0] == '*')
        return true;
    for (size_t i = 0; etag.len && i + etag.len <= list.len; i++)
        if (memcmp(list.at + i, etag.at, etag.len) == 0)
            return true;
    return false;
}

/* -- response ------------------------------------------------------------ */

size_t http_response_bytes(const struct http_response *r)
{
    return HEAD_MAX * (1 + RESPONSE_FIELDS) + sizeof r->stream_token + r->content_type.len +
           r->location.len + r->async_operation.len + r->content_range.len + r->etag.len +
           r->cache_control.len + r->body.len;
}

int http_response_write(const struct http_response *r, struct writer *w)
{
    cbor_put_array(w, RESPONSE_FIELDS);
    cbor_put_uint(w, r->status);
    put_span(w, r->content_type);
    put_span(w, r->location);
    put_span(w, r->async_operation);
    put_span(w, r->content_range);
    put_span(w, r->etag);
    put_span(w, r->cache_control);
    cbor_put_uint(w, r->retry_after_s);
    cbor_put_bool(w, r->no_retry_header);
    put_span(w, r->body);
    cbor_put_uint(w, r->stream_length);
    cbor_put_uint(w, r->stream_offset);
    cbor_put_bytes(w, r->stream_token, sizeof r->stream_token);
    return w->err;
}

int http_response_parse(struct span payload, struct http_response *out)
{
    struct http_response r = {0};
    struct cursor c = cursor_of(payload);
    memset(out, 0, sizeof *out);
    cbor_expect_array(&c, RESPONSE_FIELDS);
    r.status = cbor_get_u16(&c);
    r.content_type = text_get(&c, HEADER_MAX);
    r.location = text_get(&c, HEADER_MAX);
    r.async_operation = text_get(&c, HEADER_MAX);
    r.content_range = text_get(&c, HEADER_MAX);
    r.etag = text_get(&c, HEADER_MAX);
    r.cache_control = text_get(&c, HEADER_MAX);
    r.retry_after_s = cbor_get_u32(&c);
    r.no_retry_header = cbor_get_bool(&c);
    r.body = cbor_get_bytes(&c);
    r.stream_length = cbor_get_uint(&c);
    r.stream_offset = cbor_get_uint(&c);
    cbor_get_exact(&c, r.stream_token, sizeof r.stream_token);
    if (r.status < 200 || r.status > 599 || r.retry_after_s > RETRY_MAX_S)
        cursor_fail(&c, E_LIMIT);
    /* One kind of body; a type exactly when there is one. */
    if (r.stream_length && r.body.len)
        cursor_fail(&c, E_MALFORMED);
    if ((r.stream_length || r.body.len) != (r.content_type.len != 0))
        cursor_fail(&c, E_MALFORMED);
    if (r.stream_length > INT64_MAX || r.stream_offset > INT64_MAX)
        cursor_fail(&c, E_LIMIT);
    int err = cursor_end(&c);
    if (!err)
        *out = r;
    return err;
}

/* -- pull ---------------------------------------------------------------- */

int http_pull_write(const struct http_pull *p, struct writer *w)
{
    cbor_put_array(w, PULL_FIELDS);
    cbor_put_bytes(w, p->token, sizeof p->token);
    cbor_put_uint(w, p->offset);
    cbor_put_uint(w, p->length);
    return w->err;
}

int http_pull_parse(struct span payload, struct http_pull *out)
{
    struct http_pull p = {0};
    struct cursor c = cursor_of(payload);
    memset(out, 0, sizeof *out);
    cbor_expect_array(&c, PULL_FIELDS);
    cbor_get_exact(&c, p.token, sizeof p.token);
    p.offset = cbor_get_uint(&c);
    p.length = cbor_get_u32(&c);
    if (p.length == 0 || p.length > HTTP_PULL_MAX || p.offset > INT64_MAX - HTTP_PULL_MAX)
        cursor_fail(&c, E_LIMIT);
    int err = cursor_end(&c);
    if (!err)
        *out = p;
    return err;
}

/* -- answers ------------------------------------------------------------- */

void http_reply(struct channel_request *request, const struct http_response *response)
{
    size_t cap = http_response_bytes(response);
    uint8_t *bytes = malloc(cap);
    if (!bytes) {
        channel_reply(request, E_NOMEM, span_of(NULL, 0));
        return;
    }
    struct writer w = writer_of(bytes, cap);
    int err = http_response_write(response, &w);
    channel_reply(request, err, writer_view(&w));
    free(bytes);
}

void http_reply_problem(struct channel_request *request, uint16_t status, const char *title,
                        const char *detail, uint32_t retry_after_s)
{
    static const char type[] = "application/concise-problem-details+cbor";
    uint8_t body[1024];
    struct writer w = writer_of(body, sizeof body);
    cbor_put_map(&w, retry_after_s ? 3 : 2);
    cbor_put_int(&w, -1);
    cbor_put_string(&w, title);
    cbor_put_int(&w, -2);
    cbor_put_string(&w, detail ? detail : "");
    if (retry_after_s) {
        cbor_put_int(&w, -3);
        cbor_put_uint(&w, retry_after_s);
    }
    struct http_response response = {
        .status = status,
        .content_type = span_of(type, w.err ? 0 : sizeof type - 1),
        .retry_after_s = retry_after_s,
        .body = writer_view(&w), /* empty rather than cut when the texts are too long */
    };
    http_reply(request, &response);
}
