/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/reports.h"

#include <signal.h>
#include <string.h>

#include "lib/cbor.h"
#include "lib/crc32.h"

enum { HEADER_1_BYTES = 36 }; /* of version 1 */

static const struct registers no_registers;

static bool same_kind(const struct report *a, const struct os_event *b, const struct registers *registers)
{
    return a->event.category == b->category && a->event.exit_code == b->exit_code &&
           a->event.signal == b->signal && memcmp(a->event.component, b->component, 16) == 0 &&
           memcmp(a->event.image, b->image, 16) == 0 && a->registers.error == registers->error &&
           a->registers.place == registers->place && memcmp(a->registers.file, registers->file, CRASH_NAME_BYTES) == 0;
}

/* Whether the kernel makes a core of it: signal(7), "Core". */
static bool makes_core(uint32_t signal)
{
    static const uint8_t signals[] = {SIGQUIT, SIGILL,  SIGTRAP, SIGABRT, SIGBUS,
                                      SIGFPE,  SIGSEGV, SIGXCPU, SIGXFSZ, SIGSYS};
    for (size_t i = 0; i < sizeof signals; i++)
        if (signals[i] == signal)
            return true;
    return false;
}

static enum report_hold hold_of(const struct reports *r, const struct os_event *event)
{
    return r->holds && event->category == EVENT_APP_CRASH && makes_core(event->signal) ? REPORT_HELD : REPORT_FREE;
}

static uint32_t sum(uint32_t a, uint32_t b)
{
    return b > UINT32_MAX - a ? UINT32_MAX : a + b;
}

bool reports_has_room(const struct reports *r)
{
    return r->waiting < REPORTS_MAX;
}

bool reports_add_many(struct reports *r, const struct os_event *event, const struct registers *registers,
                      uint32_t count, uint64_t last_s)
{
    for (size_t i = 0; i < r->waiting; i++) {
        struct report *known = &r->at[i];
        if (!same_kind(known, event, registers))
            continue;
        known->count = sum(known->count, count);
        if (event->time_s < known->event.time_s) /* the clock was set back */
            known->event.time_s = event->time_s;
        if (last_s > known->last_s)
            known->last_s = last_s;
        known->hold = hold_of(r, event);
        return true;
    }
    if (!reports_has_room(r)) {
        r->dropped += count;
        return false;
    }
    r->at[r->waiting++] = (struct report){*event, *registers, last_s, count, hold_of(r, event)};
    return true;
}

bool reports_add(struct reports *r, const struct os_event *event)
{
    return reports_add_many(r, event, &no_registers, 1, event->time_s);
}

static void entry_remove(struct reports *r, size_t i)
{
    r->waiting--;
    memmove(r->at + i, r->at + i + 1, (r->waiting - i) * sizeof *r->at);
}

/* -- crashes and their records ------------------------------------------------------ */

void reports_hold(struct reports *r, bool on)
{
    r->holds = on;
    for (size_t i = 0; i < r->waiting; i++)
        r->at[i].hold = hold_of(r, &r->at[i].event);
}

void reports_look_begin(struct reports *r)
{
    for (size_t i = 0; i < r->waiting; i++)
        if (r->at[i].hold == REPORT_HELD)
            r->at[i].hold = REPORT_SEEN;
}

void reports_look_end(struct reports *r, bool done)
{
    for (size_t i = 0; i < r->waiting; i++)
        if (r->at[i].hold == REPORT_SEEN)
            r->at[i].hold = done ? REPORT_FREE : REPORT_HELD;
}

bool reports_join(struct reports *r, const uint8_t component[static 16], uint32_t signal,
                  uint8_t image[static 16], uint64_t *time_s)
{
    for (size_t i = 0; i < r->waiting; i++) {
        struct report *e = &r->at[i];
        if (e->hold == REPORT_FREE || e->event.signal != signal || memcmp(e->event.component, component, 16) != 0)
            continue;
        memcpy(image, e->event.image, 16);
        *time_s = e->event.time_s;
        if (--e->count == 0)
            entry_remove(r, i);
        return true;
    }
    return false;
}

/* -- batches ------------------------------------------------------------------------ */

/* Nothing happened in the future: the clock was wrong then, and the service would refuse the batch. */
static void entry_date(struct report *e, uint64_t now_s)
{
    if (e->event.time_s > now_s)
        e->event.time_s = now_s;
    if (e->last_s > now_s)
        e->last_s = now_s;
}

bool reports_batch_make(struct reports *r, const uint8_t id[static 16], uint64_t now_s)
{
    if (r->in_batch)
        return false;
    uint64_t newest_s = 0;
    for (size_t i = 0; i < r->waiting && r->in_batch < DEVICE_API_EVENTS_MAX;) {
        if (r->at[i].last_s > newest_s)
            newest_s = r->at[i].last_s;
        if (r->at[i].hold != REPORT_FREE) {
            i++;
            continue;
        }
        entry_date(&r->at[i], now_s);
        r->batch[r->in_batch++] = r->at[i];
        entry_remove(r, i);
    }
    if (!r->in_batch)
        return false;
    memcpy(r->batch_id, id, sizeof r->batch_id);
    if (r->dropped) { /* there is room now */
        struct os_event lost = {.category = EVENT_REPORTS_LOST, .time_s = newest_s};
        uint32_t count = r->dropped < UINT32_MAX ? (uint32_t)r->dropped : UINT32_MAX;
        r->dropped = 0;
        (void)reports_add_many(r, &lost, &no_registers, count, newest_s);
    }
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
        bool registers = e->event.category == EVENT_APP_CRASH_REGISTERS;
        cbor_put_array(w, EVENT_FIELDS + (registers ? (size_t)EVENT_REGISTER_FIELDS : 0));
        cbor_put_uint(w, e->event.category);
        cbor_put_uint(w, e->event.time_s);
        cbor_put_uint(w, e->last_s);
        cbor_put_uint(w, e->count);
        cbor_put_bytes(w, e->event.component, 16);
        cbor_put_bytes(w, e->event.image, 16);
        cbor_put_uint(w, e->event.exit_code);
        cbor_put_uint(w, e->event.signal);
        if (registers) {
            cbor_put_uint(w, e->registers.error);
            cbor_put_uint(w, e->registers.pc);
            cbor_put_uint(w, e->registers.lr);
            cbor_put_uint(w, e->registers.sp);
            cbor_put_uint(w, e->registers.place);
            cbor_put_text(w, e->registers.file, strnlen(e->registers.file, CRASH_NAME_BYTES));
        }
    }
    return w->err;
}

static void read_entry(struct cursor *c, uint16_t version, struct report *e)
{
    e->event.category = cursor_u32le(c);
    cursor_copy(c, e->event.component, 16);
    cursor_copy(c, e->event.image, 16);
    e->event.exit_code = cursor_u32le(c);
    e->event.signal = cursor_u32le(c);
    e->event.time_s = cursor_u64le(c);
    e->last_s = cursor_u64le(c);
    e->count = cursor_u32le(c);
    if (version > 1) {
        e->registers.error = cursor_u32le(c);
        e->registers.pc = cursor_u64le(c);
        e->registers.lr = cursor_u64le(c);
        e->registers.sp = cursor_u64le(c);
        e->registers.place = cursor_u64le(c);
        cursor_copy(c, e->registers.file, CRASH_NAME_BYTES);
    }
    bool registers = e->registers.error || e->registers.pc || e->registers.lr || e->registers.sp ||
                     e->registers.place || e->registers.file[0];
    if (!c->err && (e->count == 0 || e->last_s < e->event.time_s || e->event.category < EVENT_APP_CRASH ||
                    e->event.category > EVENT_CATEGORY_MAX ||
                    (registers && e->event.category != EVENT_APP_CRASH_REGISTERS)))
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
    writer_u32le(w, e->registers.error);
    writer_u64le(w, e->registers.pc);
    writer_u64le(w, e->registers.lr);
    writer_u64le(w, e->registers.sp);
    writer_u64le(w, e->registers.place);
    writer_bytes(w, e->registers.file, CRASH_NAME_BYTES);
}

static int read_all(struct span bytes, struct reports *r)
{
    static const uint8_t none[16] = {0};
    if (bytes.len < HEADER_1_BYTES + 4)
        return E_MORE;
    struct cursor end = cursor_of(span_of(bytes.at + bytes.len - 4, 4));
    if (crc32_update(0, bytes.at, bytes.len - 4) != cursor_u32le(&end))
        return E_CORRUPT;
    struct cursor c = cursor_of(span_of(bytes.at, bytes.len - 4));
    if (cursor_u32le(&c) != REPORTS_MAGIC)
        return E_MALFORMED;
    uint16_t version = cursor_u16le(&c);
    if (version < 1 || version > REPORTS_VERSION)
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
    if (version > 1) {
        r->taken_bytes = cursor_u32le(&c);
        r->taken_crc = cursor_u32le(&c);
    }
    if (r->taken_bytes == 0 && r->taken_crc != 0)
        return E_MALFORMED;
    for (size_t i = 0; i < r->in_batch; i++)
        read_entry(&c, version, &r->batch[i]);
    for (size_t i = 0; i < r->waiting; i++)
        read_entry(&c, version, &r->at[i]);
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
    writer_u32le(w, r->taken_bytes);
    writer_u32le(w, r->taken_crc);
    for (size_t i = 0; i < r->in_batch; i++)
        write_entry(w, &r->batch[i]);
    for (size_t i = 0; i < r->waiting; i++)
        write_entry(w, &r->at[i]);
    if (!w->err)
        writer_u32le(w, crc32_update(0, w->at + start, w->len - start));
    return w->err;
}
