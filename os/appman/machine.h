/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The application manager's start and end, and the watchdog between them.  One file of two:
 *
 *   machine_host.c   application-manager <services folder> <configuration folder> <device.conf>
 *                    Started by the monitor with the descriptors of abi/monitor_call.h.  Ends with 0 after
 *                    SIGTERM, 1 when the device cannot be run any more
 *   machine_mcu.c    PID 1 of the MCU, without arguments: mounts everything (mounts_mcu.c), opens
 *                    monitor and root of trust, tends the watchdog.  Its end is a restart of the chip,
 *                    or power off after SIGTERM
 */
#ifndef PERI_OS_APPMAN_MACHINE_H
#define PERI_OS_APPMAN_MACHINE_H

#include "os/appman/manager.h"

enum { MACHINE_APP_MEMORY_KIB = 256 }; /* of the MCU, where device.conf does not say more */

/* Fills what manager.h says is the machine's.  0, or the exit code. */
int machine_start(struct manager *m, int argc, char **argv) MUST_CHECK;
/* Whether gatewayd is started now, when somebody comes, or never: its row of m->service. */
void machine_local_interface(struct manager *m);
/* Called once each round of the loop; the time of the next call that matters. */
int64_t machine_tend(struct manager *m);
/* Restarts the device when m->reset; the exit code. */
int machine_end(struct manager *m, int code);

#endif
