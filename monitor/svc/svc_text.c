/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/svc/svc_text.h"

uint32_t text_size(const struct monitor *m, text_next *next)
{
    struct text_piece piece;
    uint64_t position = 0;
    uint32_t size = 0; /* at most a partition */
    while (next(m, &position, &piece))
        size += piece.head_bytes + (uint32_t)piece.body.len;
    return size;
}

/* The part of bytes that lies in what is still to be skipped and copied. */
static void part_copy(struct span bytes, uint32_t *skip, uint32_t *left, struct writer *reply)
{
    if (*skip >= bytes.len) {
        *skip -= (uint32_t)bytes.len;
        return;
    }
    uint32_t take = (uint32_t)bytes.len - *skip;
    if (take > *left)
        take = *left;
    writer_bytes(reply, bytes.at + *skip, take);
    *left -= take;
    *skip = 0;
}

enum monitor_status text_read(const struct monitor *m, text_next *next, uint32_t offset,
                              uint32_t bytes, struct writer *reply, uint64_t *read)
{
    struct text_piece piece;
    uint64_t position = 0;
    if (read)
        *read = 0;
    while (bytes && next(m, &position, &piece)) {
        part_copy(span_of(piece.head, piece.head_bytes), &offset, &bytes, reply);
        part_copy(piece.body, &offset, &bytes, reply);
        if (read && reply->len)
            *read = position;
    }
    return offset ? MONITOR_BAD_OFFSET : MONITOR_OK;
}
