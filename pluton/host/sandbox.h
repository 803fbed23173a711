/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the serving process gives up before it reads anything hostile: user,
 * capabilities, new privileges, the file system but for the fuses, and every
 * system call that is not in the table of sandbox.c.
 * A part that the kernel cannot enforce is an error (E_UNSUPPORTED), unless the
 * operator named it in the options.
 */
#ifndef PERI_PLUTON_HOST_SANDBOX_H
#define PERI_PLUTON_HOST_SANDBOX_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/err.h"

struct sandbox {
    uid_t uid;             /* also the group; used when the caller is root */
    bool without_landlock; /* named by the operator */
    bool without_seccomp;
};

/* folder: the only place where files may be made, replaced and removed. */
int sandbox_enter(const struct sandbox *sandbox, int folder) MUST_CHECK;

#endif
