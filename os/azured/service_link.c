/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/service_link.h"

#include <stdio.h>
#include <string.h>

const char *service_cause_word(enum event_service_cause cause)
{
    static const char *const words[] = {
#define CAUSE_WORD(name, number, word, text) [number] = word,
        EVENT_SERVICE_CAUSE_TABLE(CAUSE_WORD)
#undef CAUSE_WORD
    };
    return (size_t)cause < sizeof words / sizeof words[0] && words[cause] ? words[cause] : "";
}

/* What an exchange that did not come to an end is called. */
static enum event_service_cause cause_of(int err)
{
    switch (err) {
    case E_TIMEOUT:
        return EVENT_SERVICE_TIMED_OUT;
    case E_DENIED:
        return EVENT_SERVICE_CERTIFICATE;
    case E_MALFORMED:
    case E_LIMIT:
        return EVENT_SERVICE_MALFORMED;
    case E_NETWORK:
        return EVENT_SERVICE_UNREACHABLE;
    default:
        return (enum event_service_cause)0;
    }
}

static int fail(struct failure *failure, enum event_service_cause cause, const char *step, const char *why, int err)
{
    failure->retry_after_s = 0;
    failure->cause = cause;
    snprintf(failure->why, sizeof failure->why, "%s%s%s: %s", service_cause_word(cause), cause ? ": " : "", step, why);
    return err;
}

int failure_of(struct failure *failure, const char *step, int err)
{
    return fail(failure, (enum event_service_cause)0, step, err_text(err), err);
}

int failure_of_answer(struct failure *failure, const char *step, int err)
{
    return fail(failure, EVENT_SERVICE_MALFORMED, step, err_text(err), err);
}

static int refusal(struct http_exchange *exchange, struct failure *failure)
{
    char title[PROBLEM_TEXT_MAX], step[32];
    int status = exchange->status;
    problem_title(writer_view(&exchange->body_room), title);
    snprintf(step, sizeof step, "service answers %d", status);
    int err = status == 408 || status == 429 || status >= 500
                  ? fail(failure, EVENT_SERVICE_UNAVAILABLE, step, title, E_BUSY)
              : status >= 400 ? fail(failure, EVENT_SERVICE_REFUSED, step, title, E_DENIED)
                              : fail(failure, EVENT_SERVICE_MALFORMED, step, title, E_MALFORMED);
    failure->retry_after_s = exchange->retry_after_s;
    return err;
}

/* What came of an exchange that ended with err. */
static int judge(struct http_exchange *exchange, int err, int wanted, struct failure *failure)
{
    if (err == E_DENIED)
        return fail(failure, EVENT_SERVICE_CERTIFICATE, exchange->path,
                    "TLS refused: the service's certificate, or ours", err);
    if (err)
        return fail(failure, cause_of(err), exchange->path, err_text(err), err);
    return exchange->status == wanted ? 0 : refusal(exchange, failure);
}

int service_ask(struct service_link *service, struct http_exchange *exchange, int wanted,
                struct failure *failure)
{
    int err = service->run(service->context, exchange);
    if (exchange->status)
        identities_set_reached(service->ids);
    return judge(exchange, err, wanted, failure);
}

int service_fetch(struct service_link *service, struct http_exchange *exchange, int wanted, bool *elsewhere,
                  struct failure *failure)
{
    char address[sizeof exchange->location];
    int err = service->run(service->context, exchange);
    if (exchange->status)
        identities_set_reached(service->ids);
    *elsewhere = !err && exchange->status == 307 && exchange->location[0] && service->run_at;
    if (!*elsewhere)
        return judge(exchange, err, wanted, failure);
    memcpy(address, exchange->location, sizeof address);
    exchange->body_room.len = 0;
    err = service->run_at(address, exchange);
    int judged = judge(exchange, err, wanted, failure);
    exchange->path = NULL; /* it may point into address */
    return judged;
}
