/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/dumps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/ct.h"
#include "os/azcore/crash.h"
#include "os/azured/identities.h"
#include "os/azured/kept_file.h"

enum { NAME_BYTES = 16 };

static const char key_name[] = OS_DUMP_KEY_FILE, key_fresh[] = OS_DUMP_KEY_FILE ".new";

static const char *dump_name(unsigned i, char name[static NAME_BYTES])
{
    snprintf(name, NAME_BYTES, "dump-%u", i);
    return name;
}

static void file_remove(const struct dumps *dumps, const char *name)
{
    if (unlinkat(dumps->folder, name, 0) && errno != ENOENT)
        fprintf(stderr, "azured: removing \"%s\": %s\n", name, strerror(errno));
}

/* The key first: who starts applications looks for it. */
static void forget(struct dumps *dumps)
{
    char name[NAME_BYTES];
    memset(&dumps->key, 0, sizeof dumps->key);
    file_remove(dumps, key_name);
    for (unsigned i = 0; i < DUMPS_MAX; i++)
        file_remove(dumps, dump_name(i, name));
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

/* -- taking --------------------------------------------------------------------------- */

static int core_read(const struct os_message *message, uint8_t core[static CRASH_DUMP_CORE_MAX])
{
    size_t len = message->u.crash_dump.bytes, got = 0;
    struct crash crash;
    if (len < 1 || len > CRASH_DUMP_CORE_MAX)
        return E_LIMIT;
    while (got < len) {
        ssize_t n = pread(message->fd, core + got, len - got, (off_t)got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return E_IO;
        got += (size_t)n;
    }
    int err = crash_parse(span_of(core, len), &crash);
    return err ? err : crash.signal == message->u.crash_dump.signal ? 0 : E_MALFORMED;
}

/* A place for it; E_EXISTS, E_FULL. */
static int slot_find(struct dumps *dumps, const struct os_crash_dump *what, unsigned *slot)
{
    static uint8_t bytes[CRASH_DUMP_BYTES_MAX + 1]; /* behind the lock */
    char name[NAME_BYTES];
    *slot = DUMPS_MAX;
    for (unsigned i = 0; i < DUMPS_MAX; i++) {
        struct crash_dump dump;
        size_t len;
        int err = kept_file_read(dumps->folder, dump_name(i, name), bytes, sizeof bytes, &len);
        if (!err)
            err = crash_dump_parse(span_of(bytes, len), &dump);
        if (!err && dump.signal == what->signal && memcmp(dump.component, what->component, 16) == 0 &&
            memcmp(dump.image, what->image, 16) == 0)
            return E_EXISTS;
        if (err && *slot == DUMPS_MAX) /* nothing, or nothing of use */
            *slot = i;
    }
    return *slot < DUMPS_MAX ? 0 : E_FULL;
}

static int seal_and_keep(struct dumps *dumps, struct key_guard *keys, const struct os_crash_dump *what,
                         struct span core, unsigned slot)
{
    static uint8_t bytes[CRASH_DUMP_BYTES_MAX]; /* behind the lock */
    uint8_t seed[HPKE_SEED_BYTES];
    char name[NAME_BYTES];
    struct writer w = writer_of(bytes, sizeof bytes);
    struct crash_dump head = {.signal = what->signal, .time_s = what->time_s};
    int err = key_random_bytes(keys, seed, sizeof seed);
    if (!err)
        err = key_random_bytes(keys, head.dump, sizeof head.dump);
    memcpy(head.device_id, dumps->key.of.device_id, sizeof head.device_id);
    memcpy(head.catalog, dumps->key.of.catalog, sizeof head.catalog);
    memcpy(head.group, dumps->key.of.group, sizeof head.group);
    memcpy(head.component, what->component, sizeof head.component);
    memcpy(head.image, what->image, sizeof head.image);
    if (!err)
        err = crash_dump_seal(&head, dumps->key.public, seed, core, &w);
    ct_wipe(seed, sizeof seed);
    return err ? err : kept_file_write(dumps->folder, dump_name(slot, name), "dump.new", writer_view(&w));
}

int dumps_take(struct dumps *dumps, struct key_guard *keys, const struct os_message *message)
{
    static uint8_t core[CRASH_DUMP_CORE_MAX]; /* behind the lock */
    unsigned slot;
    pthread_mutex_lock(&dumps->lock);
    int err = dumps->key.of.allowed ? slot_find(dumps, &message->u.crash_dump, &slot) : E_DENIED;
    if (!err)
        err = core_read(message, core);
    if (!err)
        err = seal_and_keep(dumps, keys, &message->u.crash_dump, span_of(core, message->u.crash_dump.bytes), slot);
    ct_wipe(core, sizeof core);
    pthread_mutex_unlock(&dumps->lock);
    return err;
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
        err = kept_file_write(dumps->folder, key_name, key_fresh, writer_view(&w));
    if (!err) {
        if (!dumps->key.of.allowed)
            fprintf(stderr, "azured: crash dumps are allowed by the device group\n");
        dumps->key = key;
    }
    pthread_mutex_unlock(&dumps->lock);
    return err ? failure_of(failure, "storing the key of crash dumps", err) : 0;
}

/* The dump of a slot, when it is one to be sent; else it is removed. */
static bool slot_read(struct dumps *dumps, unsigned i, uint64_t now_s, uint8_t bytes[static CRASH_DUMP_BYTES_MAX + 1],
                      struct span *view)
{
    char name[NAME_BYTES];
    struct crash_dump dump;
    size_t len;
    pthread_mutex_lock(&dumps->lock);
    int err = kept_file_read(dumps->folder, dump_name(i, name), bytes, CRASH_DUMP_BYTES_MAX + 1, &len);
    *view = span_of(bytes, err ? 0 : len);
    bool there = !err, good = there && crash_dump_parse(*view, &dump) == 0 && dumps->key.of.allowed &&
                              memcmp(dump.group, dumps->key.of.group, 16) == 0 &&
                              memcmp(dump.catalog, dumps->key.of.catalog, 16) == 0 &&
                              (dump.time_s > now_s || now_s - dump.time_s < DUMPS_WAIT_S);
    if (there && !good)
        file_remove(dumps, name);
    pthread_mutex_unlock(&dumps->lock);
    return good;
}

static int deliver(struct dumps *dumps, struct service_link *service, uint64_t now_s, struct failure *failure)
{
    static uint8_t bytes[CRASH_DUMP_BYTES_MAX + 1]; /* the worker's alone */
    char name[NAME_BYTES];
    for (unsigned i = 0; i < DUMPS_MAX; i++) {
        struct span dump;
        uint8_t room[1024];
        if (!slot_read(dumps, i, now_s, bytes, &dump))
            continue;
        struct http_exchange x = {.method = "POST", .path = DEVICE_API_DUMPS, .content_type = "application/octet-stream",
                                  .body = dump, .body_room = writer_of(room, sizeof room)};
        int err = service_ask(service, &x, 204, failure);
        if (err == E_DENIED && x.status)
            fprintf(stderr, "azured: crash dump dropped: %s\n", failure->why);
        else if (err)
            return err;
        else
            fprintf(stderr, "azured: crash dump delivered, %zu bytes\n", dump.len);
        pthread_mutex_lock(&dumps->lock);
        file_remove(dumps, dump_name(i, name));
        pthread_mutex_unlock(&dumps->lock);
    }
    return 0;
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
        err = err ? err : sent;
    }
    if (err && err != dumps->said)
        fprintf(stderr, "azured: crash dumps: %s\n", failure.why);
    dumps->said = err;
    uint64_t wait_ms = (uint64_t)failure.retry_after_s * 1000;
    dumps->due_ms = err ? clock_ms() + (wait_ms > DUMPS_AGAIN_MS ? wait_ms : DUMPS_AGAIN_MS) : 0;
}
