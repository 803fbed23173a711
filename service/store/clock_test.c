/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clock.h's table: what waits after a clock that is set while the store runs, and after a start behind or long past the
 * folder's last time; that it goes on by itself a day later; the file, whatever is in it.
 */
#include "service/store/clock.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "service/store/store_fixture_test.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };

static const uint64_t begin_s = 1800000000;
static char file[128];

static void passes(int64_t s)
{
    fx.store.db.fixed_now_ms += (uint64_t)s * 1000;
    clock_look(&fx.store);
}

static void set(int64_t s)
{
    fx.store.db.fixed_now_ms += (uint64_t)s * 1000;
    fx.store.db.fixed_jump_ms += s * 1000;
    clock_look(&fx.store);
}

/* The next run of the store, by a clock that stands at s. */
static void starts(uint64_t s)
{
    fx.store.clock = (struct store_clock){.wall_ms = 0};
    fx.store.db.fixed_now_ms = s * 1000;
    fx.store.db.fixed_jump_ms = 0;
    clock_open(&fx.store, fx.folder);
}

static uint64_t last(void)
{
    unsigned long long s = 0;
    FILE *f = fopen(file, "re");
    if (f) {
        if (fscanf(f, "%llu", &s) != 1)
            s = 0;
        fclose(f);
    }
    return s;
}

static void last_put(const char *text)
{
    FILE *f = fopen(file, "we");
    REQUIRE(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void test_first_start(void)
{
    starts(begin_s);
    CHECK(clock_settled(&fx.store));
    CHECK_INT(clock_behind_s(&fx.store), 0);
    CHECK(clock_good_ms(&fx.store) == INT64_MAX);
    CHECK_INT(last(), begin_s);
    passes(4 * MINUTE);
    CHECK_INT(last(), begin_s);
    passes(2 * MINUTE);
    CHECK_INT(last(), begin_s + 6 * MINUTE);
    passes(10);
    clock_close(&fx.store);
    CHECK_INT(last(), begin_s + 6 * MINUTE + 10);
}

/* While it runs. */
static void test_set(void)
{
    static const int64_t by[] = {61, -61, HOUR, -DAY, 400 * DAY, 79ll * 365 * DAY, -50ll * 365 * DAY};
    for (size_t i = 0; i < sizeof by / sizeof by[0]; i++) {
        last_put("1800000000\n");
        starts(begin_s);
        passes(MINUTE);
        set(59);
        set(-59);
        CHECK(clock_settled(&fx.store));
        uint64_t before = last();
        set(by[i]);
        CHECK(!clock_settled(&fx.store) && !fx.store.db.clock_settled && fx.store.db.clock_jumped);
        CHECK_INT(clock_good_ms(&fx.store), 0);
        passes(DAY - 1);
        CHECK(!clock_settled(&fx.store));
        CHECK_INT(last(), before); /* a time in doubt is nobody's last time */
        passes(1);
        CHECK(clock_settled(&fx.store) && fx.store.db.clock_settled && !fx.store.db.clock_jumped);
        CHECK_INT(clock_good_ms(&fx.store), (uint64_t)DAY * 1000);
        CHECK_INT(last(), fx.store.db.fixed_now_ms / 1000);
    }
    /* Back again in between: the day begins anew, and then all is as ever. */
    last_put("1800000000\n");
    starts(begin_s);
    set(400 * DAY);
    passes(HOUR);
    set(-400 * DAY);
    passes(DAY - 1);
    CHECK(!clock_settled(&fx.store));
    passes(1);
    CHECK(clock_settled(&fx.store));
}

static void test_starts(void)
{
    static const struct {
        int64_t after_s; /* the last time */
        bool settled, waits;
        int64_t behind_s;
    } rows[] = {
        {0, true, false, 0},
        {-60, true, false, 0}, /* another machine's clock, a folder that was carried over */
        {-61, false, true, 61},
        {-DAY, false, true, DAY},
        {-(int64_t)1799999900, false, true, 1799999900}, /* an RTC without power */
        {CLOCK_PAUSE_S, true, false, 0},
        {CLOCK_PAUSE_S + 1, true, true, 0},
        {CLOCK_LONG_S, true, true, 0},
        {CLOCK_LONG_S + 1, false, true, 0},
        {79ll * 365 * DAY, false, true, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        last_put("1800000000\n");
        starts((uint64_t)((int64_t)begin_s + rows[i].after_s));
        CHECK(clock_settled(&fx.store) == rows[i].settled);
        CHECK_INT(clock_behind_s(&fx.store), rows[i].behind_s);
        CHECK(clock_good_ms(&fx.store) == (rows[i].waits ? 0 : INT64_MAX));
        CHECK(!fx.store.db.clock_jumped); /* a backup that was put back must get ahead of the lost service */
        CHECK_INT(last(), rows[i].settled ? (int64_t)begin_s + rows[i].after_s : (int64_t)begin_s);
    }
    /* Started in 1970, and then set right: nothing is behind any more, and a day later nothing waits. */
    last_put("1800000000\n");
    starts(100);
    passes(10);
    set((int64_t)begin_s);
    CHECK_INT(clock_behind_s(&fx.store), 0);
    CHECK(!clock_settled(&fx.store));
    passes(DAY);
    CHECK(clock_settled(&fx.store));
    /* The last time was the wrong one: it is given up after a day. */
    last_put("4200000000\n");
    starts(begin_s);
    CHECK_INT(clock_behind_s(&fx.store), 4200000000 - begin_s);
    passes(DAY);
    CHECK_INT(clock_behind_s(&fx.store), 0);
    CHECK_INT(last(), begin_s + DAY);
}

static void test_file(void)
{
    static const char *const bad[] = {"", "\n", "0\n", "-5\n", "+5\n", " 5\n", "1800000000", "1800000000 \n", "18e8\n",
                                      "99999999999999999999999999\n", "9223372036854775807\n", "\xff\xfe\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        last_put(bad[i]);
        starts(begin_s + 400 * DAY);
        CHECK(clock_settled(&fx.store) && clock_behind_s(&fx.store) == 0);
        CHECK_INT(last(), begin_s + 400 * DAY);
    }
    /* A disk that takes nothing: the older one stays, and nobody minds. */
    last_put("1800000000\n");
    starts(begin_s);
    char name[140];
    snprintf(name, sizeof name, "%s.new", file);
    REQUIRE(mkdir(name, 0700) == 0);
    passes(HOUR);
    CHECK(clock_settled(&fx.store));
    CHECK_INT(last(), begin_s);
    REQUIRE(rmdir(name) == 0);
}

/* counter_next(): a clock that is ahead for a moment does not take it along. */
static void test_sequence(void)
{
    uint64_t first, second;
    last_put("1800000000\n");
    starts(begin_s);
    REQUIRE(database_begin(&fx.store.db) == 0);
    REQUIRE(counter_next(&fx.store.db, &first) == 0);
    CHECK_INT(first, begin_s * 1000);
    set(79ll * 365 * DAY);
    REQUIRE(counter_next(&fx.store.db, &second) == 0);
    CHECK_INT(second, first + 1);
    set(-79ll * 365 * DAY);
    REQUIRE(counter_next(&fx.store.db, &second) == 0);
    CHECK_INT(second, first + 2);
    passes(DAY);
    REQUIRE(counter_next(&fx.store.db, &second) == 0);
    CHECK_INT(second, (begin_s + DAY) * 1000);
    REQUIRE(database_commit(&fx.store.db, true) == 0);
}

int main(int argc, char **argv)
{
    fixture_begin(argc, argv);
    snprintf(file, sizeof file, "%s/clock", fx.folder);
    test_first_start();
    test_set();
    test_starts();
    test_file();
    test_sequence();
    fixture_end();
    return check_done();
}
