/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/appman/memory_group.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The same three files under two names, in three places. */
static const struct version {
    const char *probe; /* exists where the controller can be used */
    const char *folder, *limit, *swap;
    const char *enable; /* children get the controller by this */
} versions[] = {
    {"/sys/fs/cgroup/memory.stat", "/sys/fs/cgroup", "memory.max", "memory.swap.max",
     "/sys/fs/cgroup/cgroup.subtree_control"},
    {"/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory",
     "memory.limit_in_bytes", "memory.memsw.limit_in_bytes", NULL},
    /* the MCU */
    {"/mnt/cgroup/cgroup.controllers", "/mnt/cgroup", "memory.max", "memory.swap.max",
     "/mnt/cgroup/cgroup.subtree_control"},
};

static int put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t n = write(fd, text, strlen(text));
    close(fd);
    return n == (ssize_t)strlen(text) ? 0 : -1;
}

static const struct version *find(void)
{
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
        if (access(versions[i].probe, F_OK) == 0 && access(versions[i].folder, W_OK) == 0)
            return &versions[i];
    return NULL;
}

bool memory_group_available(void)
{
    char path[PATH_MAX], name[32];
    /* Another device may try at the same moment. */
    snprintf(name, sizeof name, "probe-%d", (int)getpid());
    bool made = memory_group_make(name, 1024, path) == 0;
    memory_group_remove(name);
    return made;
}

int memory_group_make(const char *name, uint32_t kib, char path[static PATH_MAX])
{
    const struct version *v = find();
    char group[PATH_MAX / 2], number[32];
    path[0] = '\0';
    if (!v)
        return E_UNSUPPORTED;
    if (v->enable && put(v->enable, "+memory"))
        return E_UNSUPPORTED;
    snprintf(group, sizeof group, "%s/perisphere-%s", v->folder, name);
    if (mkdir(group, 0755) && errno != EEXIST)
        return E_UNSUPPORTED;
    snprintf(number, sizeof number, "%llu", (unsigned long long)kib * 1024);
    snprintf(path, PATH_MAX, "%s/%s", group, v->limit);
    int e = put(path, number) ? E_IO : 0;
    /* Where swap is counted, none of it beyond the limit. */
    snprintf(path, PATH_MAX, "%s/%s", group, v->swap);
    (void)put(path, v->enable ? "0" : number);
    if (e)
        path[0] = '\0';
    else
        snprintf(path, PATH_MAX, "%s/cgroup.procs", group);
    return e;
}

void memory_group_remove(const char *name)
{
    const struct version *v = find();
    char group[PATH_MAX];
    if (!v)
        return;
    snprintf(group, sizeof group, "%s/perisphere-%s", v->folder, name);
    (void)rmdir(group);
}
