/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How one process of the set is entered: which descriptors it finds where, and
 * what is arranged before its run function.
 *
 *   descriptor             what
 *   0 1 2                  /dev/null, and the supervisor's output and log
 *   CHILD_FD_CONFIG        struct service_config, as bytes: same program, same build
 *   CHILD_FD_LISTEN        front only: the listening socket
 *   CHILD_FD_PEER + id     one for each row of PROCESS_CHANNEL_TABLE it is in
 * Nothing else is open.
 */
#ifndef PERI_SERVICE_PERISPHERED_CHILD_H
#define PERI_SERVICE_PERISPHERED_CHILD_H

#include "service/ipc/process.h"

enum {
    CHILD_FD_CONFIG = 3,
    CHILD_FD_LISTEN = 4,
    CHILD_FD_PEER = 5,
    CHILD_FD_END = CHILD_FD_PEER + PROCESS_COUNT,
};

typedef int process_run(struct process *self);

/* Does the table have a channel between the two? */
bool child_has_channel(enum process_id a, enum process_id b);
/* In the new program: the exit code. */
int child_main(const char *name, const char *data, unsigned allow_unconfined,
               process_run *const runs[PROCESS_COUNT]);

#endif
