/* SPDX-License-Identifier: BSD-2-Clause */
/* On a host the manager brings cores, and azured seals them. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/ct.h"
#include "os/azcore/crash.h"
#include "os/azured/dumps.h"
#include "os/dumps/dump_files.h"
#include "os/dumps/kept_file.h"

const char *dumps_place(const char *own)
{
    return own;
}

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

static int seal_and_keep(struct dumps *dumps, struct key_guard *keys, const struct os_crash_dump *what,
                         struct span core, unsigned place)
{
    static uint8_t bytes[CRASH_DUMP_BYTES_MAX]; /* behind the lock */
    uint8_t seed[HPKE_SEED_BYTES];
    char name[DUMP_FILES_NAME_BYTES];
    struct writer w = writer_of(bytes, sizeof bytes);
    struct crash_dump head = dump_files_head(&dumps->key, what->component, what->image, what->signal, what->time_s);
    int err = key_random_bytes(keys, seed, sizeof seed);
    if (!err)
        err = key_random_bytes(keys, head.dump, sizeof head.dump);
    if (!err)
        err = crash_dump_seal(&head, dumps->key.public, seed, core, &w);
    ct_wipe(seed, sizeof seed);
    return err ? err : kept_file_write(dumps->folder, dump_files_name(place, name), DUMP_FILES_FRESH, 0600, writer_view(&w));
}

int dumps_take(struct dumps *dumps, struct key_guard *keys, const struct os_message *message)
{
    static uint8_t core[CRASH_DUMP_CORE_MAX]; /* behind the lock */
    const struct os_crash_dump *what = &message->u.crash_dump;
    unsigned place;
    pthread_mutex_lock(&dumps->lock);
    int err = dumps->key.of.allowed ? dump_files_place(dumps->folder, DUMP_FILES_MAX, what->component, what->image,
                                                       what->signal, &place)
                                    : E_DENIED;
    if (!err)
        err = core_read(message, core);
    if (!err)
        err = seal_and_keep(dumps, keys, what, span_of(core, what->bytes), place);
    ct_wipe(core, sizeof core);
    pthread_mutex_unlock(&dumps->lock);
    return err;
}

void dumps_lost(int err, const struct os_crash_dump *what, struct outbox *outbox)
{
    struct os_event event = {.category = EVENT_DUMP_LOST, .time_s = what->time_s,
                             .exit_code = err == E_FULL ? EVENT_DUMP_NO_ROOM : EVENT_DUMP_FAILED};
    if (!err || err == E_DENIED || err == E_EXISTS)
        return;
    memcpy(event.component, what->component, sizeof event.component);
    memcpy(event.image, what->image, sizeof event.image);
    outbox_add(outbox, &event);
}
