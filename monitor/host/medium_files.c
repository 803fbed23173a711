/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/host/medium_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int all_written(int fd, struct span bytes, off_t offset)
{
    while (bytes.len) {
        ssize_t n = pwrite(fd, bytes.at, bytes.len, offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return E_IO;
        bytes.at += n;
        bytes.len -= (size_t)n;
        offset += n;
    }
    return 0;
}

static int state_read(void *context, unsigned which, uint8_t *to, size_t len)
{
    struct medium_files *m = context;
    size_t have = 0;
    if (which >= MEDIUM_STATES)
        return E_RANGE;
    while (have < len) {
        ssize_t n = pread(m->state[which], to + have, len - have, (off_t)have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return E_IO;
        if (n == 0)
            return E_CORRUPT;
        have += (size_t)n;
    }
    return 0;
}

static int state_write(void *context, unsigned which, struct span bytes)
{
    struct medium_files *m = context;
    if (which >= MEDIUM_STATES)
        return E_RANGE;
    m->dirty_states |= 1u << which;
    return all_written(m->state[which], bytes, 0);
}

static int slot_erase(void *context, unsigned slot)
{
    struct medium_files *m = context;
    if (slot >= MEDIUM_FILES_SLOTS)
        return E_RANGE;
    m->dirty |= 1u << slot;
    return ftruncate(m->slot[slot], 0) == 0 ? 0 : E_IO;
}

static int slot_write(void *context, unsigned slot, uint32_t offset, struct span bytes)
{
    struct medium_files *m = context;
    if (slot >= MEDIUM_FILES_SLOTS || offset > MEDIUM_FILES_SLOT_BYTES ||
        bytes.len > MEDIUM_FILES_SLOT_BYTES - offset)
        return E_RANGE;
    m->dirty |= 1u << slot;
    return all_written(m->slot[slot], bytes, (off_t)offset);
}

static int slot_view(void *context, unsigned slot, uint32_t len, struct span *view)
{
    struct medium_files *m = context;
    struct stat st;
    *view = span_of(NULL, 0);
    if (slot >= MEDIUM_FILES_SLOTS || len > MEDIUM_FILES_SLOT_BYTES)
        return E_RANGE;
    /* Beyond the end of the file the mapping would fault. */
    if (fstat(m->slot[slot], &st) != 0)
        return E_IO;
    if (st.st_size < (off_t)len)
        return E_CORRUPT;
    *view = span_of(m->map[slot], len);
    return 0;
}

static int sync_all(void *context)
{
    struct medium_files *m = context;
    for (unsigned i = 0; i < MEDIUM_FILES_SLOTS; i++)
        if (m->dirty & 1u << i && fsync(m->slot[i]) != 0)
            return E_IO;
    m->dirty = 0;
    for (unsigned i = 0; i < MEDIUM_STATES; i++)
        if (m->dirty_states & 1u << i && fsync(m->state[i]) != 0)
            return E_IO;
    m->dirty_states = 0;
    if (m->dirty_folder && fsync(m->folder) != 0)
        return E_IO;
    m->dirty_folder = false;
    return 0;
}

static const struct medium_ops ops = {state_read, state_write, slot_erase,
                                      slot_write, slot_view,   sync_all};

void medium_files_release(struct medium_files *m)
{
    for (int i = 0; i < MEDIUM_FILES_SLOTS; i++) {
        if (m->map[i])
            munmap(m->map[i], MEDIUM_FILES_SLOT_BYTES);
        if (m->slot[i] >= 0)
            close(m->slot[i]);
        m->map[i] = NULL;
        m->slot[i] = -1;
    }
    for (int i = 0; i < MEDIUM_STATES; i++) {
        if (m->state[i] >= 0)
            close(m->state[i]);
        m->state[i] = -1;
    }
    if (m->folder >= 0)
        close(m->folder);
    m->folder = -1;
}

static int file_open(int folder, const char *name, enum medium_files_mode mode)
{
    static const int flags[] = {[MEDIUM_FILES_READ] = O_RDONLY,
                                [MEDIUM_FILES_WRITE] = O_RDWR,
                                [MEDIUM_FILES_CREATE] = O_RDWR | O_CREAT};
    return openat(folder, name, flags[mode] | O_CLOEXEC | O_NOFOLLOW, 0600);
}

int medium_files_open(struct medium_files *m, int device, enum medium_files_mode mode)
{
    static const char *const states[MEDIUM_STATES] = {"state-a", "state-b"};
    int err = E_IO;

    memset(m, 0, sizeof *m);
    m->medium = (struct medium){&ops, m, MEDIUM_FILES_SLOTS, MEDIUM_FILES_SLOT_BYTES};
    m->folder = -1;
    memset(m->state, 0xFF, sizeof m->state);
    memset(m->slot, 0xFF, sizeof m->slot);
    if (mode == MEDIUM_FILES_CREATE && mkdirat(device, "flash", 0700) != 0 && errno != EEXIST)
        goto out;
    m->folder = openat(device, "flash", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (m->folder < 0) {
        err = errno == ENOENT ? E_NOT_FOUND : E_IO;
        goto out;
    }
    if (mode != MEDIUM_FILES_READ && flock(m->folder, LOCK_EX | LOCK_NB) != 0) {
        err = errno == EWOULDBLOCK ? E_BUSY : E_IO;
        goto out;
    }
    for (int i = 0; i < MEDIUM_STATES; i++) {
        struct stat st;
        m->state[i] = file_open(m->folder, states[i], mode);
        if (m->state[i] < 0 || fstat(m->state[i], &st) != 0)
            goto out;
        if (mode == MEDIUM_FILES_CREATE && st.st_size > 0) {
            err = E_EXISTS; /* valid or not: somebody's device */
            goto out;
        }
    }
    for (int i = 0; i < MEDIUM_FILES_SLOTS; i++) {
        char name[16];
        snprintf(name, sizeof name, "slot-%02d", i);
        m->slot[i] = file_open(m->folder, name, mode);
        if (m->slot[i] < 0)
            goto out;
        void *map = mmap(NULL, MEDIUM_FILES_SLOT_BYTES, PROT_READ, MAP_SHARED, m->slot[i], 0);
        if (map == MAP_FAILED)
            goto out;
        m->map[i] = map;
    }
    m->dirty_folder = mode == MEDIUM_FILES_CREATE;
    err = 0;
out:
    if (err)
        medium_files_release(m);
    return err;
}
