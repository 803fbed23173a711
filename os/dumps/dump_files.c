/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/dumps/dump_files.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *dump_files_name(unsigned i, char name[static DUMP_FILES_NAME_BYTES])
{
    snprintf(name, DUMP_FILES_NAME_BYTES, "dump-%u", i);
    return name;
}

struct crash_dump dump_files_head(const struct dump_key *key, const uint8_t component[static 16], const uint8_t image[static 16],
                                  uint32_t signal, uint64_t time_s)
{
    struct crash_dump head = {.signal = signal, .time_s = time_s};
    memcpy(head.device_id, key->of.device_id, sizeof head.device_id);
    memcpy(head.catalog, key->of.catalog, sizeof head.catalog);
    memcpy(head.group, key->of.group, sizeof head.group);
    memcpy(head.component, component, sizeof head.component);
    memcpy(head.image, image, sizeof head.image);
    return head;
}

/* Of a whole dump; false: nothing there, or nothing of use. */
static bool head_read(int folder, const char *name, struct crash_dump *dump)
{
    uint8_t bytes[CRASH_DUMP_HEAD_BYTES];
    struct stat s;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    bool good = fstat(fd, &s) == 0 && read(fd, bytes, sizeof bytes) == (ssize_t)sizeof bytes &&
                crash_dump_head_parse(span_of(bytes, sizeof bytes), dump) == 0 &&
                s.st_size == (off_t)dump->core_bytes + CRASH_DUMP_EXTRA_BYTES;
    close(fd);
    return good;
}

int dump_files_place(int folder, unsigned places, const uint8_t component[static 16], const uint8_t image[static 16],
                     uint32_t signal, unsigned *place)
{
    char name[DUMP_FILES_NAME_BYTES];
    struct crash_dump dump;
    *place = places;
    for (unsigned i = 0; i < DUMP_FILES_MAX; i++) {
        bool there = head_read(folder, dump_files_name(i, name), &dump);
        if (there && dump.signal == signal && memcmp(dump.component, component, 16) == 0 &&
            memcmp(dump.image, image, 16) == 0)
            return E_EXISTS;
        if (!there && i < places && *place == places)
            *place = i;
    }
    return *place < places ? 0 : E_FULL;
}
