/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The supervisor: checks the data folder, listens, starts the set of processes
 * and keeps it running.  It reads nothing from outside but service.json.
 *
 *   state      child dies           SIGTERM, SIGINT      timer
 *   RUNNING    ENDING, then again   DRAINING             -
 *   DRAINING   when front: ENDING   ENDING               ENDING
 *   ENDING     when last: WAITING   stop after it        SIGKILL to the rest
 *              or exit
 *   WAITING    -                    exit                 RUNNING (back-off)
 *
 * The set starts and ends together: a process that died may have left its peers
 * with half an exchange, and a channel cannot be replaced under confinement.
 */
#ifndef PERI_SERVICE_PERISPHERED_SUPERVISOR_H
#define PERI_SERVICE_PERISPHERED_SUPERVISOR_H

#include "service/perisphered/child.h"
#include "service/perisphered/options.h"

/* Program exit code. */
int supervisor_run(const struct options *options, process_run *const runs[PROCESS_COUNT]);

#endif
