/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The power switch: the parent of the serving process and of the monitor.
 *
 * It holds no secret and reads no hostile byte.  It keeps the rights that
 * starting a monitor needs, for which the serving process is too confined.
 *
 *   OFF --fork core--> BOOTING --hand-over, start monitor--> RUNNING
 *   RUNNING --monitor exits 10--> OFF and again       (reset)
 *   RUNNING --monitor exits 0--> end 0                (power down)
 *   RUNNING --monitor or core ends otherwise--> end 4
 *   BOOTING --core ends--> end with its code
 *   any --SIGTERM, SIGINT--> monitor gets SIGTERM, after 5 s SIGKILL --> end 0
 */
#ifndef PERI_PLUTON_HOST_POWER_H
#define PERI_PLUTON_HOST_POWER_H

#include "pluton/host/sandbox.h"

struct power {
    int folder;      /* the device's folder, open for reading */
    int folder_path; /* the same, O_PATH: for the monitor */
    struct sandbox sandbox;
    char **monitor_argv; /* argv[0] included, NULL at the end */
};

/* Runs the device until it is off; the exit code. */
int power_run(const struct power *power) MUST_CHECK;

#endif
