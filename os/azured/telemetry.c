/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/telemetry.h"

#include <stdio.h>
#include <string.h>

#include "lib/crc32.h"
#include "os/ipc/crash_report.h"

enum { HEAD_BYTES = 12, MARKER_SHIFT = 6 /* value << 6 | kind << 3 | type: a count without data */ };

/* One event of the text; E_MORE when it is not all there. */
struct event {
    uint32_t id, time_s;
    struct span bytes;
};

static int event_get(struct cursor *c, struct event *event)
{
    struct cursor ahead = *c;
    event->id = cursor_u32le(&ahead);
    event->time_s = cursor_u32le(&ahead);
    event->bytes = cursor_bytes(&ahead, cursor_u32le(&ahead));
    if (ahead.err)
        return E_MORE;
    *c = ahead;
    return 0;
}

int telemetry_init(struct telemetry *t)
{
    int err = monitor_telemetry_keep(t->monitor); /* what an azured before this one has read */
    if (t->monitor->broken)
        return err;
    t->there = !err;
    struct reports *r = outbox_lock(t->outbox);
    reports_hold(r, t->there);
    outbox_unlock(t->outbox, false);
    return 0;
}

/* The image of a component as it is installed now; zero when it is not. */
static void image_find(struct telemetry *t, struct monitor_components *installed, const uint8_t component[static 16],
                       uint8_t image[static 16])
{
    memset(image, 0, 16);
    if (!installed->count && monitor_get_components(t->monitor, installed))
        return;
    for (size_t i = 0; i < installed->count; i++)
        if (memcmp(installed->at[i].component, component, 16) == 0)
            memcpy(image, installed->at[i].image, 16);
}

static bool is_young(const struct telemetry *t, uint64_t time_s)
{
    uint64_t now_s = t->clock_s();
    return now_s >= time_s && now_s - time_s < TELEMETRY_PARTNER_S;
}

/* False: this one stays for the next look. */
static bool crash_take(struct telemetry *t, const struct event *event, struct monitor_components *installed)
{
    struct crash crash;
    int err = crash_report_parse(event->bytes, &crash);
    if (!err && (crash.signal == 0 || crash.signal > 64 || !crash_file_plain(&crash)))
        err = E_RANGE; /* the service would refuse it, and all that is sent with it */
    if (err) {
        fprintf(stderr, "azured: a crash record is dropped: %s\n", err_text(err));
        return true;
    }
    struct os_event e = {.category = EVENT_APP_CRASH_REGISTERS, .exit_code = (uint32_t)crash.code,
                         .signal = crash.signal, .time_s = event->time_s};
    struct registers registers = {.error = (uint32_t)crash.error, .pc = crash.pc, .lr = crash.lr, .sp = crash.sp,
                                  .place = crash.place};
    memcpy(registers.file, crash.file, sizeof registers.file);
    image_find(t, installed, crash.component, e.image); /* before the lock */
    memcpy(e.component, crash.component, 16);
    if (event->id == CRASH_DUMP_LOST_ID) {
        e.category = EVENT_DUMP_LOST;
        e.exit_code = crash.code == EVENT_DUMP_NO_ROOM ? EVENT_DUMP_NO_ROOM : EVENT_DUMP_FAILED;
        e.signal = 0;
        outbox_add(t->outbox, &e);
        return true;
    }

    struct reports *r = outbox_lock(t->outbox);
    bool joined = reports_join(r, crash.component, crash.signal, e.image, &e.time_s);
    bool take = joined || (!is_young(t, event->time_s) && reports_has_room(r));
    if (take)
        (void)reports_add_many(r, &e, &registers, 1, e.time_s); /* no room: counted as dropped */
    outbox_unlock(t->outbox, take);
    if (take) {
        char text[256];
        crash_text(&crash, text, sizeof text);
        fprintf(stderr, "azured: %s at %llx in \"%.*s\"\n", text, (unsigned long long)crash.place, CRASH_NAME_BYTES,
                crash.file);
    }
    return take;
}

static bool take(struct telemetry *t, const struct event *event, struct monitor_components *installed)
{
    if (event->id == CRASH_REPORT_ID || event->id == CRASH_DUMP_LOST_ID)
        return crash_take(t, event, installed);
    uint32_t value = event->id >> MARKER_SHIFT;
    if ((value == EVENT_KERNEL_PANIC || value == EVENT_KERNEL_DIE) && event->id == value << MARKER_SHIFT) {
        const struct os_event e = {.category = EVENT_KERNEL_RESET, .exit_code = value, .time_s = event->time_s};
        fprintf(stderr, "azured: the kernel ended before: %s\n", value == EVENT_KERNEL_PANIC ? "panic" : "die");
        outbox_add(t->outbox, &e);
        return true;
    }
    fprintf(stderr, "azured: telemetry %u is not known: dropped\n", (unsigned)event->id);
    return true;
}

/* How many bytes of text are reports already; the last event of them begins at *last. */
static uint32_t taken_before(struct telemetry *t, struct span text, uint32_t *last)
{
    struct reports *r = outbox_lock(t->outbox);
    uint32_t bytes = r->taken_bytes, crc = r->taken_crc;
    outbox_unlock(t->outbox, false);
    if (!bytes || bytes > text.len || crc32_update(0, text.at, bytes) != crc)
        return 0;
    struct cursor c = cursor_of(span_of(text.at, bytes));
    struct event event;
    do
        *last = (uint32_t)(bytes - c.left);
    while (event_get(&c, &event) == 0 && c.left);
    return c.left ? 0 : bytes;
}

/* The same of what is taken now, and marks it. */
static uint32_t take_all(struct telemetry *t, struct span text, uint32_t *last)
{
    struct monitor_components installed = {0};
    struct cursor c = cursor_of(text);
    struct event event;
    uint32_t bytes = 0;
    while (c.left) {
        uint32_t begin = (uint32_t)(text.len - c.left);
        if (event_get(&c, &event) || !take(t, &event, &installed))
            break;
        *last = begin;
        bytes = (uint32_t)(text.len - c.left);
    }
    struct reports *r = outbox_lock(t->outbox);
    r->taken_bytes = bytes;
    r->taken_crc = bytes ? crc32_update(0, text.at, bytes) : 0;
    outbox_unlock(t->outbox, bytes != 0);
    return bytes;
}

/* The monitor forgets what is in taken, whose last event begins at last, and nothing else. */
static int forget(struct telemetry *t, struct span taken, uint32_t last)
{
    uint8_t again[TELEMETRY_READ_MAX];
    uint32_t len = (uint32_t)taken.len - last, got;
    int err = outbox_save(t->outbox);
    if (!err)
        err = monitor_telemetry_keep(t->monitor);
    if (!err)
        err = monitor_telemetry_read(t->monitor, last, again, len, &got);
    if (!err && (got != len || memcmp(again, taken.at + last, len) != 0))
        err = E_BUSY; /* it moved: the next look finds it elsewhere */
    if (!err)
        err = monitor_telemetry_forget(t->monitor);
    if (err)
        return err;
    struct reports *r = outbox_lock(t->outbox);
    r->taken_bytes = r->taken_crc = 0;
    outbox_unlock(t->outbox, true);
    return 0;
}

/* *more: something was taken, and there may be more behind it. */
static int pass(struct telemetry *t, bool *more, bool *all)
{
    uint8_t text[TELEMETRY_READ_MAX];
    uint32_t len, last = 0;
    *more = false;
    int err = monitor_telemetry_read(t->monitor, 0, text, sizeof text, &len);
    if (err)
        return err;
    uint32_t taken = taken_before(t, span_of(text, len), &last);
    if (!taken)
        taken = take_all(t, span_of(text, len), &last);
    *all = taken == len;
    if (!taken)
        return 0;
    *more = true;
    return forget(t, span_of(text, taken), last);
}

int telemetry_collect(struct telemetry *t)
{
    bool more = true, all = false;
    int err = 0;
    if (!t->there)
        return 0;
    reports_look_begin(outbox_lock(t->outbox));
    outbox_unlock(t->outbox, false);
    for (unsigned i = 0; !err && more && i < TELEMETRY_PASSES_MAX; i++)
        err = pass(t, &more, &all);
    reports_look_end(outbox_lock(t->outbox), !err && all);
    outbox_unlock(t->outbox, false);
    return err;
}
