/* SPDX-License-Identifier: BSD-2-Clause */
/* First byte chooses the message; what parses must encode to the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "service/ipc/http_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(struct span payload, const uint8_t *bytes, const struct writer *w, int err)
{
    if (err || w->len != payload.len || memcmp(bytes, payload.at, w->len) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct span payload = span_of(data + 1, size - 1);
    uint8_t *bytes = malloc(size);
    if (!bytes)
        return 0;
    struct writer w = writer_of(bytes, size);
    struct http_request request;
    struct http_response response;
    struct http_pull pull;
    if (data[0] == 'q' && http_request_parse(payload, &request) == 0)
        same(payload, bytes, &w, http_request_write(&request, &w));
    if (data[0] == 'a' && http_response_parse(payload, &response) == 0)
        same(payload, bytes, &w, http_response_write(&response, &w));
    if (data[0] == 'p' && http_pull_parse(payload, &pull) == 0)
        same(payload, bytes, &w, http_pull_write(&pull, &w));
    free(bytes);
    return 0;
}
