/* SPDX-License-Identifier: BSD-2-Clause */
/* A whole HTTP answer from a hostile service: however its bytes are cut into
 * pieces, the outcome is the same, and no limit is passed. */
#include <stdlib.h>
#include <string.h>

#include "os/azured/http_client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
    int err, status;
    uint32_t retry_after_s;
    size_t len;
    uint8_t body[1024];
};

static struct outcome parse(struct span bytes, size_t piece)
{
    struct outcome o = {0};
    struct http_exchange x = {.method = "GET", .path = "/", .body_room = writer_of(o.body, sizeof o.body)};
    o.err = http_answer_parse(&x, bytes, piece);
    o.status = x.status;
    o.retry_after_s = x.retry_after_s;
    o.len = x.body_room.len;
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span bytes = span_of(data, size);
    if (!size)
        return 0;
    struct outcome whole = parse(bytes, size), single = parse(bytes, 1);
    if (whole.err == 0 && (whole.status < 200 || single.err != 0 || single.status != whole.status ||
                           single.retry_after_s != whole.retry_after_s || single.len != whole.len ||
                           memcmp(single.body, whole.body, whole.len) != 0))
        abort();
    if (single.err == 0 && whole.err != 0)
        abort();
    return 0;
}
