/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Landlock (landlock(7)) for the processes of the OS: what it refuses is
 * everything that is not allowed here.
 * Source: the kernel's interface as of ABI 7; our own numbers, because the headers
 * of Debian 12 end at ABI 2.  An older kernel enforces the part that it knows.
 * Caller: a process about to confine itself, no threads yet.
 * Errors: E_UNSUPPORTED (the kernel has no Landlock), E_NOT_FOUND (the path does
 * not exist), E_IO with errno.
 */
#ifndef PERI_OS_LANDLOCK_LANDLOCK_H
#define PERI_OS_LANDLOCK_LANDLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"

enum landlock_access {
    LANDLOCK_EXECUTE = 1 << 0,
    LANDLOCK_WRITE = 1 << 1,
    LANDLOCK_READ = 1 << 2,
    LANDLOCK_READ_DIR = 1 << 3,
    LANDLOCK_REMOVE_FILE = 1 << 5,
    LANDLOCK_MAKE_REG = 1 << 8,
    LANDLOCK_TRUNCATE = 1 << 14, /* ABI 3 */
};

struct landlock {
    int fd;
    int version; /* ABI of the running kernel */
    bool ports;  /* TCP ports are refused unless allowed: asked for, and ABI 4 */
};

/* ABI of the running kernel; 0 when it has no Landlock. */
int landlock_version(void);
/* Refuses every file right, signals and abstract sockets to the outside (ABI 6)
 * and, with ports, binding of TCP ports (ABI 4). */
int landlock_begin(struct landlock *ruleset, bool ports) MUST_CHECK;
/* Rights below path that the kernel does not know are left out.  follow: a
 * symbolic link at the end is taken. */
int landlock_allow_path(const struct landlock *ruleset, const char *path, uint64_t access,
                        bool follow) MUST_CHECK;
/* Nothing to do where ports are not refused. */
int landlock_allow_port(const struct landlock *ruleset, uint16_t port) MUST_CHECK;
/* No new privileges, then in force; the ruleset is released also on failure. */
int landlock_enter(struct landlock *ruleset) MUST_CHECK;

#endif
