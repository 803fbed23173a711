/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One connection's bytes as requests, whole and in pieces of the size that the
 * first byte names: both ways must find the same requests and refuse the same
 * one.  (Its status may differ when it has two faults.)
 */
#include <stdlib.h>
#include <string.h>

#include "service/front/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BODY_MAX = 64 };

static int on_head(void *context, struct request *r)
{
    (void)context;
    r->body_max = BODY_MAX;
    return 0;
}

struct outcome {
    size_t count, used;
    int refused;
    size_t body, target;
};

static struct outcome play(struct span bytes, size_t piece)
{
    struct outcome o = {0};
    struct request *r = malloc(sizeof *r);
    if (!r)
        return o;
    request_init(r, on_head, NULL);
    while (o.used < bytes.len) {
        size_t part = bytes.len - o.used < piece ? bytes.len - o.used : piece;
        o.used += request_feed(r, span_of(bytes.at + o.used, part));
        if (r->body_len > BODY_MAX || r->target_len > REQUEST_TARGET_MAX || r->head_bytes > REQUEST_HEAD_MAX)
            abort();
        if (r->refused || r->done) {
            bool again = r->done && !r->refused && request_keeps_alive(r);
            o.refused = r->refused;
            if (!r->refused) /* how much of a refused body was kept is no promise */
                o.body += r->body_len;
            o.target += r->target_len;
            o.count++;
            request_release(r);
            if (!again)
                break;
            request_init(r, on_head, NULL);
        }
    }
    request_release(r);
    free(r);
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct span bytes = span_of(data + 1, size - 1);
    struct outcome whole = play(bytes, bytes.len), pieces = play(bytes, 1u + data[0] % 16);
    if (whole.count != pieces.count || !whole.refused != !pieces.refused || whole.body != pieces.body)
        abort();
    return 0;
}
