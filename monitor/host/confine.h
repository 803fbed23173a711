/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Gives up what the monitor does not need, before it reads its first request:
 * uid and gid, all capabilities but the right to signal the application
 * manager (which runs as root), every path (Landlock: the medium's files are
 * open already), every system call outside the table in confine.c.
 */
#ifndef PERI_MONITOR_HOST_CONFINE_H
#define PERI_MONITOR_HOST_CONFINE_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/err.h"

struct confine {
    uid_t uid;               /* and gid */
    pid_t manager;           /* the only process that may be signalled */
    bool without_landlock;   /* told by name that the kernel may lack them */
    bool without_seccomp;
};

/* E_DENIED, E_UNSUPPORTED (kernel cannot enforce a part); logged. */
int confine_enter(const struct confine *confine) MUST_CHECK;

#endif
