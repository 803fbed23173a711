/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "machine/lockup.h"

#include "cpu.h"
#include "exec/exec-all.h"
#include "machine/end.h"
#include "machine/initiator.h"
#include "machine/reset.h"
#include "qemu/log.h"

void mt3620_lockup(CPUState *cpu, const char *format, ...)
{
    ResetBlockState *reset =
        MT3620_RESET_DEVICE(object_resolve_path_type("", TYPE_MT3620_RESET_DEVICE, NULL));
    va_list args;

    va_start(args, format);
    if (qemu_loglevel_mask(LOG_GUEST_ERROR)) {
        g_autofree char *why = g_strdup_vprintf(format, args);

        qemu_log("core %d: %s", cpu->cpu_index, why);
    }
    va_end(args);
    if (cpu->cpu_index == CORE_PLUTON && reset_ends_at_recovery(reset)) {
        mt3620_end(MT3620_END_LOCKUP);
    }
    /* Between two instructions, while an exception is taken: no device is busy. */
    ARM_CPU(cpu)->power_state = PSCI_OFF;
    cpu->halted = 1;
    cpu->exception_index = EXCP_HLT;
    cpu_loop_exit(cpu);
}
