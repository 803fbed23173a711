/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/issuer/folder_part.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int entry_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

/* The folder above must hold the new name for good. */
static int parent_sync(const char *path)
{
    char above[PATH_MAX];
    if (snprintf(above, sizeof above, "%s/..", path) >= (int)sizeof above)
        return E_RANGE;
    int fd = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return E_IO;
    int err = fsync(fd) == 0 ? 0 : E_IO;
    close(fd);
    return err;
}

int folder_part_open(const char *final, char part[static PATH_MAX])
{
    struct stat st;
    if (lstat(final, &st) == 0)
        return E_EXISTS;
    if (strlen(final) > PATH_MAX - 64 || final[strlen(final) - 1] == '/')
        return E_RANGE;
    snprintf(part, PATH_MAX, "%.*s.part-XXXXXX", PATH_MAX - 64, final);
    return mkdtemp(part) ? 0 : E_IO;
}

int folder_part_close(const char *part, const char *final, int err)
{
    if (!err && renameat2(AT_FDCWD, part, AT_FDCWD, final, RENAME_NOREPLACE) != 0)
        err = errno == EEXIST ? E_EXISTS : E_IO;
    if (!err)
        return parent_sync(final);
    (void)nftw(part, entry_remove, 16, FTW_DEPTH | FTW_PHYS);
    return err;
}

int folder_part_fail(const char *what, const char *subject, int err)
{
    char above[PATH_MAX];
    if (err == E_EXISTS) {
        fprintf(stderr, "perisphered: %s \"%s\": it exists already: name another, or remove it\n", what, subject);
        return err;
    }
    const char *slash = strrchr(subject, '/');
    snprintf(above, sizeof above, "%.*s", slash ? (int)(slash - subject) + 1 : 1, slash ? subject : ".");
    if (access(above, W_OK | X_OK) != 0) {
        fprintf(stderr, "perisphered: %s \"%s\": its parent \"%s\": %s\n", what, subject, above,
                strerror(errno));
        return err;
    }
    fprintf(stderr, "perisphered: %s \"%s\": %s\n", what, subject, err_text(err));
    return err;
}
