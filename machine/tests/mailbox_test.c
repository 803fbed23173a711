/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mailboxes: abi/mt3620_mailbox.h, each pair of abi/mt3620.h, and the lines of their M4 sides. */
#include "abi/mt3620.h"
#include "abi/mt3620_firewall.h"
#include "abi/mt3620_mailbox.h"
#include "machine/tests/engine.h"
#include "tests/check.h"

static struct bus b;

/* Blocks of the normal world. */
#define NORMAL_GRANTS                                                      \
    (MT3620_FIREWALL + FIREWALL_INITIATOR + FIREWALL_PERIPHERALS +         \
     FIREWALL_INITIATOR_STRIDE * MT3620_A7_NORMAL)

/* One end: who reaches it, where, and the first of its six lines if that is an M4. */
struct end {
    const char *who;
    uint32_t at;
    int line;
};

/* All pairs; the first end of each is the A7's or I/O core 0's. */
static const struct end pairs[][2] = {
    { { "a7s", MT3620_A7_MAILBOX_SECURE, -1 },
      { "pluton", MT3620_M4_MAILBOX_PEER, MT3620_IRQ_MAILBOX_PEER } },
    { { "a7n", MT3620_A7_MAILBOX_NORMAL, -1 },
      { "pluton", MT3620_M4_MAILBOX_A7, MT3620_IRQ_MAILBOX_A7 } },
    { { "a7n", MT3620_A7_MAILBOX_IO0, -1 }, { "io0", MT3620_M4_MAILBOX_A7, MT3620_IRQ_MAILBOX_A7 } },
    { { "a7n", MT3620_A7_MAILBOX_IO1, -1 }, { "io1", MT3620_M4_MAILBOX_A7, MT3620_IRQ_MAILBOX_A7 } },
    { { "io0", MT3620_M4_MAILBOX_PEER, MT3620_IRQ_MAILBOX_PEER },
      { "io1", MT3620_M4_MAILBOX_PEER, MT3620_IRQ_MAILBOX_PEER } },
};
enum { PAIRS = sizeof(pairs) / sizeof(pairs[0]), RD = 0, NF, WR, NE, FIFO, SW };

static uint32_t get(const struct end *e, uint32_t offset)
{
    return bus_get(&b, e->who, e->at + offset);
}

static void set(const struct end *e, uint32_t offset, uint32_t value)
{
    bus_set(&b, e->who, e->at + offset, value);
}

static void push(const struct end *e, uint32_t command, uint32_t data)
{
    set(e, MAILBOX_DATA_PUSH, data);
    set(e, MAILBOX_CMD_PUSH, command);
}

static void popped(const struct end *e, uint32_t command, uint32_t data)
{
    CHECK_INT(get(e, MAILBOX_DATA_POP), data);
    CHECK_INT(get(e, MAILBOX_CMD_POP), command);
}

static void lines(const struct end *e, unsigned want)
{
    for (unsigned i = 0; e->line >= 0 && i < 6; i++) {
        CHECK_INT(m4_line_up(&b, e->who, (unsigned)e->line + i), want >> i & 1);
    }
}

/* A chip just reset, where the normal world may use its mailboxes. */
static void fresh(void)
{
    bus_reset(&b);
    bus_set(&b, "a7s", NORMAL_GRANTS,
            1u << FIREWALL_MAILBOX_NORMAL | 1u << FIREWALL_MAILBOX_IO0 | 1u << FIREWALL_MAILBOX_IO1);
}

static void reset_values(const struct end *e)
{
    static const uint32_t zero[] = {
        MAILBOX_GEN_CTRL, MAILBOX_SW_TX_INT_PORT, MAILBOX_SW_RX_INT_EN, MAILBOX_SW_RX_INT_STS,
        MAILBOX_FIFO_CTRL, MAILBOX_NF_THRS, MAILBOX_NE_THRS, MAILBOX_INT_EN, MAILBOX_INT_STS,
        MAILBOX_CMD_PUSH, MAILBOX_DATA_PUSH, MAILBOX_PUSH_CNT, MAILBOX_CMD_POP, MAILBOX_DATA_POP,
        MAILBOX_POP_CNT,
    };

    CHECK_INT(get(e, MAILBOX_VERSION), 0x36200000);
    CHECK(bus_words_only(&b, e->who, e->at + MAILBOX_VERSION));
    CHECK(bus_words_only(&b, e->who, e->at + MAILBOX_CMD_PUSH));
    for (unsigned i = 0; i < sizeof(zero) / sizeof(zero[0]); i++) {
        CHECK_INT(get(e, zero[i]), 0);
        CHECK(bus_words_only(&b, e->who, e->at + zero[i]));
    }
    lines(e, 0);
}

static void kept_fields(const struct end *e)
{
    static const struct {
        uint32_t offset, kept;
    } fields[] = {
        { MAILBOX_SW_RX_INT_EN, 0xFF }, { MAILBOX_FIFO_CTRL, 0x3FF }, { MAILBOX_NF_THRS, 0xF },
        { MAILBOX_NE_THRS, 0xF },       { MAILBOX_INT_EN, 0xF },
    };

    for (unsigned i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        set(e, fields[i].offset, 0xFFFFFFFF);
        CHECK_INT(get(e, fields[i].offset), fields[i].kept);
        set(e, fields[i].offset, 0);
        CHECK_INT(get(e, fields[i].offset), 0);
    }
    set(e, MAILBOX_VERSION, 0);
    CHECK_INT(get(e, MAILBOX_VERSION), 0x36200000);
}

/* Order, pairing of data and command, and the counts of both ends. */
static void messages(const struct end *from, const struct end *to)
{
    push(from, 0x11111111, 1);
    push(from, 0x22222222, 2);
    CHECK_INT(get(from, MAILBOX_PUSH_CNT), 2);
    CHECK_INT(get(to, MAILBOX_POP_CNT), 2);
    CHECK_INT(get(from, MAILBOX_POP_CNT), 0); /* nothing comes back */
    CHECK_INT(get(to, MAILBOX_DATA_POP), 1);
    CHECK_INT(get(to, MAILBOX_DATA_POP), 1); /* reading data does not pop */
    popped(to, 0x11111111, 1);
    CHECK_INT(get(from, MAILBOX_PUSH_CNT), 1);
    popped(to, 0x22222222, 2);
    popped(to, 0, 0); /* empty */
    CHECK_INT(get(to, MAILBOX_POP_CNT), 0);
    /* data that was not written since the last push is 0 */
    push(from, 5, 5);
    set(from, MAILBOX_CMD_PUSH, 6);
    popped(to, 5, 5);
    popped(to, 6, 0);
}

static void full(const struct end *from, const struct end *to)
{
    for (uint32_t i = 0; i < MAILBOX_DEPTH + 2; i++) {
        push(from, 100 + i, 200 + i);
    }
    CHECK_INT(get(from, MAILBOX_PUSH_CNT), MAILBOX_DEPTH);
    for (uint32_t i = 0; i < MAILBOX_DEPTH; i++) {
        popped(to, 100 + i, 200 + i);
    }
    popped(to, 0, 0); /* the two too many are gone */
    set(from, MAILBOX_CMD_PUSH, 7);
    popped(to, 7, 0); /* and so is their data */
    set(to, MAILBOX_INT_STS, 0xF);
    set(from, MAILBOX_INT_STS, 0xF);
}

/* Status without and with the enable; each bit serves; write 1 clears. */
static void arrival(const struct end *from, const struct end *to)
{
    push(from, 1, 1);
    CHECK_INT(get(to, MAILBOX_INT_STS), 0x6);
    CHECK_INT(get(from, MAILBOX_INT_STS), 0);
    lines(to, 0);
    for (uint32_t bit = 1; bit <= 2; bit++) {
        set(to, MAILBOX_INT_EN, 1u << bit);
        lines(to, 1u << WR | 1u << FIFO);
        set(to, MAILBOX_INT_EN, 0);
        lines(to, 0);
    }
    set(to, MAILBOX_INT_EN, 0x9); /* those of the other event */
    lines(to, 0);
    set(to, MAILBOX_INT_EN, 0xF);
    lines(to, 1u << WR | 1u << FIFO);
    set(to, MAILBOX_INT_STS, 0x2);
    CHECK_INT(get(to, MAILBOX_INT_STS), 0x4);
    lines(to, 1u << WR | 1u << FIFO);
    set(to, MAILBOX_INT_STS, 0xFFFFFFFF);
    CHECK_INT(get(to, MAILBOX_INT_STS), 0);
    lines(to, 0);
    push(from, 2, 2); /* each arrival anew */
    lines(to, 1u << WR | 1u << FIFO);
    set(to, MAILBOX_INT_STS, 0xF);
}

/* A driver that clears all first finds what was there before, once it enables. */
static void enable_finds_waiting(const struct end *to)
{
    set(to, MAILBOX_INT_EN, 0);
    set(to, MAILBOX_INT_STS, 0xF);
    CHECK_INT(get(to, MAILBOX_POP_CNT), 2);
    set(to, MAILBOX_INT_EN, 0xF);
    CHECK_INT(get(to, MAILBOX_INT_STS), 0x6);
    lines(to, 1u << WR | 1u << FIFO);
    set(to, MAILBOX_INT_STS, 0xF);
    set(to, MAILBOX_INT_EN, 0xF); /* no bit became 1 */
    CHECK_INT(get(to, MAILBOX_INT_STS), 0);
}

static void was_read(const struct end *from, const struct end *to)
{
    get(to, MAILBOX_CMD_POP);
    CHECK_INT(get(from, MAILBOX_INT_STS), 0x9);
    lines(from, 0);
    set(from, MAILBOX_INT_EN, 0x8);
    lines(from, 1u << RD);
    set(from, MAILBOX_INT_EN, 0x1);
    lines(from, 1u << RD);
    set(from, MAILBOX_INT_STS, 0x9);
    lines(from, 0);
    get(to, MAILBOX_CMD_POP);
    lines(from, 1u << RD);
    set(from, MAILBOX_INT_STS, 0xF);
    get(to, MAILBOX_CMD_POP); /* empty: nothing was read */
    CHECK_INT(get(from, MAILBOX_INT_STS), 0);
    set(from, MAILBOX_INT_EN, 0);
    set(to, MAILBOX_INT_EN, 0);
}

/* Held while disabled, up again when enabled: an event in between is not lost. */
static void software(const struct end *from, const struct end *to)
{
    set(from, MAILBOX_SW_TX_INT_PORT, 1u << 1);
    CHECK_INT(get(to, MAILBOX_SW_RX_INT_STS), 1u << 1);
    CHECK_INT(get(from, MAILBOX_SW_RX_INT_STS), 0);
    lines(to, 0);
    set(to, MAILBOX_SW_RX_INT_EN, 0xFD);
    lines(to, 0);
    set(to, MAILBOX_SW_RX_INT_EN, 0xFF);
    lines(to, 1u << SW);
    set(to, MAILBOX_SW_RX_INT_EN, 0);
    set(from, MAILBOX_SW_TX_INT_PORT, 0xFFFFFF80);
    CHECK_INT(get(to, MAILBOX_SW_RX_INT_STS), 0x82);
    set(to, MAILBOX_SW_RX_INT_STS, 0x02);
    CHECK_INT(get(to, MAILBOX_SW_RX_INT_STS), 0x80);
    set(to, MAILBOX_SW_RX_INT_EN, 0xFF);
    lines(to, 1u << SW);
    set(to, MAILBOX_SW_RX_INT_STS, 0xFF);
    lines(to, 0);
    set(to, MAILBOX_SW_RX_INT_EN, 0);
}

/* Bit 1: only what this side sent.  Bit 0: both ways.  The peer's set-up stays. */
static void general_control(const struct end *from, const struct end *to)
{
    push(from, 1, 1);
    push(to, 2, 2);
    set(to, MAILBOX_INT_EN, 0xF);
    set(to, MAILBOX_SW_RX_INT_EN, 0xFF);
    set(from, MAILBOX_DATA_PUSH, 9);
    set(from, MAILBOX_GEN_CTRL, 2);
    CHECK_INT(get(to, MAILBOX_POP_CNT), 0);
    CHECK_INT(get(from, MAILBOX_POP_CNT), 1);
    set(from, MAILBOX_CMD_PUSH, 3);
    popped(to, 3, 0);
    push(from, 4, 4);
    set(from, MAILBOX_GEN_CTRL, 1);
    CHECK_INT(get(to, MAILBOX_POP_CNT), 0);
    CHECK_INT(get(from, MAILBOX_POP_CNT), 0);
    CHECK_INT(get(to, MAILBOX_INT_STS), 0);
    CHECK_INT(get(from, MAILBOX_INT_STS), 0);
    lines(to, 0);
    CHECK_INT(get(to, MAILBOX_INT_EN), 0xF);
    CHECK_INT(get(to, MAILBOX_SW_RX_INT_EN), 0xFF);
    set(from, MAILBOX_GEN_CTRL, 0xFFFFFFFC); /* no such bits */
    push(from, 5, 5);
    lines(to, 1u << WR | 1u << FIFO);
    popped(to, 5, 5);
    set(to, MAILBOX_INT_STS, 0xF);
    set(from, MAILBOX_INT_STS, 0xF);
    set(to, MAILBOX_INT_EN, 0);
    set(to, MAILBOX_SW_RX_INT_EN, 0);
}

static void semaphore(const struct end *one, const struct end *other)
{
    CHECK_INT(get(one, MAILBOX_SEMAPHORE), 1);
    CHECK_INT(get(one, MAILBOX_SEMAPHORE), 1);
    CHECK_INT(get(other, MAILBOX_SEMAPHORE), 0);
    set(other, MAILBOX_SEMAPHORE, 0); /* not its to release */
    CHECK_INT(get(other, MAILBOX_SEMAPHORE), 0);
    set(one, MAILBOX_SEMAPHORE, 1); /* only 0 releases */
    CHECK_INT(get(other, MAILBOX_SEMAPHORE), 0);
    set(one, MAILBOX_SEMAPHORE, 0);
    CHECK_INT(get(other, MAILBOX_SEMAPHORE), 1);
    CHECK_INT(get(one, MAILBOX_SEMAPHORE), 0);
    set(other, MAILBOX_SEMAPHORE, 0);
}

/* What one pair carries no other shows. */
static void apart(void)
{
    fresh();
    for (unsigned i = 0; i < PAIRS; i++) {
        push(&pairs[i][0], 0x1000 + i, i);
        push(&pairs[i][1], 0x2000 + i, i);
    }
    for (unsigned i = 0; i < PAIRS; i++) {
        popped(&pairs[i][1], 0x1000 + i, i);
        popped(&pairs[i][0], 0x2000 + i, i);
        CHECK_INT(get(&pairs[i][0], MAILBOX_POP_CNT), 0);
        CHECK_INT(get(&pairs[i][1], MAILBOX_POP_CNT), 0);
    }
}

/* The A7's ends at their SPIs: read, arrived, software (pending bits of the distributor). */
static void a7_lines(void)
{
    static const struct {
        unsigned pair, spi;
    } ends[] = {
        { 0, MT3620_SPI_MAILBOX_SECURE }, { 1, MT3620_SPI_MAILBOX_NORMAL },
        { 2, MT3620_SPI_MAILBOX_IO0 },    { 3, MT3620_SPI_MAILBOX_IO1 },
    };
    const uint32_t pending = MT3620_GIC_DISTRIBUTOR + 0x204; /* SPI 0..31 */

    for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        const struct end *a7 = &pairs[ends[i].pair][0], *m4 = &pairs[ends[i].pair][1];

        fresh();
        set(a7, MAILBOX_INT_EN, 0xF);
        set(a7, MAILBOX_SW_RX_INT_EN, 0xFF);
        CHECK_INT(bus_get(&b, "a7s", pending), 0);
        push(a7, 1, 1);
        get(m4, MAILBOX_CMD_POP);
        CHECK_INT(bus_get(&b, "a7s", pending), 1u << ends[i].spi);
        set(a7, MAILBOX_INT_STS, 0xF);
        push(m4, 1, 1);
        CHECK_INT(bus_get(&b, "a7s", pending), 1u << (ends[i].spi + 1));
        set(a7, MAILBOX_INT_STS, 0xF);
        set(m4, MAILBOX_SW_TX_INT_PORT, 1);
        CHECK_INT(bus_get(&b, "a7s", pending), 1u << (ends[i].spi + 2));
    }
}

/* Pluton's channel to the secure world is nobody else's; the normal world needs its grant. */
static void wrong_world(void)
{
    bus_reset(&b);
    CHECK(bus_refused(&b, "a7n", MT3620_A7_MAILBOX_SECURE));
    CHECK(bus_refused(&b, "io0", MT3620_A7_MAILBOX_SECURE));
    CHECK(bus_refused(&b, "pluton", MT3620_A7_MAILBOX_SECURE));
    CHECK(bus_refused(&b, "a7s", MT3620_M4_MAILBOX_PEER));
    CHECK(bus_refused(&b, "a7n", MT3620_M4_MAILBOX_PEER));
    CHECK(bus_refused(&b, "a7n", MT3620_A7_MAILBOX_NORMAL));
    CHECK(bus_refused(&b, "a7n", MT3620_A7_MAILBOX_IO0));
    CHECK(bus_refused(&b, "a7n", MT3620_A7_MAILBOX_IO1));
    CHECK(bus_refused(&b, "io0", MT3620_A7_MAILBOX_NORMAL));
}

int main(void)
{
    bus_start(&b, BUS_STEPS, "", NULL);
    for (unsigned i = 0; i < PAIRS; i++) {
        fresh();
        for (unsigned side = 0; side < 2; side++) {
            const struct end *from = &pairs[i][side], *to = &pairs[i][!side];

            reset_values(from);
            kept_fields(from);
            messages(from, to);
            set(to, MAILBOX_INT_STS, 0xF);
            set(from, MAILBOX_INT_STS, 0xF);
            full(from, to);
            arrival(from, to);
            enable_finds_waiting(to);
            was_read(from, to);
            software(from, to);
            general_control(from, to);
            semaphore(from, to);
        }
    }
    apart();
    a7_lines();
    wrong_world();
    bus_stop(&b);
    return check_done();
}
