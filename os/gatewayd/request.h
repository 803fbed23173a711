/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One HTTP/1.1 request of the local interface, taken apart piece by piece by
 * http_parser (docs/decisions/device-http.md).
 * Trust: hostile: whoever holds the service cable.  Before the head is complete nothing is
 * acted on; path and sizes are bounded, chunked bodies, queries and upgrades are refused.
 * Body bytes go to `body`, which the owner of the request sets in `head`, called once when
 * the head is complete; both answer 0, or an enum rest_error which ends the request.
 * States: head -> body -> complete, and refused from everywhere; refused is final.
 */
#ifndef PERI_OS_GATEWAYD_REQUEST_H
#define PERI_OS_GATEWAYD_REQUEST_H

#include <http_parser.h>

#include "lib/cursor.h"

enum {
    REQUEST_PATH_MAX = 127,
    REQUEST_HEAD_MAX = 8192, /* bytes of request line and headers */
};

enum request_method { METHOD_GET, METHOD_POST, METHOD_PUT, METHOD_DELETE, METHOD_PATCH, METHOD_OTHER };

struct request {
    enum request_method method;
    char path[REQUEST_PATH_MAX + 1]; /* begins with '/', printable ASCII, terminated */
    bool has_length;
    uint64_t length; /* of the body; 0 without one */
    bool complete, keep_alive;
    uint32_t refused; /* enum rest_error */
    bool head_done;

    void *context;
    uint32_t (*head)(void *context, const struct request *request);
    uint32_t (*body)(void *context, struct span bytes);

    http_parser parser;
    size_t path_len, head_bytes;
};

/* context and hooks are kept over this. */
void request_init(struct request *r);
/* One more piece.  0; E_MALFORMED: refused is set and says why; E_TRAILING: bytes behind
 * the request, which nothing asked for. */
int request_feed(struct request *r, struct span bytes) MUST_CHECK;

#endif
