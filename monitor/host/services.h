/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts the OS: unpacks a verified Services image into a fresh read-only
 * tmpfs, in a mount namespace of the monitor's own, and executes its
 * /bin/application-manager (abi/monitor_call.h, "boot of the host build").
 * The mount point is <device folder>/services, empty for everybody else.
 */
#ifndef PERI_MONITOR_HOST_SERVICES_H
#define PERI_MONITOR_HOST_SERVICES_H

#include <sys/types.h>

#include "lib/cursor.h"

#define SERVICES_PROGRAM "/bin/application-manager"

struct services_channels {
    int appman, azured, gatewayd; /* the manager's ends */
    int pluton_azured, pluton_appman, pluton_gatewayd;
};

/* body is the file system of the verified image, device the device folder.
 * The program started is the parent's child with pid *pid.  Errors: E_MALFORMED
 * (file system), E_MISSING (no program in it), E_DENIED (not root), E_IO; each
 * is logged with what failed. */
int services_start(struct span body, int device, const struct services_channels *channels,
                   pid_t *pid) MUST_CHECK;

#endif
