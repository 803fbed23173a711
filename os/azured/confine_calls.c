/* SPDX-License-Identifier: BSD-2-Clause */
/* On a host the filter is built in the process itself. */
#include "os/azured/calls.h"
#include "os/azured/confine.h"

int confine_calls(void)
{
    return seccomp_policy_enter(azured_calls);
}
