/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system calls that gatewayd may make once it listens; all others are EPERM.
 * Callers: confine_calls.c, and the generator of the MCU's filter.
 */
#ifndef PERI_OS_GATEWAYD_CALLS_H
#define PERI_OS_GATEWAYD_CALLS_H

#include "os/seccomp/policy.h"

seccomp_policy gatewayd_calls;

#endif
