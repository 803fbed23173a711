/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reports process without its confinement: takes batches of events, and crash dumps.
 * Source: docs/spec/device-api.md; docs/processes.md.
 * A batch is answered 204 once the store has it on disk; the same batch sent
 * again is answered 204 again and counts once (the store knows it by its id).
 * Trust: front is less trusted, store more; as in service/daa/server.h.
 */
#ifndef PERI_SERVICE_REPORTS_SERVER_H
#define PERI_SERVICE_REPORTS_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"

enum {
    REPORTS_RETRY_S = 5,
    REPORTS_FULL_S = 86400, /* a dump for which there is no room may come again after that */
};

struct event_base;
struct channel;

struct reports_server {
    struct event_base *base;
    struct channel *front, *store, *issuer;
    uint64_t (*now_s)(void); /* wall clock; tests bring their own */
    struct {
        uint64_t batches, dumps, refused, unavailable;
    } count;
    bool failed; /* ended by a fault, not by the front's leaving */
};

struct reports_server_fds {
    int front, store, issuer; /* issuer -1: no dumps */
};

/* Takes the descriptors, even on failure.  0 or E_NOMEM. */
int reports_server_init(struct reports_server *server, struct event_base *base,
                        struct reports_server_fds fds) MUST_CHECK;
void reports_server_release(struct reports_server *server);

#endif
