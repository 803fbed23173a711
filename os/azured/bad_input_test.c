/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bad input, row by row: what the device's log says, what the service is told once it is itself again,
 * and that the device goes on, at times that a fake clock shows to be back-off with jitter.
 * Source: docs/spec/bad-input.md, whose table has a line for each row here.
 * The clocks are taken over by the linker (--wrap): no row waits.
 */
#include <time.h>

#include "os/azured/device_time.h"
#include "os/azured/worker_fixture_test.h"

/* -- clocks ------------------------------------------------------------------------- */

static uint64_t fake_ms = 1000000;
static uint64_t fake_date; /* 0: the machine's */

uint64_t __wrap_clock_ms(void);
uint64_t __wrap_clock_ms(void) { return fake_ms; }
time_t __real_time(time_t *to);
time_t __wrap_time(time_t *to);
time_t __wrap_time(time_t *to)
{
    time_t now = fake_date ? (time_t)fake_date : __real_time(NULL);
    if (to)
        *to = now;
    return now;
}

/* -- the device's log ---------------------------------------------------------------- */

static char log_path[] = "/tmp/peri-bad-input-log-XXXXXX";
static int log_fd, real_stderr;

static void log_begin(void)
{
    fflush(stderr);
    REQUIRE(ftruncate(log_fd, 0) == 0 && lseek(log_fd, 0, SEEK_SET) == 0 && dup2(log_fd, 2) == 2);
}

/* How many lines of the log have text in them. */
static unsigned log_end(const char *text)
{
    static char all[1 << 20];
    fflush(stderr);
    REQUIRE(dup2(real_stderr, 2) == 2);
    ssize_t n = pread(log_fd, all, sizeof all - 1, 0);
    REQUIRE(n >= 0);
    all[n] = 0;
    unsigned count = 0;
    for (char *line = strtok(all, "\n"); line; line = strtok(NULL, "\n"))
        count += strstr(line, text) != NULL;
    return count;
}

/* -- the device ------------------------------------------------------------------------ */

static struct world world;
static char anchor[64];

static void pass_time(uint64_t milliseconds) { fake_ms += milliseconds; }

/* Of the fixture, with a clock that is right, a service that can be known by its time, and hours between its checks. */
static struct world *device_make(void)
{
    struct world *w = &world;
    world_make(w);
    device_time_forget();
    snprintf(anchor, sizeof anchor, "%s/anchor.pem", w->path);
    test_write_pem(anchor, w->service.device_ca.certificate);
    w->worker.anonymous.anchor = anchor;
    w->worker.update.pause = pass_time;
    w->service.time_s = (uint64_t)__real_time(NULL) - 3300; /* within 600 s of the leaf's begin */
    w->service.check_interval_s = 3600;
    fake_date = w->service.time_s;
    return w;
}

static void device_end(struct world *w)
{
    (void)unlinkat(w->folder, "reports.new", 0);
    (void)unlinkat(w->folder, "deferral", 0);
    CHECK_INT(unlink(anchor), 0);
    world_end(w);
}

/* The manager reads what it is told: its channel must not fill up. */
static void manager_read(struct world *w)
{
    uint8_t bytes[OS_MESSAGE_MAX];
    while (recv(w->manager, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        continue;
}

/* Runs the worker as worker_run() does, for so much time of the fake clock. */
static void live(struct world *w, uint64_t milliseconds)
{
    uint64_t end = fake_ms + milliseconds;
    while (fake_ms < end) {
        uint64_t next = worker_step(&w->worker);
        manager_read(w);
        fake_ms = next > fake_ms ? next : fake_ms + 1;
    }
}

/* -- a service that is of no use ---------------------------------------------------------- */

static const struct service_row {
    const char *what;
    const char *path; /* which request; NULL: every one */
    int status;       /* fake_device_test.h */
    const char *log;
    enum event_service_cause cause;
} service_rows[] = {
    {"not reachable, or its name is not known", DEVICE_API_CHALLENGE, -2, "attestation of the OS: Unreachable: ", EVENT_SERVICE_UNREACHABLE},
    {"unreachable after attestation", DEVICE_API_CHECK, -2, "update check: Unreachable: ", EVENT_SERVICE_UNREACHABLE},
    {"slow: no end in time", DEVICE_API_CHALLENGE, -3, "attestation of the OS: TimedOut: ", EVENT_SERVICE_TIMED_OUT},
    {"slow: attestation", DEVICE_API_ATTEST, -3, "attestation of the OS: TimedOut: ", EVENT_SERVICE_TIMED_OUT},
    {"slow: update check", DEVICE_API_CHECK, -3, "update check: TimedOut: ", EVENT_SERVICE_TIMED_OUT},
    {"slow: an image", DEVICE_API_IMAGES, -3, "update check: TimedOut: ", EVENT_SERVICE_TIMED_OUT},
    {"foreign certificate, or a name that leads elsewhere", DEVICE_API_CHALLENGE, -4, "attestation of the OS: CertificateRefused: ",
     EVENT_SERVICE_CERTIFICATE},
    {"foreign certificate after attestation", DEVICE_API_CHECK, -4, "update check: CertificateRefused: ", EVENT_SERVICE_CERTIFICATE},
    {"garbage for a challenge", DEVICE_API_CHALLENGE, -1, "attestation of the OS: MalformedAnswer: ", EVENT_SERVICE_MALFORMED},
    {"garbage for a certificate", DEVICE_API_ATTEST, -1, "attestation of the OS: MalformedAnswer: ", EVENT_SERVICE_MALFORMED},
    {"endless answers", DEVICE_API_CHECK, -5, "update check: MalformedAnswer: ", EVENT_SERVICE_MALFORMED},
    {"a redirect", DEVICE_API_CHECK, 302, "update check: MalformedAnswer: ", EVENT_SERVICE_MALFORMED},
    {"garbage for an image", DEVICE_API_IMAGES, -1, "update check: MalformedAnswer: ", EVENT_SERVICE_MALFORMED},
    {"it refuses the device", DEVICE_API_ATTEST, 403, "attestation of the OS: Refused: ", EVENT_SERVICE_REFUSED},
    {"it has no such image", DEVICE_API_IMAGES, 404, "update check: Refused: ", EVENT_SERVICE_REFUSED},
    {"it cannot now", DEVICE_API_CHALLENGE, 503, "attestation of the OS: Unavailable: ", EVENT_SERVICE_UNAVAILABLE},
    {"too many requests", DEVICE_API_CHECK, 429, "update check: Unavailable: ", EVENT_SERVICE_UNAVAILABLE},
    {"reports are not taken now", DEVICE_API_EVENTS, 500, "update check: Unavailable: ", EVENT_SERVICE_UNAVAILABLE},
};

static unsigned asked(const struct world *w, const char *path)
{
    return strcmp(path, DEVICE_API_CHECK) == 0    ? w->service.asked_check
           : strcmp(path, DEVICE_API_IMAGES) == 0 ? w->service.asked_check
           : strcmp(path, DEVICE_API_EVENTS) == 0 ? w->service.asked_events
           : strcmp(path, DEVICE_API_ATTEST) == 0 ? w->service.asked_attest
                                                  : w->service.asked_challenge;
}

/*
 * Two days of it, then the service is itself again.  Full jitter from 1 s doubling to 15 min waits 7.5 min in
 * the mean: in two days some 380 times, and never in step with a device that has other random numbers.
 * A certificate that is in hand is renewed meanwhile, so the rows that begin after attestation see others too.
 */
static void service_play(const struct service_row *row)
{
    struct world *w = device_make();
    unsigned failed = check_failed;
    const uint64_t two_days = 2 * 86400 * 1000ull;
    w->service.fail_path = row->path;
    w->service.fail_status = row->status;
    w->service.fail_times = UINT32_MAX;
    log_begin();
    live(w, two_days);
    unsigned said = log_end(row->log), tried = asked(w, row->path);
    CHECK(said >= 150 && said <= 1200);
    CHECK(tried >= 150 && tried <= 1200);
    /* one entry a cause, however often */
    CHECK(w->outbox.reports.waiting + w->outbox.reports.in_batch <= 8);
    w->service.fail_times = 0;
    live(w, 60 * 60 * 1000);
    CHECK_INT(w->worker.os, DAA_TRUSTED);
    CHECK_INT(w->monitor.installed.count, 1);
    CHECK_INT(w->worker.check_back_off.failures, 0);
    CHECK_INT(w->worker.tenant[0].back_off.failures, 0);
    CHECK(w->service.cause[row->cause] >= said && w->service.cause[row->cause] <= said + 2);
    CHECK_INT(w->outbox.reports.waiting, 0);
    if (check_failed != failed)
        fprintf(stderr, "row \"%s\": said %u, tried %u, reported %u\n", row->what, said, tried,
                w->service.cause[row->cause]);
    device_end(w);
}

/* Two devices that lost their service at the same moment do not come back in step. */
static void jitter(void)
{
    uint64_t due[2][64];
    for (int device = 0; device < 2; device++) {
        struct world *w = device_make();
        w->service.fail_path = DEVICE_API_CHALLENGE;
        w->service.fail_status = -2;
        w->service.fail_times = UINT32_MAX;
        fake_ms = 1000000;
        log_begin();
        uint64_t bound = 1000;
        for (int i = 0; i < 64; i++) {
            worker_step(&w->worker);
            due[device][i] = w->worker.tenant[0].due_ms - fake_ms;
            fake_ms = w->worker.tenant[0].due_ms;
            CHECK(due[device][i] >= 1 && due[device][i] <= bound);
            bound = bound * 2 < 900000 ? bound * 2 : 900000;
        }
        (void)log_end("");
        device_end(w);
    }
    unsigned equal = 0;
    for (int i = 0; i < 64; i++)
        equal += due[0][i] == due[1][i];
    CHECK(equal < 8);
}

/* -- what the monitor says no to ------------------------------------------------------------ */

static const struct monitor_row {
    const char *what;
    uint32_t call, status;
    const char *log;
} monitor_rows[] = {
    {"flash region full", MONITOR_CALL_OPEN_STAGING, MONITOR_NO_FREE_SPACE, "azured: update refused: no free space, image "},
    {"flash that does not take a write", MONITOR_CALL_WRITE_BLOCK, MONITOR_WRITE_FAILED, "azured: update refused: write failed, image "},
    {"an image beyond every place", MONITOR_CALL_STAGE_MANIFESTS, MONITOR_IMAGE_TOO_LARGE, "azured: update refused: image too large"},
    {"a manifest beyond its limits", MONITOR_CALL_STAGE_MANIFESTS, MONITOR_MALFORMED_MANIFEST, "azured: update refused: malformed manifest"},
    {"an old set", MONITOR_CALL_STAGE_MANIFESTS, MONITOR_OUT_OF_ORDER, "azured: update refused: out of order"},
    {"a forged image", MONITOR_CALL_COMMIT_STAGING, MONITOR_VERIFICATION_FAILED, "azured: update refused: verification failed, image "},
};

/* Said and reported once, however often it is tried; tried with the refusal's own back-off. */
static void monitor_play(const struct monitor_row *row)
{
    struct world *w = device_make();
    unsigned failed = check_failed;
    w->monitor.refuse_call = row->call;
    w->monitor.refuse_status = row->status;
    log_begin();
    live(w, 2 * 86400 * 1000ull);
    unsigned said = log_end(row->log);
    CHECK_INT(said, 1);
    CHECK(w->service.asked_check >= 6 && w->service.asked_check <= 60);
    CHECK_INT(w->monitor.installed.count, 0);
    CHECK_INT(w->service.category[EVENT_UPDATE_REFUSED], 1); /* told while it lasts */
    w->monitor.refuse_call = 0;
    live(w, 86400 * 1000ull);
    CHECK_INT(w->monitor.installed.count, 1);
    CHECK_INT(w->service.category[EVENT_UPDATE_REFUSED], 1);
    if (check_failed != failed)
        fprintf(stderr, "row \"%s\": said %u, checks %u\n", row->what, said, w->service.asked_check);
    device_end(w);
}

/* -- clocks that are wrong --------------------------------------------------------------------- */

static void clock_play(uint64_t date, const char *log)
{
    struct world *w = device_make();
    fake_date = date;
    log_begin();
    live(w, 1000);
    unsigned said = log_end(log);
    CHECK_INT(said, 1);
    CHECK_INT(w->worker.os, DAA_TRUSTED);
    live(w, 2 * 3600 * 1000ull);
    CHECK_INT(w->service.category[EVENT_CLOCK_WRONG], 1);
    CHECK_INT(w->monitor.installed.count, 1);
    device_end(w);
}

static void clock_right(void)
{
    struct world *w = device_make();
    fake_date = w->service.time_s + EVENT_CLOCK_WRONG_S - 1;
    live(w, 3 * 3600 * 1000ull);
    CHECK_INT(w->service.category[EVENT_CLOCK_WRONG], 0);
    device_end(w);
}

/* An answer that was recorded long ago: its time is not taken. */
static void time_not_believed(void)
{
    struct world *w = device_make();
    w->service.time_s = (uint64_t)__real_time(NULL);
    log_begin();
    live(w, 1000);
    CHECK_INT(log_end("azured: TimeNotBelieved: "), 1);
    live(w, 2 * 3600 * 1000ull);
    CHECK_INT(w->service.cause[EVENT_SERVICE_TIME], 1);
    device_end(w);
}

/* -- reports ------------------------------------------------------------------------------------ */

static void report_queue_full(void)
{
    struct world *w = device_make();
    w->service.wanted.count = 0; /* an update would be an event too */
    for (uint32_t i = 0; i < REPORTS_MAX + 7; i++)
        outbox_add(&w->outbox, &(struct os_event){.category = EVENT_APP_EXIT, .exit_code = i, .time_s = w->service.time_s});
    log_begin();
    live(w, 1000);
    unsigned said = log_end("azured: 7 events dropped: too many different ones wait");
    live(w, 2 * 3600 * 1000ull);
    CHECK_INT(said, 1);
    CHECK_INT(w->service.category[EVENT_APP_EXIT], REPORTS_MAX);
    CHECK_INT(w->service.category[EVENT_REPORTS_LOST], 7);
    device_end(w);
}

/* No room in the configuration's flash: nothing is sent that is not stored, and nothing is lost. */
static void no_room_for_reports(void)
{
    struct world *w = device_make();
    int folder = w->outbox.folder;
    w->outbox.folder = -1;
    outbox_add(&w->outbox, &(struct os_event){.category = EVENT_APP_EXIT, .exit_code = 1, .time_s = w->service.time_s});
    log_begin();
    live(w, 86400 * 1000ull);
    CHECK(log_end("azured: storing reports: ") >= 1);
    CHECK_INT(w->service.asked_events, 0);
    CHECK_INT(w->monitor.installed.count, 1); /* updates go on */
    w->outbox.folder = folder;
    live(w, 86400 * 1000ull);
    CHECK_INT(w->service.category[EVENT_APP_EXIT], 1);
    CHECK_INT(w->service.category[EVENT_STORAGE_FAILED], 1);
    device_end(w);
}

static void stored_reports_damaged(void)
{
    struct world *w = device_make();
    int fd = openat(w->folder, "reports", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(fd >= 0 && write(fd, "rubbish", 7) == 7 && close(fd) == 0);
    outbox_release(&w->outbox);
    log_begin();
    outbox_init(&w->outbox, w->folder);
    CHECK_INT(log_end("azured: stored reports: input ends too early: starting without them"), 1);
    live(w, 3600 * 1000ull);
    CHECK_INT(w->service.category[EVENT_STORAGE_FAILED], 1);
    device_end(w);
}

/* A local request without its right, as the manager passes it on. */
static void local_request_refused(void)
{
    struct world *w = device_make();
    for (int i = 0; i < 3; i++)
        outbox_add(&w->outbox, &(struct os_event){.category = EVENT_LOCAL_REFUSED, .exit_code = 4, .time_s = w->service.time_s});
    live(w, 1000);
    CHECK_INT(w->service.category[EVENT_LOCAL_REFUSED], 3);
    device_end(w);
}

int main(void)
{
    log_fd = mkostemp(log_path, O_CLOEXEC);
    real_stderr = fcntl(2, F_DUPFD_CLOEXEC, 10);
    REQUIRE(log_fd >= 0 && real_stderr >= 0);
    for (size_t i = 0; i < sizeof service_rows / sizeof service_rows[0]; i++)
        service_play(&service_rows[i]);
    jitter();
    for (size_t i = 0; i < sizeof monitor_rows / sizeof monitor_rows[0]; i++)
        monitor_play(&monitor_rows[i]);
    clock_play(1, "azured: the clock is wrong: ");
    clock_play(4102444800, "s ahead"); /* 2100 */
    clock_right();
    time_not_believed();
    report_queue_full();
    no_room_for_reports();
    stored_reports_damaged();
    local_request_refused();
    (void)unlink(log_path);
    return check_done();
}
