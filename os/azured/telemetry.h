/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the monitor's telemetry to reports: crash records of azcore, and marks of the kernel's end.
 * Source: docs/spec/crash-report.md, "Way to the service"; abi/crash_report.h, docs/spec/smc.md.
 * Caller: the worker, which alone uses the monitor.
 * Trust: a record was chosen by the process that died; one that makes no sense is dropped with a line.
 *
 * Each record becomes a report once, over any power cut:
 *   read -> reports and "taken: so many bytes, this CRC" stored together -> monitor forgets -> taken is cleared
 * A cut before the monitor forgets leaves the taken bytes at the text's begin, where they are known by
 * length and CRC and forgotten without being counted again.  A cut after it leaves them nowhere.
 * Before the monitor is told to forget, the last record is read once more and compared: what was
 * recorded in between, or moved up because the ring dropped its oldest, stays.
 */
#ifndef PERI_OS_AZURED_TELEMETRY_H
#define PERI_OS_AZURED_TELEMETRY_H

#include "os/azured/outbox.h"
#include "os/ipc/monitor_client.h"

enum {
    TELEMETRY_READ_MAX = 2048,  /* of one pass: 21 crash records */
    TELEMETRY_PASSES_MAX = 64,  /* of one look; the rest the next time */
    TELEMETRY_PARTNER_S = 10,   /* how long the manager's message of the same crash may take */
};

struct telemetry {
    struct monitor_client *monitor;
    struct outbox *outbox;
    uint64_t (*clock_s)(void); /* as the crash handler's: the device's clock */
    bool there;                /* the monitor keeps telemetry */
};

/* Asks whether the monitor keeps telemetry; crashes wait for their records then.  0, or the client's
 * error when the channel is broken. */
int telemetry_init(struct telemetry *t) MUST_CHECK;
/* Takes all that there is.  0 also where there is no telemetry; E_IO: reports cannot be stored, nothing
 * is forgotten; the monitor's error. */
int telemetry_collect(struct telemetry *t) MUST_CHECK;

#endif
