/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether this system stays.  It is well when both services run, the packet filter
 * is in force as far as this machine needs it, and the security service has attested
 * it: which takes the network besides.  The monitor is told so at every start; it
 * keeps a system on trial then, and lets the anti-rollback counters follow.
 * A system on trial that is not well in time restarts the device: after some starts
 * the monitor brings the old one back.
 */
#include <stdio.h>

#include "os/appman/manager.h"

void trial_begin(struct manager *m)
{
    struct monitor_rollback rollback;
    m->trial_ends_ms = INT64_MAX;
    int e = monitor_get_rollback(&m->monitor, &rollback);
    if (e) {
        fprintf(stderr, "application-manager: state of the update: %s\n", err_text(e));
        return;
    }
    if (rollback.runs) {
        m->trial_ends_ms = m->now_ms() + m->conf.trial_ms;
        fprintf(stderr, "application-manager: this system is on trial\n");
    } else if (rollback.undone) {
        fprintf(stderr, "application-manager: the system of sequence %llu did not stay, this is the one before\n",
                (unsigned long long)rollback.undone_sequence);
    }
}

void trial_attested(struct manager *m)
{
    bool ended;
    local_attested(m);
    if (m->ending || m->refused)
        return;
    for (unsigned i = 0; i < SERVICES; i++)
        if (!m->service[i].unused && !m->service[i].asleep && (!m->service[i].pid || m->service[i].channel < 0))
            return; /* it is started again, and azured says it again */
    int e = monitor_confirm(&m->monitor, &ended);
    if (e) {
        fprintf(stderr, "application-manager: confirming this system: %s\n", err_text(e));
        return;
    }
    m->trial_ends_ms = INT64_MAX;
    if (ended)
        fprintf(stderr, "application-manager: this system is confirmed\n");
}

void trial_run_out(struct manager *m)
{
    m->trial_ends_ms = INT64_MAX;
    fprintf(stderr, "application-manager: this system was not confirmed in time: restarting\n");
    m->ending = m->reset = true;
}
