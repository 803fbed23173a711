/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Crash records on their way from the monitor to the service: joined with what the application
 * manager says, once each, whatever call is the last before power is lost.
 */
#include "os/azured/telemetry.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "os/ipc/crash_report.h"
#include "os/azured/fake_device_test.h"
#include "tests/check.h"

enum { NOW_S = 1800000000 };

static uint64_t now_s;
static uint64_t clock_s(void) { return now_s; }

static struct world {
    char path[40];
    int folder;
    struct fake_monitor monitor;
    struct monitor_client client;
    struct outbox outbox;
    struct telemetry telemetry;
} world;

/* azured starts: with what is stored, and the monitor as it is. */
static void start(struct world *w)
{
    outbox_init(&w->outbox, w->folder);
    w->telemetry = (struct telemetry){.monitor = &w->client, .outbox = &w->outbox, .clock_s = clock_s};
    REQUIRE(telemetry_init(&w->telemetry) == 0);
}

static struct world *world_make(void)
{
    struct world *w = &world;
    memset(w, 0, sizeof *w);
    now_s = NOW_S;
    strcpy(w->path, "/tmp/peri-telemetry-XXXXXX");
    REQUIRE(mkdtemp(w->path) != NULL);
    w->folder = open(w->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    REQUIRE(w->folder >= 0);
    monitor_client_init(&w->client, fake_monitor_start(&w->monitor));
    w->monitor.keeps_telemetry = true;
    start(w);
    return w;
}

static void world_end(struct world *w)
{
    monitor_client_release(&w->client);
    fake_monitor_stop(&w->monitor);
    outbox_release(&w->outbox);
    (void)unlinkat(w->folder, "reports", 0);
    close(w->folder);
    CHECK_INT(rmdir(w->path), 0);
}

static size_t record_make(uint8_t bytes[static CRASH_REPORT_BYTES], uint8_t component, uint16_t signal, uint64_t pc)
{
    struct crash crash = {.machine = CRASH_MACHINE_ARM, .signal = signal, .code = 1, .pid = 40, .uid = 1002,
                          .component = {component}, .pc = pc, .lr = 0x2222, .sp = 0x3333, .name = "app",
                          .place = pc & 0xFFFF, .file = "app"};
    struct writer w = writer_of(bytes, CRASH_REPORT_BYTES);
    REQUIRE(crash_report_write(&crash, &w) == 0);
    return w.len;
}

static void record(struct world *w, uint8_t component, uint16_t signal, uint64_t pc, uint64_t time_s)
{
    uint8_t bytes[CRASH_REPORT_BYTES];
    size_t len = record_make(bytes, component, signal, pc);
    fake_telemetry(&w->monitor, CRASH_REPORT_ID, (uint32_t)time_s, span_of(bytes, len));
}

static void manager_says(struct world *w, uint8_t component, uint32_t signal, uint64_t time_s)
{
    const struct os_event e = {.category = EVENT_APP_CRASH, .exit_code = 2, .signal = signal, .time_s = time_s,
                               .component = {component}, .image = {(uint8_t)(component + 0x10)}};
    outbox_add(&w->outbox, &e);
}

/* How many of a category wait, counts added up. */
static unsigned waiting(const struct world *w, uint32_t category)
{
    unsigned n = 0;
    for (size_t i = 0; i < w->outbox.reports.waiting; i++)
        n += w->outbox.reports.at[i].event.category == category ? w->outbox.reports.at[i].count : 0;
    return n;
}

static void one_crash_is_one_report(void)
{
    struct world *w = world_make();
    record(w, 1, 11, 0x1111, NOW_S);
    manager_says(w, 1, 11, NOW_S);
    CHECK_INT(telemetry_collect(&w->telemetry), 0);
    REQUIRE(w->outbox.reports.waiting == 1);
    const struct report *r = &w->outbox.reports.at[0];
    CHECK_INT(r->event.category, EVENT_APP_CRASH_REGISTERS);
    CHECK_INT(r->registers.pc, 0x1111);
    CHECK_INT(r->registers.lr, 0x2222);
    CHECK_INT(r->registers.sp, 0x3333);
    CHECK_INT(r->registers.place, 0x1111);
    CHECK_STR(r->registers.file, "app");
    CHECK_INT(r->event.exit_code, 1);
    CHECK_INT(r->event.signal, 11);
    CHECK_INT(r->event.image[0], 0x11); /* the manager's */
    CHECK_INT(w->monitor.telemetry_bytes, 0);
    CHECK_INT(telemetry_collect(&w->telemetry), 0);
    CHECK_INT(waiting(w, EVENT_APP_CRASH_REGISTERS), 1);
    world_end(w);
}

/* The record stands in flash before the manager says anything: it waits for that, but not for ever. */
static void record_comes_first(void)
{
    struct world *w = world_make();
    fake_app(&w->monitor.wanted, 1, 0x77);
    w->monitor.installed.count = 1;
    memset(w->monitor.installed.at[0].component, 0, 16);
    w->monitor.installed.at[0].component[0] = 2;
    w->monitor.installed.at[0].image[0] = 0x99;
    record(w, 1, 11, 0x1111, NOW_S);
    record(w, 2, 6, 0x4444, NOW_S);
    CHECK_INT(telemetry_collect(&w->telemetry), 0);
    CHECK_INT(w->outbox.reports.waiting, 0);
    CHECK(w->monitor.telemetry_bytes > 0);
    now_s += 1;
    manager_says(w, 1, 11, NOW_S);
    CHECK_INT(telemetry_collect(&w->telemetry), 0);
    CHECK_INT(waiting(w, EVENT_APP_CRASH_REGISTERS), 1);
    CHECK_INT(waiting(w, EVENT_APP_CRASH), 0);
    now_s = NOW_S + TELEMETRY_PARTNER_S;
    CHECK_INT(telemetry_collect(&w->telemetry), 0);
    CHECK_INT(waiting(w, EVENT_APP_CRASH_REGISTERS), 2);
    CHECK_INT(w->outbox.reports.at[1].event.image[0], 0x99); /* as installed */
    CHECK_INT(w->monitor.telemetry_bytes, 0);
    /* A clock that was set back holds nothing up. */
    now_s = 100;
    record(w, 3, 11, 0x5555, NOW_S);
    CHECK_INT(telemetry_collect(&w->telemetry), 0);
    CHECK_INT(waiting(w, EVENT_APP_CRASH_REGISTERS), 3);
    world_end(w);
}

/* Behind the crash that it is of, which is a report of its own. */
static void lost_dump(void)
{
    struct world *w = world_make();
    uint8_t bytes[CRASH_REPORT_BYTES];
    w->monitor.installed.count = 1;
    memset(&w->monitor.installed.at[0], 0, sizeof w->monitor.installed.at[0]);
    w->monitor.installed.at[0].component[0] = 2;
    w->monitor.installed.at[0].image[0] = 0x99;
    for (int i = 0; i < 2; i++) {
        record(w, 2, 11, 0x1111, NOW_S - 60);
        size_t len = record_make(bytes, 2, 11, 0x1111);
        bytes[4] = EVENT_DUMP_NO_ROOM;
        fake_telemetry(&w->monitor, CRASH_DUMP_LOST_ID, NOW_S - 60, span_of(bytes, len));
    }
    CHECK_INT(telemetry_collect(&w->telemetry), 0);
    REQUIRE(w->outbox.reports.waiting == 2);
    CHECK_INT(waiting(w, EVENT_APP_CRASH_REGISTERS), 2);
    CHECK_INT(waiting(w, EVENT_DUMP_LOST), 2);
    const struct report *r = &w->outbox.reports.at[1];
    CHECK(r->event.category == EVENT_DUMP_LOST && r->event.exit_code == EVENT_DUMP_NO_ROOM && r->event.signal == 0);
    CHECK(r->event.component[0] == 2 && r->event.image[0] == 0x99 && r->event.time_s == NOW_S - 60);
    CHECK(r->registers.pc == 0 && r->registers.file[0] == 0);
    size_t len = record_make(bytes, 2, 11, 0x1111);
    bytes[4] = 77; /* the service would refuse it, and all that is sent with it */
    fake_telemetry(&w->monitor, CRASH_DUMP_LOST_ID, NOW_S - 60, span_of(bytes, len));
    CHECK_INT(telemetry_collect(&w->telemetry), 0);
    REQUIRE(w->outbox.reports.waiting == 3);
    CHECK_INT(w->outbox.reports.at[2].event.exit_code, EVENT_DUMP_FAILED);
    CHECK_INT(w->monitor.telemetry_bytes, 0);
    world_end(w);
}

/* A crash without its record goes as the manager says it, one look later. */
static void no_record(void)
{
    struct world *w = world_make();
    uint8_t id[16] = {1};
    manager_says(w, 1, 11, NOW_S);
    CHECK(!reports_batch_make(&w->outbox.reports, id, NOW_S));
    CHECK_INT(telemetry_collect(&w->telemetry), 0);
    CHECK(reports_batch_make(&w->outbox.reports, id, NOW_S));
    CHECK_INT(w->outbox.reports.batch[0].event.category, EVENT_APP_CRASH);
    world_end(w);
}

static void without_telemetry_nothing_waits(void)
{
    struct world *w = world_make();
    uint8_t id[16] = {1};
    w->monitor.keeps_telemetry = false;
    outbox_release(&w->outbox);
    start(w);
    CHECK(!w->telemetry.there);
    manager_says(w, 1, 11, NOW_S);
    CHECK_INT(telemetry_collect(&w->telemetry), 0);
    CHECK(reports_batch_make(&w->outbox.reports, id, NOW_S));
    world_end(w);
}

static void what_makes_no_sense_is_dropped(void)
{
    struct world *w = world_make();
    uint8_t bytes[CRASH_REPORT_BYTES], odd[255];
    size_t len = record_make(bytes, 1, 11, 1);
    memset(odd, 0x45, sizeof odd);
    fake_telemetry(&w->monitor, CRASH_REPORT_ID, 5, span_of(bytes, len - 1));
    fake_telemetry(&w->monitor, CRASH_REPORT_ID, 5, span_of(odd, sizeof odd));
    fake_telemetry(&w->monitor, 7, 5, span_of(odd, 0));
    fake_telemetry(&w->monitor, 100 << 6 | 1, 5, span_of(odd, 0)); /* not a count */
    bytes[92] = '/'; /* in a file's name */
    fake_telemetry(&w->monitor, CRASH_REPORT_ID, 5, span_of(bytes, len));
    bytes[92] = 'a';
    bytes[2] = 65; /* the service knows 64 signals, and would refuse the batch */
    fake_telemetry(&w->monitor, CRASH_REPORT_ID, 5, span_of(bytes, len));
    bytes[2] = 0;
    fake_telemetry(&w->monitor, CRASH_REPORT_ID, 5, span_of(bytes, len));
    fake_telemetry(&w->monitor, CRASH_DUMP_LOST_ID, 5, span_of(bytes, len));
    record(w, 1, 11, 0x1111, NOW_S - 60);
    fake_telemetry(&w->monitor, 100 << 6, 5, span_of(odd, 0));
    CHECK_INT(telemetry_collect(&w->telemetry), 0);
    CHECK_INT(w->outbox.reports.waiting, 2);
    CHECK_INT(waiting(w, EVENT_APP_CRASH_REGISTERS), 1);
    CHECK_INT(waiting(w, EVENT_KERNEL_RESET), 1);
    CHECK_INT(w->outbox.reports.at[1].event.exit_code, EVENT_KERNEL_PANIC);
    CHECK_INT(w->monitor.telemetry_bytes, 0);
    world_end(w);
}

/* More than one pass reads, and more kinds than the queue has room for: the rest stays in flash. */
static void many(void)
{
    struct world *w = world_make();
    uint8_t id[16] = {1};
    for (uint32_t i = 0; i < 60; i++)
        record(w, 1, 11, 0x1000 + i, NOW_S - 60);
    for (uint32_t i = 0; i < REPORTS_MAX - 30; i++)
        outbox_add(&w->outbox, &(struct os_event){.category = EVENT_APP_EXIT, .exit_code = i, .time_s = NOW_S});
    CHECK_INT(telemetry_collect(&w->telemetry), 0);
    CHECK_INT(waiting(w, EVENT_APP_CRASH_REGISTERS), 30);
    CHECK_INT(w->outbox.reports.dropped, 0);
    CHECK_INT(w->monitor.telemetry_bytes, 30 * (12 + CRASH_REPORT_BYTES));
    REQUIRE(reports_batch_make(&w->outbox.reports, id, NOW_S));
    CHECK_INT(telemetry_collect(&w->telemetry), 0);
    CHECK_INT(waiting(w, EVENT_APP_CRASH_REGISTERS), 60);
    CHECK_INT(w->monitor.telemetry_bytes, 0);
    world_end(w);
}

/* Recorded between the last reading and the forgetting: it stays. */
static void recorded_meanwhile(void)
{
    struct world *w = world_make();
    uint8_t late[CRASH_REPORT_BYTES];
    record(w, 1, 11, 0x1111, NOW_S - 60);
    w->monitor.telemetry_late = late;
    w->monitor.telemetry_late_bytes = (uint32_t)record_make(late, 2, 11, 0x2222);
    CHECK_INT(telemetry_collect(&w->telemetry), 0);
    CHECK_INT(telemetry_collect(&w->telemetry), 0);
    CHECK_INT(waiting(w, EVENT_APP_CRASH_REGISTERS), 2);
    CHECK_INT(w->monitor.telemetry_bytes, 0);
    world_end(w);
}

/* One run over three crashes, in which the n-th call to the monitor is the last that happens; then a start
 * and a look without faults.  Each crash is one report.  False when there was no n-th call. */
static bool cut_at(unsigned n, bool carried_out)
{
    struct world *w = world_make();
    for (uint8_t i = 1; i <= 3; i++)
        record(w, i, 11, 0x1000u * i, NOW_S - 60);
    manager_says(w, 2, 11, NOW_S - 60);
    REQUIRE(outbox_save(&w->outbox) == 0);
    w->monitor.telemetry_calls = 0;
    w->monitor.fail_before = carried_out ? 0 : n;
    w->monitor.fail_after = carried_out ? n : 0;
    int err = telemetry_collect(&w->telemetry);
    bool struck = w->monitor.telemetry_calls >= n;
    CHECK_INT(err, struck ? E_CORRUPT : 0);
    w->monitor.fail_before = w->monitor.fail_after = 0;
    w->monitor.telemetry_read = 0; /* the chip starts again */
    outbox_release(&w->outbox);
    start(w);
    CHECK_INT(telemetry_collect(&w->telemetry), 0);
    CHECK_INT(waiting(w, EVENT_APP_CRASH), 0);
    CHECK_INT(waiting(w, EVENT_APP_CRASH_REGISTERS), 3);
    CHECK_INT(w->outbox.reports.waiting, 3);
    CHECK_INT(w->monitor.telemetry_bytes, 0);
    world_end(w);
    return struck;
}

static void power_is_lost(void)
{
    for (int carried_out = 0; carried_out < 2; carried_out++) {
        unsigned n = 1;
        while (cut_at(n, carried_out))
            n++;
        CHECK(n > 4); /* read, keep, read again, forget, read */
    }
}

/* The ring dropped its oldest between taking and forgetting: nothing is forgotten that was not taken. */
static void ring_moves(void)
{
    struct world *w = world_make();
    for (uint8_t i = 1; i <= 3; i++)
        record(w, i, 11, 0x1000u * i, NOW_S - 60);
    w->monitor.telemetry_calls = 0;
    w->monitor.fail_before = 2; /* taken and stored, but not forgotten */
    CHECK_INT(telemetry_collect(&w->telemetry), E_CORRUPT);
    CHECK_INT(waiting(w, EVENT_APP_CRASH_REGISTERS), 3);
    fake_telemetry_drop_oldest(&w->monitor);
    record(w, 4, 11, 0x4000, NOW_S - 60);
    CHECK_INT(telemetry_collect(&w->telemetry), 0);
    bool fourth = false;
    for (size_t i = 0; i < w->outbox.reports.waiting; i++)
        fourth |= w->outbox.reports.at[i].registers.pc == 0x4000;
    CHECK(fourth);
    CHECK_INT(w->monitor.telemetry_bytes, 0);
    world_end(w);
}

/* Reports that cannot be stored: the monitor keeps everything. */
static void no_room_to_store(void)
{
    struct world *w = world_make();
    record(w, 1, 11, 0x1111, NOW_S - 60);
    int folder = w->outbox.folder;
    w->outbox.folder = -1;
    CHECK_INT(telemetry_collect(&w->telemetry), E_IO);
    CHECK_INT(telemetry_collect(&w->telemetry), E_IO);
    CHECK(w->monitor.telemetry_bytes > 0);
    CHECK_INT(waiting(w, EVENT_APP_CRASH_REGISTERS), 1);
    CHECK_INT(waiting(w, EVENT_STORAGE_FAILED), 1); /* told once */
    w->outbox.folder = folder;
    CHECK_INT(telemetry_collect(&w->telemetry), 0);
    CHECK_INT(waiting(w, EVENT_APP_CRASH_REGISTERS), 1);
    CHECK_INT(w->monitor.telemetry_bytes, 0);
    world_end(w);
}

int main(void)
{
    one_crash_is_one_report();
    record_comes_first();
    lost_dump();
    no_record();
    without_telemetry_nothing_waits();
    what_makes_no_sense_is_dropped();
    many();
    recorded_meanwhile();
    power_is_lost();
    ring_moves();
    no_room_to_store();
    return check_done();
}
