/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls an application may make; all others fail with EPERM.
 * Source: docs/decisions/seccomp.md; the table with a reason for each row is in
 * calls.c.  Caller: the application's process, last thing before its first
 * instruction; cannot be undone or widened.
 * Not done here: which files (Landlock), which addresses (networkd).
 */
#ifndef PERI_OS_APPMAN_SECCOMP_POLICY_H
#define PERI_OS_APPMAN_SECCOMP_POLICY_H

#include <stdbool.h>

#include "lib/err.h"

/* serves: the manifest declares server ports, so bind, listen and accept exist.
 * 0 or E_UNSUPPORTED. */
int seccomp_policy_app(bool serves) MUST_CHECK;
/* For the process that waits for the application inside its compartment. */
int seccomp_policy_init(bool watches) MUST_CHECK;

#endif
