/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/dumps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "os/azured/identities.h"
#include "os/dumps/dump_files.h"
#include "os/dumps/kept_file.h"

static const char key_name[] = OS_DUMP_KEY_FILE, key_fresh[] = OS_DUMP_KEY_FILE ".new";

static void file_remove(const struct dumps *dumps, const char *name)
{
    if (unlinkat(dumps->folder, name, 0) && errno != ENOENT)
        fprintf(stderr, "azured: removing \"%s\": %s\n", name, strerror(errno));
}

/* The key first: who starts applications looks for it. */
static void forget(struct dumps *dumps)
{
    char name[DUMP_FILES_NAME_BYTES];
    memset(&dumps->key, 0, sizeof dumps->key);
    file_remove(dumps, key_name);
    file_remove(dumps, DUMP_FILES_FRESH);
    for (unsigned i = 0; i < DUMP_FILES_MAX; i++)
        file_remove(dumps, dump_files_name(i, name));
    memset(dumps->answers, 0, sizeof dumps->answers);
}

void dumps_init(struct dumps *dumps, int folder, const char *anchor)
{
    uint8_t bytes[DUMP_KEY_BYTES + 1];
    size_t len;
    memset(dumps, 0, sizeof *dumps);
    pthread_mutex_init(&dumps->lock, NULL);
    dumps->folder = folder;
    dumps->anchor = anchor;
    int err = kept_file_read(folder, key_name, bytes, sizeof bytes, &len);
    if (!err)
        err = dump_key_parse(span_of(bytes, len), &dumps->key);
    dumps->wanted = dumps->key.of;
    if (err)
        forget(dumps);
    if (err && err != E_NOT_FOUND)
        fprintf(stderr, "azured: stored key of crash dumps: %s: starting without it\n", err_text(err));
}

void dumps_release(struct dumps *dumps)
{
    pthread_mutex_destroy(&dumps->lock);
}

static bool same_place(const struct dump_consent *a, const struct dump_consent *b)
{
    return memcmp(a->device_id, b->device_id, sizeof a->device_id) == 0 &&
           memcmp(a->catalog, b->catalog, sizeof a->catalog) == 0 && memcmp(a->group, b->group, sizeof a->group) == 0;
}

void dumps_consent(struct dumps *dumps, const struct dump_consent *consent)
{
    pthread_mutex_lock(&dumps->lock);
    bool other = !same_place(&dumps->wanted, consent), begins = consent->allowed && !dumps->wanted.allowed;
    if (dumps->key.of.allowed && (!consent->allowed || other)) {
        fprintf(stderr, "azured: crash dumps are not allowed any more: those that wait are removed\n");
        forget(dumps);
    }
    if (begins || other)
        dumps->due_ms = 0;
    dumps->wanted = *consent;
    pthread_mutex_unlock(&dumps->lock);
}

/* -- the worker's ------------------------------------------------------------------------ */

static bool key_due(struct dumps *dumps, uint64_t now_s, struct dump_consent *wanted)
{
    pthread_mutex_lock(&dumps->lock);
    *wanted = dumps->wanted;
    bool due = wanted->allowed && (!dumps->key.of.allowed || dumps->key.fetched_s > now_s ||
                                   now_s - dumps->key.fetched_s > DUMPS_KEY_S);
    pthread_mutex_unlock(&dumps->lock);
    return due;
}

static int key_fetch(struct dumps *dumps, struct service_link *service, const struct dump_consent *wanted,
                     uint64_t now_s, struct failure *failure)
{
    uint8_t room[DUMP_KEY_ANSWER_MAX], bytes[DUMP_KEY_BYTES];
    struct http_exchange x = {.method = "GET", .path = DEVICE_API_DUMP_KEY, .body_room = writer_of(room, sizeof room)};
    struct dump_key key = {.of = *wanted, .fetched_s = now_s};
    struct writer w = writer_of(bytes, sizeof bytes);
    int err = service_ask(service, &x, 200, failure);
    if (err)
        return err;
    err = dump_key_take(writer_view(&x.body_room), wanted->catalog, dumps->anchor, key.public);
    if (err)
        return failure_of_answer(failure, "key of crash dumps", err);
    pthread_mutex_lock(&dumps->lock);
    err = dump_key_write(&key, &w);
    if (!err)
        err = kept_file_write(dumps->folder, key_name, key_fresh, DUMP_KEY_MODE, writer_view(&w));
    if (!err) {
        if (!dumps->key.of.allowed)
            fprintf(stderr, "azured: crash dumps are allowed by the device group\n");
        dumps->key = key;
    }
    pthread_mutex_unlock(&dumps->lock);
    return err ? failure_of(failure, "storing the key of crash dumps", err) : 0;
}

/* A dump that waits too long; one from before the device knew the time has no age. */
static bool too_old(const struct crash_dump *dump, uint64_t now_s)
{
    return dump->time_s >= DUMPS_TIME_KNOWN_S && dump->time_s <= now_s && now_s - dump->time_s >= DUMPS_WAIT_S;
}

/* The dump in a place, when it is one to be sent; else it is removed.  The view is the caller's to give back. */
static bool place_read(struct dumps *dumps, unsigned i, uint64_t now_s, struct span *view)
{
    char name[DUMP_FILES_NAME_BYTES];
    struct crash_dump dump;
    pthread_mutex_lock(&dumps->lock);
    int err = kept_file_map(dumps->folder, dump_files_name(i, name), CRASH_DUMP_BYTES_MAX, view);
    bool there = err != E_NOT_FOUND, good = !err && crash_dump_parse(*view, &dump) == 0 && dumps->key.of.allowed &&
                                            memcmp(dump.group, dumps->key.of.group, 16) == 0 &&
                                            memcmp(dump.catalog, dumps->key.of.catalog, 16) == 0 && !too_old(&dump, now_s);
    if (there && !good) {
        kept_file_unmap(view);
        file_remove(dumps, name);
    }
    if (!good)
        dumps->answers[i] = (struct dump_answers){0};
    pthread_mutex_unlock(&dumps->lock);
    return good;
}

static void place_clear(struct dumps *dumps, unsigned i)
{
    char name[DUMP_FILES_NAME_BYTES];
    pthread_mutex_lock(&dumps->lock);
    file_remove(dumps, dump_files_name(i, name));
    dumps->answers[i] = (struct dump_answers){0};
    pthread_mutex_unlock(&dumps->lock);
}

/* One dump, if there is one: 0 when nothing is left of it.  *answered: the service said why not. */
static int place_send(struct dumps *dumps, unsigned i, struct service_link *service, uint64_t now_s, bool *answered,
                      struct failure *failure)
{
    struct span dump;
    uint8_t room[1024];
    struct dump_answers *answers = &dumps->answers[i];
    *answered = false;
    if (!place_read(dumps, i, now_s, &dump))
        return 0;
    struct http_exchange x = {.method = "POST", .path = DEVICE_API_DUMPS, .content_type = "application/octet-stream",
                              .body = dump, .body_room = writer_of(room, sizeof room)};
    int err = service_ask(service, &x, 204, failure);
    size_t len = dump.len;
    kept_file_unmap(&dump);
    /* A session that broke behind an answer's head says as much as none. */
    *answered = x.status != 0 && (err != E_DENIED || failure->cause == EVENT_SERVICE_REFUSED);
    if (err && !*answered)
        return err;
    if (err == E_DENIED && ++answers->refused < DUMPS_REFUSED_MAX)
        return err;
    if (err && err != E_DENIED) {
        answers->put_off += answers->put_off < UINT8_MAX;
        return err;
    }
    if (err)
        fprintf(stderr, "azured: crash dump dropped: %s\n", failure->why);
    else
        fprintf(stderr, "azured: crash dump delivered, %zu bytes\n", len);
    place_clear(dumps, i);
    return 0;
}

/* Of the places that are not in the set the one that was put off least. */
static unsigned place_next(const struct dumps *dumps, unsigned tried)
{
    unsigned best = DUMP_FILES_MAX;
    for (unsigned i = 0; i < DUMP_FILES_MAX; i++)
        if (!(tried & 1u << i) && (best == DUMP_FILES_MAX || dumps->answers[i].put_off < dumps->answers[best].put_off))
            best = i;
    return best;
}

/* One that the service does not take keeps none from it that it would.  Of a service that takes none no more is asked: two
 * such answers say that much, and so does one with a time. */
static int deliver(struct dumps *dumps, struct service_link *service, uint64_t now_s, struct failure *failure)
{
    unsigned put_off = 0;
    int end = 0;
    for (unsigned tried = 0, i; (i = place_next(dumps, tried)) < DUMP_FILES_MAX; tried |= 1u << i) {
        bool answered;
        int err = place_send(dumps, i, service, now_s, &answered, failure);
        if (err)
            end = err;
        if (err && (!answered || (err != E_DENIED && (++put_off == 2 || failure->retry_after_s))))
            break;
    }
    return end;
}

void dumps_work(struct dumps *dumps, struct service_link *service, uint64_t now_s)
{
    struct failure failure = {0};
    struct dump_consent wanted;
    if (clock_ms() < dumps->due_ms)
        return;
    int err = key_due(dumps, now_s, &wanted) ? key_fetch(dumps, service, &wanted, now_s, &failure) : 0;
    if (!err || dumps->key.of.allowed) { /* the old one is as good: the service has it for ever */
        int sent = deliver(dumps, service, now_s, &failure);
        err = sent ? sent : err;
    }
    if (err && err != dumps->said)
        fprintf(stderr, "azured: crash dumps: %s\n", failure.why);
    dumps->said = err;
    uint64_t wait_ms = (uint64_t)failure.retry_after_s * 1000;
    dumps->due_ms = err ? clock_ms() + (wait_ms > DUMPS_AGAIN_MS ? wait_ms : DUMPS_AGAIN_MS) : 0;
}
