/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One question to the security service and what came of it.
 * run is http_client_run() with its client; tests put something hostile there.
 * Errors: 0 with the wanted status; E_DENIED (4xx), E_BUSY (408, 429, 5xx),
 * E_MALFORMED (anything else), or run's own.  why then says it for the log, and
 * retry_after_s how long the service asked us to stay away (0: it did not), and cause what is reported of it.
 */
#ifndef PERI_OS_AZURED_SERVICE_LINK_H
#define PERI_OS_AZURED_SERVICE_LINK_H

#include "abi/device_api.h"
#include "os/azured/http_client.h"
#include "os/azured/identities.h"
#include "os/azured/problem.h"

enum { FAILURE_TEXT_MAX = PROBLEM_TEXT_MAX + 64 };

struct service_link {
    int (*run)(void *context, struct http_exchange *exchange);
    void *context;
    struct identities *ids; /* told when the service answers */
    const char *anchor;     /* trust anchor, to learn the time by; NULL: it is not learned */
    /* One exchange with a server that the service names, without our certificate: http_client_run_at().
     * NULL: the service alone is asked. */
    int (*run_at)(const char *address, struct http_exchange *exchange);
};

struct failure {
    uint32_t retry_after_s;
    enum event_service_cause cause; /* 0: not the service's doing */
    char why[FAILURE_TEXT_MAX];
};

int service_ask(struct service_link *service, struct http_exchange *exchange, int wanted,
                struct failure *failure) MUST_CHECK;
/* The same, and where the service answers 307 with a location, there: *elsewhere says whether it did. */
int service_fetch(struct service_link *service, struct http_exchange *exchange, int wanted, bool *elsewhere,
                  struct failure *failure) MUST_CHECK;
/* Says err in the failure and returns it: it is the device's own; or what the service said makes no sense. */
int failure_of(struct failure *failure, const char *step, int err);
int failure_of_answer(struct failure *failure, const char *step, int err);
/* "Unreachable"; "" for 0. */
const char *service_cause_word(enum event_service_cause cause);

#endif
