/* SPDX-License-Identifier: BSD-2-Clause */
#include "pluton/testing/disk_fault.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pluton/host/disk.h"

/* What is not on the medium yet. */
static struct {
    unsigned left; /* operations until the cut; 0 = none is planned */
    bool torn, off;
    int folder;          /* of the files below */
    char dirty[64];      /* name of the file whose bytes are not synced, or "" */
    char renamed[64];    /* target of a rename that is not synced, or "" */
    char old[4096];      /* what stood there before */
    ssize_t old_bytes;   /* -1: nothing */
} disk;

void disk_fault_at(unsigned operation, bool torn)
{
    memset(&disk, 0, sizeof disk);
    disk.left = operation;
    disk.torn = torn;
}

bool disk_fault_hit(void)
{
    return disk.off;
}

static void content_put(const char *name, const void *bytes, ssize_t len)
{
    if (len < 0) {
        unlinkat(disk.folder, name, 0);
        return;
    }
    const int fd = openat(disk.folder, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || write(fd, bytes, (size_t)len) != len)
        abort();
    close(fd);
}

/* The moment of the cut: unsynced bytes are gone, an unsynced rename is undone. */
static void power_cut(void)
{
    disk.off = true;
    if (disk.renamed[0] && !disk.torn)
        content_put(disk.renamed, disk.old, disk.old_bytes);
    if (disk.dirty[0] && !disk.torn)
        content_put(disk.dirty, "", 0);
}

/* True when this operation is the one that the power fails in. */
static bool step(void)
{
    if (disk.off)
        return true;
    if (disk.left == 0 || --disk.left > 0)
        return false;
    return true;
}

int disk_create(int folder, const char *name)
{
    if (!disk.off)
        disk.folder = folder;
    if (step()) {
        if (!disk.off) {
            if (disk.torn)
                content_put(name, "", 0);
            power_cut();
        }
        return E_IO;
    }
    snprintf(disk.dirty, sizeof disk.dirty, "%s", name);
    return openat(folder, name, O_RDWR | O_CREAT | O_TRUNC, 0600);
}

int disk_write(int file, const void *bytes, size_t len)
{
    if (step()) {
        if (!disk.off) {
            if (disk.torn && write(file, bytes, len / 2) < 0)
                abort();
            power_cut();
        }
        return E_IO;
    }
    return write(file, bytes, len) == (ssize_t)len ? 0 : E_IO;
}

int disk_sync(int file)
{
    struct stat st;
    if (fstat(file, &st))
        return E_IO;
    if (step()) {
        if (!disk.off)
            power_cut();
        return E_IO;
    }
    if (S_ISDIR(st.st_mode))
        disk.renamed[0] = 0;
    else
        disk.dirty[0] = 0;
    return 0;
}

int disk_rename(int folder, const char *from, const char *to, bool replace)
{
    const int was = openat(folder, to, O_RDONLY);
    if (was >= 0 && !replace) {
        close(was);
        return E_EXISTS;
    }
    if (step()) {
        if (!disk.off) {
            if (disk.torn)
                renameat(folder, from, folder, to);
            power_cut();
        }
        if (was >= 0)
            close(was);
        return E_IO;
    }
    disk.old_bytes = was < 0 ? -1 : read(was, disk.old, sizeof disk.old);
    if (was >= 0)
        close(was);
    snprintf(disk.renamed, sizeof disk.renamed, "%s", to);
    /* Renamed before its bytes were synced: they would be lost with the name. */
    if (strcmp(disk.dirty, from) == 0)
        snprintf(disk.dirty, sizeof disk.dirty, "%s", to);
    return renameat(folder, from, folder, to) ? E_IO : 0;
}
