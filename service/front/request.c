/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/front/request.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { BODY_FIRST = 1024 };

static const char *const header_names[REQUEST_HEADERS] = {
#define REQUEST_NAME(name, text) [REQUEST_HEADER_##name] = text,
    REQUEST_HEADER_TABLE(REQUEST_NAME)
#undef REQUEST_NAME
};

static int refuse(struct request *r, int status)
{
    if (!r->refused)
        r->refused = status;
    return -1;
}

/* RFC 9110 section 5.6.2.  http-parser as Debian builds it lets a space pass, so
 * "Transfer-Encoding :" would mean one thing here and another elsewhere. */
static bool is_token_char(unsigned char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

/* -- callbacks of the parser: 0 goes on ---------------------------------- */

static int on_url(http_parser *parser, const char *at, size_t len)
{
    struct request *r = parser->data;
    r->method_read = true;
    if (len > sizeof r->target - r->target_len)
        return refuse(r, 414);
    memcpy(r->target + r->target_len, at, len);
    r->target_len += len;
    return 0;
}

static int header_find(const struct request *r)
{
    for (int i = 0; i < REQUEST_HEADERS; i++)
        if (strlen(header_names[i]) == r->name_len &&
            strncasecmp(header_names[i], r->name, r->name_len) == 0)
            return i;
    return -1;
}

static int on_name(http_parser *parser, const char *at, size_t len)
{
    struct request *r = parser->data;
    if (r->head_done) /* a trailer after chunks: nothing here uses any */
        return refuse(r, 400);
    if (r->in_value) {
        r->in_value = false;
        r->name_len = 0;
    }
    for (size_t i = 0; i < len; i++, r->name_len++) {
        if (!is_token_char((unsigned char)at[i]))
            return refuse(r, 400);
        if (r->name_len < sizeof r->name)
            r->name[r->name_len] = at[i];
    }
    return 0;
}

/* Longer than other values, and wiped when it has been used. */
static int credentials_add(struct request *r, const char *at, size_t len)
{
    if (len > (size_t)REQUEST_CREDENTIALS_MAX - r->credentials_len)
        return refuse(r, 431);
    char *grown = realloc(r->credentials, r->credentials_len + len + 1);
    if (!grown)
        return refuse(r, 503);
    r->credentials = grown;
    memcpy(grown + r->credentials_len, at, len);
    r->credentials_len += len;
    return 0;
}

static int on_value(http_parser *parser, const char *at, size_t len)
{
    struct request *r = parser->data;
    if (!r->in_value) {
        r->in_value = true;
        r->wanted = header_find(r);
        if (r->wanted >= 0) {
            if (r->value[r->wanted].present)
                return refuse(r, 400);
            r->value[r->wanted].present = true;
        }
    }
    for (size_t i = 0; i < len; i++)
        if (((unsigned char)at[i] < 0x20 && at[i] != '\t') || at[i] == 0x7f)
            return refuse(r, 400);
    if (r->wanted < 0)
        return 0;
    if (r->wanted == REQUEST_HEADER_authorization)
        return credentials_add(r, at, len);
    struct request_value *v = &r->value[r->wanted];
    if (len > (size_t)REQUEST_VALUE_MAX - v->len)
        return refuse(r, 431);
    memcpy(v->at + v->len, at, len);
    v->len = (uint16_t)(v->len + len);
    return 0;
}

static int head_check(struct request *r)
{
    const http_parser *p = &r->parser;
    if (p->http_major == 0)
        return 400; /* HTTP/0.9: a line without a version */
    if (p->http_major != 1 || p->http_minor > 1)
        return 505;
    if (p->http_minor == 1 && !r->value[REQUEST_HEADER_host].present)
        return 400;
    struct span coding = request_view(r, REQUEST_HEADER_transfer_encoding);
    if (r->value[REQUEST_HEADER_transfer_encoding].present &&
        (p->http_minor == 0 || coding.len != 7 || strncasecmp((const char *)coding.at, "chunked", 7) != 0))
        return 400;
    if (p->method == HTTP_CONNECT || p->upgrade || r->value[REQUEST_HEADER_upgrade].present)
        return 400;
    return 0;
}

static int on_headers_complete(http_parser *parser)
{
    struct request *r = parser->data;
    int status = head_check(r);
    r->head_done = true;
    if (!status)
        status = r->on_head(r->context, r);
    if (status)
        return refuse(r, status);
    /* ULLONG_MAX: no length announced */
    if (parser->content_length != UINT64_MAX && parser->content_length > r->body_max)
        return refuse(r, 413);
    return 0;
}

static int on_body(http_parser *parser, const char *at, size_t len)
{
    struct request *r = parser->data;
    if (len > r->body_max - r->body_len)
        return refuse(r, 413);
    if (len > r->body_cap - r->body_len) {
        size_t cap = r->body_cap ? r->body_cap : BODY_FIRST;
        while (cap < r->body_len + len)
            cap *= 2;
        if (cap > r->body_max)
            cap = r->body_max;
        uint8_t *grown = realloc(r->body, cap);
        if (!grown)
            return refuse(r, 503);
        r->body = grown;
        r->body_cap = cap;
    }
    memcpy(r->body + r->body_len, at, len);
    r->body_len += len;
    return 0;
}

static int on_message_complete(http_parser *parser)
{
    struct request *r = parser->data;
    r->done = true;
    http_parser_pause(parser, 1); /* the next request on the connection waits */
    return 0;
}

static const http_parser_settings settings = {
    .on_url = on_url,
    .on_header_field = on_name,
    .on_header_value = on_value,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

void request_init(struct request *r, request_head *on_head, void *context)
{
    memset(r, 0, offsetof(struct request, target));
    http_parser_init(&r->parser, HTTP_REQUEST);
    r->parser.data = r;
    r->on_head = on_head;
    r->context = context;
    r->wanted = -1;
}

void request_release(struct request *r)
{
    if (r->credentials)
        explicit_bzero(r->credentials, r->credentials_len);
    free(r->credentials);
    r->credentials = NULL;
    r->credentials_len = 0;
    free(r->body);
    r->body = NULL;
    r->body_len = r->body_cap = 0;
}

static size_t feed(struct request *r, const uint8_t *at, size_t len)
{
    size_t used = http_parser_execute(&r->parser, &settings, (const char *)at, len);
    if (r->refused || r->done || r->held)
        return used;
    if (HTTP_PARSER_ERRNO(&r->parser) == HPE_HEADER_OVERFLOW)
        refuse(r, 431);
    else if (HTTP_PARSER_ERRNO(&r->parser) != HPE_OK || used != len)
        refuse(r, 400);
    return used;
}

/* RFC 9112 section 5.2: a line that begins with a space goes on with the one
 * before.  http-parser joins them, others do not: nobody needs it, so it is refused. */
static bool has_fold(struct request *r, struct span bytes)
{
    for (size_t i = 0; i < bytes.len && !r->head_scanned; i++) {
        uint8_t c = bytes.at[i];
        if (c == '\n') {
            r->head_scanned = r->line_any && !r->line_begun;
            r->line_begun = false;
        } else if (c != '\r') {
            if (r->line_any && !r->line_begun && (c == ' ' || c == '\t'))
                return true;
            r->line_begun = r->line_any = true;
        }
    }
    return false;
}

size_t request_feed(struct request *r, struct span bytes)
{
    size_t used = 0;
    if (!r->head_done) {
        /* The head is counted here: http-parser's own limit is for the process. */
        size_t room = REQUEST_HEAD_MAX - r->head_bytes;
        size_t part = bytes.len < room ? bytes.len : room;
        if (has_fold(r, span_of(bytes.at, part))) {
            refuse(r, 400);
            return part;
        }
        used = feed(r, bytes.at, part);
        r->head_bytes += used;
        if (!r->head_done && !r->refused && r->head_bytes == REQUEST_HEAD_MAX)
            refuse(r, 431);
    }
    if (!r->done && !r->refused && !r->held && used < bytes.len)
        used += feed(r, bytes.at + used, bytes.len - used);
    return used;
}

/* http-parser stops before the last line feed of the head, and reads it again when
 * it goes on. */
void request_hold(struct request *r)
{
    r->held = true;
    http_parser_pause(&r->parser, 1);
}

void request_go_on(struct request *r)
{
    r->held = false;
    http_parser_pause(&r->parser, 0);
}

bool request_bearer(const struct request *r, struct span *token)
{
    static const char scheme[] = "bearer ";
    size_t len = sizeof scheme - 1;
    *token = span_of(NULL, 0);
    if (r->credentials_len > len && strncasecmp(r->credentials, scheme, len) == 0)
        *token = span_of(r->credentials + len, r->credentials_len - len);
    return r->value[REQUEST_HEADER_authorization].present;
}

struct span request_view(const struct request *r, enum request_header header)
{
    return span_of(r->value[header].at, r->value[header].len);
}

struct span request_path(const struct request *r)
{
    const char *mark = memchr(r->target, '?', r->target_len);
    return span_of(r->target, mark ? (size_t)(mark - r->target) : r->target_len);
}

struct span request_query(const struct request *r)
{
    struct span path = request_path(r);
    return path.len == r->target_len ? span_of(NULL, 0)
                                     : span_of(r->target + path.len + 1, r->target_len - path.len - 1);
}

/* A refused request without a body ends where its head ends. */
static bool ended(const struct request *r)
{
    if (!r->refused)
        return r->done;
    bool refused_by_head = r->refused == 401 || r->refused == 403 || r->refused == 404 ||
                           r->refused == 405;
    return refused_by_head && r->head_done && !r->value[REQUEST_HEADER_transfer_encoding].present &&
           (r->parser.content_length == 0 || r->parser.content_length == UINT64_MAX);
}

bool request_keeps_alive(const struct request *r)
{
    return ended(r) && http_should_keep_alive(&r->parser);
}
