/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Real-time clock: abi/mt3620_rtc.h, in virtual time from a fixed start. */
#include "abi/mt3620.h"
#include "abi/mt3620_firewall.h"
#include "abi/mt3620_rtc.h"
#include "machine/tests/bus.h"
#include "tests/check.h"

static struct bus b;

#define SECOND 1000000000ull

struct date {
    uint32_t field[RTC_FIELDS]; /* year, month, day, weekday, hour, minute, second */
};

static uint32_t get(uint32_t offset)
{
    return bus_get(&b, "a7s", MT3620_RTC + offset);
}

static void set(uint32_t offset, uint32_t value)
{
    bus_set(&b, "a7s", MT3620_RTC + offset, value);
}

static void is(uint32_t at, struct date want)
{
    for (unsigned i = 0; i < RTC_FIELDS; i++) {
        CHECK_INT(get(at + 4 * i), want.field[i]);
    }
}

static void put(uint32_t at, struct date date)
{
    for (unsigned i = 0; i < RTC_FIELDS; i++) {
        set(at + 4 * i, date.field[i]);
    }
}

/* Pending at the A7's distributor now, after an acknowledgement there? */
static bool line(void)
{
    const uint32_t bit = 1u << MT3620_SPI_RTC;

    bus_set(&b, "a7s", MT3620_GIC_DISTRIBUTOR + 0x284, bit);
    return bus_get(&b, "a7s", MT3620_GIC_DISTRIBUTOR + 0x204) & bit;
}

static const struct date first_day = { { 0, 1, 1, 6, 0, 0, 0 } };
static const struct date started = { { 27, 2, 28, 0, 23, 59, 50 } };

static void reset_values(void)
{
    is(RTC_ALARM, first_day);
    CHECK_INT(get(RTC_CONTROL), 0);
    CHECK_INT(get(RTC_PMU_EN), 0);
    CHECK(!line());
}

static void widths(void)
{
    static const uint32_t offsets[] = { RTC_PMU_EN, RTC_TIME, RTC_TIME + RTC_SECOND, RTC_ALARM,
                                        RTC_CONTROL };

    for (unsigned i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        CHECK(bus_words_only(&b, "a7s", MT3620_RTC + offsets[i]));
    }
}

static void fields(void)
{
    set(RTC_PMU_EN, 0xFFFFFFFF);
    CHECK_INT(get(RTC_PMU_EN), 0x70);
    set(RTC_PMU_EN, 0);
    set(RTC_CONTROL, 0xFFFFFFFE);
    CHECK_INT(get(RTC_CONTROL), 0);
}

static void goes(void)
{
    is(RTC_TIME, started);
    bus_step(&b, 10 * SECOND);
    is(RTC_TIME, (struct date){ { 27, 3, 1, 1, 0, 0, 0 } });
}

/* One field after the other changes nothing; the second makes them the time. */
static void set_time(void)
{
    const struct date leap = { { 28, 2, 29, 2, 23, 59, 59 } };

    put(RTC_TIME, (struct date){ { 28, 2, 29, 77, 23, 59, 59 } }); /* the weekday is found out */
    is(RTC_TIME, leap);
    bus_step(&b, SECOND - 1);
    is(RTC_TIME, leap);
    bus_step(&b, 1);
    is(RTC_TIME, (struct date){ { 28, 3, 1, 3, 0, 0, 0 } });
    set(RTC_TIME + RTC_YEAR, 30);
    is(RTC_TIME, (struct date){ { 28, 3, 1, 3, 0, 0, 0 } });
    set(RTC_TIME + RTC_SECOND, 5); /* with what was written and what is */
    is(RTC_TIME, (struct date){ { 30, 3, 1, 5, 0, 0, 5 } });
    put(RTC_TIME, (struct date){ { 99, 12, 31, 0, 23, 59, 58 } });
    is(RTC_TIME, (struct date){ { 99, 12, 31, 4, 23, 59, 58 } });
}

static void no_dates(void)
{
    static const struct date bad[] = {
        { { 100, 1, 1, 0, 0, 0, 0 } }, { { 27, 0, 1, 0, 0, 0, 0 } },  { { 27, 13, 1, 0, 0, 0, 0 } },
        { { 27, 1, 0, 0, 0, 0, 0 } },  { { 27, 1, 32, 0, 0, 0, 0 } }, { { 27, 2, 29, 0, 0, 0, 0 } },
        { { 27, 4, 31, 0, 0, 0, 0 } }, { { 27, 1, 1, 0, 24, 0, 0 } }, { { 27, 1, 1, 0, 0, 60, 0 } },
        { { 27, 1, 1, 0, 0, 0, 60 } }, { { 27, 0xFFFFFFFF, 1, 0, 0, 0, 0 } },
    };
    const struct date good = { { 40, 1, 2, 1, 3, 4, 5 } };

    put(RTC_TIME, good);
    put(RTC_ALARM, good);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        put(RTC_TIME, bad[i]);
        is(RTC_TIME, good);
        put(RTC_ALARM, bad[i]);
        is(RTC_ALARM, good);
    }
    /* nothing of a refused date is left over for the next one */
    set(RTC_TIME + RTC_SECOND, 6);
    is(RTC_TIME, (struct date){ { 40, 1, 2, 1, 3, 4, 6 } });
}

static void alarm_line(void)
{
    put(RTC_TIME, (struct date){ { 27, 1, 1, 0, 0, 0, 0 } });
    put(RTC_ALARM, (struct date){ { 27, 1, 1, 0, 0, 1, 0 } });
    bus_step(&b, 30 * SECOND);
    set(RTC_CONTROL, 1);
    CHECK_INT(get(RTC_CONTROL), 1);
    CHECK(!line());
    bus_step(&b, 30 * SECOND - 1);
    CHECK(!line());
    bus_step(&b, 1);
    CHECK(line());
    bus_step(&b, SECOND);
    CHECK(line());
    set(RTC_CONTROL, 0);
    CHECK(!line());
    set(RTC_CONTROL, 1); /* its second has come already */
    CHECK(line());
    put(RTC_ALARM, (struct date){ { 27, 1, 1, 0, 0, 2, 0 } });
    CHECK(!line());
    put(RTC_TIME, (struct date){ { 27, 1, 1, 0, 0, 3, 0 } }); /* the clock is set past it */
    CHECK(line());
    put(RTC_TIME, (struct date){ { 27, 1, 1, 0, 0, 0, 0 } }); /* and back */
    CHECK(!line());
    bus_step(&b, 120 * SECOND);
    CHECK(line());
}

/* Time goes on over a chip reset; all else returns to its reset value. */
static void chip_reset(void)
{
    put(RTC_TIME, (struct date){ { 35, 6, 7, 0, 8, 9, 10 } });
    set(RTC_PMU_EN, 0x70);
    set(RTC_TIME + RTC_YEAR, 50);
    bus_reset(&b);
    reset_values();
    set(RTC_TIME + RTC_SECOND, 10); /* the year on its way is forgotten */
    is(RTC_TIME, (struct date){ { 35, 6, 7, 4, 8, 9, 10 } });
}

/* The normal world reads what it was granted and writes nothing. */
static void worlds(void)
{
    uint32_t value;

    bus_reset(&b);
    CHECK(bus_refused(&b, "a7n", MT3620_RTC + RTC_TIME));
    CHECK(bus_refused(&b, "pluton", MT3620_RTC + RTC_TIME));
    CHECK(bus_refused(&b, "io0", MT3620_RTC + RTC_TIME));
    bus_set(&b, "a7s", MT3620_FIREWALL + FIREWALL_INITIATOR + FIREWALL_PERIPHERALS +
                           FIREWALL_INITIATOR_STRIDE * MT3620_A7_NORMAL, 1u << FIREWALL_RTC);
    CHECK(bus_read(&b, "a7n", 4, MT3620_RTC + RTC_TIME, &value));
    CHECK_INT(value, get(RTC_TIME));
    CHECK(!bus_write(&b, "a7n", 4, MT3620_RTC + RTC_TIME + RTC_SECOND, 59));
    CHECK(!bus_write(&b, "a7n", 4, MT3620_RTC + RTC_CONTROL, 1));
    CHECK(!bus_write(&b, "a7n", 4, MT3620_RTC + RTC_PMU_EN, 0x70));
    CHECK_INT(get(RTC_CONTROL), 0);
    CHECK_INT(get(RTC_PMU_EN), 0);
    CHECK_INT(bus_get(&b, "a7s", MT3620_FIREWALL + FIREWALL_VIOLATION_ADDR), MT3620_RTC + RTC_PMU_EN);
}

int main(void)
{
    static const char *const clock[] = { "-rtc", "base=2027-02-28T23:59:50,clock=vm", NULL };

    bus_start(&b, BUS_STEPS, "", clock);
    reset_values();
    goes();
    widths();
    fields();
    set_time();
    no_dates();
    alarm_line();
    chip_reset();
    worlds();
    bus_stop(&b);
    return check_done();
}
