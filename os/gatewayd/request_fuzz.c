/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes of a client, in pieces of the size that the first byte says: nothing is let
 * through the head that the header forbids, and a refused request stays refused.
 */
#include "os/gatewayd/request.h"

#include "os/gatewayd/rest_error.h"
#include "tests/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned heads;
static uint64_t body_bytes;

static uint32_t head(void *context, const struct request *r)
{
    (void)context;
    heads++;
    REQUIRE(r->path[0] == '/' && strlen(r->path) <= REQUEST_PATH_MAX);
    for (const char *at = r->path; *at; at++)
        REQUIRE(*at > 0x20 && *at < 0x7f && *at != '?' && *at != '#');
    return r->length > 100000 ? REST_TOO_LARGE : 0;
}

static uint32_t body(void *context, struct span bytes)
{
    (void)context;
    body_bytes += bytes.len;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct request r = {.head = head, .body = body};
    heads = 0;
    body_bytes = 0;
    request_init(&r);
    size_t piece = size ? data[0] + 1u : 1;
    int err = 0;
    for (size_t at = 1; at < size && !err; at += piece)
        err = request_feed(&r, span_of(data + at, size - at < piece ? size - at : piece));
    REQUIRE(heads <= 1);
    REQUIRE(body_bytes <= r.length || r.refused);
    REQUIRE(!r.complete || (heads == 1 && !r.refused && body_bytes == r.length));
    if (r.refused)
        REQUIRE(request_feed(&r, span_of("GET / HTTP/1.1\r\n\r\n", 18)) == E_MALFORMED && !r.complete);
    return 0;
}
