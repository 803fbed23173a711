/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One update check, and what follows from it.
 * Source: docs/spec/azured.md.
 *
 *   nonce -> ask -> stage manifests -> missing images -> install -> events
 *
 * Everything is decided by the monitor; here is only the carrier.  On any
 * failure the installed set is what it was, and images staged so far stay staged
 * for the next check.
 */
#ifndef PERI_OS_AZURED_UPDATE_H
#define PERI_OS_AZURED_UPDATE_H

#include "os/azured/download.h"
#include "os/azured/outbox.h"

struct update {
    struct service_link *service; /* with the OS or update-only certificate */
    struct monitor_client *monitor;
    struct key_guard *keys;
    struct outbox *outbox;
    void (*pause)(uint64_t milliseconds);
    uint32_t refused; /* enum monitor_status said last; MONITOR_OK: none */
    uint8_t refused_image[16];
};

struct update_result {
    bool refused;   /* by the monitor: asking again soon does not help */
    bool installed; /* the installed set is new */
    bool restart;
    uint32_t check_interval_s; /* 0: not said */
};

/* now_s dates the events.  0 also when nothing is to be done; else failure is
 * set; a refusal is logged and reported here, once.  monitor->broken: the
 * process should end. */
int update_run(struct update *u, uint64_t now_s, struct update_result *out, struct failure *failure) MUST_CHECK;

/* What a status of the monitor is called in the log. */
const char *update_refusal_name(uint32_t status);

#endif
