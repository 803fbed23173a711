/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GET /log: what the applications have written last, as the manager keeps it
 * (<config>/log/<component>.log, docs/spec/compartment.md), newest GATEWAY_LOG_MAX bytes
 * shared among them.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/guid.h"
#include "os/gatewayd/gateway.h"

static void tail(int folder, const char *name, size_t share, struct writer *to)
{
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat s;
    if (fd < 0)
        return;
    if (fstat(fd, &s) == 0 && S_ISREG(s.st_mode)) {
        off_t from = s.st_size > (off_t)share ? s.st_size - (off_t)share : 0;
        char head[80];
        int n = snprintf(head, sizeof head, "== %.36s\n", name);
        writer_bytes(to, head, (size_t)n);
        size_t room = to->cap - to->len < share ? to->cap - to->len : share;
        ssize_t got = to->err ? 0 : pread(fd, to->at + to->len, room, from);
        if (got > 0)
            to->len += (size_t)got;
    }
    close(fd);
}

uint32_t log_get(struct gateway *g, struct answer *a)
{
    char names[MONITOR_COMPONENTS_MAX][GUID_TEXT_BYTES + 4];
    size_t count = 0;
    a->type = "text/plain";
    int again = g->log < 0 ? -1 : openat(g->log, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = again < 0 ? NULL : fdopendir(again);
    if (!folder) {
        if (again >= 0)
            close(again);
        return 0; /* this machine keeps none for us */
    }
    for (struct dirent *d; count < MONITOR_COMPONENTS_MAX && (d = readdir(folder));) {
        uint8_t component[16];
        if (strlen(d->d_name) == 40 && strcmp(d->d_name + 36, ".log") == 0 &&
            guid_parse(span_of(d->d_name, 36), component) == 0)
            memcpy(names[count++], d->d_name, 41); /* with its end */
    }
    closedir(folder);
    for (size_t i = 0; i < count; i++)
        tail(g->log, names[i], GATEWAY_LOG_MAX / count, &a->body);
    return 0;
}
