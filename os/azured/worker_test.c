/* SPDX-License-Identifier: BSD-2-Clause */
/* Attestation and report flows between a service, a monitor and a root of trust that each may fail: what happens, and that
 * nothing else does.  Updates that fail: update_fails_test.c. */
#include "abi/pluton_call.h"
#include "os/azured/worker_fixture_test.h"

static const uint8_t catalog[16] = {0xca, 7};

static void attests_updates_and_reports(void)
{
    struct world w;
    struct os_message m;
    world_make(&w);
    REQUIRE(identities_want(&w.ids, catalog) == 0);
    CHECK(!identities_valid(&w.ids, catalog, clock_ms()));
    CHECK(!identities_reached(&w.ids));
    uint64_t now = clock_ms(), next = worker_step(&w.worker);

    CHECK_INT(w.service.asked_attest, 2);
    CHECK_INT(w.pluton.commits, 2);
    CHECK_INT(w.identified, 1);
    CHECK(w.forgotten >= 1);
    CHECK(identities_valid(&w.ids, catalog, clock_ms()));
    CHECK(!identities_valid(&w.ids, catalog, clock_ms() + 86400 * 1000)); /* expired by then */
    CHECK(identities_reached(&w.ids));
    CHECK_INT(told(&w, &m), OS_CERTIFICATE);
    CHECK_MEM(m.u.certificate.tenant, catalog, 16);
    CHECK_INT(told(&w, &m), OS_CHANGED);
    CHECK_INT(told(&w, &m), 0);
    CHECK_INT(w.attested, 1);
    CHECK_INT(w.monitor.installs, 1);
    CHECK_INT(w.monitor.installed.count, 1);
    CHECK_INT(w.service.events, 1); /* the update itself */
    CHECK_INT(w.service.last_category, EVENT_APP_UPDATE);
    /* Events carry the service's time, and never one ahead of it. */
    uint64_t dated = w.worker.service_epoch_s + clock_ms() / 1000;
    CHECK(dated >= 1800000000 && dated < 1800000000 + 3600);
    CHECK(w.worker.service_epoch_s + now / 1000 <= 1800000000);
    CHECK(w.worker.tenant[0].due_ms - now >= 57600 * 1000ull && w.worker.tenant[0].due_ms - now < 57700 * 1000ull);
    CHECK(w.worker.check_due_ms - now >= 3600 * 1000ull && w.worker.check_due_ms - now < 3970 * 1000ull);
    CHECK(next > now && next <= now + WORKER_SAVE_MS + 5000);

    /* Nothing new: nothing is installed, nobody is told. */
    step_again(&w);
    CHECK_INT(w.monitor.stages, 2);
    CHECK_INT(w.monitor.installs, 1);
    CHECK_INT(told(&w, &m), 0);

    /* The same images under a higher sequence: accepted, so that no older set can be
     * offered from between, and nobody is told. */
    w.service.sequence = 2;
    step_again(&w);
    CHECK_INT(w.monitor.installs, 2);
    CHECK_INT(w.monitor.sequence, 2);
    CHECK_INT(told(&w, &m), 0);

    /* Another image of the same component, and an OS that needs a restart. */
    w.service.wanted.count = 0;
    w.service.sequence = 3;
    fake_app(&w.service.wanted, 1, 3);
    w.monitor.restart = true;
    step_again(&w);
    CHECK_INT(w.monitor.installs, 3);
    CHECK_INT(told(&w, &m), OS_RESTART);

    /* An application that is no longer wanted: installed without a download. */
    unsigned images = w.service.asked_image;
    w.service.wanted.count = 0;
    w.service.sequence = 4;
    w.monitor.restart = false;
    step_again(&w);
    CHECK_INT(w.service.asked_image, images);
    CHECK_INT(w.monitor.installs, 4);
    CHECK_INT(told(&w, &m), OS_CHANGED);
    world_end(&w);
}

/* With a listener an update waits for the notices, and is not asked for again meanwhile;
 * put off, other sets are, and without a network it is installed when its time is over. */
static void applications_are_heard(void)
{
    struct world w;
    struct os_message m;
    struct system_notice n;
    static const uint8_t app[16] = {9};
    world_make(&w);
    w.deferral.notice_ms = 1000u * 1000 * 1000; /* what happens at its end is deferral_test's */
    deferral_listeners(&w.deferral, true);
    uint64_t now = clock_ms(), next = worker_step(&w.worker);
    CHECK_INT(w.monitor.installs, 0);
    CHECK_INT(w.service.asked_image, 1);
    REQUIRE(deferral_take(&w.deferral, &n));
    CHECK_INT(n.event, SYSTEM_EVENT_UPDATE_STARTED);
    REQUIRE(deferral_take(&w.deferral, &n));
    CHECK_INT(n.status, SYSTEM_EVENT_PENDING);
    CHECK_INT(n.type, UPDATE_TYPE_APP);
    CHECK_INT(n.minutes, DEFERRAL_APP_MINUTES);
    CHECK(next >= now);
    unsigned checks = w.service.asked_check;
    step_again(&w);
    CHECK_INT(w.service.asked_check, checks);

    CHECK_INT(deferral_defer(&w.deferral, app, 5, clock_ms()), 0);
    step_again(&w);
    CHECK_INT(w.service.asked_check, checks + 1);
    CHECK_INT(w.service.asked_image, 1); /* it is there */
    CHECK_INT(w.monitor.installs, 0);

    w.service.wanted.count = 0; /* a newer set takes its place, and is put off as well */
    w.service.sequence = 2;
    fake_app(&w.service.wanted, 1, 3);
    step_again(&w);
    CHECK_INT(w.service.asked_image, 2);
    CHECK_INT(w.monitor.installs, 0);

    /* A download that fails leaves nothing that could be installed. */
    w.service.wanted.count = 0;
    w.service.sequence = 3;
    fake_app(&w.service.wanted, 1, 4);
    w.service.fail_path = DEVICE_API_IMAGES;
    w.service.fail_status = 503;
    w.service.fail_times = 1000;
    step_again(&w);
    CHECK_INT(w.deferral.phase, DEFERRAL_NONE);
    CHECK_INT(w.monitor.installs, 0);
    w.service.fail_times = 0;
    step_again(&w);
    CHECK_INT(w.deferral.phase, DEFERRAL_DEFERRED);

    /* The service is away; the time is over, and so is that of both notices. */
    w.service.fail_path = DEVICE_API_CHECK;
    w.service.fail_times = 1000;
    step_again(&w);
    CHECK_INT(w.deferral.phase, DEFERRAL_DEFERRED);
    CHECK_INT(told(&w, &m), 0);
    CHECK_INT(deferral_resume(&w.deferral, app, clock_ms()), 0);
    w.deferral.ends_ms = 0;
    step_again(&w);
    CHECK_INT(w.monitor.installs, 1);
    CHECK_INT(told(&w, &m), OS_CHANGED);
    CHECK_MEM(w.monitor.installed.at[0].image, w.service.wanted.at[0].image, 16);
    do
        REQUIRE(deferral_take(&w.deferral, &n));
    while (n.status != SYSTEM_EVENT_COMPLETE);

    /* Refused at the very end: nothing is lost, and the next check begins anew. */
    w.service.fail_times = 0;
    w.service.sequence = 4;
    w.service.wanted.count = 0;
    fake_app(&w.service.wanted, 1, 5);
    step_again(&w);
    CHECK_INT(w.deferral.phase, DEFERRAL_PENDING);
    w.deferral.ends_ms = 0;
    step_again(&w); /* final */
    w.deferral.ends_ms = 0;
    w.monitor.refuse_call = MONITOR_CALL_INSTALL;
    w.monitor.refuse_status = MONITOR_WRITE_FAILED;
    step_again(&w);
    CHECK_INT(w.monitor.installs, 1);
    CHECK_INT(w.deferral.phase, DEFERRAL_NONE);
    CHECK(w.worker.check_due_ms > clock_ms() - 5000);
    w.monitor.refuse_call = 0;
    step_again(&w);
    CHECK_INT(w.deferral.phase, DEFERRAL_PENDING);
    (void)unlinkat(w.folder, "deferral", 0);
    world_end(&w);
}

static void update_only(void)
{
    struct world w;
    struct os_message m;
    world_make(&w);
    w.service.result = DAA_UPDATE_ONLY;
    REQUIRE(identities_want(&w.ids, catalog) == 0);
    outbox_add(&w.outbox, &(struct os_event){.category = EVENT_APP_EXIT, .time_s = 5});
    worker_step(&w.worker);
    CHECK_INT(w.service.asked_attest, 1); /* no tenant */
    CHECK_INT(w.monitor.installs, 1);     /* updates all the same */
    CHECK_INT(w.service.asked_events, 0); /* and no reports */
    CHECK_INT(told(&w, &m), OS_CHANGED);
    CHECK(!identities_valid(&w.ids, catalog, clock_ms()));
    world_end(&w);
}

/* -- attestation that fails ----------------------------------------------------------- */

static void attestation_fails(void)
{
    static const struct {
        const char *path;
        int status;
    } rows[] = {
        {DEVICE_API_CHALLENGE, 500}, {DEVICE_API_CHALLENGE, 503}, {DEVICE_API_CHALLENGE, -1},
        {DEVICE_API_CHALLENGE, -2},  {DEVICE_API_CHALLENGE, 302}, {DEVICE_API_ATTEST, 403},
        {DEVICE_API_ATTEST, 429},    {DEVICE_API_ATTEST, 500},    {DEVICE_API_ATTEST, -1},
        {DEVICE_API_ATTEST, -2},     {DEVICE_API_ATTEST, 204},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world w;
        world_make(&w);
        w.service.fail_path = rows[i].path;
        w.service.fail_status = rows[i].status;
        w.service.fail_times = 1;
        uint64_t before = clock_ms();
        worker_step(&w.worker);
        CHECK_INT(w.pluton.commits, 0); /* the key of before stays */
        CHECK_INT(w.worker.os, 0);
        CHECK_INT(w.service.asked_check, 0);
        CHECK_INT(w.worker.tenant[0].back_off.failures, 1);
        CHECK(w.worker.tenant[0].due_ms > before && w.worker.tenant[0].due_ms <= clock_ms() + 1000);
        step_again(&w);
        CHECK_INT(w.worker.os, DAA_TRUSTED);
        CHECK_INT(w.worker.tenant[0].back_off.failures, 0);
        world_end(&w);
    }
}

/* The waiting after failures ends with another proxy, and not with one after the other. */
static void another_proxy(void)
{
    const struct network_proxy proxy = {.enabled = true, .port = 1, .address = "p"};
    struct proxy_settings settings;
    struct world w;
    world_make(&w);
    proxy_settings_init(&settings, w.folder);
    w.worker.proxy = &settings;
    w.service.fail_path = DEVICE_API_CHALLENGE;
    w.service.fail_status = -1;
    w.service.fail_times = 1000;
    worker_step(&w.worker);
    const uint64_t never = clock_ms() + 3600000;
    w.worker.tenant[0].due_ms = never;
    worker_step(&w.worker);
    CHECK_INT(w.worker.tenant[0].back_off.failures, 1);
    REQUIRE(proxy_settings_set(&settings, &proxy) == 0);
    worker_step(&w.worker);
    CHECK_INT(w.worker.tenant[0].back_off.failures, 2);
    w.worker.tenant[0].due_ms = never;
    REQUIRE(proxy_settings_set(&settings, &proxy) == 0); /* again at once: later */
    uint64_t next = worker_step(&w.worker);
    CHECK_INT(w.worker.tenant[0].back_off.failures, 2);
    CHECK(next <= w.worker.proxy_ms + WORKER_PROXY_MS);
    w.worker.proxy_ms -= WORKER_PROXY_MS;
    w.service.fail_times = 0;
    worker_step(&w.worker);
    CHECK_INT(w.worker.os, DAA_TRUSTED);
    REQUIRE(proxy_settings_delete(&settings) == 0);
    world_end(&w);
}

static void certificate_for_another_key(void)
{
    struct world w;
    world_make(&w);
    w.service.wrong_key = true;
    worker_step(&w.worker);
    CHECK_INT(w.pluton.commits, 0);
    CHECK_INT(w.identified, 0);
    CHECK_INT(w.worker.os, 0);
    world_end(&w);
}

static void renewal_fails_old_certificate_stays(void)
{
    struct world w;
    world_make(&w);
    REQUIRE(identities_want(&w.ids, catalog) == 0);
    worker_step(&w.worker);
    unsigned commits = w.pluton.commits;
    w.service.fail_path = DEVICE_API_ATTEST;
    w.service.fail_status = 403;
    w.service.fail_times = 2;
    w.worker.tenant[0].due_ms = w.worker.tenant[1].due_ms = 0;
    step_again(&w);
    CHECK_INT(w.service.fail_times, 0);
    CHECK_INT(w.pluton.commits, commits);
    CHECK_INT(w.worker.os, DAA_TRUSTED);
    CHECK(identities_valid(&w.ids, catalog, clock_ms()));
    CHECK_INT(w.service.asked_check, 2); /* with the old certificate */
    /* Its time is over and there is no new one: no update check, no signature. */
    w.worker.tenant[0].valid_until_ms = 1;
    w.service.fail_times = 9;
    step_again(&w);
    CHECK_INT(w.worker.os, 0);
    CHECK_INT(w.service.asked_check, 2);
    world_end(&w);
}

static void root_of_trust_refuses(void)
{
    static const uint16_t commands[] = {PLUTON_GENERATE_CLIENT_AUTH_KEY, PLUTON_PROCESS_ATTESTATION,
                                        PLUTON_COMMIT_CLIENT_AUTH_KEY};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        struct world w;
        world_make(&w);
        w.pluton.refuse_command = commands[i];
        w.pluton.refuse_status = PLUTON_BAD_STATE;
        worker_step(&w.worker);
        CHECK_INT(w.worker.os, 0);
        CHECK_INT(w.worker.tenant[0].back_off.failures, 1);
        w.pluton.refuse_command = 0;
        step_again(&w);
        CHECK_INT(w.worker.os, DAA_TRUSTED);
        world_end(&w);
    }
}

/* -- reports ---------------------------------------------------------------------------------- */

static void reports_go_out_once(void)
{
    struct world w;
    world_make(&w);
    w.service.wanted.count = 0; /* nothing to install */
    for (uint32_t i = 0; i < 100; i++)
        outbox_add(&w.outbox, &(struct os_event){.category = EVENT_APP_EXIT, .exit_code = i % 70, .time_s = i});
    w.service.fail_path = DEVICE_API_EVENTS;
    w.service.fail_status = 503;
    w.service.fail_times = 1;
    worker_step(&w.worker);
    CHECK_INT(w.outbox.reports.in_batch, DEVICE_API_EVENTS_MAX);
    uint8_t id[16];
    memcpy(id, w.outbox.reports.batch_id, 16);

    /* azured is started again: the same batch under the same id. */
    outbox_release(&w.outbox);
    outbox_init(&w.outbox, w.folder);
    CHECK_INT(w.outbox.reports.in_batch, DEVICE_API_EVENTS_MAX);
    CHECK_INT(w.outbox.reports.waiting, 7); /* and that the service was unavailable */
    CHECK_MEM(w.outbox.reports.batch_id, id, 16);
    step_again(&w);
    CHECK_INT(w.service.events, 71);
    CHECK_INT(w.service.cause[EVENT_SERVICE_UNAVAILABLE], 1);
    CHECK_INT(w.service.asked_events, 3);
    CHECK_INT(w.outbox.reports.in_batch + w.outbox.reports.waiting, 0);

    /* Who breaks the TLS session, or has another certificate, is not the service: it refuses nothing. */
    outbox_add(&w.outbox, &(struct os_event){.category = EVENT_APP_EXIT, .exit_code = 80, .time_s = 1});
    w.service.fail_status = -4;
    w.service.fail_times = 2;
    step_again(&w);
    step_again(&w);
    CHECK_INT(w.service.fail_times, 0);
    CHECK_INT(w.outbox.reports.in_batch, 1);
    CHECK_INT(w.worker.check_back_off.failures, 2);
    step_again(&w);
    CHECK_INT(w.service.events, 73);
    CHECK_INT(w.service.cause[EVENT_SERVICE_CERTIFICATE], 2);
    CHECK_INT(w.outbox.reports.in_batch + w.outbox.reports.waiting, 0);

    /* Refused for good: dropped, and the next ones go out. */
    outbox_add(&w.outbox, &(struct os_event){.category = EVENT_APP_EXIT, .time_s = 1});
    w.service.fail_status = 400;
    w.service.fail_times = 1;
    step_again(&w);
    CHECK_INT(w.outbox.reports.in_batch + w.outbox.reports.waiting, 0);
    CHECK_INT(w.service.events, 73);
    CHECK_INT(w.worker.check_back_off.failures, 0);
    world_end(&w);
}

int main(void)
{
    attests_updates_and_reports();
    applications_are_heard();
    update_only();
    attestation_fails();
    another_proxy();
    certificate_for_another_key();
    renewal_fails_old_certificate_stays();
    root_of_trust_refuses();
    reports_go_out_once();
    return check_done();
}
