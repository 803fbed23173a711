/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The daa process without its confinement: answers challenge and attest, asks
 * the store and the issuer.
 * Source: docs/spec/attestation.md; docs/processes.md.
 *
 * One attest request, left to right; any refusal or shortage ends it with an
 * answer and nothing recorded:
 *
 *   parse -> appraise_message -> DEVICE_GET and, when due, REFERENCE_GET
 *     -> appraise_device -> ISSUE_DEVICE -> ATTEST_RECORD (durable) -> 200
 *
 * A certificate that was signed but could not be recorded is not handed out.
 * Trust: front is less trusted than daa, store and issuer more: a reply of
 * theirs that does not parse ends the process.
 * Single loop, no threads.
 */
#ifndef PERI_SERVICE_DAA_SERVER_H
#define PERI_SERVICE_DAA_SERVER_H

#include "service/daa/appraise.h"
#include "service/ipc/channel.h"

enum {
    DAA_RETRY_S = 5,      /* what a device is told when a sibling cannot answer */
    DAA_FULL_S = 3600,    /* and one that has as many certificates as it may: one ends within a day */
    DAA_BACKDATE_S = 240, /* relying parties' clocks may be this much behind; the issuer allows 300 */
    DAA_LOG_S = 60,       /* counters are logged this often, when they changed */
    DAA_REFUSED_COUNT = DAA_REFUSED_REVOKED + 1,
};

struct attest;

struct daa_server {
    struct event_base *base;
    struct channel *front, *store, *issuer;
    struct challenge_keys keys;
    uint32_t challenge_s, certificate_s;
    /* The clocks: wall in seconds, monotonic in milliseconds; tests bring their own. */
    uint64_t (*now_s)(void);
    uint64_t (*now_ms)(void);

    struct store_references references;
    uint64_t references_at_ms; /* when the request for them left */
    bool references_known;
    bool references_asked;   /* one request under way at most */
    struct attest *waiting; /* for that request's answer */

    struct {
        uint64_t challenges, granted, unavailable, full;
        uint64_t refused[DAA_REFUSED_COUNT];
    } count;
    uint64_t logged; /* sum of the counters at the last log line */
    struct event *log_timer;
    bool failed; /* ended by a fault, not by the front's leaving */
};

struct daa_server_fds {
    int front, store, issuer;
};

/* keys are copied.  Takes the descriptors, even on failure.  0 or E_NOMEM. */
int daa_server_init(struct daa_server *server, struct event_base *base, struct daa_server_fds fds,
                    const struct challenge_keys *keys, uint32_t challenge_s,
                    uint32_t certificate_s) MUST_CHECK;
void daa_server_release(struct daa_server *server);
/* One line with every counter that is not zero; silent when none changed. */
void daa_server_log(struct daa_server *server);

#endif
