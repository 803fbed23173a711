/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/deferral.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/guid.h"

/* -- on disk ---------------------------------------------------------------------- */

static const struct deferral_record no_record;

static int store(struct deferral *d, const struct deferral_record *record)
{
    int err = deferral_record_save(d->folder, record);
    if (err) {
        fprintf(stderr, "azured: storing the deferral: %s\n", err_text(err));
        return err;
    }
    d->record = *record;
    d->kept = true;
    return 0;
}

/* Where nobody listens nothing is ever kept: no file is made, and none removed. */
static void forget(struct deferral *d)
{
    d->record = no_record;
    if (d->kept && unlinkat(d->folder, DEFERRAL_RECORD_NAME, 0) != 0 && errno != ENOENT)
        fprintf(stderr, "azured: removing the deferral: %s\n", strerror(errno));
    d->kept = false;
}

void deferral_init(struct deferral *d, int folder, int wake, uint32_t notice_ms)
{
    *d = (struct deferral){.folder = folder, .wake = wake, .notice_ms = notice_ms};
    pthread_mutex_init(&d->lock, NULL);
    int err = deferral_record_load(folder, &d->record);
    d->kept = err != E_NOT_FOUND;
    if (err && err != E_NOT_FOUND)
        fprintf(stderr, "azured: stored deferral: %s: begins anew\n", err_text(err));
}

void deferral_release(struct deferral *d)
{
    pthread_mutex_destroy(&d->lock);
}

/* -- notices ---------------------------------------------------------------------- */

static struct system_notice *notice_add(struct deferral *d, enum system_event event,
                                        enum system_event_status status)
{
    uint64_t one = 1;
    if (d->notice_count == DEFERRAL_NOTICES_MAX)
        memmove(d->notice, d->notice + 1, --d->notice_count * sizeof *d->notice);
    struct system_notice *n = &d->notice[d->notice_count++];
    *n = (struct system_notice){.event = event, .status = status,
                                .type = event == SYSTEM_EVENT_UPDATE_READY ? d->type : UPDATE_TYPE_INVALID};
    if (d->wake >= 0 && write(d->wake, &one, sizeof one) < 0)
        fprintf(stderr, "azured: waking for a notice: %s\n", strerror(errno));
    return n;
}

bool deferral_take(struct deferral *d, struct system_notice *notice)
{
    pthread_mutex_lock(&d->lock);
    bool any = d->notice_count > 0;
    if (any) {
        *notice = d->notice[0];
        memmove(d->notice, d->notice + 1, --d->notice_count * sizeof *d->notice);
    }
    pthread_mutex_unlock(&d->lock);
    return any;
}

/* -- time ------------------------------------------------------------------------- */

static uint64_t time_of(const struct deferral *d, uint64_t now_ms)
{
    return d->zero_s + now_ms / 1000;
}

/* When applications can put nothing off any more. */
static uint64_t last_s(const struct deferral *d, const struct deferral_record *r)
{
    bool app = d->type == UPDATE_TYPE_APP;
    return (app ? r->app_known_s : r->system_known_s) +
           (uint64_t)(app ? d->limits.app_minutes : d->limits.system_minutes) * 60;
}

static uint32_t minutes_left(const struct deferral *d, uint64_t now_ms)
{
    uint64_t last = last_s(d, &d->record), now = time_of(d, now_ms);
    return last > now ? (uint32_t)((last - now) / 60) : 0;
}

/* -- worker ----------------------------------------------------------------------- */

static void final(struct deferral *d, uint64_t now_ms)
{
    struct deferral_record record = d->record;
    if (record.final || !d->listeners) {
        d->phase = DEFERRAL_READY;
        return;
    }
    record.final = true;
    record.until_s = 0;
    (void)!store(d, &record); /* said there; it is installed either way */
    d->phase = DEFERRAL_FINAL;
    d->ends_ms = now_ms + d->notice_ms;
    notice_add(d, SYSTEM_EVENT_UPDATE_READY, SYSTEM_EVENT_FINAL);
}

static void announce(struct deferral *d, uint64_t now_ms)
{
    uint32_t minutes = d->record.final ? 0 : minutes_left(d, now_ms);
    if (minutes == 0 || !d->listeners) {
        final(d, now_ms);
        return;
    }
    d->phase = DEFERRAL_PENDING;
    d->ends_ms = now_ms + d->notice_ms;
    notice_add(d, SYSTEM_EVENT_UPDATE_READY, SYSTEM_EVENT_PENDING)->minutes = minutes;
}

void deferral_started(struct deferral *d, bool download)
{
    pthread_mutex_lock(&d->lock);
    if (download || !d->record.until_s)
        notice_add(d, SYSTEM_EVENT_UPDATE_STARTED, SYSTEM_EVENT_INVALID);
    pthread_mutex_unlock(&d->lock);
}

void deferral_nothing(struct deferral *d)
{
    pthread_mutex_lock(&d->lock);
    d->phase = DEFERRAL_NONE;
    d->checked = true;
    forget(d);
    notice_add(d, SYSTEM_EVENT_NO_UPDATE, SYSTEM_EVENT_INVALID);
    pthread_mutex_unlock(&d->lock);
}

/* A moment that lies ahead was learned from another clock: it counts from now. */
static uint64_t known_since(uint64_t known_s, uint64_t now_s)
{
    return known_s && known_s <= now_s ? known_s : now_s;
}

static bool record_equal(const struct deferral_record *a, const struct deferral_record *b)
{
    return a->app_known_s == b->app_known_s && a->system_known_s == b->system_known_s &&
           a->until_s == b->until_s && guid_equal(a->by, b->by) && a->final == b->final;
}

void deferral_ready(struct deferral *d, enum update_type type, struct deferral_limits limits, uint64_t now_s,
                    uint64_t now_ms)
{
    pthread_mutex_lock(&d->lock);
    struct deferral_record r = d->record;
    d->checked = true;
    d->type = type;
    d->limits = limits;
    d->zero_s = now_s > now_ms / 1000 ? now_s - now_ms / 1000 : 0;
    now_s = time_of(d, now_ms);
    r.app_known_s = known_since(r.app_known_s, now_s);
    r.system_known_s = type == UPDATE_TYPE_SYSTEM ? known_since(r.system_known_s, now_s) : 0;
    if (r.until_s > last_s(d, &r))
        r.until_s = last_s(d, &r);
    bool put_off = r.until_s > now_s;
    if (!put_off)
        r.until_s = 0;
    bool waits = put_off || (d->listeners && !r.final);
    if (waits && !record_equal(&r, &d->record) && store(d, &r))
        d->record = r; /* said there; the next one tries again */
    if (put_off) {
        d->phase = DEFERRAL_DEFERRED;
        d->ends_ms = now_ms + (r.until_s - now_s) * 1000;
    } else if (waits) {
        announce(d, now_ms);
    } else {
        d->phase = DEFERRAL_READY;
    }
    pthread_mutex_unlock(&d->lock);
}

bool deferral_due(struct deferral *d, uint64_t now_ms, uint64_t *next_ms)
{
    pthread_mutex_lock(&d->lock);
    bool timed = d->phase == DEFERRAL_PENDING || d->phase == DEFERRAL_DEFERRED || d->phase == DEFERRAL_FINAL;
    if (timed && now_ms >= d->ends_ms) {
        if (d->phase == DEFERRAL_PENDING)
            final(d, now_ms);
        else if (d->phase == DEFERRAL_DEFERRED)
            announce(d, now_ms);
        else
            d->phase = DEFERRAL_READY;
    }
    bool install = d->phase == DEFERRAL_READY;
    *next_ms = install || d->phase == DEFERRAL_NONE ? UINT64_MAX : d->ends_ms;
    pthread_mutex_unlock(&d->lock);
    return install;
}

bool deferral_notifying(struct deferral *d)
{
    pthread_mutex_lock(&d->lock);
    bool notifying = d->phase != DEFERRAL_NONE && d->phase != DEFERRAL_DEFERRED;
    pthread_mutex_unlock(&d->lock);
    return notifying;
}

void deferral_installed(struct deferral *d, const uint8_t (*changed)[16], size_t count)
{
    pthread_mutex_lock(&d->lock);
    if (d->type == UPDATE_TYPE_APP) {
        struct system_notice *n = notice_add(d, SYSTEM_EVENT_UPDATE_READY, SYSTEM_EVENT_COMPLETE);
        n->changed_count = count < MONITOR_COMPONENTS_MAX ? count : MONITOR_COMPONENTS_MAX;
        memcpy(n->changed, changed, n->changed_count * sizeof n->changed[0]);
    }
    d->phase = DEFERRAL_NONE;
    forget(d);
    pthread_mutex_unlock(&d->lock);
}

void deferral_failed(struct deferral *d)
{
    pthread_mutex_lock(&d->lock);
    d->phase = DEFERRAL_NONE;
    d->record.final = false; /* the last word was not the last: it is said again */
    pthread_mutex_unlock(&d->lock);
}

/* -- main thread ------------------------------------------------------------------ */

void deferral_listeners(struct deferral *d, bool any)
{
    pthread_mutex_lock(&d->lock);
    d->listeners = any;
    pthread_mutex_unlock(&d->lock);
}

static int may_defer(const struct deferral *d, uint32_t minutes, uint64_t now_ms)
{
    if (minutes == 0)
        return EINVAL;
    if (d->phase == DEFERRAL_DEFERRED)
        return EALREADY;
    if (d->phase == DEFERRAL_FINAL || (d->phase == DEFERRAL_PENDING && now_ms >= d->ends_ms))
        return EPERM;
    return d->phase == DEFERRAL_PENDING ? 0 : ENOENT;
}

int deferral_defer(struct deferral *d, const uint8_t component[static 16], uint32_t minutes, uint64_t now_ms)
{
    pthread_mutex_lock(&d->lock);
    uint32_t left = minutes_left(d, now_ms);
    int error = may_defer(d, minutes, now_ms);
    if (!error && left == 0)
        error = EPERM;
    if (minutes > left)
        minutes = left;
    if (!error) {
        struct deferral_record record = d->record;
        record.until_s = time_of(d, now_ms) + (uint64_t)minutes * 60;
        memcpy(record.by, component, sizeof record.by);
        if (store(d, &record))
            error = EIO;
    }
    if (!error) {
        d->phase = DEFERRAL_DEFERRED;
        d->ends_ms = now_ms + (uint64_t)minutes * 60000;
        notice_add(d, SYSTEM_EVENT_UPDATE_READY, SYSTEM_EVENT_DEFERRED)->minutes = left;
        fprintf(stderr, "azured: an application puts the update off for %u min\n", (unsigned)minutes);
    }
    pthread_mutex_unlock(&d->lock);
    return error;
}

int deferral_resume(struct deferral *d, const uint8_t component[static 16], uint64_t now_ms)
{
    int error = 0;
    pthread_mutex_lock(&d->lock);
    if (d->phase != DEFERRAL_DEFERRED)
        error = ENOENT;
    else if (!guid_equal(d->record.by, component))
        error = EACCES;
    else
        final(d, now_ms);
    pthread_mutex_unlock(&d->lock);
    return error;
}

bool deferral_checked(struct deferral *d)
{
    pthread_mutex_lock(&d->lock);
    bool checked = d->checked;
    pthread_mutex_unlock(&d->lock);
    return checked;
}

bool deferral_current(struct deferral *d, uint64_t now_ms, struct system_notice *notice)
{
    pthread_mutex_lock(&d->lock);
    bool pending = d->phase == DEFERRAL_PENDING && now_ms < d->ends_ms;
    if (pending)
        *notice = (struct system_notice){.event = SYSTEM_EVENT_UPDATE_READY, .status = SYSTEM_EVENT_PENDING,
                                         .minutes = minutes_left(d, now_ms), .type = d->type};
    pthread_mutex_unlock(&d->lock);
    return pending;
}
