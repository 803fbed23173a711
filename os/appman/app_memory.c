/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/appman/app_memory.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The number behind a name at the beginning of a line. */
static bool number_of(const char *status, const char *name, uint32_t *number)
{
    unsigned value;
    for (const char *line = status; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, strlen(name)) == 0 && sscanf(line + strlen(name), "%u", &value) == 1) {
            *number = value;
            return true;
        }
    }
    return false;
}

static uint32_t sum(uint32_t a, uint32_t b) { return b > UINT32_MAX - a ? UINT32_MAX : a + b; }

bool app_memory_add(const char *status, uint32_t uid, struct app_memory *memory)
{
    uint32_t real, now, peak;
    /* a zombie has no Vm lines: it holds nothing */
    if (!number_of(status, "Uid:", &real) || real != uid || !number_of(status, "VmRSS:", &now) || !number_of(status, "VmHWM:", &peak))
        return false;
    memory->now_kb = sum(memory->now_kb, now);
    memory->peak_kb = sum(memory->peak_kb, peak);
    return true;
}

void app_memory_read(uint32_t uid, struct app_memory *memory)
{
    enum { STATUS_MAX = 2048 }; /* what is asked for stands in its first half */
    char status[STATUS_MAX], path[32];
    *memory = (struct app_memory){0, 0};
    DIR *processes = opendir("/proc");
    for (const struct dirent *e; processes && (e = readdir(processes)) != NULL;) {
        if (e->d_name[strspn(e->d_name, "0123456789")] || strlen(e->d_name) > 10)
            continue;
        snprintf(path, sizeof path, "/proc/%.10s/status", e->d_name);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? -1 : read(fd, status, sizeof status - 1);
        if (fd >= 0)
            close(fd);
        if (n <= 0)
            continue; /* it ended meanwhile */
        status[n] = '\0';
        (void)app_memory_add(status, uid, memory);
    }
    if (processes)
        closedir(processes);
}
