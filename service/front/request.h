/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One HTTP/1.1 request as bytes arrive: framing by http-parser, and around it
 * the rules that keep two readers of the same bytes from disagreeing.
 * Source: RFC 9112; docs/decisions/http-server.md.
 * Trust: every byte is hostile.
 *
 * Refused: any version but 1.0 and 1.1 (505; 400 for 0.9), a missing or repeated
 * Host, Content-Length with Transfer-Encoding or twice, a transfer coding other
 * than chunked, a line folded onto the next, Upgrade and CONNECT, a NUL or control character in a value, a
 * repeated header of those that are used (all 400); a target over
 * REQUEST_TARGET_MAX (414); a head over REQUEST_HEAD_MAX (431); a body over
 * body_max, before it is read where its length is announced (413).
 * on_head may hold the request where its body would begin (request_hold()): what
 * follows waits until request_go_on().
 * Not done here: time limits; what target and values mean.
 */
#ifndef PERI_SERVICE_FRONT_REQUEST_H
#define PERI_SERVICE_FRONT_REQUEST_H

#include <http_parser.h>
#include <stdbool.h>

#include "lib/cursor.h"

enum {
    REQUEST_TARGET_MAX = 8192,
    REQUEST_HEAD_MAX = 16384,
    REQUEST_VALUE_MAX = 256, /* of a header that is used */
    REQUEST_CREDENTIALS_MAX = 8192 + 7, /* of Authorization: "Bearer " and a token */
};

struct request_value {
    bool present;
    uint16_t len;
    char at[REQUEST_VALUE_MAX + 1];
};

/* The headers that are read; all others are only bounded. */
#define REQUEST_HEADER_TABLE(X)                               \
    X(host, "host")                                           \
    X(content_type, "content-type")                           \
    X(content_encoding, "content-encoding")                   \
    X(expect, "expect")                                       \
    X(range, "range")                                         \
    X(if_match, "if-match")                                   \
    X(if_none_match, "if-none-match")                         \
    X(if_range, "if-range")                                   \
    X(transfer_encoding, "transfer-encoding")                 \
    X(upgrade, "upgrade")                                     \
    X(client_request_id, "x-ms-client-request-id")            \
    X(return_client_request_id, "x-ms-return-client-request-id") \
    X(correlation_id, "x-ms-correlation-request-id")         \
    X(authorization, "authorization")

enum request_header {
#define REQUEST_ENUM(name, text) REQUEST_HEADER_##name,
    REQUEST_HEADER_TABLE(REQUEST_ENUM)
#undef REQUEST_ENUM
    REQUEST_HEADERS
};

struct request;
/* The head is complete and sound: decides.  0 and body_max set, or the HTTP
 * status of a refusal. */
typedef int request_head(void *context, struct request *request);

struct request {
    http_parser parser;
    request_head *on_head;
    void *context;
    size_t head_bytes;
    bool line_begun, line_any, head_scanned; /* of the scan for folded lines */
    size_t target_len;
    char name[40]; /* of the header being read; cut names match nothing */
    size_t name_len;
    bool in_value;
    int wanted; /* enum request_header of the value being read, or -1 */
    struct request_value value[REQUEST_HEADERS];
    uint8_t *body; /* malloc'd */
    size_t body_len, body_cap, body_max;
    char *credentials; /* malloc'd value of Authorization, NULL without one */
    size_t credentials_len;
    bool held;
    bool method_read, head_done, done;
    int refused; /* HTTP status, 0 while all is well */
    char target[REQUEST_TARGET_MAX];
};

void request_init(struct request *request, request_head *on_head, void *context);
void request_release(struct request *request);
/* Reads on; stops behind the end of the message.  The number of bytes used.
 * Afterwards done or refused may be set; then it must not be called again. */
size_t request_feed(struct request *request, struct span bytes);
/* Only from on_head, which returns 0 after it. */
void request_hold(struct request *request);
void request_go_on(struct request *request);
/* The token of "Bearer TOKEN"; empty: another scheme, or none.  false: no Authorization at all. */
bool request_bearer(const struct request *request, struct span *token);
struct span request_view(const struct request *request, enum request_header header);
/* The target before and after the first '?'. */
struct span request_path(const struct request *request);
struct span request_query(const struct request *request);
bool request_keeps_alive(const struct request *request);

#endif
