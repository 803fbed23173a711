/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One update check, and what follows from it.
 * Source: docs/spec/azured.md, docs/update.md.
 *
 *   nonce -> ask -> stage manifests -> missing images -> ready        update_check()
 *   install -> events                                                 update_install()
 *
 * Everything is decided by the monitor; here is only the carrier.  On any
 * failure the installed set is what it was, and images staged so far stay staged
 * for the next check.  What is ready stays so until the next set is staged.
 */
#ifndef PERI_OS_AZURED_UPDATE_H
#define PERI_OS_AZURED_UPDATE_H

#include "os/azured/deferral.h"
#include "os/azured/download.h"
#include "os/azured/dump_key.h"
#include "os/azured/outbox.h"

struct update {
    struct service_link *service; /* with the OS or update-only certificate */
    struct monitor_client *monitor;
    struct key_guard *keys;
    struct outbox *outbox;
    void (*pause)(uint64_t milliseconds);
    struct deferral *deferral; /* is told when a download begins */
    uint64_t staged_sequence;  /* of the set that the monitor got last */
    uint64_t inert_sequence;   /* installing this set changed nothing: it is not announced again */
    uint32_t refused; /* enum monitor_status said last; MONITOR_OK: none */
    uint8_t refused_image[16];
};

struct update_result {
    bool refused;   /* by the monitor: asking again soon does not help */
    bool staged;    /* another set was given to the monitor */
    bool ready;     /* it would change something, and misses nothing */
    bool installed; /* the installed set is new */
    bool restart;
    bool nothing;   /* the service wants what is installed */
    uint32_t check_interval_s; /* 0: not said */
    enum update_type type;     /* with ready */
    struct deferral_limits limits;
    bool accepted;             /* the monitor took the set: what it says counts */
    struct dump_consent dumps; /* of an accepted one */
    size_t changed_count; /* with installed: components that are replaced or gone */
    uint8_t changed[MONITOR_COMPONENTS_MAX][16];
};

/* 0 also when nothing is to be done; else failure is set; a refusal is logged and
 * reported here, once.  monitor->broken: the process should end.  now_s dates the events. */
int update_check(struct update *u, uint64_t now_s, struct update_result *out, struct failure *failure) MUST_CHECK;
/* What a check said was ready.  Adds to out. */
int update_install(struct update *u, uint64_t now_s, struct update_result *out, struct failure *failure) MUST_CHECK;

/* What a status of the monitor is called in the log. */
const char *update_refusal_name(uint32_t status);

#endif
