/* SPDX-License-Identifier: BSD-2-Clause */
/* Updates of a worker whose monitor refuses, whose service fails or lies, whose downloads break off, are elsewhere or never
 * end: nothing is installed that is not whole, what is left is tried again, and the rest goes on. */
#include "os/azured/download.h"
#include "os/azured/worker_fixture_test.h"

static void monitor_refuses_each_call(void)
{
    static const struct {
        uint32_t call, status;
    } rows[] = {
        {MONITOR_CALL_GET_COMPONENTS, MONITOR_PERMISSION_DENIED},
        {MONITOR_CALL_GET_ROLLBACK, MONITOR_PERMISSION_DENIED},
        {MONITOR_CALL_NEW_UPDATE_NONCE, MONITOR_NOT_FRESH},
        {MONITOR_CALL_STAGE_MANIFESTS, MONITOR_OUT_OF_ORDER},
        {MONITOR_CALL_STAGE_MANIFESTS, MONITOR_WRONG_DEVICE},
        {MONITOR_CALL_GET_MISSING, MONITOR_NO_UPDATE_IN_PROGRESS},
        {MONITOR_CALL_OPEN_STAGING, MONITOR_NO_FREE_SPACE},
        {MONITOR_CALL_WRITE_BLOCK, MONITOR_WRITE_FAILED},
        {MONITOR_CALL_COMMIT_STAGING, MONITOR_VERIFICATION_FAILED},
        {MONITOR_CALL_COMMIT_STAGING, MONITOR_SECURITY_VERSION},
        {MONITOR_CALL_INSTALL, MONITOR_WRITE_FAILED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world w;
        struct os_message m;
        world_make(&w);
        w.monitor.refuse_call = rows[i].call;
        w.monitor.refuse_status = rows[i].status;
        worker_step(&w.worker);
        CHECK_INT(w.monitor.installs, 0);
        CHECK_INT(w.monitor.installed.count, 0);
        CHECK_INT(told(&w, &m), 0);
        /* told at once, not only when it is mended */
        CHECK_INT(w.outbox.reports.waiting + w.outbox.reports.in_batch, 0);
        CHECK_INT(w.service.category[EVENT_UPDATE_REFUSED], 1);
        CHECK_INT(w.service.last_code, rows[i].status);
        CHECK(w.worker.check_due_ms > clock_ms() - 5000); /* later, not now */
        /* Said once, however often it is refused. */
        step_again(&w);
        step_again(&w);
        CHECK_INT(w.service.category[EVENT_UPDATE_REFUSED], 1);
        CHECK_INT(w.worker.refused_back_off.failures, 3);
        w.monitor.refuse_call = 0;
        step_again(&w);
        CHECK_INT(w.monitor.installs, 1);
        CHECK_INT(w.service.events, 2); /* the refusal and the update */
        world_end(&w);
    }
}

static void service_fails_updates(void)
{
    static const struct {
        const char *path;
        int status;
        bool refused; /* handed to the monitor, which says no */
    } rows[] = {
        {DEVICE_API_CHECK, 500, false}, {DEVICE_API_CHECK, 503, false}, {DEVICE_API_CHECK, 429, false},
        {DEVICE_API_CHECK, 403, false}, {DEVICE_API_CHECK, -1, true},   {DEVICE_API_CHECK, -2, false},
        {DEVICE_API_CHECK, 204, false}, {DEVICE_API_IMAGES, 404, false}, {DEVICE_API_IMAGES, 206, false},
        {DEVICE_API_IMAGES, -1, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world w;
        struct os_message m;
        world_make(&w);
        w.service.fail_path = rows[i].path;
        w.service.fail_status = rows[i].status;
        w.service.fail_times = 1000;
        worker_step(&w.worker);
        CHECK_INT(w.monitor.installs, 0);
        CHECK_INT(told(&w, &m), 0);
        CHECK_INT(w.worker.check_back_off.failures + w.worker.refused_back_off.failures, 1);
        CHECK_INT(w.worker.refused_back_off.failures, rows[i].refused);
        /* either the monitor's refusal, or what was wrong with the service */
        REQUIRE(w.outbox.reports.waiting == !rows[i].refused);
        CHECK_INT(w.service.category[EVENT_UPDATE_REFUSED], rows[i].refused);
        if (!rows[i].refused)
            CHECK_INT(w.outbox.reports.at[0].event.category, EVENT_SERVICE_FAILED);
        w.service.fail_times = 0;
        step_again(&w);
        CHECK_INT(w.monitor.installs, 1);
        CHECK_INT(w.worker.check_back_off.failures, 0);
        world_end(&w);
    }
}

static void certificate_is_not_taken(void)
{
    struct world w;
    world_make(&w);
    w.service.fail_path = DEVICE_API_CHECK;
    w.service.fail_status = 403;
    w.service.fail_times = 1000;
    for (int i = 0; i < WORKER_DENIED_MAX; i++) {
        CHECK_INT(w.service.asked_attest, i > 0);
        step_again(&w);
    }
    step_again(&w);
    CHECK_INT(w.service.asked_attest, 2);
    for (int i = 0; i < 5; i++)
        step_again(&w);
    CHECK_INT(w.service.asked_attest, 2); /* once */
    world_end(&w);
}

static void download_goes_on_by_range(void)
{
    struct world w;
    world_make(&w);
    w.service.cut_image = 7001; /* every answer breaks off after that much */
    worker_step(&w.worker);
    CHECK_INT(w.monitor.installs, 1);
    CHECK_INT(w.service.asked_image, (FAKE_IMAGE_BYTES + 7000) / 7001);
    CHECK_INT(w.monitor.aborts, 0); /* one staging handle */
    world_end(&w);
}

/* The service names another place for images: there, and at the service again when that fails. */
static void download_from_elsewhere(void)
{
    static const int failures[] = {0, E_NETWORK, E_DENIED, E_TIMEOUT, E_MALFORMED, 404, 503, 307};
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        struct world w;
        world_make(&w);
        w.worker.identified.run_at = fake_service_run_at;
        w.service.moves = true;
        w.service.elsewhere_error = failures[i];
        pauses = 0;
        worker_step(&w.worker);
        CHECK_INT(w.monitor.installs, 1);
        CHECK_INT(w.monitor.aborts, 0);
        CHECK_INT(w.service.asked_elsewhere, 1);
        CHECK_INT(w.service.asked_image, 1);
        CHECK_INT(pauses, 0); /* the service is not to blame */
        CHECK_INT(w.worker.check_back_off.failures, 0);
        world_end(&w);
    }
    /* Broken off there after it brought something: another address, a few times, with what it has; then the service. */
    struct world w;
    world_make(&w);
    w.worker.identified.run_at = fake_service_run_at;
    w.service.moves = true;
    w.service.cut_image = 7001;
    worker_step(&w.worker);
    CHECK_INT(w.monitor.installs, 1);
    CHECK_INT(w.service.asked_elsewhere, DOWNLOAD_ELSEWHERE_TRIES);
    CHECK_INT(w.service.asked_image, (FAKE_IMAGE_BYTES + 7000) / 7001);
    world_end(&w);
    /* Broken off there before it brought much: the service at once. */
    world_make(&w);
    w.worker.identified.run_at = fake_service_run_at;
    w.service.moves = true;
    w.service.cut_image = 4000;
    worker_step(&w.worker);
    CHECK_INT(w.service.asked_elsewhere, 1);
    world_end(&w);
    /* Other bytes there: all of it from the service, and the update is installed. */
    world_make(&w);
    w.worker.identified.run_at = fake_service_run_at;
    w.service.moves = true;
    w.service.elsewhere_lies = true;
    worker_step(&w.worker);
    CHECK_INT(w.monitor.installs, 1);
    CHECK_INT(w.monitor.aborts, 1);
    CHECK_INT(w.service.asked_elsewhere, 1);
    CHECK_INT(w.service.asked_image, 2);
    world_end(&w);
    /* Here too: then it fails as ever. */
    world_make(&w);
    w.worker.identified.run_at = fake_service_run_at;
    w.service.lies = true;
    worker_step(&w.worker);
    CHECK_INT(w.monitor.installs, 0);
    CHECK_INT(w.monitor.aborts, 1);
    CHECK_INT(w.service.asked_image, 1);
    world_end(&w);
    /* A device that follows nobody, and a service that sends nobody anywhere. */
    world_make(&w);
    w.service.moves = true;
    worker_step(&w.worker);
    CHECK_INT(w.monitor.installs, 1);
    CHECK_INT(w.service.asked_elsewhere, 0);
    world_end(&w);
    world_make(&w);
    w.worker.identified.run_at = fake_service_run_at;
    worker_step(&w.worker);
    CHECK_INT(w.monitor.installs, 1);
    CHECK_INT(w.service.asked_elsewhere, 0);
    world_end(&w);
}

static void slow_download_ends(void)
{
    struct world w;
    world_make(&w);
    w.service.cut_image = 100; /* below what counts as progress */
    pauses = 0;
    worker_step(&w.worker);
    CHECK_INT(w.monitor.installs, 0);
    CHECK_INT(w.service.asked_image, DOWNLOAD_TRIES);
    CHECK_INT(pauses, DOWNLOAD_TRIES - 1);
    CHECK_INT(w.monitor.aborts, 1);
    CHECK_INT(w.worker.check_back_off.failures, 1);
    world_end(&w);
}

/* Wrong sizes: the manifest says more, or less, than there is. */
static void wrong_size(uint32_t promised)
{
    struct world w;
    world_make(&w);
    w.service.wanted.at[0].file_bytes = promised;
    worker_step(&w.worker);
    CHECK_INT(w.monitor.installs, 0);
    CHECK_INT(w.monitor.installed.count, 0);
    CHECK_INT(w.monitor.aborts, 1);
    world_end(&w);
}

int main(void)
{
    monitor_refuses_each_call();
    service_fails_updates();
    certificate_is_not_taken();
    download_goes_on_by_range();
    download_from_elsewhere();
    slow_download_ends();
    wrong_size(FAKE_IMAGE_BYTES + 1);
    wrong_size(FAKE_IMAGE_BYTES - 1);
    return check_done();
}
