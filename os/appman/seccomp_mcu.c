/* SPDX-License-Identifier: BSD-2-Clause */
/* On the MCU the filters were built with the program. */
#include "os/appman/seccomp_policy.h"
#include "os/seccomp/program.h"

extern const struct seccomp_program appman_app_calls_program, appman_server_calls_program,
    appman_init_calls_program;

int seccomp_policy_app(bool serves)
{
    return seccomp_program_enter(serves ? &appman_server_calls_program : &appman_app_calls_program);
}

int seccomp_policy_init(bool watches)
{
    (void)watches; /* nothing does here */
    return seccomp_program_enter(&appman_init_calls_program);
}
