/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/service_link.h"

#include <stdio.h>

int failure_of(struct failure *failure, const char *step, int err)
{
    failure->retry_after_s = 0;
    snprintf(failure->why, sizeof failure->why, "%s: %s", step, err_text(err));
    return err;
}

int service_ask(struct service_link *service, struct http_exchange *exchange, int wanted,
                struct failure *failure)
{
    int err = service->run(service->context, exchange);
    if (exchange->status)
        identities_set_reached(service->ids);
    if (err == E_DENIED) {
        failure->retry_after_s = 0;
        snprintf(failure->why, sizeof failure->why,
                 "%s: TLS refused: the service's certificate, or ours", exchange->path);
        return err;
    }
    if (err)
        return failure_of(failure, exchange->path, err);
    if (exchange->status == wanted)
        return 0;
    char title[PROBLEM_TEXT_MAX];
    problem_title(writer_view(&exchange->body_room), title);
    snprintf(failure->why, sizeof failure->why, "service answers %d: %s", exchange->status, title);
    failure->retry_after_s = exchange->retry_after_s;
    if (exchange->status == 408 || exchange->status == 429 || exchange->status >= 500)
        return E_BUSY;
    return exchange->status >= 400 ? E_DENIED : E_MALFORMED;
}
