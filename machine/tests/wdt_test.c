/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Watchdogs: abi/mt3620_wdt.h, the choices of machine/wdt.h, and whom each one resets. */
#include "abi/mt3620.h"
#include "abi/mt3620_reset.h"
#include "abi/mt3620_wdt.h"
#include "machine/tests/engine.h"
#include "tests/check.h"

static struct bus b;

enum { TICK = 1000000000 / WDT_TICKS_PER_SECOND };

static const char *who;
static uint32_t at;

static uint32_t get(uint32_t offset)
{
    return bus_get(&b, who, at + offset);
}

static void set(uint32_t offset, uint32_t value)
{
    bus_set(&b, who, at + offset, value);
}

static void choose(const char *core)
{
    who = core;
    at = strcmp(core, "a7s") == 0 ? MT3620_A7_WDT : MT3620_M4_WDT;
}

static void length(uint32_t ticks)
{
    set(WDT_LENGTH, ticks << WDT_LENGTH_SHIFT | WDT_LENGTH_KEY);
}

static void enable(uint32_t mode)
{
    set(WDT_MODE, WDT_MODE_KEY | WDT_MODE_ENABLE | mode);
}

static uint32_t cause(void)
{
    return bus_get(&b, "pluton", MT3620_PLUTON_RESET + RESET_CAUSE);
}

static void reset_values(uint32_t status)
{
    CHECK_INT(get(WDT_MODE), 0);
    CHECK_INT(get(WDT_LENGTH), WDT_TICKS_MAX << WDT_LENGTH_SHIFT);
    CHECK_INT(get(WDT_RESTART), 0);
    CHECK_INT(get(WDT_STA), status);
    CHECK_INT(get(WDT_INTERVAL), 0);
    CHECK_INT(get(WDT_SWRST), 0);
    CHECK_INT(get(WDT_SWINT), 0);
}

static void widths(void)
{
    static const uint32_t offsets[] = { WDT_MODE, WDT_LENGTH, WDT_RESTART, WDT_STA, WDT_INTERVAL,
                                        WDT_SWRST, WDT_SWINT };

    for (unsigned i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        CHECK(bus_words_only(&b, who, at + offsets[i]));
    }
}

/* Nothing changes without its key. */
static void keys(void)
{
    static const struct {
        uint32_t offset, value;
    } wrong[] = {
        { WDT_MODE, 0x0001 },    { WDT_MODE, 0x2301 },   { WDT_MODE, 0xFF01 },
        { WDT_LENGTH, 1 << 5 },  { WDT_LENGTH, 1 << 5 | 0x18 }, { WDT_LENGTH, 1 << 5 | 0x09 },
        { WDT_SWRST, 0x1208 },   { WDT_SWRST, 0x12091209 }, { WDT_STA, 0xFFFFFFFF },
    };

    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        set(wrong[i].offset, wrong[i].value);
        reset_values(0);
    }
    set(WDT_INTERVAL, 0xFFFFFFFF);
    CHECK_INT(get(WDT_INTERVAL), 0xFFF);
    set(WDT_INTERVAL, 0);
    length(0xFFFFFFFF);
    CHECK_INT(get(WDT_LENGTH), WDT_TICKS_MAX << WDT_LENGTH_SHIFT);
    set(WDT_MODE, WDT_MODE_KEY | 0x10); /* not enabled: kept, no time runs */
    CHECK_INT(get(WDT_MODE), 0x10);
    set(WDT_MODE, WDT_MODE_KEY);
}

/* A wrong key does not restart; the right one does, as often as it comes. */
static void restart(void)
{
    length(32);
    enable(WDT_MODE_INTERRUPT);
    for (unsigned i = 0; i < 5; i++) {
        bus_step(&b, 31ull * TICK);
        set(WDT_RESTART, WDT_RESTART_KEY);
    }
    CHECK_INT(get(WDT_SWINT), 0);
    bus_step(&b, 31ull * TICK);
    set(WDT_RESTART, WDT_RESTART_KEY ^ 1);
    bus_step(&b, 1ull * TICK);
    CHECK_INT(get(WDT_SWINT), 0x80000000);
    set(WDT_SWINT, 0x40000000);
    set(WDT_MODE, WDT_MODE_KEY);
}

/* Interrupt in place of a reset, again and again, until it is switched off. */
static void interrupt(const char *m4)
{
    choose(m4);
    length(2);
    enable(WDT_MODE_INTERRUPT);
    for (unsigned i = 0; i < 3; i++) {
        bus_step(&b, 2ull * TICK - 1);
        CHECK(!m4_line_up(&b, m4, MT3620_IRQ_WDT));
        bus_step(&b, 1);
        CHECK(m4_line_up(&b, m4, MT3620_IRQ_WDT));
        set(WDT_SWINT, 0x40000000);
        CHECK(!m4_line_up(&b, m4, MT3620_IRQ_WDT));
    }
    set(WDT_MODE, WDT_MODE_KEY | WDT_MODE_INTERRUPT);
    bus_step(&b, 100ull * TICK);
    CHECK(!m4_line_up(&b, m4, MT3620_IRQ_WDT));
    CHECK_INT(cause(), RESET_CAUSE_EXTERNAL);
    /* by software */
    set(WDT_SWINT, 0x80000000);
    CHECK_INT(get(WDT_SWINT), 0x80000000);
    CHECK(m4_line_up(&b, m4, MT3620_IRQ_WDT));
    set(WDT_SWINT, 0x40000000);
    CHECK(!m4_line_up(&b, m4, MT3620_IRQ_WDT));
    set(WDT_MODE, WDT_MODE_KEY);
    CHECK_INT(get(WDT_STA), 0);
}

/* The chip's watchdogs: at the tick and not before; STA and CAUSE say which it was. */
static void bites(const char *core, uint32_t expected)
{
    bus_reset(&b);
    choose(core);
    length(3);
    enable(0);
    bus_set(&b, "pluton", MT3620_PLUTON_RESET + RESET_SCRATCH, 0x5C4A7C4);
    bus_step(&b, 3ull * TICK - 1);
    CHECK_INT(cause(), RESET_CAUSE_EXTERNAL);
    bus_step(&b, 1);
    CHECK_INT(cause(), expected);
    CHECK_INT(bus_get(&b, "pluton", MT3620_PLUTON_RESET + RESET_SCRATCH), 0x5C4A7C4);
    reset_values(0x8000);
    choose(strcmp(core, "a7s") == 0 ? "pluton" : "a7s");
    reset_values(0); /* the other one was not it */
    bus_step(&b, 3000ull * TICK); /* and after the reset no time runs */
    CHECK_INT(cause(), expected);
    bus_reset(&b);
    choose(core);
    reset_values(0); /* of another reset it does not speak */
}

static void software_reset(const char *core)
{
    bus_reset(&b);
    choose(core);
    set(WDT_SWRST, WDT_SWRST_KEY);
    CHECK_INT(cause(), RESET_CAUSE_SOFTWARE);
    reset_values(0x4000);
}

/* An I/O core's watchdog leaves the chip alone. */
static void io_bites(const char *core)
{
    bus_reset(&b);
    choose(core);
    length(1);
    enable(0);
    bus_step(&b, 1ull * TICK);
    CHECK_INT(cause(), RESET_CAUSE_EXTERNAL);
    reset_values(0x8000);
}

/* The longest and the shortest time; a length that is written while it runs waits. */
static void lengths(void)
{
    bus_reset(&b);
    choose("pluton");
    enable(WDT_MODE_INTERRUPT); /* reset value: 2047 ticks */
    length(1);
    bus_step(&b, 2046ull * TICK);
    CHECK_INT(get(WDT_SWINT), 0);
    bus_step(&b, 1ull * TICK);
    CHECK_INT(get(WDT_SWINT), 0x80000000);
    set(WDT_SWINT, 0x40000000);
    bus_step(&b, 1ull * TICK);
    CHECK_INT(get(WDT_SWINT), 0x80000000);
    set(WDT_MODE, WDT_MODE_KEY);
    set(WDT_SWINT, 0x40000000);
    length(0);
    enable(WDT_MODE_INTERRUPT);
    bus_step(&b, 1ull * TICK - 1);
    CHECK_INT(get(WDT_SWINT), 0);
    bus_step(&b, 1);
    CHECK_INT(get(WDT_SWINT), 0x80000000);
}

static void wrong_core(void)
{
    CHECK(bus_refused(&b, "a7n", MT3620_A7_WDT + WDT_MODE));
    CHECK(bus_refused(&b, "pluton", MT3620_A7_WDT + WDT_MODE));
    CHECK(bus_refused(&b, "io0", MT3620_A7_WDT + WDT_MODE));
    CHECK(bus_refused(&b, "a7s", MT3620_M4_WDT + WDT_MODE));
    CHECK(bus_refused(&b, "a7n", MT3620_M4_WDT + WDT_MODE));
}

/* reset=exit: the run ends and says that a watchdog did it. */
static void ends_the_run(void)
{
    bus_start(&b, BUS_STEPS, ",reset=exit", NULL);
    choose("pluton");
    length(1);
    enable(0);
    bus_step(&b, 1ull * TICK);
    CHECK_INT(bus_end(&b), MT3620_END_WATCHDOG);
}

int main(void)
{
    static const char *const cores[] = { "pluton", "a7s", "io0", "io1" };

    bus_start(&b, BUS_STEPS, "", NULL);
    bus_reset(&b);
    for (unsigned i = 0; i < sizeof(cores) / sizeof(cores[0]); i++) {
        choose(cores[i]);
        reset_values(0);
        widths();
        keys();
        restart();
    }
    interrupt("pluton");
    interrupt("io0");
    interrupt("io1");
    lengths();
    bites("pluton", RESET_CAUSE_PLUTON_WATCHDOG);
    bites("a7s", RESET_CAUSE_A7_WATCHDOG);
    software_reset("pluton");
    software_reset("a7s");
    io_bites("io0");
    io_bites("io1");
    wrong_core();
    bus_stop(&b);
    ends_the_run();
    return check_done();
}
