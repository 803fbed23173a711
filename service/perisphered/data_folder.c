/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/perisphered/data_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/ipc/process.h"

static int fail(const char *path, const char *what, int err)
{
    fprintf(stderr, "perisphered: %s: %s\n", path, what);
    return err;
}

static bool ends_with(const char *text, const char *end)
{
    size_t a = strlen(text), b = strlen(end);
    return a >= b && strcmp(text + a - b, end) == 0;
}

static int entry_check(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    char what[128];
    (void)ftw;
    if (type == FTW_DNR || type == FTW_NS)
        return fail(path, "cannot be read", E_DENIED);
    if (type != FTW_F || !(ends_with(path, ".key") || ends_with(path, "key.pem")))
        return 0;
    if (st->st_mode & 077) {
        snprintf(what, sizeof what, "key file is open to others (mode %04o): chmod 0600 it",
                 (unsigned)st->st_mode & 07777);
        return fail(path, what, E_DENIED);
    }
    return 0;
}

int data_folder_check(const char *data)
{
    struct stat st;
    char what[128];
    if (lstat(data, &st) != 0)
        return fail(data, errno == ENOENT ? "no such data folder: peri service init makes one"
                                          : strerror(errno), E_NOT_FOUND);
    if (!S_ISDIR(st.st_mode))
        return fail(data, "not a folder", E_NOT_FOUND);
    if (st.st_uid != geteuid()) {
        snprintf(what, sizeof what, "data folder belongs to another user: run the service as uid %u, not %u",
                 (unsigned)st.st_uid, (unsigned)geteuid());
        return fail(data, what, E_DENIED);
    }
    if (st.st_mode & 066) {
        snprintf(what, sizeof what, "data folder is open to others (mode %04o): chmod 0700 it",
                 (unsigned)st.st_mode & 07777);
        return fail(data, what, E_DENIED);
    }
    int err = nftw(data, entry_check, 16, FTW_PHYS);
    return err == -1 ? fail(data, strerror(errno), E_IO) : err;
}

int data_folder_lock(const char *data, int *out)
{
    char path[PATH_MAX];
    *out = -1;
    snprintf(path, sizeof path, "%s/run", data);
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return fail(path, strerror(errno), E_IO);
    snprintf(path, sizeof path, "%s/run/lock", data);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return fail(path, strerror(errno), E_IO);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int busy = errno == EWOULDBLOCK;
        close(fd);
        return busy ? fail(data, "another service is using this data folder: stop it (its "
                           "process id is in run/pid), or give another --data", E_BUSY)
                    : fail(path, strerror(errno), E_IO);
    }
    *out = fd;
    return 0;
}

/* nftw() has no context argument. */
static unsigned owner;

static int entry_own(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)type;
    (void)ftw;
    /* A link could hand a foreign file to the process. */
    if (!S_ISDIR(st->st_mode) && !(S_ISREG(st->st_mode) && st->st_nlink == 1))
        return fail(path, "neither a folder nor a plain file", E_DENIED);
    if (st->st_uid == owner && st->st_gid == owner)
        return 0;
    if (lchown(path, owner, owner) != 0)
        return fail(path, strerror(errno), E_IO);
    return 0;
}

int data_folder_own(const char *data, unsigned uid_base)
{
    if (uid_base && chmod(data, 0711) != 0)
        return fail(data, strerror(errno), E_IO);
    for (unsigned i = 0; i < PROCESS_COUNT; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", data, process_name((enum process_id)i));
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            return fail(path, strerror(errno), E_IO);
        if (!uid_base)
            continue;
        owner = uid_base + i;
        int err = nftw(path, entry_own, 16, FTW_PHYS);
        if (err)
            return err < -1 ? err : E_IO;
    }
    return 0;
}

int data_folder_note(const char *data, const char *name, unsigned long number)
{
    char path[PATH_MAX], part[PATH_MAX], text[32];
    snprintf(path, sizeof path, "%s/run/%s", data, name);
    snprintf(part, sizeof part, "%s/run/.%s", data, name);
    int len = snprintf(text, sizeof text, "%lu\n", number);
    int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return fail(part, strerror(errno), E_IO);
    /* Not synced: after a power cut nothing runs that a note could speak of. */
    bool ok = write(fd, text, (size_t)len) == len;
    int saved = errno;
    if (close(fd) != 0 || !ok || rename(part, path) != 0)
        return fail(part, strerror(ok ? errno : saved), E_IO);
    return 0;
}

void data_folder_forget(const char *data, const char *name)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/run/%s", data, name);
    unlink(path);
}
