/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How much the normal world may have written to the log and telemetry rings: a bucket
 * of bytes, full at the start, that fills again with time.  Without it a hostile
 * kernel wears the flash out in a day.
 * Source: docs/spec/smc.md "Log and telemetry".  Caller: svc_log.c, svc_telemetry.c.
 *
 * Limits: what a restart of the kernel, a crash and their reports take is a few KiB, so
 * BUDGET_BYTES; 12 bytes a second are a megabyte a day, four rounds of the log's ring.
 * Not done here: a chip that is restarted all the time has a full bucket each time.
 */
#ifndef PERI_MONITOR_SVC_BUDGET_H
#define PERI_MONITOR_SVC_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

enum {
    BUDGET_TICK_LOG2 = 25, /* of the generic timer's 26 MHz: 1.29 s */
    BUDGET_BYTES = 32768,
    BUDGET_PER_TICK = 16,
    BUDGET_RECORD_BYTES = 32, /* what a request costs beside its bytes: headers, padding */
};

/* All zero: nothing spent. */
struct budget {
    uint32_t spent;  /* bytes */
    uint32_t ticked; /* plat_ticks() when that was true */
};

/* Takes them, or says no and takes nothing. */
bool budget_take(struct budget *budget, uint32_t bytes);

#endif
