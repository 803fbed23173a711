/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/outbox.h"

#include <stdio.h>
#include <string.h>

/* Dated by the service: what stores this has other things to worry about. */
static const struct os_event storage_failed = {.category = EVENT_STORAGE_FAILED};

void outbox_init(struct outbox *box, int folder)
{
    memset(box, 0, sizeof *box);
    pthread_mutex_init(&box->lock, NULL);
    box->folder = folder;
    int err = reports_load(folder, &box->reports);
    if (err && err != E_NOT_FOUND) {
        fprintf(stderr, "azured: stored reports: %s: starting without them\n", err_text(err));
        (void)reports_add(&box->reports, &storage_failed);
        box->dirty = true;
    }
    box->dropped_said = box->reports.dropped;
}

void outbox_release(struct outbox *box)
{
    pthread_mutex_destroy(&box->lock);
}

void outbox_add(struct outbox *box, const struct os_event *event)
{
    pthread_mutex_lock(&box->lock);
    if (reports_add(&box->reports, event))
        box->dirty = true;
    pthread_mutex_unlock(&box->lock);
}

void outbox_count(struct outbox *box, const struct os_event *event)
{
    pthread_mutex_lock(&box->lock);
    size_t before = box->reports.waiting;
    (void)reports_add(&box->reports, event);
    if (box->reports.waiting != before)
        box->dirty = true;
    pthread_mutex_unlock(&box->lock);
}

struct reports *outbox_lock(struct outbox *box)
{
    pthread_mutex_lock(&box->lock);
    return &box->reports;
}

void outbox_unlock(struct outbox *box, bool changed)
{
    box->dirty |= changed;
    pthread_mutex_unlock(&box->lock);
}

static void dropped_say(struct outbox *box)
{
    if (box->reports.dropped != box->dropped_said)
        fprintf(stderr, "azured: %llu events dropped: too many different ones wait\n",
                (unsigned long long)(box->reports.dropped - box->dropped_said));
    box->dropped_said = box->reports.dropped;
}

static int save_locked(struct outbox *box)
{
    int err = reports_save(box->folder, &box->reports);
    if (!err)
        box->dirty = false;
    else if (!box->failing)
        (void)reports_add(&box->reports, &storage_failed);
    box->failing = err != 0;
    dropped_say(box);
    return err;
}

int outbox_save(struct outbox *box)
{
    pthread_mutex_lock(&box->lock);
    int err = box->dirty ? save_locked(box) : 0;
    pthread_mutex_unlock(&box->lock);
    return err;
}

/* The body of the next batch, stored; empty when nothing waits. */
static int batch_take(struct outbox *box, const uint8_t id[static 16], uint64_t now_s, struct writer *body)
{
    int err = 0;
    pthread_mutex_lock(&box->lock);
    dropped_say(box);
    if (reports_batch_make(&box->reports, id, now_s))
        box->dirty = true;
    box->dropped_said = box->reports.dropped; /* it is 0 when the batch tells of them */
    if (box->reports.in_batch) {
        /* Also one whose first store failed: never sent before it is stored. */
        err = box->dirty ? save_locked(box) : 0;
        if (!err)
            err = reports_batch_write(&box->reports, body);
    }
    pthread_mutex_unlock(&box->lock);
    return err;
}

static int batch_done(struct outbox *box)
{
    pthread_mutex_lock(&box->lock);
    reports_batch_end(&box->reports);
    box->dirty = true;
    int err = save_locked(box);
    pthread_mutex_unlock(&box->lock);
    return err;
}

int outbox_send(struct outbox *box, struct service_link *service, struct key_guard *keys, uint64_t now_s,
                struct failure *failure)
{
    for (;;) {
        uint8_t id[16], bytes[DEVICE_API_BODY_MAX], room[1024];
        struct writer body = writer_of(bytes, sizeof bytes);
        int err = key_random_bytes(keys, id, sizeof id);
        if (err)
            return failure_of(failure, "batch id", err);
        err = batch_take(box, id, now_s, &body);
        if (err)
            return failure_of(failure, "storing reports", err);
        if (body.len == 0)
            return 0;
        struct http_exchange x = {.method = "POST", .path = DEVICE_API_EVENTS,
                                  .content_type = "application/cbor", .body = writer_view(&body),
                                  .body_room = writer_of(room, sizeof room)};
        err = service_ask(service, &x, 204, failure);
        if (err && failure->cause == EVENT_SERVICE_REFUSED) /* its own word: a broken TLS session is E_DENIED too, and anybody's */
            fprintf(stderr, "azured: reports dropped: %s\n", failure->why);
        else if (err)
            return err;
        err = batch_done(box);
        if (err)
            return failure_of(failure, "storing reports", err);
    }
}

