/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/front/answer.h"

#include <event2/buffer.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/cbor.h"

/* What front says by itself: the code as Azure Resource Manager names it. */
static const struct status_row {
    int status;
    const char *reason, *code, *message;
    uint32_t retry_after_s;
} rows[] = {
    {400, "Bad Request", "BadRequest", "The request is malformed.", 0},
    {401, "Unauthorized", "AuthenticationFailed", "A client certificate of this service, or a bearer token of its OpenID Connect provider, is required.", 0},
    {403, "Forbidden", "AuthorizationFailed", "The client's identity does not allow this request.", 0},
    {404, "Not Found", "NotFound", "There is no such path.", 0},
    {405, "Method Not Allowed", "MethodNotAllowed", "The path does not take this method.", 0},
    {408, "Request Timeout", "RequestTimeout", "The request did not arrive in time.", 0},
    {413, "Content Too Large", "RequestEntityTooLarge", "The body is larger than this path takes.", 0},
    {414, "URI Too Long", "UriTooLong", "The request target is too long.", 0},
    {415, "Unsupported Media Type", "UnsupportedMediaType", "The Content-Type is none that this path takes (the management API: application/json), or the body is compressed.", 0},
    {417, "Expectation Failed", "ExpectationFailed", "The expectation is not known.", 0},
    {431, "Request Header Fields Too Large", "RequestHeaderFieldsTooLarge", "The request head is too large.", 0},
    {500, "Internal Server Error", "InternalServerError", "The service failed to answer.", 0},
    {503, "Service Unavailable", "ServiceUnavailable", "The service is busy; try again.", 1},
    {505, "HTTP Version Not Supported", "HttpVersionNotSupported", "The service speaks HTTP/1.1.", 0},
};

/* Statuses that only backends give. */
static const struct {
    int status;
    const char *reason;
} reasons[] = {{200, "OK"}, {201, "Created"}, {202, "Accepted"}, {204, "No Content"},
               {206, "Partial Content"}, {304, "Not Modified"}, {409, "Conflict"}, {410, "Gone"},
               {412, "Precondition Failed"}, {416, "Range Not Satisfiable"},
               {422, "Unprocessable Content"}, {429, "Too Many Requests"},
               {501, "Not Implemented"}, {504, "Gateway Timeout"}, {507, "Insufficient Storage"}};

static const struct status_row *row_find(int status)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].status == status)
            return &rows[i];
    return NULL;
}

static const char *reason_of(int status)
{
    const struct status_row *row = row_find(status);
    for (size_t i = 0; !row && i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return row ? row->reason : "Other";
}

/* IMF-fixdate; made once a second. */
static const char *date_now(void)
{
    static char text[40];
    static time_t made;
    time_t now = time(NULL);
    struct tm tm;
    if (now != made && gmtime_r(&now, &tm)) {
        strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
        made = now;
    }
    return text;
}

static void header(struct evbuffer *out, const char *name, struct span value)
{
    if (value.len)
        evbuffer_add_printf(out, "%s: %.*s\r\n", name, (int)value.len, (const char *)value.at);
}

static bool has_no_body(int status) { return status == 204 || status == 304; }

int64_t answer_write(struct evbuffer *out, const struct answer_frame *frame,
                     const struct http_response *r)
{
    uint64_t length = r->stream_length ? r->stream_length : r->body.len;
    struct span correlation = frame->correlation_id;
    uint32_t retry = r->retry_after_s;
    if (correlation.len == 0)
        correlation = span_of(frame->request_id, strlen(frame->request_id));
    if (retry == 0 && (r->status == 429 || r->status == 503))
        retry = 1;
    evbuffer_add_printf(out, "HTTP/1.1 %u %s\r\nDate: %s\r\n", r->status, reason_of(r->status),
                        date_now());
    if (!has_no_body(r->status)) {
        header(out, "Content-Type", r->content_type);
        evbuffer_add_printf(out, "Content-Length: %llu\r\n", (unsigned long long)length);
    }
    header(out, "Location", r->location);
    header(out, "Azure-AsyncOperation", r->async_operation);
    header(out, "Content-Range", r->content_range);
    header(out, "ETag", r->etag);
    header(out, "Cache-Control", r->cache_control);
    if (r->stream_length)
        evbuffer_add_printf(out, "Accept-Ranges: bytes\r\n");
    if (retry && !r->no_retry_header)
        evbuffer_add_printf(out, "Retry-After: %u\r\n", retry);
    if (r->status == 401 && frame->kind == ANSWER_MANAGEMENT)
        evbuffer_add_printf(out, "WWW-Authenticate: Bearer\r\n");
    if (frame->allow)
        evbuffer_add_printf(out, "Allow: %s\r\n", frame->allow);
    evbuffer_add_printf(out, "x-ms-request-id: %s\r\n", frame->request_id);
    header(out, "x-ms-correlation-request-id", correlation);
    header(out, "x-ms-client-request-id", frame->client_request_id);
    evbuffer_add_printf(out, "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n"
                             "X-Content-Type-Options: nosniff\r\n%s%s\r\n",
                        r->cache_control.len               ? ""
                        : frame->kind == ANSWER_MANAGEMENT ? "Cache-Control: no-cache\r\nPragma: no-cache\r\nExpires: -1\r\n"
                                                           : "Cache-Control: no-store\r\n",
                        frame->close ? "Connection: close\r\n" : "");
    if (frame->head_only || has_no_body(r->status) || r->stream_length)
        return 0;
    if (r->body.len && evbuffer_add(out, r->body.at, r->body.len) != 0)
        return E_NOMEM;
    return (int64_t)r->body.len;
}

int64_t answer_refusal(struct evbuffer *out, const struct answer_frame *frame, int status)
{
    static const char json_type[] = "application/json; charset=utf-8";
    static const char cbor_type[] = "application/concise-problem-details+cbor";
    const struct status_row *row = row_find(status);
    uint8_t body[512];
    struct http_response r = {0};
    if (!row)
        row = row_find(500);
    r.status = (uint16_t)row->status;
    r.retry_after_s = row->retry_after_s;
    if (frame->kind == ANSWER_DEVICE) {
        struct writer w = writer_of(body, sizeof body);
        cbor_put_map(&w, row->retry_after_s ? 3 : 2);
        cbor_put_int(&w, -1);
        cbor_put_string(&w, row->reason);
        cbor_put_int(&w, -2);
        cbor_put_string(&w, row->message);
        if (row->retry_after_s) {
            cbor_put_int(&w, -3);
            cbor_put_uint(&w, row->retry_after_s);
        }
        r.body = writer_view(&w);
        r.content_type = span_of(cbor_type, sizeof cbor_type - 1);
    } else {
        int len = snprintf((char *)body, sizeof body, "{\"error\":{\"code\":\"%s\",\"message\":\"%s\"}}",
                           row->code, row->message);
        r.body = span_of(body, (size_t)len);
        r.content_type = span_of(json_type, sizeof json_type - 1);
    }
    return answer_write(out, frame, &r);
}
