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

/* A block is a slot, and an image stands in one. */
static bool slot_valid(struct medium_area area)
{
    return area.first < MEDIUM_FILES_SLOTS && area.blocks == 1;
}

static int area_erase(void *context, struct medium_area area)
{
    struct medium_files *m = context;
    if (!slot_valid(area))
        return E_RANGE;
    m->dirty |= 1u << area.first;
    return ftruncate(m->slot[area.first], 0) == 0 ? 0 : E_IO;
}

static int area_write(void *context, struct medium_area area, uint32_t offset, struct span bytes)
{
    struct medium_files *m = context;
    if (!slot_valid(area) || offset > MEDIUM_FILES_SLOT_BYTES ||
        bytes.len > MEDIUM_FILES_SLOT_BYTES - offset)
        return E_RANGE;
    m->dirty |= 1u << area.first;
    return all_written(m->slot[area.first], bytes, (off_t)offset);
}

/* Nothing boots here without a record. */
static int area_finish(void *context, struct medium_area area, uint32_t len)
{
    (void)context;
    return slot_valid(area) && len <= MEDIUM_FILES_SLOT_BYTES ? 0 : E_RANGE;
}

static int area_view(void *context, struct medium_area area, uint32_t len, struct span *view)
{
    struct medium_files *m = context;
    struct stat st;
    *view = span_of(NULL, 0);
    if (!slot_valid(area) || len > MEDIUM_FILES_SLOT_BYTES)
        return E_RANGE;
    /* Beyond the end of the file the mapping would fault. */
    if (fstat(m->slot[area.first], &st) != 0)
        return E_IO;
    if (st.st_size < (off_t)len)
        return E_CORRUPT;
    *view = span_of(m->map[area.first], len);
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

static const struct medium_ops ops = {state_read,  state_write, area_erase, area_write,
                                      area_finish, area_view,   sync_all};

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

struct medium medium_files_shape(void)
{
    return (struct medium){.ops = &ops,
                           .block_bytes = MEDIUM_FILES_SLOT_BYTES,
                           .pool_image_bytes_max = MEDIUM_FILES_SLOT_BYTES,
                           .pool = {0, MEDIUM_FILES_SLOTS}};
}

int medium_files_open(struct medium_files *m, int device, enum medium_files_mode mode)
{
    static const char *const states[MEDIUM_STATES] = {"state-a", "state-b"};
    int err = E_IO;

    memset(m, 0, sizeof *m);
    m->medium = medium_files_shape();
    m->medium.context = m;
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
