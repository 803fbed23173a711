/* SPDX-License-Identifier: GPL-2.0-or-later */
/* General-purpose timers: abi/mt3620_gpt.h and the choices of machine/gpt.h. */
#include "abi/mt3620.h"
#include "abi/mt3620_firewall.h"
#include "abi/mt3620_gpt.h"
#include "machine/tests/engine.h"
#include "tests/check.h"

static struct bus b;

/* Blocks of the normal world. */
#define NORMAL_GRANTS                                                      \
    (MT3620_FIREWALL + FIREWALL_INITIATOR + FIREWALL_PERIPHERALS +         \
     FIREWALL_INITIATOR_STRIDE * MT3620_A7_NORMAL)

enum { MS = 1000000, US = 1000 };

static uint32_t get(uint32_t offset)
{
    return bus_get(&b, "io0", MT3620_M4_GPT + offset);
}

static void set(uint32_t offset, uint32_t value)
{
    bus_set(&b, "io0", MT3620_M4_GPT + offset, value);
}

static bool line(unsigned irq)
{
    return m4_line_up(&b, "io0", irq);
}

static const uint32_t registers[] = {
    GPT_ISR, GPT_IER, GPT0_CTRL, GPT0_ICNT, GPT1_CTRL, GPT1_ICNT, GPT2_CTRL, GPT2_CNT, GPT0_CNT,
    GPT1_CNT, GPT3_CTRL, GPT3_INIT, GPT3_CNT, GPT3_EXPIRE, GPT4_CTRL, GPT4_INIT, GPT4_CNT,
};

static void reset_values(void)
{
    for (unsigned i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
        CHECK_INT(get(registers[i]), 0);
        CHECK(bus_words_only(&b, "io0", MT3620_M4_GPT + registers[i]));
    }
    CHECK(!line(MT3620_IRQ_GPT01));
    CHECK(!line(MT3620_IRQ_GPT3));
}

static void fields(void)
{
    static const struct {
        uint32_t offset, kept;
    } all[] = {
        { GPT_IER, 3 },          { GPT0_ICNT, 0xFFFFFFFF }, { GPT1_ICNT, 0xFFFFFFFF },
        { GPT3_INIT, 0xFFFFFFFF }, { GPT3_EXPIRE, 0xFFFFFFFF }, { GPT4_INIT, 0xFFFFFFFF },
        { GPT0_CTRL, 7 },        { GPT1_CTRL, 7 },          { GPT2_CTRL, 3 },
        { GPT3_CTRL, 0x3F0001 }, { GPT4_CTRL, 3 },
    };

    for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        set(all[i].offset, 0xFFFFFFFF);
        CHECK_INT(get(all[i].offset), all[i].kept);
        set(all[i].offset, 0);
        CHECK_INT(get(all[i].offset), 0);
    }
    set(GPT2_CNT, 5); /* counts are read only */
    set(GPT0_CNT, 5);
    CHECK_INT(get(GPT0_CNT), get(GPT1_CNT));
    bus_reset(&b);
}

/* As Microsoft's sample uses it: CTRL 9, ICNT in units of 33/32768 s. */
static void one_shot(unsigned n)
{
    uint32_t ctrl = n ? GPT1_CTRL : GPT0_CTRL, icnt = n ? GPT1_ICNT : GPT0_ICNT;
    uint32_t cnt = n ? GPT1_CNT : GPT0_CNT;

    bus_reset(&b);
    set(GPT_IER, 1u << n);
    set(icnt, 100);
    set(ctrl, 0x9);
    CHECK_INT(get(ctrl), 1);
    CHECK_INT(get(cnt), 100);
    bus_step(&b, 50 * MS); /* 49.6 ticks */
    CHECK_INT(get(cnt), 51);
    CHECK(!line(MT3620_IRQ_GPT01));
    bus_step(&b, 50 * MS); /* 99.3 */
    CHECK_INT(get(cnt), 1);
    CHECK_INT(get(GPT_ISR), 0);
    bus_step(&b, 1 * MS);
    CHECK_INT(get(cnt), 0);
    CHECK_INT(get(GPT_ISR), 1u << n);
    CHECK(line(MT3620_IRQ_GPT01));
    CHECK_INT(get(ctrl), 0); /* ended */
    set(GPT_IER, 0);
    CHECK(!line(MT3620_IRQ_GPT01));
    set(GPT_IER, 3);
    CHECK(line(MT3620_IRQ_GPT01));
    set(GPT_ISR, 2u >> n); /* the other bit */
    CHECK(line(MT3620_IRQ_GPT01));
    set(GPT_ISR, 1u << n);
    CHECK_INT(get(GPT_ISR), 0);
    CHECK(!line(MT3620_IRQ_GPT01));
    bus_step(&b, 1000 * MS); /* once is once */
    CHECK_INT(get(GPT_ISR), 0);
    set(ctrl, 1); /* and the next enable starts again */
    CHECK_INT(get(cnt), 100);
}

/* The n-th end comes after n periods: no drift. */
static void repeat(void)
{
    uint64_t now = 0;

    bus_reset(&b);
    set(GPT_IER, 3);
    set(GPT0_ICNT, 32); /* 976,562.5 ns */
    set(GPT0_CTRL, 0x7);
    for (uint64_t n = 1; n <= 64; n++) {
        uint64_t due = n * 1953125 / 2;

        bus_step(&b, due - US - now);
        CHECK_INT(get(GPT_ISR), 0);
        bus_step(&b, 2 * US);
        now = due + US;
        CHECK_INT(get(GPT_ISR), 1);
        CHECK_INT(get(GPT0_CNT), 32);
        set(GPT_ISR, 1);
    }
    CHECK_INT(get(GPT0_CTRL), 0x7);
}

/* Disabled it keeps its count; bit 3 and a new enable load again; a new ICNT waits. */
static void stop_and_restart(void)
{
    bus_reset(&b);
    set(GPT0_ICNT, 1000);
    set(GPT0_CTRL, 0x5);
    bus_step(&b, 10 * MS); /* 327.7 ticks */
    CHECK_INT(get(GPT0_CNT), 673);
    set(GPT0_CTRL, 0x4);
    bus_step(&b, 10 * MS);
    CHECK_INT(get(GPT0_CNT), 673);
    set(GPT0_CTRL, 0x5);
    CHECK_INT(get(GPT0_CNT), 1000);
    bus_step(&b, 10 * MS);
    set(GPT0_ICNT, 50);
    CHECK_INT(get(GPT0_CNT), 673);
    set(GPT0_CTRL, 0x5); /* nothing new: goes on */
    CHECK_INT(get(GPT0_CNT), 673);
    set(GPT0_CTRL, 0xD);
    CHECK_INT(get(GPT0_CNT), 50);
    CHECK_INT(get(GPT0_CTRL), 0x5);
    bus_step(&b, 10 * MS);
    CHECK_INT(get(GPT_ISR), 1);
    set(GPT0_ICNT, 0); /* counts as 1 */
    set(GPT0_CTRL, 0x5);
    CHECK_INT(get(GPT0_CNT), 1);
    set(GPT_ISR, 1);
    bus_step(&b, 31 * US);
    CHECK_INT(get(GPT_ISR), 1);
}

static void counting_up(void)
{
    bus_reset(&b);
    set(GPT2_CTRL, 1); /* 993 Hz */
    bus_step(&b, 1000 * MS);
    CHECK_INT(get(GPT2_CNT), 992);
    set(GPT2_CTRL, 3); /* 32768 Hz from here */
    bus_step(&b, 1000 * MS);
    CHECK_INT(get(GPT2_CNT), 992 + 32768);
    set(GPT2_CTRL, 0);
    bus_step(&b, 1000 * MS);
    CHECK_INT(get(GPT2_CNT), 992 + 32768);
    set(GPT2_CTRL, 1);
    CHECK_INT(get(GPT2_CNT), 0);

    set(GPT4_INIT, 0xFFFFFFF0);
    set(GPT4_CTRL, 1); /* half of 26 MHz */
    bus_step(&b, 10 * US);
    CHECK_INT(get(GPT4_CNT), 130 - 16); /* over the end */
    set(GPT4_CTRL, 0);
    set(GPT4_CTRL, 3);
    CHECK_INT(get(GPT4_CNT), 0xFFFFFFF0);
    bus_step(&b, 10 * US);
    CHECK_INT(get(GPT4_CNT), 260 - 16);
}

/* As the samples use GPT3: 1 MHz, polled. */
static void microseconds(void)
{
    bus_reset(&b);
    set(GPT3_CTRL, GPT3_CTRL_1MHZ);
    CHECK_INT(get(GPT3_CTRL), GPT3_CTRL_1MHZ);
    CHECK_INT(get(GPT3_CNT), 0);
    bus_step(&b, 999);
    CHECK_INT(get(GPT3_CNT), 0);
    bus_step(&b, 1);
    CHECK_INT(get(GPT3_CNT), 1);
    bus_step(&b, 123456 * (uint64_t)US);
    CHECK_INT(get(GPT3_CNT), 123457);
    set(GPT3_CTRL, 0);
    bus_step(&b, 5 * US);
    CHECK_INT(get(GPT3_CNT), 123457);
    set(GPT3_INIT, 1000);
    set(GPT3_CTRL, GPT3_CTRL_1MHZ);
    CHECK_INT(get(GPT3_CNT), 1000);
}

static void expire(void)
{
    bus_reset(&b);
    set(GPT3_EXPIRE, 50);
    set(GPT3_CTRL, GPT3_CTRL_1MHZ);
    bus_step(&b, 49 * US + 999);
    CHECK(!line(MT3620_IRQ_GPT3));
    bus_step(&b, 1);
    CHECK_INT(get(GPT3_CNT), 50);
    CHECK(line(MT3620_IRQ_GPT3));
    bus_step(&b, 10 * US); /* goes on counting, line stays */
    CHECK_INT(get(GPT3_CNT), 60);
    CHECK(line(MT3620_IRQ_GPT3));
    set(GPT3_CTRL, GPT3_CTRL_1MHZ | 1u << 15);
    CHECK_INT(get(GPT3_CTRL), GPT3_CTRL_1MHZ);
    CHECK(!line(MT3620_IRQ_GPT3));
    CHECK_INT(get(GPT3_CNT), 60); /* clearing does not disturb it */
    set(GPT3_EXPIRE, 70);
    bus_step(&b, 10 * US);
    CHECK(line(MT3620_IRQ_GPT3));
    set(GPT3_CTRL, GPT3_CTRL_1MHZ | 1u << 15);
    set(GPT3_CTRL, 0);
    set(GPT3_EXPIRE, 80);
    bus_step(&b, 100 * US); /* not while stopped */
    CHECK(!line(MT3620_IRQ_GPT3));
    /* behind INIT: after the whole round */
    set(GPT3_INIT, 100);
    set(GPT3_CTRL, GPT3_CTRL_1MHZ);
    bus_step(&b, (4294967296ull - 21) * US);
    CHECK(!line(MT3620_IRQ_GPT3));
    bus_step(&b, US);
    CHECK(line(MT3620_IRQ_GPT3));
}

/* Pending at the A7's distributor? */
static bool spi(void)
{
    return bus_get(&b, "a7s", MT3620_GIC_DISTRIBUTOR + 0x204) >> MT3620_SPI_GPT & 1;
}

/* Each core has its own; the A7's is the normal world's only if granted, on SPI GPT. */
static void instances(void)
{
    bus_reset(&b);
    set(GPT3_INIT, 7);
    CHECK_INT(bus_get(&b, "io1", MT3620_M4_GPT + GPT3_INIT), 0);
    CHECK_INT(bus_get(&b, "pluton", MT3620_M4_GPT + GPT3_INIT), 0);
    CHECK_INT(bus_get(&b, "a7s", MT3620_A7_GPT + GPT3_INIT), 0);
    CHECK(bus_refused(&b, "a7s", MT3620_M4_GPT));
    CHECK(bus_refused(&b, "a7n", MT3620_M4_GPT));
    CHECK(bus_refused(&b, "a7n", MT3620_A7_GPT));
    CHECK(bus_refused(&b, "io0", MT3620_A7_GPT));
    bus_set(&b, "a7s", NORMAL_GRANTS, 1u << FIREWALL_A7_GPT);
    bus_set(&b, "a7n", MT3620_A7_GPT + GPT3_EXPIRE, 10);
    bus_set(&b, "a7n", MT3620_A7_GPT + GPT3_CTRL, GPT3_CTRL_1MHZ);
    CHECK(!spi());
    bus_step(&b, 10 * US);
    CHECK(spi());
}

/* Nothing that runs or waits outlives the chip's reset. */
static void chip_reset(void)
{
    set(GPT_IER, 3);
    set(GPT0_ICNT, 10);
    set(GPT0_CTRL, 0x7);
    set(GPT3_EXPIRE, 10);
    set(GPT3_CTRL, GPT3_CTRL_1MHZ);
    bus_step(&b, 100 * MS);
    CHECK(line(MT3620_IRQ_GPT01));
    CHECK(line(MT3620_IRQ_GPT3));
    bus_reset(&b);
    reset_values();
    bus_step(&b, 100 * MS);
    reset_values();
}

int main(void)
{
    bus_start(&b, BUS_STEPS, "", NULL);
    reset_values();
    fields();
    one_shot(0);
    one_shot(1);
    repeat();
    stop_and_restart();
    counting_up();
    microseconds();
    expire();
    instances();
    chip_reset();
    bus_stop(&b);
    return check_done();
}
