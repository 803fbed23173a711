/* SPDX-License-Identifier: BSD-2-Clause */
/* Order and timing of notices, and that nobody puts an update off beyond its limit.  All
 * time is given: nothing here waits. */
#include "os/azured/deferral.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/check.h"

enum { NOTICE_MS = 10000, HOUR_S = 3600, START_S = 1800000000 };
static const struct deferral_limits limits = {.app_minutes = 60, .system_minutes = 30};
static const uint8_t app[16] = {1}, other[16] = {2};
static const uint8_t changed[2][16] = {{3}, {4}};

/* A device: its clocks, and what survives. */
static struct {
    char path[40];
    int folder, wake;
    uint64_t now_ms; /* boot clock */
    uint64_t zero_s; /* service's time when it was 0 */
    struct deferral d;
} device;

static uint64_t now_s(void)
{
    return device.zero_s + device.now_ms / 1000;
}

static void start(void)
{
    deferral_init(&device.d, device.folder, device.wake, NOTICE_MS);
    deferral_listeners(&device.d, true);
}

static void device_make(void)
{
    strcpy(device.path, "/tmp/peri-deferral-XXXXXX");
    REQUIRE(mkdtemp(device.path) != NULL);
    device.folder = open(device.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    device.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    REQUIRE(device.folder >= 0 && device.wake >= 0);
    device.now_ms = 5000;
    device.zero_s = START_S;
    start();
}

static void device_end(void)
{
    deferral_release(&device.d);
    (void)unlinkat(device.folder, "deferral", 0);
    CHECK(unlinkat(device.folder, "deferral.new", 0) != 0);
    close(device.folder);
    close(device.wake);
    CHECK_INT(rmdir(device.path), 0);
}

static void azured_restarts(void)
{
    deferral_release(&device.d);
    start();
}

static void device_reboots(uint64_t off_s)
{
    uint64_t then_s = now_s() + off_s;
    deferral_release(&device.d);
    device.now_ms = 2000;
    device.zero_s = then_s - 2;
    start();
}

static bool kept(void)
{
    return faccessat(device.folder, "deferral", F_OK, 0) == 0;
}

static void ready(enum update_type type)
{
    deferral_ready(&device.d, type, limits, now_s(), device.now_ms);
}

static bool due(void)
{
    uint64_t next;
    return deferral_due(&device.d, device.now_ms, &next);
}

static void pass_ms(uint64_t ms)
{
    device.now_ms += ms;
}

static int defer(uint32_t minutes)
{
    return deferral_defer(&device.d, app, minutes, device.now_ms);
}

/* The next notice is this one. */
static void expect(uint32_t event, uint32_t status, uint32_t minutes, uint32_t type)
{
    struct system_notice n = {0};
    CHECK(deferral_take(&device.d, &n));
    CHECK_INT(n.event, event);
    CHECK_INT(n.status, status);
    CHECK_INT(n.minutes, minutes);
    CHECK_INT(n.type, type);
}

static void expect_ready(uint32_t status, uint32_t minutes)
{
    expect(SYSTEM_EVENT_UPDATE_READY, status, minutes, UPDATE_TYPE_APP);
}

static void expect_none(void)
{
    struct system_notice n;
    CHECK(!deferral_take(&device.d, &n));
}

/* UpdateStarted, Pending, 10 s, Final, 10 s, install, Complete. */
static void the_order(void)
{
    device_make();
    CHECK(!deferral_checked(&device.d));
    deferral_started(&device.d, true);
    CHECK(!deferral_checked(&device.d)); /* it is only being downloaded */
    expect(SYSTEM_EVENT_UPDATE_STARTED, SYSTEM_EVENT_INVALID, 0, UPDATE_TYPE_INVALID);
    ready(UPDATE_TYPE_APP);
    CHECK(deferral_checked(&device.d));
    CHECK(deferral_notifying(&device.d));
    CHECK(!due());
    expect_ready(SYSTEM_EVENT_PENDING, 60);
    pass_ms(NOTICE_MS - 1);
    CHECK(!due());
    expect_none();
    pass_ms(1);
    CHECK(!due());
    expect_ready(SYSTEM_EVENT_FINAL, 0);
    CHECK_INT(defer(1), EPERM);
    pass_ms(NOTICE_MS - 1);
    CHECK(!due());
    pass_ms(1);
    CHECK(due());
    expect_none();
    CHECK(kept());
    deferral_installed(&device.d, changed, 2);
    CHECK(!kept());
    struct system_notice n;
    REQUIRE(deferral_take(&device.d, &n));
    CHECK_INT(n.status, SYSTEM_EVENT_COMPLETE);
    CHECK_INT(n.changed_count, 2);
    CHECK_MEM(n.changed[1], changed[1], 16);
    CHECK(!due());
    CHECK_INT(defer(1), ENOENT);

    deferral_nothing(&device.d);
    expect(SYSTEM_EVENT_NO_UPDATE, SYSTEM_EVENT_INVALID, 0, UPDATE_TYPE_INVALID);

    /* Of a system nothing is complete before the restart. */
    ready(UPDATE_TYPE_SYSTEM);
    expect(SYSTEM_EVENT_UPDATE_READY, SYSTEM_EVENT_PENDING, 30, UPDATE_TYPE_SYSTEM);
    pass_ms(NOTICE_MS);
    CHECK(!due());
    expect(SYSTEM_EVENT_UPDATE_READY, SYSTEM_EVENT_FINAL, 0, UPDATE_TYPE_SYSTEM);
    pass_ms(NOTICE_MS);
    CHECK(due());
    deferral_installed(&device.d, changed, 2);
    expect_none();
    uint64_t count;
    CHECK(read(device.wake, &count, sizeof count) == sizeof count && count > 0); /* somebody was woken */
    device_end();
}

static void without_listeners_nothing_waits(void)
{
    device_make();
    deferral_listeners(&device.d, false);
    ready(UPDATE_TYPE_APP);
    CHECK(due());
    CHECK(!kept()); /* and nothing is written */
    deferral_installed(&device.d, changed, 1);
    CHECK(!kept());

    /* The last listener is gone between two notices. */
    deferral_listeners(&device.d, true);
    ready(UPDATE_TYPE_APP);
    CHECK(!due());
    deferral_listeners(&device.d, false);
    pass_ms(NOTICE_MS);
    CHECK(due());
    device_end();
}

static void deferral_and_resume(void)
{
    struct system_notice n;
    device_make();
    CHECK_INT(defer(5), ENOENT);
    CHECK_INT(deferral_resume(&device.d, app, device.now_ms), ENOENT);
    ready(UPDATE_TYPE_APP);
    expect_ready(SYSTEM_EVENT_PENDING, 60);
    CHECK(deferral_current(&device.d, device.now_ms, &n));
    CHECK_INT(n.minutes, 60);
    CHECK_INT(deferral_resume(&device.d, app, device.now_ms), ENOENT); /* nothing is put off */
    CHECK_INT(defer(0), EINVAL);
    CHECK_INT(defer(5), 0);
    expect_ready(SYSTEM_EVENT_DEFERRED, 60);
    CHECK(!deferral_current(&device.d, device.now_ms, &n));
    CHECK(!deferral_notifying(&device.d)); /* other sets are asked for */
    CHECK_INT(defer(5), EALREADY);
    CHECK_INT(deferral_defer(&device.d, other, 5, device.now_ms), EALREADY);
    pass_ms(5 * 60000 - 1);
    CHECK(!due());
    expect_none();
    pass_ms(1);
    CHECK(!due());
    expect_ready(SYSTEM_EVENT_PENDING, 55); /* again, with what is left */
    pass_ms(NOTICE_MS); /* too late, though nobody has looked yet */
    CHECK_INT(defer(5), EPERM);
    CHECK(!deferral_current(&device.d, device.now_ms, &n));
    CHECK(!due());
    expect_ready(SYSTEM_EVENT_FINAL, 0);
    pass_ms(NOTICE_MS);
    CHECK(due());
    deferral_failed(&device.d);
    CHECK(!due());

    ready(UPDATE_TYPE_APP);
    expect_ready(SYSTEM_EVENT_PENDING, 54);
    CHECK_INT(defer(40), 0);
    expect_ready(SYSTEM_EVENT_DEFERRED, 54);
    CHECK_INT(deferral_resume(&device.d, other, device.now_ms), EACCES); /* not its own */
    CHECK_INT(deferral_resume(&device.d, app, device.now_ms), 0);
    expect_ready(SYSTEM_EVENT_FINAL, 0);
    CHECK_INT(deferral_resume(&device.d, app, device.now_ms), ENOENT);
    pass_ms(NOTICE_MS);
    CHECK(due());
    device_end();
}

/* Longer than the limit is cut to it, and after it there is only Final. */
static void the_limit(void)
{
    device_make();
    ready(UPDATE_TYPE_APP);
    expect_ready(SYSTEM_EVENT_PENDING, 60);
    CHECK_INT(defer(UINT32_MAX), 0);
    expect_ready(SYSTEM_EVENT_DEFERRED, 60);
    pass_ms(60ull * 60000 - 1);
    CHECK(!due());
    pass_ms(1);
    CHECK(!due());
    expect_ready(SYSTEM_EVENT_FINAL, 0);
    pass_ms(NOTICE_MS);
    CHECK(due());
    device_end();

    /* A service that allows none: Final at once. */
    device_make();
    deferral_ready(&device.d, UPDATE_TYPE_APP, (struct deferral_limits){0, 0}, now_s(), device.now_ms);
    expect_ready(SYSTEM_EVENT_FINAL, 0);
    CHECK_INT(defer(1), EPERM);
    device_end();

    /* A limit that falls while the update is put off holds for it; so does the system's. */
    device_make();
    ready(UPDATE_TYPE_APP);
    CHECK_INT(defer(60), 0);
    pass_ms(60000);
    deferral_ready(&device.d, UPDATE_TYPE_APP, (struct deferral_limits){10, 10}, now_s(), device.now_ms);
    pass_ms(9 * 60000 - 1);
    CHECK(!due() && device.d.phase == DEFERRAL_DEFERRED);
    ready(UPDATE_TYPE_SYSTEM); /* the OS as well, from now: until the earlier of both */
    CHECK_INT(device.d.phase, DEFERRAL_DEFERRED);
    pass_ms(1000); /* the service's time is in seconds */
    CHECK(!due());
    CHECK_INT(device.d.phase, DEFERRAL_PENDING);
    device_end();
}

/* As often as it asks, whatever happens in between: an hour, and not a minute more. */
static void nobody_defers_for_ever(void)
{
    enum { AZURED, REBOOT, NEW_SET, FAILED, LOST, WAYS };
    for (unsigned way = 0; way < WAYS; way++) {
        device_make();
        uint64_t known_s = now_s();
        bool installs = false;
        for (unsigned i = 0; i < 2000 && !installs; i++) {
            ready(UPDATE_TYPE_APP);
            installs = due(); /* as the worker does after each check */
            if (installs)
                break;
            (void)defer(3);
            if (way == AZURED)
                azured_restarts();
            else if (way == REBOOT)
                device_reboots(7);
            else if (way == NEW_SET)
                deferral_started(&device.d, true);
            else if (way == FAILED && !deferral_notifying(&device.d)) /* another set cannot be loaded */
                deferral_failed(&device.d);
            pass_ms(NOTICE_MS / 2);
            installs = due();
        }
        CHECK(installs);
        CHECK(now_s() >= known_s + HOUR_S - 180);
        CHECK(now_s() <= known_s + HOUR_S + 4 * NOTICE_MS / 1000);
        device_end();
    }
}

/* An application that restarts the device at each notice gains nothing once the time is over. */
static void reboots_do_not_help_after_the_last_word(void)
{
    device_make();
    ready(UPDATE_TYPE_APP);
    expect_ready(SYSTEM_EVENT_PENDING, 60);
    for (unsigned i = 0; i < 20; i++) {
        device_reboots(60);
        ready(UPDATE_TYPE_APP);
        CHECK(!due());
    }
    device_reboots(HOUR_S);
    ready(UPDATE_TYPE_APP); /* over: Final */
    CHECK(!due());
    expect_ready(SYSTEM_EVENT_FINAL, 0);
    device_reboots(1);
    ready(UPDATE_TYPE_APP);
    CHECK(due()); /* it has been said */
    device_end();
}

static void what_survives(void)
{
    device_make();
    ready(UPDATE_TYPE_APP);
    CHECK_INT(defer(50), 0);
    pass_ms(10 * 60000);
    azured_restarts();
    CHECK(!due());
    ready(UPDATE_TYPE_APP);
    expect_none(); /* still put off: nothing new */
    deferral_started(&device.d, false);
    expect_none();
    CHECK_INT(device.d.phase, DEFERRAL_DEFERRED);
    CHECK_INT(defer(10), EALREADY);
    device_reboots(20 * 60);
    ready(UPDATE_TYPE_APP);
    CHECK_INT(device.d.phase, DEFERRAL_DEFERRED);
    pass_ms(20 * 60000 + 5000);
    CHECK(!due());
    CHECK_INT(device.d.phase, DEFERRAL_PENDING);
    struct system_notice n;
    REQUIRE(deferral_current(&device.d, device.now_ms, &n));
    CHECK(n.minutes <= 10 && n.minutes >= 9);

    /* The service wants nothing any more: the next update has its own time. */
    deferral_nothing(&device.d);
    CHECK(!kept());
    azured_restarts();
    ready(UPDATE_TYPE_APP);
    expect_ready(SYSTEM_EVENT_PENDING, 60);

    /* A clock that was ahead: what it noted counts from now. */
    CHECK_INT(defer(60), 0);
    device.zero_s -= 1000 * HOUR_S;
    ready(UPDATE_TYPE_APP);
    CHECK(device.d.ends_ms <= device.now_ms + 60 * 60000);
    device_end();
}

static void storage_fails(void)
{
    device_make();
    ready(UPDATE_TYPE_APP);
    expect_ready(SYSTEM_EVENT_PENDING, 60);
    int folder = device.d.folder;
    device.d.folder = -1; /* what cannot be kept is not granted */
    CHECK_INT(defer(5), EIO);
    CHECK_INT(device.d.phase, DEFERRAL_PENDING);
    expect_none();
    device.d.folder = folder;
    CHECK_INT(defer(5), 0);

    int fd = openat(folder, "deferral", O_WRONLY | O_CLOEXEC);
    REQUIRE(fd >= 0 && pwrite(fd, "x", 1, 20) == 1);
    close(fd);
    azured_restarts(); /* damaged: said, and begun anew */
    ready(UPDATE_TYPE_APP);
    while (deferral_take(&device.d, &(struct system_notice){0}))
        ;
    CHECK_INT(device.d.phase, DEFERRAL_PENDING);
    device_end();
}

static void nobody_takes_notices(void)
{
    device_make();
    for (unsigned i = 0; i < 1000; i++)
        deferral_nothing(&device.d);
    ready(UPDATE_TYPE_APP);
    struct system_notice n = {0};
    unsigned taken = 0;
    while (deferral_take(&device.d, &n))
        taken++;
    CHECK_INT(taken, DEFERRAL_NOTICES_MAX);
    CHECK_INT(n.status, SYSTEM_EVENT_PENDING); /* the newest is there */
    device_end();
}

static void record_bytes(void)
{
    const struct deferral_record in = {.app_known_s = 1, .system_known_s = 2, .until_s = 3, .by = {4}, .final = true};
    struct deferral_record out;
    uint8_t bytes[DEFERRAL_RECORD_BYTES + 1] = {0}, bad[DEFERRAL_RECORD_BYTES];
    struct writer w = writer_of(bytes, sizeof bytes);
    CHECK_INT(deferral_record_write(&in, &w), 0);
    CHECK_INT(w.len, DEFERRAL_RECORD_BYTES);
    CHECK_INT(deferral_record_parse(writer_view(&w), &out), 0);
    CHECK(out.app_known_s == 1 && out.system_known_s == 2 && out.until_s == 3 && out.by[0] == 4 && out.final);
    for (size_t len = 0; len < w.len; len++)
        CHECK_INT(deferral_record_parse(span_of(bytes, len), &out), E_MORE);
    CHECK_INT(deferral_record_parse(span_of(bytes, w.len + 1), &out), E_TRAILING);
    for (size_t bit = 0; bit < 8 * w.len; bit++) {
        memcpy(bad, bytes, sizeof bad);
        bad[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK(deferral_record_parse(span_of(bad, sizeof bad), &out) != 0);
        CHECK(out.app_known_s == 0 && out.until_s == 0 && !out.final);
    }
    uint8_t small[DEFERRAL_RECORD_BYTES - 1];
    w = writer_of(small, sizeof small);
    CHECK(deferral_record_write(&in, &w) != 0);
}

int main(void)
{
    the_order();
    without_listeners_nothing_waits();
    deferral_and_resume();
    the_limit();
    nobody_defers_for_ever();
    reboots_do_not_help_after_the_last_word();
    what_survives();
    storage_fails();
    nobody_takes_notices();
    record_bytes();
    return check_done();
}
