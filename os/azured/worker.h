/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is due when: attestation, update checks, reports.
 * Source: docs/spec/azured.md, "States and timers".
 * One thread runs this and may wait for the network; it alone uses the monitor
 * and the HTTPS clients.  It shares identities, outbox and keys with the main
 * thread.
 */
#ifndef PERI_OS_AZURED_WORKER_H
#define PERI_OS_AZURED_WORKER_H

#include "os/azured/attest.h"
#include "os/azured/dumps.h"
#include "os/azured/proxy_settings.h"
#include "os/azured/schedule.h"
#include "os/azured/telemetry.h"
#include "os/azured/update.h"

enum {
    WORKER_SAVE_MS = 10000, /* an event is stored within this, flash is spared */
    WORKER_PROXY_MS = 10000, /* a change of the proxy ends the waiting after failures, this often at most */
    WORKER_DENIED_MAX = 3,  /* checks refused in a row before attesting anew */
};

struct worker {
    struct key_guard *keys;
    struct identities *ids;
    struct outbox *outbox;
    struct dumps *dumps; /* NULL: none are kept */
    int channel; /* to the application manager */
    /* Puts the certificate behind the link `identified`. */
    int (*identify)(void *context, struct span pem);
    void (*forget)(void *context); /* ends the connection without certificate */
    void *context;
    struct service_link anonymous, identified;
    struct update update;
    struct telemetry telemetry;
    int telemetry_said; /* its last error */
    struct deferral *deferral;
    struct proxy_settings *proxy; /* NULL: there is none ever */
    uint32_t proxy_generation;    /* the one that was heard of last, and when */
    uint64_t proxy_ms;

    struct {
        uint64_t due_ms, valid_until_ms;
        struct back_off back_off;
    } tenant[IDENTITIES_MAX];
    enum daa_result os; /* 0: no certificate */
    uint64_t check_due_ms, save_due_ms;
    uint32_t check_interval_s;
    struct back_off check_back_off, refused_back_off;
    uint64_t service_epoch_s; /* service's time when the boot clock was 0; 0: not known */
};

/* Everything that is due at clock_ms(); when to come back, in that clock. */
uint64_t worker_step(struct worker *worker);
/* Steps for ever; a write to wake, an eventfd, brings the next one forward. */
_Noreturn void worker_run(struct worker *worker, int wake);

#endif
