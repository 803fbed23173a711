/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/appman/budget_mcu.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PAGE_KIB = 4 };
enum memory { TOTAL, FREE, AVAILABLE, ACTIVE_FILE, INACTIVE_FILE, RECLAIMABLE, MEMORY_COUNT };

static void memory_read(unsigned kib[static MEMORY_COUNT])
{
    static const char *const names[MEMORY_COUNT] = {
        [TOTAL] = "MemTotal:",           [FREE] = "MemFree:",
        [AVAILABLE] = "MemAvailable:",   [ACTIVE_FILE] = "Active(file):",
        [INACTIVE_FILE] = "Inactive(file):", [RECLAIMABLE] = "KReclaimable:",
    };
    char line[80];
    FILE *f = fopen("/proc/meminfo", "re");
    while (f && fgets(line, sizeof line, f))
        for (size_t i = 0; i < MEMORY_COUNT; i++)
            if (strncmp(line, names[i], strlen(names[i])) == 0)
                (void)sscanf(line + strlen(names[i]), "%u", &kib[i]);
    if (f)
        fclose(f);
}

/* 0: it ended meanwhile. */
static unsigned resident_kib(pid_t pid)
{
    char path[32];
    unsigned pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    FILE *f = fopen(path, "re");
    if (f && fscanf(f, "%*u %u", &pages) != 1)
        pages = 0;
    if (f)
        fclose(f);
    return pages * PAGE_KIB;
}

void budget_tell(const struct manager *m, int64_t now_ms)
{
    unsigned kib[MEMORY_COUNT] = {0}, together = resident_kib(getpid());
    char text[160];
    memory_read(kib);
    for (size_t i = 0; i < MANAGER_APPS_MAX; i++)
        if (m->app[i].used && m->app[i].started_ms)
            fprintf(stderr, "application-manager: %s: its start was %lld ms after the kernel's\n", m->app[i].id,
                    (long long)m->app[i].started_ms);
    int n = snprintf(text, sizeof text, "application-manager %u", together);
    for (unsigned i = 0; i < SERVICES; i++) {
        unsigned one = m->service[i].pid ? resident_kib(m->service[i].pid) : 0;
        together += one;
        if (one)
            n += snprintf(text + n, sizeof text - (size_t)n, ", %s %u", service_program((enum service_name)i), one);
    }
    fprintf(stderr, "application-manager: services resident: %s; together %u KiB\n", text, together);
    /* last: who waits for it has both */
    fprintf(stderr, "application-manager: memory after %lld s: total %u, free %u, reclaimable %u, available %u KiB\n",
            (long long)(now_ms / 1000), kib[TOTAL], kib[FREE], kib[ACTIVE_FILE] + kib[INACTIVE_FILE] + kib[RECLAIMABLE],
            kib[AVAILABLE]);
}
