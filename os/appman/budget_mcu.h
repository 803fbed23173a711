/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The figures of the running device on its console, in two lines that tests and docs/figures.md read.  They come once, ten
 * seconds after it is well and the last application started:
 *   application-manager: memory after S s: total K, free K, reclaimable K, available K KiB
 *   application-manager: services resident: application-manager K, networkd K, azured K, gatewayd K; together K KiB
 * Source: /proc/meminfo and /proc/PID/statm.  reclaimable: file pages (Active and Inactive) and KReclaimable, which the
 * kernel gives up for others; available is the kernel's own estimate, less its reserve.  Resident: VmRSS, which is what a
 * service has in RAM: its code runs in place from flash.  A service that does not run here is left out.
 */
#ifndef PERI_OS_APPMAN_BUDGET_MCU_H
#define PERI_OS_APPMAN_BUDGET_MCU_H

#include "os/appman/manager.h"

/* now_ms: since the kernel's start. */
void budget_tell(const struct manager *m, int64_t now_ms);

#endif
