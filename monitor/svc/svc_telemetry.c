/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Telemetry: events appended to a ring of flash until their reader has
 * delivered them.
 *
 * Text of one event, as GET_TELEMETRY and GET_LOG_DATA hand it out:
 *   u32 id, u32 timestamp, u32 length, bytes
 * RESET_TELEMETRY drops the events that GET_TELEMETRY has handed out since the last
 * RESET or RETAIN, by appending a mark: an event recorded meanwhile stays.
 * RETAIN_TELEMETRY keeps them.
 */
#include "monitor/svc/svc_text.h"

enum { KIND_EVENT = 1, KIND_DROPPED = 2 /* u64 position of the first event that stays */ };

enum { EVENT_HEAD_BYTES = 8, MARK_BYTES = 8 };

enum monitor_status svc_RECORD_TELEMETRY(struct monitor *m, struct cursor *in,
                                         struct writer *reply)
{
    (void)reply; /* the request is id, timestamp, bytes: just the record */
    if (!budget_take(&m->budget, (uint32_t)in->left))
        return MONITOR_NO_FREE_SPACE;
    if (ring_append(&m->telemetry, KIND_EVENT, cursor_bytes(in, in->left)) != 0)
        return MONITOR_WRITE_FAILED;
    return MONITOR_OK;
}

/* Where the events begin that were not dropped. */
static uint64_t events_begin(const struct ring *ring)
{
    struct ring_record record;
    uint64_t position = 0, begin = 0;
    while (ring_next(ring, &position, &record)) {
        struct cursor c = cursor_of(record.payload);
        if (record.kind == KIND_DROPPED && record.payload.len == MARK_BYTES)
            begin = cursor_u64le(&c);
    }
    return begin;
}

bool telemetry_text(const struct monitor *m, uint64_t *position, struct text_piece *piece)
{
    struct ring_record record;
    if (*position == 0)
        *position = events_begin(&m->telemetry);
    while (ring_next(&m->telemetry, position, &record)) {
        if (record.kind != KIND_EVENT || record.payload.len < EVENT_HEAD_BYTES)
            continue;
        struct cursor c = cursor_of(record.payload);
        struct writer w = writer_of(piece->head, sizeof piece->head);
        writer_bytes(&w, cursor_bytes(&c, EVENT_HEAD_BYTES).at, EVENT_HEAD_BYTES);
        writer_u32le(&w, (uint32_t)c.left);
        piece->head_bytes = (uint8_t)w.len;
        piece->body = cursor_bytes(&c, c.left);
        return true;
    }
    return false;
}

enum monitor_status svc_GET_TELEMETRY(struct monitor *m, struct cursor *in, struct writer *reply)
{
    const uint32_t offset = cursor_u32le(in), bytes = cursor_u32le(in);
    uint64_t read;
    if (bytes > reply->cap)
        return MONITOR_INVALID_PARAMETER;
    const enum monitor_status status =
        text_read(m, telemetry_text, offset, bytes, reply, &read);
    if (status == MONITOR_OK && read > m->telemetry_read)
        m->telemetry_read = read;
    return status;
}

enum monitor_status svc_RESET_TELEMETRY(struct monitor *m, struct cursor *in, struct writer *reply)
{
    uint8_t mark[MARK_BYTES];
    struct writer w = writer_of(mark, sizeof mark);
    (void)in;
    (void)reply;
    if (m->telemetry_read == 0)
        return MONITOR_OK;
    if (!budget_take(&m->budget, sizeof mark))
        return MONITOR_NO_FREE_SPACE;
    writer_u64le(&w, m->telemetry_read);
    if (ring_append(&m->telemetry, KIND_DROPPED, writer_view(&w)) != 0)
        return MONITOR_WRITE_FAILED;
    m->telemetry_read = 0;
    return MONITOR_OK;
}

enum monitor_status svc_RETAIN_TELEMETRY(struct monitor *m, struct cursor *in,
                                         struct writer *reply)
{
    (void)in;
    (void)reply;
    m->telemetry_read = 0;
    return MONITOR_OK;
}
