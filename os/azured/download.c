/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/download.h"

#include <stdio.h>
#include <string.h>

#include "abi/device_api.h"
#include "lib/guid.h"
#include "os/azured/schedule.h"

/* A block and what stands before it fit a page: on the MCU the kernel copies it, and larger
 * pieces of its 4 MiB may be hard to find. */
enum { BLOCK_BYTES = 3072 };

struct stream {
    struct monitor_client *monitor;
    const struct http_exchange *exchange;
    uint32_t handle, file_bytes;
    uint32_t written; /* at the monitor */
    uint32_t held;    /* in block */
    uint32_t skip;    /* a 200 begins at 0, whatever we have */
    uint32_t asked_elsewhere; /* exchanges there */
    bool begun;
    bool direct; /* not elsewhere any more */
    bool mixed;  /* bytes from elsewhere are in it */
    uint8_t block[BLOCK_BYTES];
};

static int block_write(struct stream *s)
{
    int err = monitor_write_block(s->monitor, s->handle, s->written, span_of(s->block, s->held));
    if (err)
        return err;
    s->written += s->held;
    s->held = 0;
    return 0;
}

static int take(void *context, struct span piece)
{
    struct stream *s = context;
    if (!s->begun) {
        s->skip = s->exchange->status == 200 ? s->written + s->held : 0;
        s->begun = true;
    }
    struct cursor c = cursor_of(piece);
    size_t skip = c.left < s->skip ? c.left : s->skip;
    cursor_skip(&c, skip);
    s->skip -= (uint32_t)skip;
    if (c.left > s->file_bytes - s->written - s->held)
        return E_LIMIT;
    while (c.left) {
        size_t n = sizeof s->block - s->held;
        if (n > c.left)
            n = c.left;
        cursor_copy(&c, s->block + s->held, n);
        s->held += (uint32_t)n;
        if (s->held == sizeof s->block || s->written + s->held == s->file_bytes) {
            int err = block_write(s);
            if (err)
                return err;
        }
    }
    return 0;
}

/* Worth another try at once: the rest is a matter for the next check. */
static bool may_pass(int err)
{
    return err == E_NETWORK || err == E_TIMEOUT || err == E_MORE || err == E_BUSY;
}

/* A place that broke off after it brought something is worth another address, a few times: it spares the service the
 * rest, and the first address may have ended. */
static bool place_serves(const struct stream *s, uint32_t brought, int err)
{
    return may_pass(err) && brought >= DOWNLOAD_PROGRESS_BYTES && s->asked_elsewhere < DOWNLOAD_ELSEWHERE_TRIES;
}

/* A failure at a place that the service named is nothing of the service's: it is asked at once, for another address or
 * for the rest itself. */
static int fetch_once(struct download *d, struct stream *s, const char *uid, bool *again, struct failure *failure)
{
    char path[sizeof DEVICE_API_IMAGES + GUID_TEXT_BYTES + sizeof DEVICE_API_ELSEWHERE];
    bool elsewhere;
    uint8_t room[1024];
    uint32_t from = s->written + s->held;
    struct http_exchange x = {.method = "GET", .path = path, .range_from = from, .ranged = from != 0,
                              .sink = take, .sink_context = s,
                              .body_room = writer_of(room, sizeof room)};
    snprintf(path, sizeof path, "%s%s%s", DEVICE_API_IMAGES, uid, s->direct || !d->service->run_at ? "" : DEVICE_API_ELSEWHERE);
    s->exchange = &x;
    s->begun = false;
    int err = service_fetch(d->service, &x, from ? 206 : 200, &elsewhere, failure);
    s->exchange = NULL;
    *again = err && elsewhere;
    s->mixed |= elsewhere && s->written + s->held > from;
    s->asked_elsewhere += elsewhere;
    s->direct |= *again && !place_serves(s, s->written + s->held - from, err);
    if (err && x.status == 200 && from && s->written == s->file_bytes)
        return 0; /* the whole again, from a service without ranges */
    if (!err && s->written != s->file_bytes)
        return failure_of_answer(failure, "image ends too early", E_MORE);
    return err;
}

static int fetch(struct download *d, struct stream *s, const char *uid, struct failure *failure)
{
    struct back_off back_off = {0};
    for (;;) {
        uint32_t before = s->written + s->held;
        bool again;
        int err = fetch_once(d, s, uid, &again, failure);
        if (!err)
            return 0;
        if (again && s->monitor->status == MONITOR_OK && !s->monitor->broken) {
            fprintf(stderr, "azured: image from elsewhere: %s; now from %s\n", failure->why,
                    s->direct ? "the service" : "where the service says");
            continue;
        }
        if (s->monitor->status != MONITOR_OK || s->monitor->broken || !may_pass(err) ||
            failure->retry_after_s)
            return err;
        if (s->written + s->held - before >= DOWNLOAD_PROGRESS_BYTES)
            back_off.failures = 0;
        else if (back_off.failures + 1 == DOWNLOAD_TRIES)
            return err;
        d->pause(back_off_next(&back_off, SCHEDULE_BACK_OFF_MS, SCHEDULE_BACK_OFF_MAX_MS, 0,
                               key_random(d->keys)));
    }
}

/* From the first byte to the commit; *mixed: what failed may be the bytes from elsewhere. */
static int image_take(struct download *d, const uint8_t image[static 16], uint32_t file_bytes, bool direct, bool *mixed,
                      struct failure *failure)
{
    struct stream s = {.monitor = d->monitor, .file_bytes = file_bytes, .direct = direct};
    char uid[GUID_TEXT_BYTES];
    guid_format(image, uid);

    *mixed = false;
    int err = monitor_open_staging(d->monitor, image, &s.handle);
    if (d->monitor->status == MONITOR_IMAGE_ALREADY_LOADED) {
        d->monitor->status = MONITOR_OK;
        return 0; /* staged for an earlier set */
    }
    if (err)
        return failure_of(failure, "opening staging", err);
    err = fetch(d, &s, uid, failure);
    if (!err) {
        err = monitor_commit_staging(d->monitor, s.handle);
        if (err)
            failure_of(failure, "committing the image", err);
    }
    if (err && !d->monitor->broken) {
        /* What went wrong first is what is told. */
        uint32_t status = d->monitor->status;
        int ignored = monitor_abort_staging(d->monitor, s.handle);
        (void)ignored;
        d->monitor->status = status;
        *mixed = s.mixed && status != MONITOR_OK;
    }
    return err;
}

/* A place that hands out other bytes keeps no update away: the monitor says no, and all of it comes from
 * the service. */
int download_image(struct download *d, const uint8_t image[static 16], uint32_t file_bytes,
                   struct failure *failure)
{
    bool mixed;
    int err = image_take(d, image, file_bytes, false, &mixed, failure);
    if (!err || !mixed)
        return err;
    fprintf(stderr, "azured: image from elsewhere: %s; now all of it from the service\n", failure->why);
    d->monitor->status = MONITOR_OK;
    return image_take(d, image, file_bytes, true, &mixed, failure);
}
