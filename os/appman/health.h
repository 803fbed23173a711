/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether the device does its work: what the watchdog is tended for.
 *
 * Well: every service runs, or waits to be started again (service.c ends the device when a vital one
 * fails too often in a row), and one that does not answer has been killed (liveness.h), which it must obey; and
 * nothing that has been due for HEALTH_LATE_MS is still undone (the loop goes round).
 * A device that ends (restart, power off) must be done with it in HEALTH_END_MS.
 */
#ifndef PERI_OS_APPMAN_HEALTH_H
#define PERI_OS_APPMAN_HEALTH_H

#include "os/appman/manager.h"

enum {
    HEALTH_LATE_MS = 15000,
    HEALTH_END_MS = 30000,
    HEALTH_TEND_MS = 10000, /* how often, while well; abi/smc.h has the limit */
};

/* since_ms: when the device began to end; INT64_MAX while it runs. */
bool health_good(const struct manager *m, int64_t now_ms, int64_t ending_since_ms);

#endif
