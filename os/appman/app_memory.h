/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that the processes of one application hold, as the kernel counts it for each in
 * /proc/PID/status.  Told by uid: an application has one of its own, and no other process has.
 * Units: KiB of resident pages; pages that are shared or mapped from a file count for each process.
 */
#ifndef PERI_OS_APPMAN_APP_MEMORY_H
#define PERI_OS_APPMAN_APP_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

struct app_memory {
    uint32_t now_kb;
    uint32_t peak_kb; /* sum of each one's own peak: not less than the peak of all together */
};

/* What runs under uid now; zero when nothing does, or /proc cannot be read. */
void app_memory_read(uint32_t uid, struct app_memory *memory);
/* Adds one process, whose status text this is (terminated), when its real uid is uid. */
bool app_memory_add(const char *status, uint32_t uid, struct app_memory *memory);

#endif
