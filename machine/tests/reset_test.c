/* SPDX-License-Identifier: GPL-2.0-or-later */
/* abi/mt3620_reset.h as promised; the cores run real instructions here. */
#include "abi/mt3620.h"
#include "abi/mt3620_firewall.h"
#include "abi/mt3620_reset.h"
#include "machine/tests/bus.h"
#include "tests/check.h"

#include <time.h>
#include <unistd.h>

enum { CORE_WAIT_MS = 20000 };

static struct bus b;

static uint32_t pluton(uint32_t offset)
{
    return bus_get(&b, "pluton", MT3620_PLUTON_RESET + offset);
}

static void pluton_set(uint32_t offset, uint32_t value)
{
    bus_set(&b, "pluton", MT3620_PLUTON_RESET + offset, value);
}

static uint32_t monitor(uint32_t offset)
{
    return bus_get(&b, "a7s", MT3620_INFRA + offset);
}

static void monitor_set(uint32_t offset, uint32_t value)
{
    bus_set(&b, "a7s", MT3620_INFRA + offset, value);
}

/* Until a core has changed a word, for as long as a slow host may need. */
static bool becomes(const char *who, uint32_t at, uint32_t value)
{
    struct timespec pause = { .tv_nsec = 1000000 };

    for (unsigned ms = 0; ms < CORE_WAIT_MS; ms++) {
        if (bus_get(&b, who, at) == value) {
            return true;
        }
        nanosleep(&pause, NULL);
    }
    return false;
}

static void reset_values(void)
{
    CHECK_INT(pluton(RESET_CAUSE), RESET_CAUSE_POWER_ON);
    CHECK_INT(pluton(RESET_CHIP_RESET), 0);
    CHECK_INT(pluton(RESET_POWER), 0);
    CHECK_INT(pluton(RESET_RECOVERY), 0);
    for (unsigned i = 0; i < 4; i++) {
        CHECK_INT(pluton(RESET_SCRATCH + 4 * i), 0);
    }
    CHECK_INT(pluton(RESET_A7_START), 0);
    CHECK_INT(pluton(RESET_A7_CONTROL), 0);
    CHECK_INT(monitor(RESET_CAUSE), RESET_CAUSE_POWER_ON);
    CHECK_INT(monitor(RESET_IO0_VECTORS), 0);
    CHECK_INT(monitor(RESET_IO0_CONTROL), 0);
    CHECK_INT(monitor(RESET_IO1_VECTORS), 0);
    CHECK_INT(monitor(RESET_IO1_CONTROL), 0);
    CHECK_INT(monitor(RESET_IO_SELECT), 0);
    CHECK_INT(monitor(RESET_IO_ADDRESS), 0);
    CHECK_INT(monitor(RESET_IO_DATA), 0);
}

static void widths_and_initiators(void)
{
    static const char *const others[] = { "a7n", "io0", "io1" };

    for (uint32_t offset = 0; offset <= RESET_IO1_CONTROL; offset += 4) {
        CHECK(bus_words_only(&b, "pluton", MT3620_PLUTON_RESET + offset));
        CHECK(bus_words_only(&b, "a7s", MT3620_INFRA + offset));
        for (unsigned i = 0; i < 3; i++) {
            CHECK(bus_refused(&b, others[i], MT3620_PLUTON_RESET + offset));
            CHECK(bus_refused(&b, others[i], MT3620_INFRA + offset));
        }
        CHECK(bus_refused(&b, "a7s", MT3620_PLUTON_RESET + offset));
    }
    /* Pluton's registers are not in the monitor's view */
    pluton_set(RESET_A7_START, 0x80000100);
    CHECK_INT(monitor(RESET_A7_START), 0);
    monitor_set(RESET_A7_START, 0x80000200);
    monitor_set(RESET_A7_CONTROL, RESET_CONTROL_RUN);
    CHECK_INT(pluton(RESET_A7_START), 0x80000100);
    CHECK_INT(pluton(RESET_A7_CONTROL), 0);
    monitor_set(RESET_RECOVERY, RESET_KEY_RECOVERY);
    /* nor the loading in Pluton's */
    pluton_set(RESET_IO_ADDRESS, MT3620_TCM);
    CHECK_INT(monitor(RESET_IO_ADDRESS), 0);
}

/* Only the key does it; the cause tells afterwards; SCRATCH lives on. */
static void chip_reset(void)
{
    static const uint32_t wrong[] = { 0, 1, 0x1208, 0x0FF0, 0x5EC0, 0x11209, 0xFFFFFFFF };

    for (unsigned i = 0; i < 4; i++) {
        pluton_set(RESET_SCRATCH + 4 * i, 0x1000 + i);
        CHECK_INT(monitor(RESET_SCRATCH + 4 * i), 0x1000 + i);
    }
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (wrong[i] != RESET_KEY_CHIP_RESET) {
            pluton_set(RESET_CHIP_RESET, wrong[i]);
        }
        if (wrong[i] != RESET_KEY_POWER) {
            pluton_set(RESET_POWER, wrong[i]);
        }
    }
    CHECK_INT(pluton(RESET_CAUSE), RESET_CAUSE_POWER_ON); /* nothing happened */
    bus_set(&b, "pluton", MT3620_TCM + 0x1FFE0, 0xCAFE); /* the post code's place */
    pluton_set(RESET_A7_START, 0x80000100);
    pluton_set(RESET_CHIP_RESET, RESET_KEY_CHIP_RESET);
    CHECK_INT(pluton(RESET_CAUSE), RESET_CAUSE_SOFTWARE);
    CHECK_INT(pluton(RESET_A7_START), 0);
    CHECK_INT(bus_get(&b, "pluton", MT3620_TCM + 0x1FFE0), 0xCAFE);
    for (unsigned i = 0; i < 4; i++) {
        CHECK_INT(pluton(RESET_SCRATCH + 4 * i), 0x1000 + i);
    }
    monitor_set(RESET_CHIP_RESET, RESET_KEY_CHIP_RESET);
    CHECK_INT(pluton(RESET_CAUSE), RESET_CAUSE_SOFTWARE);
    bus_reset(&b);
    CHECK_INT(pluton(RESET_CAUSE), RESET_CAUSE_EXTERNAL);
}

/* Arm: r0 = 0x80001000; r1 = 0xA7; str; loop.  SMC-free and position-independent. */
static const uint32_t a7_code[] = {
    0xE59F0008, /* ldr r0, [pc, #8] */
    0xE59F1008, /* ldr r1, [pc, #8] */
    0xE5801000, /* str r1, [r0] */
    0xEAFFFFFE, /* b . */
    0x80001000, 0x000000A7,
};
/* Thumb: ldr r0; ldr r1; str; b . */
static const uint32_t a7_thumb[] = {
    0x49024801, /* ldr r0, [pc, #4]; ldr r1, [pc, #8] */
    0xE7FE6001, /* str r1, [r0]; b . */
    0x80001004, 0x0000007B,
};

static void put(const char *who, uint32_t at, const uint32_t *code, unsigned words)
{
    for (unsigned i = 0; i < words; i++) {
        bus_set(&b, who, at + 4 * i, code[i]);
    }
}

static void a7_release(void)
{
    put("pluton", MT3620_RAM + 0x100, a7_code, 6);
    pluton_set(RESET_A7_START, MT3620_RAM + 0x100);
    pluton_set(RESET_A7_CONTROL, 0);
    CHECK_INT(pluton(RESET_A7_CONTROL), 0);
    CHECK_INT(bus_get(&b, "pluton", 0x80001000), 0); /* held */
    pluton_set(RESET_A7_CONTROL, RESET_CONTROL_RUN);
    CHECK(becomes("pluton", 0x80001000, 0xA7)); /* in the secure world: RAM is not granted to the other */
    pluton_set(RESET_A7_START, 0); /* fixed after release */
    CHECK_INT(pluton(RESET_A7_START), MT3620_RAM + 0x100);
    pluton_set(RESET_A7_CONTROL, 0); /* only set */
    CHECK_INT(pluton(RESET_A7_CONTROL), RESET_CONTROL_RUN);

    bus_reset(&b); /* held again, and released in Thumb state */
    CHECK_INT(pluton(RESET_A7_CONTROL), 0);
    put("pluton", MT3620_RAM + 0x200, a7_thumb, 4);
    pluton_set(RESET_A7_START, MT3620_RAM + 0x200 + 1);
    pluton_set(RESET_A7_CONTROL, RESET_CONTROL_RUN);
    CHECK(becomes("pluton", 0x80001004, 0x7B));
    CHECK_INT(bus_get(&b, "pluton", 0x80001000), 0xA7); /* RAM was kept */
    bus_reset(&b);
}

/* Vectors, then: ldr r0; ldr r1, [r0]; adds r1, #1; str r1, [r0]; b . */
static const uint32_t io_code[] = {
    0x00120000, 0x00100011, 0x00100011, 0x00100011,
    0x68014802, /* ldr r0, [pc, #8]; ldr r1, [r0] */
    0x60013101, /* adds r1, #1; str r1, [r0] */
    0xBF00E7FE, /* b .; nop */
    0x00110000, /* in TCM */
};

static void io_put(uint32_t core, uint32_t at)
{
    monitor_set(RESET_IO_SELECT, core);
    monitor_set(RESET_IO_ADDRESS, at);
    for (unsigned i = 0; i < 8; i++) {
        monitor_set(RESET_IO_DATA, io_code[i]);
    }
    CHECK_INT(monitor(RESET_IO_ADDRESS), at + 32);
}

static void io_load(void)
{
    uint32_t last = MT3620_TCM + MT3620_IO_TCM_BYTES - 4;

    monitor_set(RESET_IO_SELECT, 2);
    CHECK_INT(monitor(RESET_IO_SELECT), 0);
    monitor_set(RESET_IO_ADDRESS, MT3620_TCM + 2);
    CHECK_INT(monitor(RESET_IO_ADDRESS), 0);
    monitor_set(RESET_IO_DATA, 1); /* address 0 is no memory: refused */
    CHECK_INT(monitor(RESET_IO_ADDRESS), 0);
    monitor_set(RESET_IO_ADDRESS, last);
    monitor_set(RESET_IO_DATA, 0x1A57);
    monitor_set(RESET_IO_DATA, 0xBAD); /* past the end */
    CHECK_INT(bus_get(&b, "io0", last), 0x1A57);
    CHECK_INT(bus_get(&b, "io1", last), 0);
    CHECK_INT(monitor(RESET_IO_ADDRESS), last + 4);
    monitor_set(RESET_IO_SELECT, 1);
    monitor_set(RESET_IO_ADDRESS, MT3620_IO_SYSRAM);
    monitor_set(RESET_IO_DATA, 0x5151);
    CHECK_INT(bus_get(&b, "io1", MT3620_IO_SYSRAM), 0x5151);
    CHECK_INT(bus_get(&b, "io0", MT3620_IO_SYSRAM), 0);
    monitor_set(RESET_IO_ADDRESS, MT3620_RAM); /* not by this way */
    monitor_set(RESET_IO_DATA, 0xBAD);
    CHECK_INT(bus_get(&b, "a7s", MT3620_RAM), 0);
}

/* Told to stop, a core stands a little later, and its control says when. */
static bool stands(uint32_t control)
{
    for (unsigned i = 0; i < 100000; i++) {
        if (monitor(control) == 0) {
            return true;
        }
    }
    return false;
}

/* A core that writes to its memory all the time: once it stands, what is loaded stays. */
static void io_stands(unsigned core)
{
    /* ldr r0, =TCM + 0x400; 1: str r0, [r0]; b 1b */
    static const uint32_t program[] = { 0x00101000, MT3620_TCM + 9, 0x60004801, 0x46C0E7FD,
                                        MT3620_TCM + 0x400 };
    uint32_t vectors = core ? RESET_IO1_VECTORS : RESET_IO0_VECTORS;
    uint32_t control = core ? RESET_IO1_CONTROL : RESET_IO0_CONTROL;
    const char *who = core ? "io1" : "io0";

    for (unsigned turn = 0; turn < 20; turn++) {
        put(who, MT3620_TCM, program, 5);
        monitor_set(vectors, MT3620_TCM);
        monitor_set(control, RESET_CONTROL_RUN);
        CHECK(becomes(who, MT3620_TCM + 0x400, MT3620_TCM + 0x400));
        monitor_set(control, 0);
        CHECK(stands(control));
        monitor_set(RESET_IO_SELECT, core);
        monitor_set(RESET_IO_ADDRESS, MT3620_TCM + 0x400);
        monitor_set(RESET_IO_DATA, turn);
        for (unsigned i = 0; i < 50; i++) {
            CHECK_INT(bus_get(&b, who, MT3620_TCM + 0x400), turn);
        }
    }
}

static void io_run(unsigned core)
{
    static const uint32_t bad[] = { 0, MT3620_TCM + 4, MT3620_IO_SYSRAM, MT3620_RAM, MT3620_FLASH,
                                    MT3620_TCM + MT3620_IO_TCM_BYTES };
    const char *who = core ? "io1" : "io0";
    uint32_t vectors = core ? RESET_IO1_VECTORS : RESET_IO0_VECTORS;
    uint32_t control = core ? RESET_IO1_CONTROL : RESET_IO0_CONTROL;
    uint32_t counter = 0x00110000;

    io_put(core, MT3620_TCM);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        monitor_set(vectors, bad[i]);
        monitor_set(control, RESET_CONTROL_RUN);
        CHECK_INT(monitor(control), 0);
    }
    monitor_set(vectors, MT3620_TCM);
    CHECK_INT(bus_get(&b, who, counter), 0);
    monitor_set(control, RESET_CONTROL_RUN);
    CHECK(becomes(who, counter, 1));
    monitor_set(control, RESET_CONTROL_RUN); /* runs already: not started again */
    monitor_set(vectors, MT3620_TCM + 0x80); /* fixed while it runs */
    CHECK_INT(monitor(vectors), MT3620_TCM);
    monitor_set(RESET_IO_SELECT, core); /* and its memory closed */
    monitor_set(RESET_IO_ADDRESS, MT3620_TCM + 0x400);
    monitor_set(RESET_IO_DATA, 0xBAD);
    CHECK_INT(bus_get(&b, who, MT3620_TCM + 0x400), 0);
    CHECK_INT(bus_get(&b, who, counter), 1);
    monitor_set(control, 0);
    CHECK(stands(control));
    monitor_set(control, RESET_CONTROL_RUN);
    CHECK(becomes(who, counter, 2));
    pluton_set(control, 0); /* Pluton has it too */
    CHECK(stands(control));
}

/* A fault within a fault stops that core, and nothing else. */
static void io_lockup(void)
{
    uint32_t zero[8] = { 0 };

    put("io0", MT3620_TCM, zero, 8);
    monitor_set(RESET_IO0_VECTORS, MT3620_TCM);
    monitor_set(RESET_IO0_CONTROL, RESET_CONTROL_RUN);
    io_put(1, MT3620_TCM);
    bus_set(&b, "io1", 0x00110000, 0);
    monitor_set(RESET_IO1_VECTORS, MT3620_TCM);
    monitor_set(RESET_IO1_CONTROL, RESET_CONTROL_RUN);
    CHECK(becomes("io1", 0x00110000, 1));
    monitor_set(RESET_IO0_CONTROL, 0);
    CHECK(stands(RESET_IO0_CONTROL));
    bus_set(&b, "io0", 0x00110000, 0);
    io_put(0, MT3620_TCM);
    monitor_set(RESET_IO0_CONTROL, RESET_CONTROL_RUN); /* and it can be started again */
    CHECK(becomes("io0", 0x00110000, 1));
}

static int ends_with(const char *options, uint32_t offset, uint32_t key)
{
    bus_start(&b, BUS_CORES, options, NULL);
    pluton_set(offset, key);
    return bus_end(&b);
}

static void ends(void)
{
    CHECK_INT(ends_with("", RESET_POWER, RESET_KEY_POWER), MT3620_END_POWER_OFF);
    CHECK_INT(ends_with(",recovery=exit", RESET_RECOVERY, RESET_KEY_RECOVERY), MT3620_END_RECOVERY);
    CHECK_INT(ends_with(",reset=exit", RESET_CHIP_RESET, RESET_KEY_CHIP_RESET), MT3620_END_RESET);

    bus_start(&b, BUS_CORES, "", NULL);
    pluton_set(RESET_RECOVERY, RESET_KEY_RECOVERY); /* not told to end: the chip waits */
    CHECK_INT(pluton(RESET_CAUSE), RESET_CAUSE_POWER_ON);
    bus_set(&b, "a7s", MT3620_INFRA + RESET_POWER, RESET_KEY_POWER); /* the monitor may as well */
    CHECK_INT(bus_end(&b), MT3620_END_POWER_OFF);
}

/* A ROM of zeros faults at its first instruction, and again at the handler's: silicon stands
 * still, a run that was told to ends, and the emulator does neither crash nor hang. */
static void pluton_lockup(void)
{
    char rom[] = "/tmp/peri-rom.XXXXXX", options[64];
    int fd = mkstemp(rom);

    REQUIRE(fd >= 0 && ftruncate(fd, 64) == 0);
    close(fd);
    snprintf(options, sizeof(options), ",rom=%s,recovery=exit", rom);
    bus_start(&b, BUS_CORES, options, NULL);
    CHECK_INT(bus_end(&b), MT3620_END_LOCKUP);
    snprintf(options, sizeof(options), ",rom=%s", rom);
    bus_start(&b, BUS_CORES, options, NULL);
    bus_get(&b, "pluton", MT3620_TCM);
    bus_set(&b, "a7s", MT3620_INFRA + RESET_POWER, RESET_KEY_POWER);
    CHECK_INT(bus_end(&b), MT3620_END_POWER_OFF);
    unlink(rom);
}

int main(void)
{
    bus_start(&b, BUS_CORES, "", NULL);
    reset_values();
    widths_and_initiators();
    chip_reset();
    a7_release();
    io_load();
    io_run(0);
    io_stands(0);
    io_run(1);
    io_stands(1);
    io_lockup();
    bus_stop(&b);
    ends();
    pluton_lockup();
    return check_done();
}
