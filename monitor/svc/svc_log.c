/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Log of the normal world: bytes appended to a ring of flash, read as one text
 * that begins with the oldest byte still there.  A write is cut into records;
 * after a power cut the text ends with one of them.
 */
#include "monitor/svc/svc_text.h"

enum { KIND_LOG = 0, PIECE_MIN = 64 /* less room than that is left unused */ };

enum { TYPE_LOG = 0, TYPE_TELEMETRY = 1 };

enum monitor_status svc_WRITE_LOG(struct monitor *m, struct cursor *in, struct writer *reply)
{
    (void)reply;
    if (!budget_take(&m->budget, (uint32_t)in->left))
        return MONITOR_NO_FREE_SPACE;
    while (in->left) {
        size_t piece = ring_room(&m->log);
        if (piece < PIECE_MIN && piece < in->left)
            piece = RING_PAYLOAD_MAX;
        if (piece > in->left)
            piece = in->left;
        if (ring_append(&m->log, KIND_LOG, cursor_bytes(in, piece)) != 0)
            return MONITOR_WRITE_FAILED;
    }
    return MONITOR_OK;
}

static bool log_text(const struct monitor *m, uint64_t *position, struct text_piece *piece)
{
    struct ring_record record;
    if (!ring_next(&m->log, position, &record))
        return false;
    *piece = (struct text_piece){.body = record.payload};
    return true;
}

static text_next *text_of(uint32_t type)
{
    return type == TYPE_LOG ? log_text : type == TYPE_TELEMETRY ? telemetry_text : NULL;
}

enum monitor_status svc_GET_LOG_DATA_SIZE(struct monitor *m, struct cursor *in,
                                          struct writer *reply)
{
    text_next *next = text_of(cursor_u32le(in));
    if (!next)
        return MONITOR_INVALID_PARAMETER;
    writer_u32le(reply, text_size(m, next));
    return MONITOR_OK;
}

enum monitor_status svc_GET_LOG_DATA(struct monitor *m, struct cursor *in, struct writer *reply)
{
    text_next *next = text_of(cursor_u32le(in));
    const uint32_t offset = cursor_u32le(in), bytes = cursor_u32le(in);
    if (!next || bytes > reply->cap)
        return MONITOR_INVALID_PARAMETER;
    return text_read(m, next, offset, bytes, reply, NULL);
}
