/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "machine/end.h"

#include "cpu.h"
#include "qemu/main-loop.h"
#include "sysemu/runstate.h"

static bool ended;
static enum mt3620_end end_code;

bool mt3620_ended(void)
{
    return ended;
}

void mt3620_stop_core(void)
{
    /* Not out of the middle of the access: QEMU guards devices against re-entry and would
     * believe this one to be busy for ever. */
    if (current_cpu) {
        ARM_CPU(current_cpu)->power_state = PSCI_OFF;
        current_cpu->halted = 1;
        cpu_exit(current_cpu);
    }
}

void mt3620_end(enum mt3620_end code)
{
    if (!ended) {
        ended = true;
        end_code = code;
        qemu_system_shutdown_request(SHUTDOWN_CAUSE_GUEST_SHUTDOWN);
    }
    mt3620_stop_core();
}

static void at_exit(void)
{
    if (ended && end_code != MT3620_END_POWER_OFF) {
        fflush(NULL);
        _exit((int)end_code);
    }
}

/* Registered before all of QEMU's handlers, so it runs after them. */
static void __attribute__((constructor)) register_at_exit(void)
{
    atexit(at_exit);
}
