/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A system-call filter as the kernel takes it, made at build time from a policy.
 * Writer: os/seccomp/generate.c.  Reader: the process that enters it.
 */
#ifndef PERI_OS_SECCOMP_PROGRAM_H
#define PERI_OS_SECCOMP_PROGRAM_H

#include <linux/filter.h>

#include "lib/err.h"

struct seccomp_program {
    const struct sock_filter *at;
    unsigned short count; /* instructions */
};

/* Sets no_new_privs and enters the filter, for every thread of the process there
 * is now; it cannot be undone.  0 or E_UNSUPPORTED. */
int seccomp_program_enter(const struct seccomp_program *program) MUST_CHECK;

#endif
