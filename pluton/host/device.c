/* SPDX-License-Identifier: BSD-2-Clause */
#include "pluton/host/device.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/hex.h"

int device_open(const char *path, uid_t owner)
{
    struct stat st;
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? E_NOT_FOUND
               : errno == EACCES                   ? E_DENIED
                                                   : E_IO;
    if (fstat(fd, &st) == 0 && st.st_uid == owner && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
        return fd;
    close(fd);
    return E_DENIED;
}

int device_lock(int folder)
{
    const int fd = openat(folder, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return E_IO;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    const int err = errno == EWOULDBLOCK ? E_BUSY : E_IO;
    close(fd);
    return err;
}

static int folder_make(int parent, const char *name, mode_t mode)
{
    return mkdirat(parent, name, mode) == 0 || errno == EEXIST ? 0 : E_IO;
}

int device_make(const char *path, uid_t owner)
{
    static const char *const parts[] = {"boot", "flash", "config"};
    /* Others pass through to what is theirs inside, and see nothing. */
    if (folder_make(AT_FDCWD, path, 0711))
        return E_IO;
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return E_IO;
    int err = 0;
    for (size_t i = 0; !err && i < sizeof parts / sizeof parts[0]; i++)
        err = folder_make(fd, parts[i], 0755);
    if (!err && owner != geteuid() && fchown(fd, owner, (gid_t)-1))
        err = E_IO;
    close(fd);
    return err ? err : device_open(path, owner);
}

int root_key_read(const char *path, uint8_t key[static P256_PUBLIC_BYTES])
{
    uint8_t bytes[2 * P256_PUBLIC_BYTES + 3];
    memset(key, 0, P256_PUBLIC_BYTES);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? E_NOT_FOUND : E_IO;
    const ssize_t got = read(fd, bytes, sizeof bytes);
    close(fd);
    if (got < 0)
        return E_IO;
    size_t len = (size_t)got;
    if (len == P256_PUBLIC_BYTES) {
        memcpy(key, bytes, P256_PUBLIC_BYTES);
        return 0;
    }
    if (len > 0 && bytes[len - 1] == '\n')
        len--;
    if (len > 0 && bytes[len - 1] == '\r')
        len--;
    return hex_decode(span_of(bytes, len), key, P256_PUBLIC_BYTES);
}
