/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "machine/hostfile.h"

#include <sys/file.h>

static bool sync_wanted(void)
{
    const char *word = getenv("PERI_MACHINE_SYNC");

    return !word || strcmp(word, "0") != 0;
}

/* The path may name another inode by now: a holder replaces the file as a whole. */
static bool still_there(int fd, const char *path)
{
    struct stat held, named;

    return fstat(fd, &held) == 0 && stat(path, &named) == 0 && held.st_ino == named.st_ino &&
           held.st_dev == named.st_dev;
}

bool hostfile_open(HostFile *file, const char *what, const char *path, size_t bytes, Error **errp)
{
    struct stat info;

    file->what = what;
    file->path = g_strdup(path);
    file->fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (file->fd < 0) {
        if (errno == EACCES || errno == EROFS || errno == EPERM) {
            error_setg_errno(errp, errno, "%s file \"%s\" cannot be written", what, path);
        } else {
            error_setg_errno(errp, errno, "%s file \"%s\" cannot be opened", what, path);
        }
        goto fail;
    }
    if (fstat(file->fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        error_setg(errp, "%s file \"%s\" is not a regular file", what, path);
        goto fail;
    }
    if (flock(file->fd, LOCK_EX | LOCK_NB) != 0 || !still_there(file->fd, path)) {
        error_setg(errp, "%s file \"%s\" is held by another process", what, path);
        goto fail;
    }
    if (info.st_size != (off_t)bytes) {
        error_setg(errp, "%s file \"%s\" has %lld bytes, not %zu", what, path,
                   (long long)info.st_size, bytes);
        goto fail;
    }
    return true;

fail:
    hostfile_release(file);
    return false;
}

bool hostfile_read(HostFile *file, void *to, size_t bytes, off_t at, Error **errp)
{
    size_t done = 0;

    while (done < bytes) {
        ssize_t got = pread(file->fd, (uint8_t *)to + done, bytes - done, at + (off_t)done);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            error_setg_errno(errp, got < 0 ? errno : EIO, "%s file \"%s\" cannot be read",
                             file->what, file->path);
            return false;
        }
        done += (size_t)got;
    }
    return true;
}

static bool write_all(int fd, const void *from, size_t bytes, off_t at)
{
    size_t done = 0;

    while (done < bytes) {
        ssize_t put = pwrite(fd, (const uint8_t *)from + done, bytes - done, at + (off_t)done);

        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return false;
        }
        done += (size_t)put;
    }
    return !sync_wanted() || fdatasync(fd) == 0;
}

bool hostfile_write(HostFile *file, const void *from, size_t bytes, off_t at, Error **errp)
{
    if (!write_all(file->fd, from, bytes, at)) {
        error_setg_errno(errp, errno, "%s file \"%s\" cannot be written", file->what, file->path);
        return false;
    }
    return true;
}

bool hostfile_replace(HostFile *file, const void *from, size_t bytes, Error **errp)
{
    g_autofree char *temporary = g_strdup_printf("%s.new", file->path);
    g_autofree char *folder = g_path_get_dirname(file->path);
    int folder_fd = -1;
    int fd = open(temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool done = false;

    /* Locked before it has the name, so that nobody finds it unlocked. */
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0 || !write_all(fd, from, bytes, 0) ||
        rename(temporary, file->path) != 0) {
        goto out;
    }
    close(file->fd);
    file->fd = fd;
    fd = -1;
    folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    done = folder_fd >= 0 && (!sync_wanted() || fsync(folder_fd) == 0);

out:
    if (!done) {
        error_setg_errno(errp, errno, "%s file \"%s\" cannot be replaced", file->what, file->path);
    }
    if (fd >= 0) {
        unlink(temporary);
        close(fd);
    }
    if (folder_fd >= 0) {
        close(folder_fd);
    }
    return done;
}

void hostfile_release(HostFile *file)
{
    if (file->fd >= 0) {
        close(file->fd);
    }
    file->fd = -1;
    g_free(file->path);
    file->path = NULL;
}
