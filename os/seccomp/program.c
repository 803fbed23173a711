/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/seccomp/program.h"

#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int seccomp_program_enter(const struct seccomp_program *program)
{
    /* The kernel reads the instructions; its structure has no const. */
    union {
        const struct sock_filter *from;
        struct sock_filter *to;
    } at = {program->at};
    struct sock_fprog filter = {.len = program->count, .filter = at.to};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) != 0)
        return E_UNSUPPORTED;
    return 0;
}
