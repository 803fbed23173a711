/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/worker.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/guid.h"
#include "os/azured/device_time.h"

enum {
    CHANNEL_MS = 5000,      /* the manager takes its messages promptly or is broken */
    SLEEP_MAX_MS = 60000,   /* poll()'s clock stands still while the device sleeps */
};

static _Noreturn void end(const char *who, int err)
{
    fprintf(stderr, "azured: %s: %s: ending\n", who, err_text(err));
    _exit(1); /* not exit(): the other thread may hold anything */
}

static void tell(struct worker *w, const struct os_message *message)
{
    int err = os_channel_send(w->channel, message, CHANNEL_MS);
    if (err)
        end("application manager", err);
}

static void tenant_text(const uint8_t tenant[static 16], char text[static GUID_TEXT_BYTES + 8])
{
    if (guid_is_zero(tenant)) {
        strcpy(text, "the OS");
        return;
    }
    strcpy(text, "catalog ");
    guid_format(tenant, text + 8);
}

/* What a new certificate changes.  0, or why it cannot be used. */
static int certificate_use(struct worker *w, size_t slot, const uint8_t tenant[static 16],
                           const struct certificate *c, uint64_t asked_ms, struct failure *failure)
{
    struct span pem = span_of(c->pem, c->pem_bytes);
    uint64_t until = asked_ms + c->life_s * 1000;
    if (slot == 0) {
        bool first = !w->os;
        w->os = 0; /* identify forgets the old one first */
        int err = w->identify(w->context, pem);
        if (err)
            return failure_of(failure, "OS certificate", err);
        if (first)
            w->check_due_ms = asked_ms;
        w->os = c->result;
    } else if (c->result != DAA_TRUSTED) {
        return failure_of(failure, "certificate is for updates only", E_DENIED);
    }
    identities_set(w->ids, slot, until, pem);
    w->tenant[slot].valid_until_ms = until;
    w->tenant[slot].due_ms = asked_ms + schedule_renewal_ms(c->life_s);
    struct os_message message = {.kind = OS_CERTIFICATE, .fd = -1, .u.certificate.pem = pem};
    memcpy(message.u.certificate.tenant, tenant, 16);
    tell(w, &message);
    return 0;
}

static uint64_t time_s(const struct worker *w)
{
    return w->service_epoch_s ? w->service_epoch_s + clock_ms() / 1000 : (uint64_t)time(NULL);
}

/* Told once connected; until then it is counted. */
static void service_failed(struct worker *w, enum event_service_cause cause)
{
    const struct os_event event = {.category = EVENT_SERVICE_FAILED, .exit_code = cause, .time_s = time_s(w)};
    if (cause)
        outbox_count(w->outbox, &event);
}

/* The device's own clock against the service's, before it is set by it. */
static void clock_judge(struct worker *w, uint64_t service_s)
{
    uint64_t own_s = (uint64_t)time(NULL), off_s = own_s > service_s ? own_s - service_s : service_s - own_s;
    if (off_s <= EVENT_CLOCK_WRONG_S)
        return;
    const struct os_event event = {.category = EVENT_CLOCK_WRONG, .time_s = service_s};
    outbox_count(w->outbox, &event);
    fprintf(stderr, "azured: the clock is wrong: %llu s %s\n", (unsigned long long)off_s,
            own_s > service_s ? "ahead" : "behind");
}

/* The manager sets the device's clock by it, where the clock is ours to set. */
static void time_tell(struct worker *w, const struct certificate *c)
{
    if (c->time_err) {
        fprintf(stderr, "azured: TimeNotBelieved: the service's time: %s\n", err_text(c->time_err));
        if (w->anonymous.anchor)
            service_failed(w, EVENT_SERVICE_TIME);
        return;
    }
    clock_judge(w, c->server_time_s);
    struct os_message message = {.kind = OS_TIME, .fd = -1, .u.time_s = device_time_s()};
    tell(w, &message);
}

static void attest(struct worker *w, size_t slot)
{
    static struct certificate certificate; /* the worker's alone */
    struct failure failure = {0};
    uint8_t tenant[16];
    char who[GUID_TEXT_BYTES + 8];
    uint64_t asked_ms = clock_ms(); /* before the service's clock was read: never too late */
    identities_tenant(w->ids, slot, tenant);
    tenant_text(tenant, who);

    int err = attest_run(&w->anonymous, w->keys, tenant, &certificate, &failure);
    if (!err) {
        /* Counted from after the answer: never ahead of the service's clock,
         * which would refuse events from its future. */
        uint64_t since_s = clock_ms() / 1000;
        w->service_epoch_s = certificate.server_time_s > since_s ? certificate.server_time_s - since_s : 0;
        err = certificate_use(w, slot, tenant, &certificate, asked_ms, &failure);
    }
    if (!err) {
        time_tell(w, &certificate);
        w->tenant[slot].back_off.failures = 0;
        fprintf(stderr, "azured: attestation of %s: %s, certificate for %llu s\n", who,
                certificate.result == DAA_TRUSTED ? "trusted" : "update only",
                (unsigned long long)certificate.life_s);
        return;
    }
    uint64_t wait = back_off_next(&w->tenant[slot].back_off, SCHEDULE_BACK_OFF_MS, SCHEDULE_BACK_OFF_MAX_MS,
                                  failure.retry_after_s, key_random(w->keys));
    w->tenant[slot].due_ms = clock_ms() + wait;
    service_failed(w, failure.cause);
    fprintf(stderr, "azured: attestation of %s: %s; again in %llu ms\n", who, failure.why,
            (unsigned long long)wait);
}

static void installed(struct worker *w, bool restart)
{
    int err = outbox_save(w->outbox); /* before the device goes down */
    if (err)
        fprintf(stderr, "azured: storing reports: %s\n", err_text(err));
    fprintf(stderr, "azured: update installed%s\n", restart ? ", restart needed" : "");
    struct os_message message = {.kind = restart ? OS_RESTART : OS_CHANGED, .fd = -1};
    tell(w, &message);
}

static void collect(struct worker *w)
{
    int err = telemetry_collect(&w->telemetry);
    if (w->telemetry.there && w->telemetry.monitor->broken)
        end("monitor", err);
    if (err && err != w->telemetry_said)
        fprintf(stderr, "azured: telemetry: %s\n", err_text(err));
    w->telemetry_said = err;
}

/* Another set, or the same one, comes at the next check. */
static void check_again(struct worker *w, int err, const struct update_result *result, const struct failure *failure)
{
    uint64_t wait;
    if (result->refused) {
        uint64_t max = schedule_check_ms(w->check_interval_s, 0);
        wait = back_off_next(&w->refused_back_off, max < SCHEDULE_REFUSED_MS ? max : SCHEDULE_REFUSED_MS,
                             max, 0, key_random(w->keys));
    } else {
        wait = back_off_next(&w->check_back_off, SCHEDULE_BACK_OFF_MS, SCHEDULE_BACK_OFF_MAX_MS,
                             failure->retry_after_s, key_random(w->keys));
        service_failed(w, failure->cause);
        fprintf(stderr, "azured: update check: %s; again in %llu ms\n", failure->why,
                (unsigned long long)wait);
        /* The service does not take our certificate, valid as it is: its CA may
         * be new.  Once, not in a loop: the next renewal comes anyway. */
        if (err == E_DENIED && w->check_back_off.failures == WORKER_DENIED_MAX)
            w->tenant[0].due_ms = clock_ms();
    }
    w->check_due_ms = clock_ms() + wait;
}

/* What the check found is installed, once nobody puts it off any more. */
static int install(struct worker *w, struct update_result *result, struct failure *failure)
{
    uint64_t next_ms;
    if (!deferral_due(w->deferral, clock_ms(), &next_ms))
        return 0;
    int err = update_install(&w->update, time_s(w), result, failure);
    if (result->installed) {
        /* First: who is started by what the manager is told is not to hear of his own update. */
        deferral_installed(w->deferral, result->changed, result->changed_count);
        installed(w, result->restart);
    } else {
        deferral_failed(w->deferral);
    }
    return err;
}

static int reports_send(struct worker *w, struct failure *failure)
{
    collect(w);
    return outbox_send(w->outbox, &w->identified, w->keys, time_s(w), failure);
}

static void check(struct worker *w)
{
    struct failure failure = {0};
    struct update_result result;
    int err = update_check(&w->update, time_s(w), &result, &failure);
    if (!err && result.ready) {
        deferral_ready(w->deferral, result.type, result.limits, time_s(w), clock_ms());
        err = install(w, &result, &failure);
    } else if (!err && result.nothing) {
        deferral_nothing(w->deferral);
    } else if (result.staged) {
        deferral_failed(w->deferral); /* what was ready is not there any more */
    }
    if (w->update.monitor->broken)
        end("monitor", err);
    if (w->dumps && result.accepted)
        dumps_consent(w->dumps, &result.dumps);
    if (w->os == DAA_TRUSTED && (!err || result.refused)) {
        /* Also when the monitor refuses: who sent the set has to hear of it, not only when it is mended. */
        struct failure other = {0};
        int sent = reports_send(w, err ? &other : &failure);
        if (err && sent)
            fprintf(stderr, "azured: reports: %s\n", other.why);
        err = err ? err : sent;
        if (w->dumps && !sent)
            dumps_work(w->dumps, &w->identified, time_s(w));
    }
    if (err) {
        check_again(w, err, &result, &failure);
        return;
    }
    w->check_interval_s = result.check_interval_s;
    w->check_back_off.failures = w->refused_back_off.failures = 0;
    w->check_due_ms = clock_ms() + schedule_check_ms(w->check_interval_s, key_random(w->keys));
}

/* Between two checks: the time of a notice or of a deferral may be over. */
static void install_due(struct worker *w)
{
    struct failure failure = {0};
    struct update_result result = {0};
    int err = install(w, &result, &failure);
    if (w->update.monitor->broken)
        end("monitor", err);
    if (err)
        check_again(w, err, &result, &failure);
    else if (result.installed)
        w->check_due_ms = clock_ms(); /* its events are sent with the next check */
}

static void save(struct worker *w)
{
    collect(w);
    int err = outbox_save(w->outbox);
    if (err)
        fprintf(stderr, "azured: storing reports: %s\n", err_text(err));
    w->save_due_ms = clock_ms() + WORKER_SAVE_MS;
}

/* What failed without this proxy, or with the one before, may go well now.  When to look again; UINT64_MAX: not for this. */
static uint64_t proxy_heed(struct worker *w)
{
    uint64_t now = clock_ms();
    if (!w->proxy || proxy_settings_generation(w->proxy) == w->proxy_generation)
        return UINT64_MAX;
    if (w->proxy_ms && now - w->proxy_ms < WORKER_PROXY_MS)
        return w->proxy_ms + WORKER_PROXY_MS;
    w->proxy_generation = proxy_settings_generation(w->proxy);
    w->proxy_ms = now;
    for (size_t i = 0; i < IDENTITIES_MAX; i++)
        if (w->tenant[i].back_off.failures)
            w->tenant[i].due_ms = now;
    if (w->check_back_off.failures)
        w->check_due_ms = now;
    return UINT64_MAX;
}

uint64_t worker_step(struct worker *w)
{
    uint64_t proxy_ms = proxy_heed(w);
    size_t tenants = identities_count(w->ids);
    bool asked = false;
    for (size_t i = 0; i < tenants; i++) {
        if (w->os && clock_ms() >= w->tenant[0].valid_until_ms)
            w->os = 0;
        /* Without a trusted OS no tenant gets a certificate. */
        if ((i == 0 || w->os == DAA_TRUSTED) && clock_ms() >= w->tenant[i].due_ms) {
            attest(w, i);
            asked = true;
        }
    }
    if (asked)
        w->forget(w->context);
    if (w->os && clock_ms() >= w->check_due_ms && !deferral_notifying(w->deferral))
        check(w);
    else
        install_due(w);
    if (clock_ms() >= w->save_due_ms)
        save(w);

    uint64_t next = w->save_due_ms < proxy_ms ? w->save_due_ms : proxy_ms;
    tenants = identities_count(w->ids);
    for (size_t i = 0; i < tenants; i++)
        if ((i == 0 || w->os == DAA_TRUSTED) && w->tenant[i].due_ms < next)
            next = w->tenant[i].due_ms;
    uint64_t install_ms;
    bool install_now = deferral_due(w->deferral, clock_ms(), &install_ms);
    if (install_now || install_ms < next)
        next = install_now ? clock_ms() : install_ms;
    if (w->os && w->check_due_ms < next && !deferral_notifying(w->deferral))
        next = w->check_due_ms;
    return next;
}

_Noreturn void worker_run(struct worker *worker, int wake)
{
    int err = telemetry_init(&worker->telemetry);
    if (err)
        end("monitor", err);
    for (;;) {
        uint64_t next = worker_step(worker), now = clock_ms();
        uint64_t left = next > now ? next - now : 0;
        struct pollfd p = {.fd = wake, .events = POLLIN};
        uint64_t count;
        (void)poll(&p, 1, (int)(left < SLEEP_MAX_MS ? left : SLEEP_MAX_MS));
        if (p.revents && read(wake, &count, sizeof count) < 0)
            end("wake-up", E_IO);
    }
}
