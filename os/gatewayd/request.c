/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/gatewayd/request.h"

#include <string.h>

#include "os/gatewayd/rest_error.h"

static int refuse(struct request *r, uint32_t error)
{
    if (!r->refused)
        r->refused = error;
    return -1;
}

static int counted(struct request *r, size_t len)
{
    if (len > (size_t)REQUEST_HEAD_MAX - r->head_bytes)
        return refuse(r, REST_HEADER_TOO_LARGE);
    r->head_bytes += len;
    return 0;
}

static int on_url(http_parser *parser, const char *at, size_t len)
{
    struct request *r = parser->data;
    if (len > (size_t)REQUEST_PATH_MAX - r->path_len)
        return refuse(r, REST_INVALID_URI);
    for (size_t i = 0; i < len; i++)
        if (at[i] <= 0x20 || at[i] >= 0x7f || at[i] == '?' || at[i] == '#')
            return refuse(r, REST_INVALID_URI);
    memcpy(r->path + r->path_len, at, len);
    r->path_len += len;
    r->path[r->path_len] = '\0';
    return counted(r, len);
}

static int on_header(http_parser *parser, const char *at, size_t len)
{
    struct request *r = parser->data;
    (void)at;
    /* A trailer comes after chunks, and those are refused. */
    return r->head_done ? refuse(r, REST_INVALID_REQUEST) : counted(r, len);
}

static enum request_method method_of(unsigned method)
{
    switch (method) {
    case HTTP_GET: return METHOD_GET;
    case HTTP_POST: return METHOD_POST;
    case HTTP_PUT: return METHOD_PUT;
    case HTTP_DELETE: return METHOD_DELETE;
    case HTTP_PATCH: return METHOD_PATCH;
    default: return METHOD_OTHER;
    }
}

static int on_headers_complete(http_parser *parser)
{
    struct request *r = parser->data;
    r->method = method_of(parser->method);
    r->has_length = parser->flags & F_CONTENTLENGTH;
    r->length = r->has_length ? parser->content_length : 0;
    r->keep_alive = http_should_keep_alive(parser) != 0;
    r->head_done = true;
    if (r->path[0] != '/')
        return refuse(r, REST_INVALID_URI);
    if (parser->http_major != 1 || parser->http_minor > 1 || parser->upgrade ||
        parser->flags & F_CHUNKED)
        return refuse(r, REST_INVALID_REQUEST);
    uint32_t error = r->head ? r->head(r->context, r) : 0;
    return error ? refuse(r, error) : 0;
}

static int on_body(http_parser *parser, const char *at, size_t len)
{
    struct request *r = parser->data;
    uint32_t error = r->body ? r->body(r->context, span_of(at, len)) : REST_TOO_LARGE;
    return error ? refuse(r, error) : 0;
}

static int on_complete(http_parser *parser)
{
    struct request *r = parser->data;
    r->complete = true;
    http_parser_pause(parser, 1);
    return 0;
}

static const http_parser_settings callbacks = {
    .on_url = on_url,
    .on_header_field = on_header,
    .on_header_value = on_header,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_complete,
};

void request_init(struct request *r)
{
    *r = (struct request){.context = r->context, .head = r->head, .body = r->body};
    http_parser_init(&r->parser, HTTP_REQUEST);
    r->parser.data = r;
}

int request_feed(struct request *r, struct span bytes)
{
    if (r->complete)
        return bytes.len ? E_TRAILING : 0;
    if (r->refused)
        return E_MALFORMED;
    size_t used = http_parser_execute(&r->parser, &callbacks, (const char *)bytes.at, bytes.len);
    if (r->refused)
        return E_MALFORMED;
    if (r->complete)
        return used == bytes.len ? 0 : E_TRAILING;
    if (HTTP_PARSER_ERRNO(&r->parser) != HPE_OK || used != bytes.len) {
        (void)refuse(r, REST_INVALID_REQUEST);
        return E_MALFORMED;
    }
    return 0;
}
