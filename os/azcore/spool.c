/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azcore/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "lib/ct.h"
#include "os/dumps/dump_files.h"
#include "os/dumps/kept_file.h"
#include "os/ipc/os_channel.h"

enum { STEP_BYTES = 4096 };

/* E_NOT_FOUND: there is none. */
static int key_read(int folder, struct dump_key *key)
{
    uint8_t bytes[DUMP_KEY_BYTES + 1];
    size_t len;
    int err = kept_file_read(folder, OS_DUMP_KEY_FILE, bytes, sizeof bytes, &len);
    return err ? err : dump_key_parse(span_of(bytes, len), key);
}

int spool_open(struct spool *spool, const char *folder)
{
    struct stat s;
    *spool = (struct spool){.folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)};
    if (spool->folder < 0)
        return errno == ENOENT ? E_DENIED : E_IO;
    /* Only the owner decides what this name stands for. */
    int err = fstat(spool->folder, &s) != 0 || s.st_uid != geteuid() ? E_IO : key_read(spool->folder, &spool->key);
    if (err == E_NOT_FOUND)
        err = E_DENIED;
    if (!err && flock(spool->folder, LOCK_EX | LOCK_NB))
        err = E_BUSY;
    if (err)
        spool_close(spool);
    else
        (void)unlinkat(spool->folder, DUMP_FILES_FRESH, 0); /* of one who was killed: the lock says that nobody writes it */
    return err;
}

void spool_close(struct spool *spool)
{
    if (spool->folder >= 0)
        close(spool->folder); /* and the lock */
    *spool = (struct spool){.folder = -1};
}

/* -- the core as it comes -------------------------------------------------------------- */

struct source {
    struct span begin; /* what is left of it */
    int fd;
    uint64_t at;       /* of the core */
};

/* The next bytes, at least one.  E_MORE: there are none. */
static int source_read(struct source *s, uint8_t *to, size_t cap, size_t *len)
{
    if (s->begin.len) {
        *len = s->begin.len < cap ? s->begin.len : cap;
        memcpy(to, s->begin.at, *len);
        s->begin = span_of(s->begin.at + *len, s->begin.len - *len);
    } else {
        ssize_t n;
        do
            n = read(s->fd, to, cap);
        while (n < 0 && errno == EINTR);
        if (n <= 0)
            return n < 0 ? E_IO : E_MORE;
        *len = (size_t)n;
    }
    s->at += *len;
    return 0;
}

struct sink {
    struct crash_dump_sealer seal;
    int fd;
    size_t bytes;
};

static int sink_put(struct sink *sink, struct span bytes)
{
    sink->bytes += bytes.len;
    return kept_file_put(sink->fd, bytes);
}

/* Sealed in its own place: the bytes in the clear are gone when this returns. */
static int sink_seal(struct sink *sink, uint8_t *bytes, size_t len)
{
    int err = crash_dump_put(&sink->seal, span_of(bytes, len), bytes);
    return err ? err : sink_put(sink, span_of(bytes, len));
}

static int piece_seal(struct source *source, struct sink *sink, const struct core_piece *piece)
{
    uint8_t bytes[STEP_BYTES];
    uint64_t left = piece->len;
    int err = piece->from < source->at ? E_MALFORMED : 0;
    while (!err && left) {
        bool skip = source->at < piece->from;
        uint64_t want = skip ? piece->from - source->at : left;
        size_t len;
        err = source_read(source, bytes, want < sizeof bytes ? (size_t)want : sizeof bytes, &len);
        if (err || skip)
            continue;
        err = sink_seal(sink, bytes, len);
        left -= len;
    }
    ct_wipe(bytes, sizeof bytes);
    return err;
}

static int head_seal(struct sink *sink, const struct core_cut *cut)
{
    uint8_t bytes[STEP_BYTES];
    int err = 0;
    for (size_t at = 0; at < cut->head_len && !err;) {
        size_t len = cut->head_len - at < sizeof bytes ? cut->head_len - at : sizeof bytes;
        memcpy(bytes, cut->head + at, len);
        err = sink_seal(sink, bytes, len);
        at += len;
    }
    ct_wipe(bytes, sizeof bytes);
    return err;
}

/* -- the file ------------------------------------------------------------------------------ */

static int dump_begin(struct sink *sink, const struct dump_key *key, const struct spool_crash *what, uint32_t core_bytes)
{
    uint8_t first[CRASH_DUMP_FIRST_BYTES], seed[HPKE_SEED_BYTES];
    struct crash_dump head = dump_files_head(key, what->component, what->image, what->signal, what->time_s);
    head.core_bytes = core_bytes;
    if (getrandom(head.dump, sizeof head.dump, 0) != (ssize_t)sizeof head.dump ||
        getrandom(seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        return E_ENTROPY;
    int err = crash_dump_begin(&sink->seal, &head, key->public, seed, first);
    ct_wipe(seed, sizeof seed);
    return err ? err : sink_put(sink, span_of(first, sizeof first));
}

static int dump_write(struct sink *sink, const struct dump_key *key, const struct spool_crash *what,
                      const struct core_cut *cut, struct source *source)
{
    uint8_t tag[CRASH_DUMP_TAG_BYTES];
    int err = dump_begin(sink, key, what, cut->bytes);
    if (!err)
        err = head_seal(sink, cut);
    for (size_t i = 0; i < cut->pieces && !err; i++)
        err = piece_seal(source, sink, &cut->piece[i]);
    if (!err)
        err = crash_dump_end(&sink->seal, tag);
    crash_dump_release(&sink->seal);
    return err ? err : sink_put(sink, span_of(tag, sizeof tag));
}

static int room_check(int folder, size_t bytes)
{
    struct statvfs s;
    if (fstatvfs(folder, &s))
        return E_IO;
    return (uint64_t)s.f_bavail * s.f_frsize >= bytes + SPOOL_SPARE_BYTES ? 0 : E_FULL;
}

/* Whose consent it was made with is who allows it now. */
static bool still_allowed(const struct spool *spool)
{
    struct dump_key now;
    return key_read(spool->folder, &now) == 0 && memcmp(&now.of, &spool->key.of, sizeof now.of) == 0;
}

int spool_take(struct spool *spool, const struct spool_crash *what, const struct core_cut *cut, struct span begin, int core,
               size_t *bytes)
{
    char name[DUMP_FILES_NAME_BYTES];
    unsigned place;
    struct source source = {begin, core, 0};
    *bytes = 0;
    int err = dump_files_place(spool->folder, SPOOL_DUMPS_MAX, what->component, what->image, what->signal, &place);
    if (!err)
        err = room_check(spool->folder, cut->bytes + CRASH_DUMP_EXTRA_BYTES);
    if (err)
        return err;
    struct sink sink = {.fd = kept_file_begin(spool->folder, DUMP_FILES_FRESH, 0644)};
    if (sink.fd < 0)
        return errno == ENOSPC ? E_FULL : E_IO;
    err = dump_write(&sink, &spool->key, what, cut, &source);
    if (!err && !still_allowed(spool))
        err = E_DENIED;
    if (err) {
        kept_file_drop(spool->folder, DUMP_FILES_FRESH, sink.fd);
        return err;
    }
    err = kept_file_end(spool->folder, DUMP_FILES_FRESH, sink.fd, dump_files_name(place, name));
    *bytes = err ? 0 : sink.bytes;
    return err;
}
