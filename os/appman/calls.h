/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system calls that processes of a compartment may make; all others are EPERM.
 * Callers: seccomp_host.c, and the generator of the MCU's filters.
 */
#ifndef PERI_OS_APPMAN_CALLS_H
#define PERI_OS_APPMAN_CALLS_H

#include "os/seccomp/policy.h"

seccomp_policy appman_app_calls;
seccomp_policy appman_server_calls; /* of an application with server ports */
seccomp_policy appman_init_calls;   /* of the compartment's first process */
seccomp_policy appman_watch_calls;  /* of it, where it watches the application: watch.h */

#endif
