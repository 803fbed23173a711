/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system calls that azured may make; all others are EPERM.
 * Callers: confine_calls.c, and the generator of the MCU's filter.
 */
#ifndef PERI_OS_AZURED_CALLS_H
#define PERI_OS_AZURED_CALLS_H

#include "os/seccomp/policy.h"

seccomp_policy azured_calls;

#endif
