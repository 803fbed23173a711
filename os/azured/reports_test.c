/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reports: aggregation, limits, the stored form, and what a cut or a failing
 * disk leaves.  The file calls are taken over by the linker (--wrap), so that
 * the n-th of them can fail, or be the last thing that happens.
 */
#include "os/azured/reports.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/crc32.h"
#include "tests/check.h"
#include "tests/vectors.h"

static struct os_event event(uint32_t code, uint64_t time_s)
{
    return (struct os_event){.category = EVENT_APP_EXIT, .exit_code = code, .time_s = time_s,
                             .component = {1}, .image = {2}};
}

static void fill(struct reports *r, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct os_event e = event(i, 100 + i);
        reports_add(r, &e);
    }
}

static void equal_events_are_counted(void)
{
    static struct reports r;
    struct os_event e = event(1, 100), other[6];
    memset(&r, 0, sizeof r);
    CHECK(reports_add(&r, &e));
    e.time_s = 200;
    CHECK(reports_add(&r, &e));
    e.time_s = 50; /* the clock was set back */
    CHECK(reports_add(&r, &e));
    CHECK_INT(r.waiting, 1);
    CHECK_INT(r.at[0].count, 3);
    CHECK_INT(r.at[0].event.time_s, 50);
    CHECK_INT(r.at[0].last_s, 200);
    r.at[0].count = UINT32_MAX;
    CHECK(reports_add(&r, &e));
    CHECK_INT(r.at[0].count, UINT32_MAX);
    /* Any other difference is another entry. */
    for (int i = 0; i < 6; i++)
        other[i] = e;
    other[0].category = EVENT_APP_CRASH;
    other[1].component[15]++;
    other[2].image[15]++;
    other[3].exit_code++;
    other[4].signal++;
    for (size_t i = 0; i < 5; i++)
        CHECK(reports_add(&r, &other[i]));
    CHECK_INT(r.waiting, 6);
}

static void too_many_are_dropped_and_counted(void)
{
    static struct reports r;
    memset(&r, 0, sizeof r);
    fill(&r, REPORTS_MAX + 5);
    CHECK_INT(r.waiting, REPORTS_MAX);
    CHECK_INT(r.dropped, 5);
    CHECK_INT(r.at[0].event.exit_code, 0); /* the oldest stay */
    struct os_event known = event(7, 1000);
    CHECK(reports_add(&r, &known)); /* and go on counting */
    CHECK_INT(r.at[7].count, 2);
}

static void what_was_dropped_is_told(void)
{
    static struct reports r;
    uint8_t id[16] = {9};
    memset(&r, 0, sizeof r);
    fill(&r, REPORTS_MAX + 5);
    REQUIRE(reports_batch_make(&r, id, UINT64_MAX));
    CHECK_INT(r.dropped, 0);
    CHECK_INT(r.waiting, REPORTS_MAX - DEVICE_API_EVENTS_MAX + 1);
    const struct report *lost = &r.at[r.waiting - 1];
    CHECK_INT(lost->event.category, EVENT_REPORTS_LOST);
    CHECK_INT(lost->count, 5);
    CHECK_INT(lost->event.time_s, 163); /* when the newest of the batch was */
}

/* A clock that was ahead must not make the service refuse a whole batch. */
static void nothing_is_in_the_future(void)
{
    static struct reports r;
    uint8_t id[16] = {9};
    memset(&r, 0, sizeof r);
    struct os_event e = event(1, 100);
    reports_add(&r, &e);
    e.time_s = 5000000000;
    reports_add(&r, &e);
    e = event(2, 5000000000);
    reports_add(&r, &e);
    REQUIRE(reports_batch_make(&r, id, 1800000000));
    CHECK_INT(r.batch[0].event.time_s, 100);
    CHECK_INT(r.batch[0].last_s, 1800000000);
    CHECK_INT(r.batch[1].event.time_s, 1800000000);
    CHECK_INT(r.batch[1].last_s, 1800000000);
}

static struct os_event crash(uint8_t component, uint32_t signal, uint64_t time_s)
{
    return (struct os_event){.category = EVENT_APP_CRASH, .exit_code = 2, .signal = signal, .time_s = time_s,
                             .component = {component}, .image = {(uint8_t)(component + 1)}};
}

static void crashes_wait_for_their_records(void)
{
    static struct reports r;
    uint8_t id[16] = {9}, image[16];
    uint64_t time_s;
    memset(&r, 0, sizeof r);
    struct os_event a = crash(1, 11, 100), b = crash(2, 11, 101), killed = crash(1, 9, 102);
    reports_add(&r, &a);
    reports_hold(&r, true); /* also those that are there */
    reports_add(&r, &b);
    reports_add(&r, &b);
    reports_add(&r, &killed); /* SIGKILL makes no core: nothing to wait for */
    REQUIRE(reports_batch_make(&r, id, UINT64_MAX));
    CHECK_INT(r.in_batch, 1);
    CHECK_INT(r.batch[0].event.signal, 9);
    reports_batch_end(&r);
    CHECK(!reports_batch_make(&r, id, UINT64_MAX)); /* held */

    /* Joined: one of the two of b; not for another component or signal. */
    CHECK(!reports_join(&r, b.component, 6, image, &time_s));
    CHECK(!reports_join(&r, (const uint8_t[16]){3}, 11, image, &time_s));
    CHECK(reports_join(&r, b.component, 11, image, &time_s));
    CHECK_MEM(image, b.image, 16);
    CHECK_INT(time_s, 101);
    CHECK_INT(r.waiting, 2);
    CHECK_INT(r.at[1].count, 1);
    CHECK(reports_join(&r, b.component, 11, image, &time_s));
    CHECK_INT(r.waiting, 1);
    CHECK(!reports_join(&r, b.component, 11, image, &time_s));

    /* A look that did not come to the end frees nothing; one that did frees what was there before. */
    reports_look_begin(&r);
    reports_look_end(&r, false);
    CHECK(!reports_batch_make(&r, id, UINT64_MAX));
    reports_look_begin(&r);
    reports_add(&r, &b); /* comes in between */
    reports_look_end(&r, true);
    REQUIRE(reports_batch_make(&r, id, UINT64_MAX));
    CHECK_INT(r.in_batch, 1);
    CHECK_MEM(r.batch[0].event.component, a.component, 16);
    CHECK_INT(r.waiting, 1);
    CHECK_INT(r.at[0].hold, REPORT_HELD);

    /* Without records nothing is held. */
    reports_batch_end(&r);
    reports_hold(&r, false);
    CHECK(reports_batch_make(&r, id, UINT64_MAX));
}

/* Addresses differ at each start; error, place and file make the kind. */
static void registers_make_kinds(void)
{
    static struct reports r;
    memset(&r, 0, sizeof r);
    struct os_event e = crash(1, 11, 100);
    e.category = EVENT_APP_CRASH_REGISTERS;
    const struct registers rows[] = {{0, 1, 2, 3, 4, "app"}, {1, 1, 2, 3, 4, "app"}, {0, 1, 2, 3, 5, "app"},
                                     {0, 1, 2, 3, 4, "libc"}, {0, 9, 2, 3, 4, "app"}, {0, 1, 9, 3, 4, "app"},
                                     {0, 1, 2, 9, 4, "app"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK(reports_add_many(&r, &e, &rows[i], 1, 100));
    CHECK_INT(r.waiting, 4);
    CHECK_INT(r.at[0].count, 4);
    CHECK_INT(r.at[0].registers.pc, 1); /* of the first */
}

static void version_1_is_read(void)
{
    static struct reports r;
    uint8_t bytes[36 + 64 + 4];
    struct writer w = writer_of(bytes, sizeof bytes);
    writer_u32le(&w, REPORTS_MAGIC);
    writer_u16le(&w, 1);
    writer_u16le(&w, 1);
    writer_zero(&w, 2 + 2 + 16);
    writer_u64le(&w, 4);
    writer_u32le(&w, EVENT_APP_EXIT);
    writer_zero(&w, 32);
    writer_u32le(&w, 30);
    writer_u32le(&w, 0);
    writer_u64le(&w, 100);
    writer_u64le(&w, 200);
    writer_u32le(&w, 3);
    writer_u32le(&w, crc32_update(0, bytes, w.len));
    REQUIRE(!w.err && reports_parse(writer_view(&w), &r) == 0);
    CHECK_INT(r.waiting, 1);
    CHECK_INT(r.dropped, 4);
    CHECK_INT(r.taken_bytes, 0);
    CHECK_INT(r.at[0].event.exit_code, 30);
    CHECK_INT(r.at[0].last_s, 200);
    CHECK_INT(r.at[0].registers.pc, 0);
}

static void a_batch_stays_as_it_is(void)
{
    static struct reports r;
    uint8_t id[16] = {9}, other[16] = {8}, one[DEVICE_API_BODY_MAX], two[DEVICE_API_BODY_MAX];
    struct writer a = writer_of(one, sizeof one), b = writer_of(two, sizeof two);
    memset(&r, 0, sizeof r);
    CHECK(!reports_batch_make(&r, id, UINT64_MAX)); /* of nothing */
    fill(&r, 100);
    CHECK(reports_batch_make(&r, id, UINT64_MAX));
    CHECK_INT(r.in_batch, DEVICE_API_EVENTS_MAX);
    CHECK_INT(r.waiting, 36);
    CHECK_INT(r.at[0].event.exit_code, 64);
    CHECK_INT(reports_batch_write(&r, &a), 0);
    struct os_event e = event(3, 900); /* as one in the batch: a new entry */
    CHECK(reports_add(&r, &e));
    CHECK_INT(r.waiting, 37);
    CHECK(!reports_batch_make(&r, other, UINT64_MAX));
    CHECK_INT(reports_batch_write(&r, &b), 0);
    CHECK(span_equal(writer_view(&a), writer_view(&b)));
    reports_batch_end(&r);
    CHECK(reports_batch_make(&r, other, UINT64_MAX));
    CHECK_INT(r.in_batch, 37);
    /* The largest numbers fit the body's limit. */
    for (size_t i = 0; i < DEVICE_API_EVENTS_MAX; i++)
        r.batch[i] = (struct report){
            .event = {EVENT_APP_CRASH_REGISTERS, {0}, {0}, UINT32_MAX, UINT32_MAX, UINT64_MAX},
            .registers = {UINT32_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, "0123456789ABCDE"}, .last_s = UINT64_MAX, .count = UINT32_MAX};
    r.in_batch = DEVICE_API_EVENTS_MAX;
    a = writer_of(one, sizeof one);
    CHECK_INT(reports_batch_write(&r, &a), 0);
}

static bool refused(struct span changed, void *context)
{
    static struct reports r;
    (void)context;
    return reports_parse(changed, &r) != 0 && r.waiting == 0 && r.in_batch == 0;
}

static void stored_form(void)
{
    static struct reports r, back;
    static uint8_t bytes[REPORTS_BYTES_MAX];
    uint8_t id[16] = {9};
    struct writer w = writer_of(bytes, sizeof bytes);
    memset(&r, 0, sizeof r);
    fill(&r, 66);
    r.dropped = 0;
    r.taken_bytes = 96;
    r.taken_crc = 0xCAFE;
    r.at[5].event.category = EVENT_APP_CRASH_REGISTERS;
    r.at[5].registers = (struct registers){7, 0x123456789abcdef0, 1, 2, 3, "app"};
    REQUIRE(reports_batch_make(&r, id, UINT64_MAX));
    r.dropped = 3;
    REQUIRE(reports_write(&r, &w) == 0);
    CHECK_INT(w.len, REPORTS_HEADER_BYTES + 66 * REPORTS_ENTRY_BYTES + 4);
    REQUIRE(reports_parse(writer_view(&w), &back) == 0);
    CHECK_INT(back.waiting, 2);
    CHECK_INT(back.in_batch, 64);
    CHECK_INT(back.dropped, 3);
    CHECK_INT(back.taken_bytes, 96);
    CHECK_INT(back.taken_crc, 0xCAFE);
    CHECK_INT(back.batch[5].registers.pc, 0x123456789abcdef0);
    CHECK_INT(back.batch[5].registers.error, 7);
    CHECK_INT(back.batch[5].registers.place, 3);
    CHECK_STR(back.batch[5].registers.file, "app");
    CHECK_MEM(back.batch_id, id, 16);
    CHECK_MEM(&back.batch[63].event, &r.batch[63].event, sizeof r.batch[63].event);
    CHECK_INT(back.at[1].last_s, r.at[1].last_s);

    /* The fullest fits. */
    fill(&r, REPORTS_MAX + 10);
    w = writer_of(bytes, sizeof bytes);
    CHECK_INT(reports_write(&r, &w), 0);
    CHECK_INT(w.len, REPORTS_BYTES_MAX);

    /* Any prefix and any flipped bit is refused: the CRC sees all of it. */
    memset(&r, 0, sizeof r);
    fill(&r, 2);
    w = writer_of(bytes, sizeof bytes);
    REQUIRE(reports_write(&r, &w) == 0);
    cut_and_flip(writer_view(&w), refused, NULL);

    /* Right CRC, wrong contents. */
    static const struct {
        size_t at;
        uint8_t value;
        int err;
    } rows[] = {
        {0, 'X', E_MALFORMED}, {4, 3, E_VERSION},  {4, 0, E_VERSION},      {10, 1, E_MALFORMED},
        {6, 129, E_LIMIT},     {8, 65, E_LIMIT},   {12, 1, E_MALFORMED},   {6, 1, E_TRAILING},
        {6, 3, E_MORE},        {40, 1, E_MALFORMED} /* taken: no bytes, but a CRC */,
        {44, 0, E_MALFORMED},  {44, EVENT_CATEGORY_MAX + 1, E_MALFORMED}, {104, 0, E_MALFORMED},
        {140, 1, E_MALFORMED},
        {95, 1, E_MALFORMED} /* first after last */, {108, 1, E_MALFORMED} /* registers of what is no crash */,
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t copy[REPORTS_HEADER_BYTES + 2 * REPORTS_ENTRY_BYTES + 4];
        memcpy(copy, bytes, sizeof copy);
        copy[rows[i].at] = rows[i].value;
        struct writer crc = writer_of(copy + sizeof copy - 4, 4);
        writer_u32le(&crc, crc32_update(0, copy, sizeof copy - 4));
        CHECK_INT(reports_parse(span_of(copy, sizeof copy), &back), rows[i].err);
    }
}

/* -- faults ------------------------------------------------------------------------ */

static struct {
    int countdown; /* the call that is hit; 0: none */
    bool cut;      /* the process ends there, else the call fails */
    bool hit;
} fault;

static bool strikes(void)
{
    if (fault.countdown == 0 || --fault.countdown)
        return false;
    fault.hit = true;
    return true;
}

int __real_openat(int dir, const char *path, int flags, ...);
int __wrap_openat(int dir, const char *path, int flags, ...);
ssize_t __real_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to);

static int struck(void)
{
    if (fault.cut)
        _exit(0);
    errno = EIO;
    return -1;
}

int __wrap_openat(int dir, const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return flags & O_CREAT && strikes() ? struck() : __real_openat(dir, path, flags, mode);
}

/* In small pieces, so that a cut can be between any of them. */
ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
    if (fd <= 2)
        return __real_write(fd, bytes, len);
    return strikes() ? struck() : __real_write(fd, bytes, len < 100 ? len : 100);
}

int __wrap_fsync(int fd)
{
    return strikes() ? struck() : __real_fsync(fd);
}

int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    return strikes() ? struck() : __real_renameat(from_dir, from, to_dir, to);
}

/* Old or new, never anything else, whichever call is the last or fails. */
static void fault_loop(bool cut)
{
    static struct reports before, after, found;
    char path[] = "/tmp/peri-reports-XXXXXX";
    REQUIRE(mkdtemp(path) != NULL);
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    REQUIRE(folder >= 0);
    CHECK_INT(reports_load(folder, &found), E_NOT_FOUND);
    memset(&before, 0, sizeof before);
    memset(&after, 0, sizeof after);
    fill(&before, 3);
    fill(&after, 20);
    unsigned old = 0, new = 0;
    bool more = true;
    for (int n = 1; more; n++) {
        fault.countdown = 0;
        REQUIRE(reports_save(folder, &before) == 0);
        if (cut) {
            pid_t pid = fork();
            REQUIRE(pid >= 0);
            if (pid == 0) {
                fault.cut = true;
                fault.countdown = n;
                _exit(reports_save(folder, &after) == 0 ? 9 : 8);
            }
            int status;
            REQUIRE(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
            more = WEXITSTATUS(status) == 0;
        } else {
            fault.countdown = n;
            fault.hit = false;
            int err = reports_save(folder, &after);
            more = fault.hit;
            CHECK_INT(err, more ? E_IO : 0);
        }
        fault.countdown = 0;
        REQUIRE(reports_load(folder, &found) == 0);
        CHECK(found.waiting == before.waiting || found.waiting == after.waiting);
        old += found.waiting == before.waiting;
        new += found.waiting == after.waiting;
    }
    CHECK(old >= 15); /* open, each write, fsync, rename */
    CHECK(new >= 1);
    (void)unlinkat(folder, "reports.new", 0);
    CHECK_INT(unlinkat(folder, "reports", 0), 0);
    close(folder);
    CHECK_INT(rmdir(path), 0);
}

int main(void)
{
    equal_events_are_counted();
    too_many_are_dropped_and_counted();
    what_was_dropped_is_told();
    nothing_is_in_the_future();
    crashes_wait_for_their_records();
    registers_make_kinds();
    version_1_is_read();
    a_batch_stays_as_it_is();
    stored_form();
    fault_loop(false);
    fault_loop(true);
    return check_done();
}
