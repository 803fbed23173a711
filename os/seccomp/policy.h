/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System-call filters, written down as libseccomp rules in one file for both targets:
 * a host builds and enters the filter in the process itself; for the MCU, where
 * libseccomp does not run, os/seccomp/generate.c makes the same rules into a
 * program at build time (os/seccomp/program.h; cmake: peri_device_seccomp()).
 */
#ifndef PERI_OS_SECCOMP_POLICY_H
#define PERI_OS_SECCOMP_POLICY_H

#include <seccomp.h>

#include "lib/err.h"

/* Adds the rules to f; nonzero when one of them cannot be made. */
typedef int seccomp_policy(scmp_filter_ctx f);

/* Allows a call under count conditions.  A name that the filter's architecture
 * does not have is skipped, so that a table serves all of them. */
int seccomp_allow(scmp_filter_ctx f, const char *name, unsigned count, const struct scmp_arg_cmp *args);
/* An empty filter: everything is EPERM, another architecture's calls end the
 * process; clone3 is ENOSYS, so that C libraries take the older way.  NULL on failure. */
scmp_filter_ctx seccomp_policy_begin(uint32_t architecture);
/* Enters the policy on this machine; no_new_privs is set.  0 or E_UNSUPPORTED. */
int seccomp_policy_enter(seccomp_policy *policy) MUST_CHECK;

#endif
