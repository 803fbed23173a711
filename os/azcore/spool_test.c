/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A dump from a core that flows by: only with the key, whole and sealed, for nobody but the catalog's key; nothing left of one that
 * could not be made; one of a kind, two at most, and none where flash is short.
 */
#include "os/azcore/spool.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/crash_dump.h"
#include "os/dumps/dump_files.h"
#include "os/dumps/kept_file.h"
#include "os/ipc/os_channel.h"
#include "tests/check.h"

static char folder_path[] = "/tmp/peri-spool-XXXXXX";
static int folder;
static uint8_t private[HPKE_PRIVATE_BYTES];
static struct dump_key key = {.of = {.allowed = true, .device_id = {1}, .catalog = {2}, .group = {3}}, .fetched_s = 5};

/* -- flash that is short, a disk that fails ---------------------------------------------- */

static uint64_t room = UINT64_MAX;
static int sync_fails;
static void (*on_sync)(void);

int __real_fstatvfs(int fd, struct statvfs *s);
int __wrap_fstatvfs(int fd, struct statvfs *s);
int __wrap_fstatvfs(int fd, struct statvfs *s)
{
    int r = __real_fstatvfs(fd, s);
    if (room != UINT64_MAX) {
        s->f_frsize = 1;
        s->f_bavail = faccessat(fd, DUMP_FILES_FRESH, F_OK, 0) == 0 ? 0 : room; /* a piece that was left has it all */
    }
    return r;
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    return sync_fails ? -1 : __real_fsync(fd);
}

/* The last thing before the tag: where a consent can go while a dump is made. */
int __real_hpke_sealer_end(struct hpke_sealer *sealer, uint8_t tag[static HPKE_TAG_BYTES]);
int __wrap_hpke_sealer_end(struct hpke_sealer *sealer, uint8_t tag[static HPKE_TAG_BYTES]);
int __wrap_hpke_sealer_end(struct hpke_sealer *sealer, uint8_t tag[static HPKE_TAG_BYTES])
{
    if (on_sync)
        on_sync();
    return __real_hpke_sealer_end(sealer, tag);
}

/* -- a core, which here is any bytes ------------------------------------------------------ */

enum { CORE = 100000, BEGIN = 5000 };
static uint8_t core[CORE];
static struct core_cut cut = {.head = "a head", .head_len = 6000, .piece = {{100, 50}, {4990, 20}, {60000, 8192}}, .pieces = 3,
                              .bytes = 6000 + 50 + 20 + 8192};

static void key_put(const struct dump_key *k)
{
    uint8_t bytes[DUMP_KEY_BYTES];
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(dump_key_write(k, &w) == 0);
    REQUIRE(kept_file_write(folder, OS_DUMP_KEY_FILE, "key.new", DUMP_KEY_MODE, writer_view(&w)) == 0);
}

static void key_take(void)
{
    (void)unlinkat(folder, OS_DUMP_KEY_FILE, 0);
}

static void key_of_another_group(void)
{
    struct dump_key other = key;
    other.of.group[15] = 9;
    key_put(&other);
}

static bool there(const char *name)
{
    return faccessat(folder, name, F_OK, 0) == 0;
}

/* The core through a pipe, as the kernel gives it; the first bytes were read already. */
static int take(uint8_t component, uint32_t signal, size_t core_bytes, size_t *bytes)
{
    int pipes[2], status;
    struct spool spool;
    struct spool_crash what = {.component = {component}, .image = {7}, .signal = signal, .time_s = 1800000000};
    int err = spool_open(&spool, folder_path);
    *bytes = 0;
    if (err) {
        CHECK_INT(spool.folder, -1);
        return err;
    }
    REQUIRE(pipe(pipes) == 0);
    pid_t kernel = fork();
    if (kernel == 0) {
        close(pipes[0]);
        for (size_t at = BEGIN; at < core_bytes;) {
            ssize_t n = write(pipes[1], core + at, core_bytes - at < 1000 ? core_bytes - at : 1000);
            if (n <= 0)
                break;
            at += (size_t)n;
        }
        _exit(0);
    }
    close(pipes[1]);
    err = spool_take(&spool, &what, &cut, span_of(core, BEGIN < core_bytes ? BEGIN : core_bytes), pipes[0], bytes);
    close(pipes[0]);
    spool_close(&spool);
    REQUIRE(waitpid(kernel, &status, 0) == kernel);
    CHECK(!there(DUMP_FILES_FRESH));
    CHECK((err == 0) == (*bytes > 0));
    return err;
}

/* What the service, an operator in the end, gets of it. */
static void look(const char *name, uint8_t component, uint32_t signal, size_t bytes)
{
    static uint8_t opened[CRASH_DUMP_CORE_MAX], want[CRASH_DUMP_CORE_MAX];
    struct crash_dump dump;
    struct hpke_secret secret;
    struct span view;
    REQUIRE(kept_file_map(folder, name, CRASH_DUMP_BYTES_MAX, &view) == 0);
    CHECK_INT(view.len, bytes);
    REQUIRE(crash_dump_parse(view, &dump) == 0);
    CHECK(dump.component[0] == component && dump.image[0] == 7 && dump.signal == signal && dump.time_s == 1800000000);
    CHECK(memcmp(dump.device_id, key.of.device_id, 64) == 0 && memcmp(dump.catalog, key.of.catalog, 16) == 0 &&
          memcmp(dump.group, key.of.group, 16) == 0);
    memcpy(want, cut.head, cut.head_len);
    size_t at = cut.head_len;
    for (size_t i = 0; i < cut.pieces; at += cut.piece[i++].len)
        memcpy(want + at, core + cut.piece[i].from, cut.piece[i].len);
    CHECK_INT(dump.core_bytes, at);
    CHECK(memmem(view.at, view.len, core + 60000, 32) == NULL && memmem(view.at, view.len, "a head", 6) == NULL);
    REQUIRE(crash_dump_secret(private, dump.catalog, dump.enc.at, &secret) == 0);
    CHECK_INT(crash_dump_open(&dump, &secret, opened), 0);
    CHECK_MEM(opened, want, at);
    kept_file_unmap(&view);
}

static void with_and_without(void)
{
    size_t bytes;
    struct stat s;
    CHECK_INT(take(1, 11, CORE, &bytes), E_DENIED); /* no key: no consent */
    key_put(&key);
    CHECK_INT(take(1, 11, CORE, &bytes), 0);
    look("dump-0", 1, 11, bytes);
    CHECK(fstatat(folder, "dump-0", &s, 0) == 0 && (s.st_mode & 0777) == 0644);
    CHECK_INT(take(1, 11, CORE, &bytes), E_EXISTS);
    CHECK_INT(take(1, 6, CORE, &bytes), 0); /* another signal is another kind */
    look("dump-1", 1, 6, bytes);
    CHECK_INT(take(2, 11, CORE, &bytes), E_FULL); /* as many as may wait */
    REQUIRE(unlinkat(folder, "dump-0", 0) == 0); /* delivered */
    CHECK_INT(take(2, 11, CORE, &bytes), 0);
    look("dump-0", 2, 11, bytes);
    /* what is none does not keep a place */
    int fd = openat(folder, "dump-0", O_WRONLY | O_TRUNC);
    REQUIRE(fd >= 0 && write(fd, "PDMP rubbish", 12) == 12);
    close(fd);
    CHECK_INT(take(3, 11, CORE, &bytes), 0);
    look("dump-0", 3, 11, bytes);
    (void)unlinkat(folder, "dump-0", 0);
    (void)unlinkat(folder, "dump-1", 0);
}

static void none_left(void)
{
    size_t bytes;
    CHECK_INT(take(1, 11, 60100, &bytes), E_MORE); /* whoever wrote it is gone */
    CHECK_INT(take(1, 11, BEGIN, &bytes), E_MORE);
    CHECK_INT(take(1, 11, 0, &bytes), E_MORE);
    room = SPOOL_SPARE_BYTES + cut.bytes + CRASH_DUMP_EXTRA_BYTES - 1;
    CHECK_INT(take(1, 11, CORE, &bytes), E_FULL);
    room++;
    CHECK_INT(take(1, 11, CORE, &bytes), 0);
    room = UINT64_MAX;
    (void)unlinkat(folder, "dump-0", 0);
    sync_fails = 1;
    CHECK_INT(take(1, 11, CORE, &bytes), E_IO);
    sync_fails = 0;
    /* the consent goes, or the device to another group, while the dump is made */
    on_sync = key_take;
    CHECK_INT(take(1, 11, CORE, &bytes), E_DENIED);
    on_sync = key_of_another_group;
    key_put(&key);
    CHECK_INT(take(1, 11, CORE, &bytes), E_DENIED);
    on_sync = NULL;
    key_put(&key);
    /* a piece that was passed already */
    cut.piece[1].from = 10;
    CHECK_INT(take(1, 11, CORE, &bytes), E_MALFORMED);
    cut.piece[1].from = 4990;
    CHECK_INT(take(1, 65, CORE, &bytes), E_LIMIT); /* no signal */
    CHECK(!there("dump-0") && !there("dump-1"));
}

static void piece_put(void)
{
    int fd = openat(folder, DUMP_FILES_FRESH, O_WRONLY | O_CREAT, 0644);
    REQUIRE(fd >= 0 && write(fd, core, CRASH_DUMP_CORE_MAX) == CRASH_DUMP_CORE_MAX);
    close(fd);
}

/* Killed in the middle: what it left takes no room from the next one, who does not touch what somebody still writes. */
static void left_by_one_killed(void)
{
    struct spool other;
    size_t bytes;
    room = SPOOL_SPARE_BYTES + cut.bytes + CRASH_DUMP_EXTRA_BYTES;
    piece_put();
    CHECK_INT(take(1, 11, CORE, &bytes), 0);
    look("dump-0", 1, 11, bytes);
    piece_put();
    CHECK_INT(take(1, 11, CORE, &bytes), E_EXISTS); /* nor where no dump is made */
    room = UINT64_MAX;
    REQUIRE(spool_open(&other, folder_path) == 0);
    piece_put();
    struct spool second;
    CHECK_INT(spool_open(&second, folder_path), E_BUSY);
    CHECK(there(DUMP_FILES_FRESH));
    spool_close(&other);
    (void)unlinkat(folder, DUMP_FILES_FRESH, 0);
    (void)unlinkat(folder, "dump-0", 0);
}

static void folder_of_others(void)
{
    struct spool spool, other;
    char path[64];
    size_t bytes;
    CHECK_INT(spool_open(&spool, "/tmp/peri-spool-nowhere"), E_DENIED);
    snprintf(path, sizeof path, "%s-link", folder_path);
    REQUIRE(symlink(folder_path, path) == 0);
    CHECK_INT(spool_open(&spool, path), E_IO);
    unlink(path);
    if (geteuid() == 0) {
        REQUIRE(chown(folder_path, 61104, 61104) == 0);
        CHECK_INT(spool_open(&spool, folder_path), E_IO);
        REQUIRE(chown(folder_path, 0, 0) == 0);
    }
    /* one at a time */
    REQUIRE(spool_open(&other, folder_path) == 0);
    CHECK_INT(take(1, 11, CORE, &bytes), E_BUSY);
    spool_close(&other);
    spool_close(&other);
    CHECK_INT(take(1, 11, CORE, &bytes), 0);
    (void)unlinkat(folder, "dump-0", 0);
    int fd = openat(folder, OS_DUMP_KEY_FILE, O_WRONLY);
    REQUIRE(fd >= 0 && pwrite(fd, "x", 1, 100) == 1);
    close(fd);
    CHECK_INT(take(1, 11, CORE, &bytes), E_CORRUPT);
    key_take();
}

int main(void)
{
    const uint8_t seed[HPKE_SEED_BYTES] = {4};
    REQUIRE(mkdtemp(folder_path) != NULL && hpke_pair(seed, private, key.public) == 0);
    folder = open(folder_path, O_RDONLY | O_DIRECTORY);
    for (size_t i = 0; i < CORE; i++)
        core[i] = (uint8_t)(i * 37 >> 3);
    with_and_without();
    none_left();
    left_by_one_killed();
    folder_of_others();
    close(folder);
    REQUIRE(rmdir(folder_path) == 0);
    return check_done();
}
