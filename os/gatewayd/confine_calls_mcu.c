/* SPDX-License-Identifier: BSD-2-Clause */
/* On the MCU the filter was built with the program. */
#include "os/gatewayd/confine.h"
#include "os/seccomp/program.h"

extern const struct seccomp_program gatewayd_calls_program;

int confine_calls(void)
{
    return seccomp_program_enter(&gatewayd_calls_program);
}
