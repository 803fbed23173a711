/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/host/keystore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "monitor/host/log.h"
#include "monitor/host/pluton_client.h"

static const char part[] = "keystore.image.part";

void firmware_map(int device, struct span copy[static FIRMWARE_COPIES])
{
    static const char *const paths[FIRMWARE_COPIES] = {"boot/monitor.image", "boot/monitor.backup.image"};
    for (int i = 0; i < FIRMWARE_COPIES; i++) {
        struct stat st;
        void *map = MAP_FAILED;
        copy[i] = span_of(NULL, 0);
        int fd = openat(device, paths[i], O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0)
            continue;
        if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
            map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (map != MAP_FAILED)
            copy[i] = span_of(map, (size_t)st.st_size);
        close(fd);
    }
}

/* Whole and on the disk before it has its name. */
static int file_replace(int folder, const char *name, struct span bytes)
{
    int fd = openat(folder, part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return log_errno(E_IO, "create \"boot/%s\"", part);
    int err = 0;
    while (!err && bytes.len) {
        ssize_t n = write(fd, bytes.at, bytes.len);
        if (n > 0)
            bytes = span_of(bytes.at + n, bytes.len - (size_t)n);
        else if (n == 0 || errno != EINTR)
            err = log_errno(E_IO, "write \"boot/%s\"", part);
    }
    if (!err && fsync(fd) != 0)
        err = log_errno(E_IO, "write \"boot/%s\"", part);
    close(fd);
    if (!err && (renameat(folder, part, folder, name) != 0 || fsync(folder) != 0))
        err = log_errno(E_IO, "replace \"boot/%s\"", name);
    return err;
}

static int files_replace(int device, struct span bytes)
{
    int folder = openat(device, "boot", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        return log_errno(E_IO, "open \"boot\"");
    int err = file_replace(folder, "keystore.backup.image", bytes);
    if (!err)
        err = file_replace(folder, "keystore.image", bytes);
    close(folder);
    return err;
}

int keystore_follow(struct engine *e, int device, int pluton, struct keystore *keystore)
{
    static struct keystore next;
    const struct component *c = keystore_installed(e);
    struct span file;
    struct image image;
    if (!c)
        return 0;
    int err = medium_view(e->medium, component_area(e->medium, c), c->file_bytes, &file);
    if (!err)
        err = image_parse(file, &image);
    if (!err && image.meta.security_version <= e->keystore_version)
        return 0;
    if (!err)
        err = keystore_parse(image.body, &next);
    if (!err)
        err = pluton_call(pluton, PLUTON_CHECK_KEYSTORE, file, NULL, 0);
    if (!err)
        err = files_replace(device, file);
    if (!err)
        err = pluton_call(pluton, PLUTON_TRUST_KEYSTORE, file, NULL, 0);
    if (err)
        return err;
    *keystore = next;
    e->keystore_version = image.meta.security_version;
    log_line("keystore of version %u from now on", (unsigned)e->keystore_version);
    return 0;
}
