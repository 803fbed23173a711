/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/perisphered/tree_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "service/ipc/service_init.h"
#include "service/perisphered/say.h"

enum { COPY_BYTES = 1 << 16 };

static const char *path_in(const char *folder, const char *name, char path[static PATH_MAX])
{
    if (snprintf(path, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX)
        path[0] = '\0'; /* names no file: what is done with it fails */
    return path;
}

/* nftw() has no context argument. */
static struct {
    size_t from_len;
    const char *to;
    bool live; /* the database is in store/snapshot.db */
    const char *what; /* of the lines of progress; NULL: none */
    uint64_t done, total, said; /* bytes; said: hundredths of it that were */
} copying;

/* A line for each hundredth; what the service added meanwhile is not in the total. */
static void progress_add(uint64_t bytes)
{
    copying.done += bytes;
    const uint64_t part = copying.total ? copying.done * 100 / copying.total : 0;
    if (!copying.what || part <= copying.said || copying.done > copying.total)
        return;
    copying.said = part;
    printf("progress %" PRIu64 " %" PRIu64 " %s\n", copying.done, copying.total, copying.what);
    fflush(stdout);
}

static int bytes_copy(int from, int to)
{
    static char bytes[COPY_BYTES];
    ssize_t n;
    while ((n = read(from, bytes, sizeof bytes)) > 0) {
        for (ssize_t done = 0, m; done < n; done += m)
            if ((m = write(to, bytes + done, (size_t)(n - done))) <= 0)
                return -1;
        progress_add((uint64_t)n);
    }
    return n == 0 ? fsync(to) : -1;
}

int tree_file_copy(const char *from, const char *to, mode_t mode)
{
    int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (in < 0 && errno == ENOENT)
        return 0; /* an image that went while we copied: no snapshot names it */
    int out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    int err = out >= 0 && bytes_copy(in, out) == 0 && fchmod(out, mode & 0700) == 0 ? 0 : -1;
    if (err)
        say("%s: %s", out < 0 && in >= 0 ? to : from, strerror(errno));
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return err;
}

/* Names below the data folder that a backup does not have. */
static const struct skip_row {
    const char *name;
    bool live_only;
} skipped[] = {
    {"run", false},           {"store/data.key", false}, {"store/data.key.new", false}, {"store/request", false},
    {"store/data.key.pass", false},
    {"store/answer", false},  {"store/store.db", true},  {"store/store.db-wal", true},  {"store/store.db-shm", true},
    {"store/snapshot.db-journal", false}, {"store/store.db.moved", false}, {"store/move.part", false},
    {"issuer/request", false}, {"issuer/answer", false},
};

static bool is_skipped(const char *name)
{
    for (size_t i = 0; i < sizeof skipped / sizeof skipped[0]; i++)
        if (strcmp(skipped[i].name, name) == 0 && (copying.live || !skipped[i].live_only))
            return true;
    /* Of writes that were cut off; and what was a key before it went into a token (issuer/move_keys.c). */
    const char *slash = strrchr(name, '/');
    if (strncmp(slash ? slash + 1 : name, ".part-", 6) == 0)
        return true;
    size_t len = strlen(name);
    return (len > 4 && strcmp(name + len - 4, ".new") == 0) || (len > 5 && strcmp(name + len - 5, ".part") == 0);
}

static int copy_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    char to[PATH_MAX];
    const char *name = path[copying.from_len] ? path + copying.from_len + 1 : "";
    (void)ftw;
    if (is_skipped(name))
        return FTW_SKIP_SUBTREE;
    if (strcmp(name, "store/snapshot.db") == 0) {
        if (!copying.live)
            return 0;
        name = "store/store.db";
    }
    if (snprintf(to, sizeof to, "%s/%s", copying.to, name) >= (int)sizeof to)
        return say("%s: the name is too long", path);
    if (kind == FTW_D)
        return mkdir(to, 0700) == 0 ? 0 : say("%s: %s", to, strerror(errno));
    if (kind == FTW_F && S_ISREG(st->st_mode))
        return tree_file_copy(path, to, st->st_mode);
    return kind == FTW_NS ? 0 : say("%s: cannot be read", path);
}

int tree_place_check(const char *to)
{
    char above[PATH_MAX];
    struct stat st;
    if (access(to, F_OK) == 0)
        return say("%s exists already: name a folder that does not", to);
    if (snprintf(above, sizeof above, "%s", to) >= (int)sizeof above)
        return say("%s: the name is too long", to);
    const char *folder = dirname(above);
    if (stat(folder, &st) != 0)
        return say("%s: the folder \"%s\" that it is to be in: %s", to, folder, strerror(errno));
    return S_ISDIR(st.st_mode) ? 0 : say("%s: \"%s\" is no folder", to, folder);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st, (void)kind, (void)ftw;
    return remove(path);
}

/* The key opens what was copied, or nothing of the copy stays. */
static int copy_check(const char *part, const char *key)
{
    char store[PATH_MAX];
    int err = service_key_check(path_in(part, "store", store), "", key);
    if (err)
        (void)nftw(part, remove_one, 16, FTW_PHYS | FTW_DEPTH);
    return err ? 1 : 0;
}

static int size_add(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    const char *name = path[copying.from_len] ? path + copying.from_len + 1 : "";
    (void)ftw;
    if (is_skipped(name))
        return FTW_SKIP_SUBTREE;
    if (kind == FTW_F && S_ISREG(st->st_mode) && (copying.live || strcmp(name, "store/snapshot.db") != 0))
        copying.total += (uint64_t)st->st_size;
    return 0;
}

int tree_copy(const struct tree_copy *c)
{
    char part[PATH_MAX], path[PATH_MAX];
    if (tree_place_check(c->to) != 0)
        return 1;
    if (snprintf(part, sizeof part, "%s.part", c->to) >= (int)sizeof part)
        return say("%s: the name is too long", c->to);
    copying.from_len = strlen(c->from);
    copying.to = part;
    copying.live = c->live;
    copying.what = c->what;
    copying.done = copying.total = copying.said = 0;
    if (c->what)
        (void)nftw(c->from, size_add, 16, FTW_PHYS | FTW_ACTIONRETVAL); /* what it cannot read, the copy says */
    if (nftw(c->from, copy_one, 16, FTW_PHYS | FTW_ACTIONRETVAL) != 0)
        return say("%s is not complete; remove it and try again", part);
    if (c->key && tree_file_copy(c->key, path_in(part, "store/data.key", path), 0600) != 0)
        return 1;
    if (c->check && copy_check(part, c->key) != 0)
        return 1;
    if (c->dump && tree_file_copy(c->dump, path_in(part, TREE_DUMP, path), 0600) != 0)
        return 1;
    int fd = open(part, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && syncfs(fd) == 0 && rename(part, c->to) == 0 && syncfs(fd) == 0;
    if (fd >= 0)
        close(fd);
    return good ? 0 : say("%s: %s", c->to, strerror(errno));
}
