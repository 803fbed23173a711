/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boot of the normal world: keystore, system, measurements, device tree.
 * Source: docs/spec/smc.md "Start", abi/mcu_boot.h.
 * Caller: monitor/mcu/main.c, once, before the normal world runs.
 * After 0: the struct serves calls; remap set and locked; the device tree stands
 * at BOOT_DTB_AT with a seed in it.  After an error: nothing of the normal world
 * may run; stage says what failed.
 */
#ifndef PERI_MONITOR_SVC_BOOT_H
#define PERI_MONITOR_SVC_BOOT_H

#include "monitor/svc/monitor.h"

struct boot_failure {
    uint32_t stage;   /* image type; IMAGE_TYPE_SECURITY_MONITOR: not an image */
    const char *name; /* the same in words */
    int err;
};

int boot_run(struct monitor *m, struct boot_failure *failure) MUST_CHECK;
/* Tells Pluton, which enters recovery.  0 when it has heard. */
int boot_report(const struct boot_failure *failure) MUST_CHECK;

#endif
