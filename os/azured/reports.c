/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/reports.h"

#include <string.h>

#include "lib/cbor.h"
#include "lib/crc32.h"

static bool same_kind(const struct os_event *a, const struct os_event *b)
{
    return a->category == b->category && a->exit_code == b->exit_code && a->signal == b->signal &&
           memcmp(a->component, b->component, 16) == 0 && memcmp(a->image, b->image, 16) == 0;
}

bool reports_add(struct reports *r, const struct os_event *event)
{
    for (size_t i = 0; i < r->waiting; i++) {
        struct report *known = &r->at[i];
        if (!same_kind(&known->event, event))
            continue;
        if (known->count < UINT32_MAX)
            known->count++;
        if (event->time_s < known->event.time_s) /* the clock was set back */
            known->event.time_s = event->time_s;
        if (event->time_s > known->last_s)
            known->last_s = event->time_s;
        return true;
    }
    if (r->waiting == REPORTS_MAX) {
        r->dropped++;
        return false;
    }
    r->at[r->waiting++] = (struct report){*event, event->time_s, 1};
    return true;
}

bool reports_batch_make(struct reports *r, const uint8_t id[static 16])
{
    if (r->in_batch || !r->waiting)
        return false;
    size_t n = r->waiting < DEVICE_API_EVENTS_MAX ? r->waiting : DEVICE_API_EVENTS_MAX;
    memcpy(r->batch, r->at, n * sizeof *r->at);
    memmove(r->at, r->at + n, (r->waiting - n) * sizeof *r->at);
    memcpy(r->batch_id, id, sizeof r->batch_id);
    r->in_batch = n;
    r->waiting -= n;
    return true;
}

void reports_batch_end(struct reports *r)
{
    r->in_batch = 0;
    memset(r->batch_id, 0, sizeof r->batch_id);
}

int reports_batch_write(const struct reports *r, struct writer *w)
{
    cbor_put_map(w, 2);
    cbor_put_uint(w, 1);
    cbor_put_bytes(w, r->batch_id, sizeof r->batch_id);
    cbor_put_uint(w, 2);
    cbor_put_array(w, r->in_batch);
    for (size_t i = 0; i < r->in_batch; i++) {
        const struct report *e = &r->batch[i];
        cbor_put_array(w, 8);
        cbor_put_uint(w, e->event.category);
        cbor_put_uint(w, e->event.time_s);
        cbor_put_uint(w, e->last_s);
        cbor_put_uint(w, e->count);
        cbor_put_bytes(w, e->event.component, 16);
        cbor_put_bytes(w, e->event.image, 16);
        cbor_put_uint(w, e->event.exit_code);
        cbor_put_uint(w, e->event.signal);
    }
    return w->err;
}

static void read_entry(struct cursor *c, struct report *e)
{
    e->event.category = cursor_u32le(c);
    cursor_copy(c, e->event.component, 16);
    cursor_copy(c, e->event.image, 16);
    e->event.exit_code = cursor_u32le(c);
    e->event.signal = cursor_u32le(c);
    e->event.time_s = cursor_u64le(c);
    e->last_s = cursor_u64le(c);
    e->count = cursor_u32le(c);
    if (!c->err && (e->count == 0 || e->last_s < e->event.time_s ||
                    e->event.category < EVENT_APP_CRASH || e->event.category > EVENT_LOCAL_REFUSED))
        cursor_fail(c, E_MALFORMED);
}

static void write_entry(struct writer *w, const struct report *e)
{
    writer_u32le(w, e->event.category);
    writer_bytes(w, e->event.component, 16);
    writer_bytes(w, e->event.image, 16);
    writer_u32le(w, e->event.exit_code);
    writer_u32le(w, e->event.signal);
    writer_u64le(w, e->event.time_s);
    writer_u64le(w, e->last_s);
    writer_u32le(w, e->count);
}

static int read_all(struct span bytes, struct reports *r)
{
    static const uint8_t none[16] = {0};
    if (bytes.len < REPORTS_HEADER_BYTES + 4)
        return E_MORE;
    struct cursor end = cursor_of(span_of(bytes.at + bytes.len - 4, 4));
    if (crc32_update(0, bytes.at, bytes.len - 4) != cursor_u32le(&end))
        return E_CORRUPT;
    struct cursor c = cursor_of(span_of(bytes.at, bytes.len - 4));
    if (cursor_u32le(&c) != REPORTS_MAGIC)
        return E_MALFORMED;
    if (cursor_u16le(&c) != REPORTS_VERSION)
        return E_VERSION;
    r->waiting = cursor_u16le(&c);
    r->in_batch = cursor_u16le(&c);
    if (cursor_u16le(&c) != 0)
        return E_MALFORMED;
    if (r->waiting > REPORTS_MAX || r->in_batch > DEVICE_API_EVENTS_MAX)
        return E_LIMIT;
    cursor_copy(&c, r->batch_id, sizeof r->batch_id);
    if ((memcmp(r->batch_id, none, sizeof none) == 0) != (r->in_batch == 0))
        return E_MALFORMED;
    r->dropped = cursor_u64le(&c);
    for (size_t i = 0; i < r->in_batch; i++)
        read_entry(&c, &r->batch[i]);
    for (size_t i = 0; i < r->waiting; i++)
        read_entry(&c, &r->at[i]);
    return cursor_end(&c);
}

int reports_parse(struct span bytes, struct reports *r)
{
    memset(r, 0, sizeof *r);
    int err = read_all(bytes, r);
    if (err)
        memset(r, 0, sizeof *r);
    return err;
}

int reports_write(const struct reports *r, struct writer *w)
{
    size_t start = w->len;
    writer_u32le(w, REPORTS_MAGIC);
    writer_u16le(w, REPORTS_VERSION);
    writer_u16le(w, (uint16_t)r->waiting);
    writer_u16le(w, (uint16_t)r->in_batch);
    writer_u16le(w, 0);
    writer_bytes(w, r->batch_id, sizeof r->batch_id);
    writer_u64le(w, r->dropped);
    for (size_t i = 0; i < r->in_batch; i++)
        write_entry(w, &r->batch[i]);
    for (size_t i = 0; i < r->waiting; i++)
        write_entry(w, &r->at[i]);
    if (!w->err)
        writer_u32le(w, crc32_update(0, w->at + start, w->len - start));
    return w->err;
}
