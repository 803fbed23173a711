/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/power_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES = 8, INODES = 64, OPS = 256, FDS = 256, BYTES = 32768, NAME = 64, NONE = -1 };

enum way { CLEAN, TORN, DROPPED, LAST_ONLY, LAST_TORN, ALTERNATE, WAYS };

struct disk_op {
    enum { NAMED, UNNAMED, EMPTIED, WRITTEN } kind; /* the first two: of the folder */
    int inode;
    char name[NAME], from[NAME]; /* NAMED by a rename: from is gone */
    size_t at, len;              /* WRITTEN: of the inode's `all` */
};

static struct {
    bool watched, off;
    char folder[256];
    unsigned operations, cut_at;
    enum way way;
    struct {
        char name[NAME];
        int inode;
    } seen[FILES], kept[FILES]; /* name "": free */
    struct {
        uint8_t all[BYTES]; /* as the program wrote it */
        size_t len, kept;   /* kept: how much of it the disk has */
        mode_t mode;
    } inode[INODES];
    int inodes;
    struct disk_op pending[OPS];
    unsigned pending_count;
    int of_fd[FDS]; /* inode, or NONE */
} disk;

int __real_open(const char *path, int flags, mode_t mode);
int __real_openat(int folder, const char *path, int flags, mode_t mode);
ssize_t __real_write(int fd, const void *bytes, size_t len);
int __real_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __real_renameat(int a, const char *from, int b, const char *to);
int __real_unlink(const char *path);
int __real_unlinkat(int folder, const char *path, int flags);
int __wrap_open(const char *path, int flags, ...);
int __wrap_openat(int folder, const char *path, int flags, ...);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
int __wrap_fsync(int fd);
int __wrap_rename(const char *from, const char *to);
int __wrap_renameat(int a, const char *from, int b, const char *to);
int __wrap_unlink(const char *path);
int __wrap_unlinkat(int folder, const char *path, int flags);

static void need(bool true_, const char *what)
{
    if (true_)
        return;
    fprintf(stderr, "power_files: %s\n", what);
    abort();
}

/* -- the disk ----------------------------------------------------------------------- */

static int *entry(bool kept, const char *name, bool make)
{
    int found = NONE;
    for (int i = FILES - 1; i >= 0; i--) {
        const char *is = kept ? disk.kept[i].name : disk.seen[i].name;
        if (strcmp(is, name) == 0)
            return kept ? &disk.kept[i].inode : &disk.seen[i].inode;
        if (!is[0])
            found = i;
    }
    if (!make)
        return NULL;
    need(found != NONE, "too many files");
    snprintf(kept ? disk.kept[found].name : disk.seen[found].name, NAME, "%s", name);
    int *inode = kept ? &disk.kept[found].inode : &disk.seen[found].inode;
    *inode = NONE;
    return inode;
}

static void forget(bool kept, const char *name)
{
    for (unsigned i = 0; i < FILES; i++)
        if (strcmp(kept ? disk.kept[i].name : disk.seen[i].name, name) == 0)
            (kept ? disk.kept[i].name : disk.seen[i].name)[0] = '\0';
}

static void apply(const struct disk_op *op, bool half)
{
    switch (op->kind) {
    case NAMED:
        if (op->from[0])
            forget(true, op->from);
        *entry(true, op->name, true) = op->inode;
        break;
    case UNNAMED: forget(true, op->name); break;
    case EMPTIED: disk.inode[op->inode].kept = 0; break;
    case WRITTEN:
        /* a piece that comes without the one before it: a hole, and no such file may count */
        if (disk.inode[op->inode].kept < op->at)
            memset(disk.inode[op->inode].all + disk.inode[op->inode].kept, 0, op->at - disk.inode[op->inode].kept);
        disk.inode[op->inode].kept = op->at + (half ? op->len / 2 : op->len);
        break;
    default: need(false, "operation");
    }
}

/* Power goes; `now` is the operation that it goes in, or NULL. */
static void lose(const struct disk_op *now)
{
    const bool all = disk.way == CLEAN || disk.way == TORN;
    for (unsigned i = 0; i < disk.pending_count; i++)
        if (all || (disk.way == ALTERNATE && (disk.pending_count - i) % 2 == 0))
            apply(&disk.pending[i], false);
    if (now && disk.way != CLEAN && disk.way != DROPPED)
        apply(now, disk.way == TORN || disk.way == LAST_TORN);
    disk.pending_count = 0;
    disk.off = true;
}

/* Counts an operation; false when power went, or is gone. */
static bool lives(const struct disk_op *op)
{
    if (disk.off || ++disk.operations == disk.cut_at) {
        if (!disk.off)
            lose(op);
        errno = EIO;
        return false;
    }
    if (op) {
        need(disk.pending_count < OPS, "too much between two syncs");
        disk.pending[disk.pending_count++] = *op;
    }
    return true;
}

/* What of the pending operations is of this inode, or NONE: of the folder. */
static void settle(int inode)
{
    unsigned left = 0;
    for (unsigned i = 0; i < disk.pending_count; i++) {
        const struct disk_op *op = &disk.pending[i];
        const bool folder = op->kind == NAMED || op->kind == UNNAMED;
        if (inode == NONE ? folder : !folder && op->inode == inode)
            apply(op, false);
        else
            disk.pending[left++] = *op;
    }
    disk.pending_count = left;
}

/* -- the calls ----------------------------------------------------------------------- */

static const char *base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool for_write(int flags)
{
    return disk.watched && (flags & O_ACCMODE) != O_RDONLY;
}

/* Notes what an open for writing does; false when power is gone. */
static bool opened(const char *path, int flags, mode_t mode, int *inode)
{
    struct disk_op op = {.inode = NONE};
    int *is = entry(false, base(path), false);
    snprintf(op.name, sizeof op.name, "%s", base(path));
    if (is) {
        *inode = op.inode = *is;
        op.kind = EMPTIED;
        need(flags & O_TRUNC, "only whole files are written");
        if (!lives(&op))
            return false;
        disk.inode[op.inode].len = 0;
        return true;
    }
    need(flags & O_CREAT && disk.inodes < INODES, "file");
    *inode = op.inode = disk.inodes++;
    disk.inode[op.inode].len = disk.inode[op.inode].kept = 0;
    disk.inode[op.inode].mode = mode;
    op.kind = NAMED;
    if (!lives(&op))
        return false;
    *entry(false, op.name, true) = op.inode;
    return true;
}

static int note(int fd, int inode)
{
    need(fd < FDS, "descriptor");
    if (fd >= 0)
        disk.of_fd[fd] = inode;
    return fd;
}

int __wrap_openat(int folder, const char *path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    const mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;
    va_end(list);
    int inode = NONE;
    if (for_write(flags) && !opened(path, flags, mode, &inode))
        return -1;
    return note(__real_openat(folder, path, flags, mode), inode);
}

int __wrap_open(const char *path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    const mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;
    va_end(list);
    return __wrap_openat(AT_FDCWD, path, flags, mode);
}

ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
    const int inode = disk.watched && fd < FDS ? disk.of_fd[fd] : NONE;
    if (inode == NONE)
        return __real_write(fd, bytes, len);
    struct disk_op op = {.kind = WRITTEN, .inode = inode, .at = disk.inode[inode].len, .len = len};
    need(len <= BYTES - op.at, "size");
    memcpy(disk.inode[inode].all + op.at, bytes, len);
    disk.inode[inode].len += len;
    return lives(&op) ? __real_write(fd, bytes, len) : -1;
}

int __wrap_fsync(int fd)
{
    struct stat st;
    if (!disk.watched)
        return __real_fsync(fd);
    if (!lives(NULL))
        return -1;
    need(fstat(fd, &st) == 0, "fsync");
    settle(S_ISDIR(st.st_mode) ? NONE : disk.of_fd[fd]);
    return 0;
}

int __wrap_renameat(int a, const char *from, int b, const char *to)
{
    if (!disk.watched)
        return __real_renameat(a, from, b, to);
    struct disk_op op = {.kind = NAMED};
    int *is = entry(false, base(from), false);
    need(is != NULL, "rename of nothing");
    op.inode = *is;
    snprintf(op.name, sizeof op.name, "%s", base(to));
    snprintf(op.from, sizeof op.from, "%s", base(from));
    if (!lives(&op))
        return -1;
    forget(false, op.from);
    *entry(false, op.name, true) = op.inode;
    return __real_renameat(a, from, b, to);
}

int __wrap_rename(const char *from, const char *to)
{
    return __wrap_renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int __wrap_unlinkat(int folder, const char *path, int flags)
{
    if (!disk.watched)
        return __real_unlinkat(folder, path, flags);
    struct disk_op op = {.kind = UNNAMED, .inode = NONE};
    snprintf(op.name, sizeof op.name, "%s", base(path));
    if (entry(false, op.name, false)) {
        if (!lives(&op))
            return -1;
        forget(false, op.name);
    }
    return __real_unlinkat(folder, path, flags);
}

int __wrap_unlink(const char *path)
{
    return __wrap_unlinkat(AT_FDCWD, path, 0);
}

/* -- power ---------------------------------------------------------------------------- */

static void empty_folder(void)
{
    DIR *dir = opendir(disk.folder);
    need(dir != NULL, "folder");
    for (struct dirent *d; (d = readdir(dir));)
        if (d->d_name[0] != '.')
            need(__real_unlinkat(dirfd(dir), d->d_name, 0) == 0, "unlink");
    closedir(dir);
}

/* The folder is what the disk kept; nothing waits. */
static void power_on(unsigned cut_at, enum way way)
{
    char path[sizeof disk.folder + NAME + 1];
    int moved[INODES];
    if (!disk.off) {
        disk.way = DROPPED;
        lose(NULL);
    }
    empty_folder();
    memset(disk.seen, 0, sizeof disk.seen);
    memset(moved, 0xFF, sizeof moved);
    disk.inodes = 0;
    for (unsigned i = 0; i < FILES; i++) {
        if (!disk.kept[i].name[0])
            continue;
        const int is = disk.kept[i].inode;
        snprintf(path, sizeof path, "%s/%s", disk.folder, disk.kept[i].name);
        const int fd = __real_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        const size_t len = disk.inode[is].kept;
        need(fd >= 0 && __real_write(fd, disk.inode[is].all, len) == (ssize_t)len, "put back");
        close(fd);
    }
    /* numbered anew, lowest first: each only moves down */
    for (int is = 0; is < INODES; is++)
        for (unsigned i = 0; i < FILES; i++)
            if (disk.kept[i].name[0] && disk.kept[i].inode == is && moved[is] == NONE) {
                moved[is] = disk.inodes++;
                disk.inode[moved[is]] = disk.inode[is];
                disk.inode[moved[is]].len = disk.inode[moved[is]].kept;
            }
    for (unsigned i = 0; i < FILES; i++)
        if (disk.kept[i].name[0])
            disk.kept[i].inode = moved[disk.kept[i].inode];
    memcpy(disk.seen, disk.kept, sizeof disk.seen);
    memset(disk.of_fd, 0xFF, sizeof disk.of_fd);
    disk.off = false;
    disk.operations = 0;
    disk.cut_at = cut_at;
    disk.way = way;
}

/* -- the proof -------------------------------------------------------------------------- */

struct counts {
    unsigned long tried, losses, old, new, neither, lost, stuck;
};

static const char *const way_names[WAYS] = {"clean", "torn", "unsynced lost", "last alone", "last alone, torn",
                                            "every second"};

static void row(const struct power_files_store *store, const char *way, const struct counts *c)
{
    printf("%-16s %-38s %-17s %8lu %8lu %8lu %8lu | %lu %lu %lu %lu\n", "files", store->name, way, c->tried,
           c->losses, c->old, c->new, c->neither, c->lost, 0ul, c->stuck);
}

/* Saves value with power lost at an operation, or after the save (in the way that drops). */
static void save_cut(const struct power_files_store *store, unsigned old, unsigned value, unsigned at,
                     enum way way, struct counts *c)
{
    disk.cut_at = at ? disk.operations + at : 0;
    disk.way = way;
    disk.watched = true;
    const int err = store->save(disk.folder, value);
    const bool came = disk.off;
    power_on(0, CLEAN);
    const int got = store->load(disk.folder);
    disk.watched = false;
    c->losses++;
    c->old += got == (int)old;
    c->new += got == (int)value;
    if (got != (int)old && got != (int)value) {
        c->neither++;
        fprintf(stderr, "%s: %s at operation %u: value %d, expected %u or %u\n", store->name, way_names[way], at,
                got, old, value);
    } else if (err == 0 && got != (int)value) {
        c->lost++;
        fprintf(stderr, "%s: %s at operation %u%s: the save had said that it was kept\n", store->name,
                way_names[way], at, came ? "" : ", behind it");
    } else if (err && !came) {
        c->stuck++;
        fprintf(stderr, "%s: a save without a loss failed with %d\n", store->name, err);
    }
}

/* A save without a loss; how many operations it took. */
static unsigned save_whole(const struct power_files_store *store, unsigned value, struct counts *c)
{
    disk.operations = disk.cut_at = 0;
    disk.watched = true;
    if (store->save(disk.folder, value) != 0 || store->load(disk.folder) != (int)value)
        c->stuck++;
    disk.watched = false;
    return disk.operations;
}

static void begin(const struct power_files_store *store, unsigned value, struct counts *c)
{
    disk.off = true;
    memset(disk.kept, 0, sizeof disk.kept);
    disk.pending_count = 0;
    power_on(0, CLEAN);
    if (value)
        (void)save_whole(store, value, c);
    disk.way = CLEAN;
    lose(NULL);
    power_on(0, CLEAN);
}

static int value_now(const struct power_files_store *store)
{
    const int got = store->load(disk.folder);
    return got < 0 ? 0 : got;
}

static void proof_pairs(const struct power_files_store *store, unsigned operations, struct counts *all)
{
    struct counts pairs = {0};
    for (unsigned first = 1; first <= operations; first++)
        for (unsigned second = 1; second <= operations; second++)
            for (unsigned ways = 0; ways < WAYS * WAYS; ways++) {
                begin(store, 1, &pairs);
                pairs.tried++;
                save_cut(store, 1, 2, first, ways % WAYS, &pairs);
                save_cut(store, (unsigned)value_now(store), 3, second, ways / WAYS, &pairs);
                (void)save_whole(store, 4, &pairs);
            }
    row(store, "pairs, all ways", &pairs);
    all->neither += pairs.neither + pairs.lost + pairs.stuck;
}

static void proof_random(const struct power_files_store *store, unsigned long schedules, unsigned operations,
                         struct counts *all)
{
    struct counts random = {0};
    uint32_t seed = 1;
    begin(store, 1, &random);
    for (unsigned long i = 0; i < schedules; i++) {
        const unsigned old = (unsigned)value_now(store);
        seed = seed * 1664525 + 1013904223;
        save_cut(store, old, 1 + (old + 1 + (seed >> 28)) % 90, 1 + (seed >> 8) % (operations + 1),
                 (seed >> 20) % WAYS, &random);
        random.tried++;
    }
    row(store, "random", &random);
    all->neither += random.neither + random.lost + random.stuck;
}

unsigned long power_files_prove(const struct power_files_store *store, unsigned long schedules)
{
    struct counts all = {0};
    unsigned operations = 0;
    snprintf(disk.folder, sizeof disk.folder, "/tmp/power-files-XXXXXX");
    need(mkdtemp(disk.folder) != NULL, "folder");
    for (unsigned way = 0; way < WAYS; way++) {
        struct counts c = {0};
        for (unsigned old = 0; old < 2; old++) {
            begin(store, old, &c);
            operations = save_whole(store, old + 1, &c);
            for (unsigned at = 0; at <= operations; at++) { /* 0: behind the save */
                begin(store, old, &c);
                c.tried++;
                save_cut(store, old, old + 1, at, way, &c);
                (void)save_whole(store, 7, &c);
            }
        }
        row(store, way_names[way], &c);
        all.neither += c.neither + c.lost + c.stuck;
    }
    proof_pairs(store, operations, &all);
    proof_random(store, schedules, operations, &all);
    empty_folder();
    rmdir(disk.folder);
    return all.neither;
}
