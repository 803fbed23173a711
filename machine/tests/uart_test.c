/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UARTs: the registers of abi/mt3620_uart.h, and bytes to and from the outside. */
#include "abi/mt3620.h"
#include "abi/mt3620_firewall.h"
#include "abi/mt3620_uart.h"
#include "machine/tests/engine.h"
#include "tests/check.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct bus b;

enum {
    LSR_DATA = 0x01, LSR_OVERRUN = 0x02, LSR_EMPTY = 0x60, MCR_LOOP = 0x10, LCR_DLAB = 0x80,
    IIR_NONE = 0x01, IIR_SENT = 0x02, IIR_DATA = 0x04, IIR_LINE = 0x06, IIR_TIMEOUT = 0x0C,
    WAITS = 2000,
};

static uint32_t get(uint32_t offset)
{
    return bus_get(&b, "pluton", MT3620_M4_UART + offset);
}

static void set(uint32_t offset, uint32_t value)
{
    bus_set(&b, "pluton", MT3620_M4_UART + offset, value);
}

static bool line(void)
{
    return m4_line_up(&b, "pluton", MT3620_IRQ_UART);
}

static const struct {
    uint32_t offset, kept;
} extras[] = {
    { MT3620_UART_RX_LEVEL_CTL, 0xC0 }, { MT3620_UART_HIGHSPEED, 3 },      { MT3620_UART_SAMPLE_COUNT, 0xFF },
    { MT3620_UART_SAMPLE_POINT, 0xFF }, { MT3620_UART_GUARD, 0x1F },       { MT3620_UART_ESCAPE_DAT, 0xFF },
    { MT3620_UART_ESCAPE_EN, 1 },       { MT3620_UART_SW_RTO_LIMIT, 0xFE }, { MT3620_UART_VFIFO_EN, 1 },
    { MT3620_UART_RXTRIG, 0x3F },       { MT3620_UART_FRACDIV_L, 0xFF },   { MT3620_UART_FRACDIV_M, 3 },
    { MT3620_UART_FCR_RD, 0 },          { MT3620_UART_EXTEND_ADD, 7 },     { MT3620_UART_RX_OFFSET, 0 },
    { MT3620_UART_TX_OFFSET, 0 },
};
enum { EXTRAS = sizeof(extras) / sizeof(extras[0]) };

static void reset_values(void)
{
    CHECK_INT(get(MT3620_UART_IER), 0);
    CHECK_INT(get(MT3620_UART_IIR), IIR_NONE);
    CHECK_INT(get(MT3620_UART_LCR), 0);
    CHECK_INT(get(MT3620_UART_LSR), LSR_EMPTY);
    for (unsigned i = 0; i < EXTRAS; i++) {
        CHECK_INT(get(extras[i].offset), 0);
    }
    CHECK_INT(get(MT3620_UART_INTERRUPT_STA), IIR_NONE);
    CHECK(!line());
}

/* Words everywhere; bytes and half-words in the 16550 part, where a register begins. */
static void widths(void)
{
    uint32_t value;

    for (uint32_t offset = 0; offset < 0x20; offset += 4) {
        for (unsigned width = 1; width <= 4; width *= 2) {
            CHECK(bus_read(&b, "pluton", width, MT3620_M4_UART + offset, &value));
        }
        CHECK(!bus_read(&b, "pluton", 1, MT3620_M4_UART + offset + 1, &value));
        CHECK(!bus_read(&b, "pluton", 2, MT3620_M4_UART + offset + 2, &value));
        CHECK(!bus_read(&b, "pluton", 4, MT3620_M4_UART + offset + 2, &value));
    }
    CHECK(bus_write(&b, "pluton", 1, MT3620_M4_UART + MT3620_UART_SCR, 0x5A));
    CHECK(bus_read(&b, "pluton", 1, MT3620_M4_UART + MT3620_UART_SCR, &value));
    CHECK_INT(value, 0x5A);
    for (unsigned i = 0; i < EXTRAS; i++) {
        CHECK(bus_words_only(&b, "pluton", MT3620_M4_UART + extras[i].offset));
    }
}

static void extra_fields(void)
{
    for (unsigned i = 0; i < EXTRAS; i++) {
        set(extras[i].offset, 0xFFFFFFFF);
        CHECK_INT(get(extras[i].offset), extras[i].kept);
    }
    bus_reset(&b);
    reset_values();
}

/* LCR = 0xBF shows the enhanced registers and hides the plain ones, both kept. */
static void enhanced(void)
{
    static const uint32_t offsets[] = { MT3620_UART_EFR, MT3620_UART_XON1, MT3620_UART_XON2,
                                        MT3620_UART_XOFF1, MT3620_UART_XOFF2 };

    set(MT3620_UART_SCR, 0x11);
    set(MT3620_UART_LCR, 0xBF);
    for (uint32_t i = 0; i < 5; i++) {
        CHECK_INT(get(offsets[i]), 0);
        set(offsets[i], 0xA0 + i);
    }
    for (uint32_t i = 0; i < 5; i++) {
        CHECK_INT(get(offsets[i]), 0xA0 + i);
    }
    CHECK_INT(get(MT3620_UART_LCR), 0xBF);
    set(MT3620_UART_LCR, 0x03);
    CHECK_INT(get(MT3620_UART_SCR), 0x11);
    CHECK_INT(get(MT3620_UART_IIR), IIR_NONE);
    set(MT3620_UART_LCR, 0xBF);
    CHECK_INT(get(MT3620_UART_EFR), 0xA0);
    bus_reset(&b);
    set(MT3620_UART_LCR, 0xBF);
    CHECK_INT(get(MT3620_UART_EFR), 0);
    set(MT3620_UART_LCR, 0);
}

/* The samples' way to 115,200 baud reads back. */
static void divisor(void)
{
    set(MT3620_UART_LCR, LCR_DLAB);
    set(MT3620_UART_HIGHSPEED, 3);
    set(MT3620_UART_DLM, 0x12);
    set(MT3620_UART_DLL, 0x34);
    set(MT3620_UART_SAMPLE_COUNT, 224);
    set(MT3620_UART_SAMPLE_POINT, 110);
    set(MT3620_UART_FRACDIV_M, 0);
    set(MT3620_UART_FRACDIV_L, 223);
    CHECK_INT(get(MT3620_UART_DLM), 0x12);
    CHECK_INT(get(MT3620_UART_DLL), 0x34);
    set(MT3620_UART_DLM, 0);
    set(MT3620_UART_DLL, 1);
    set(MT3620_UART_LCR, 3);
    CHECK_INT(get(MT3620_UART_LCR), 3);
    CHECK_INT(get(MT3620_UART_IER), 0); /* not the divisor any more */
    CHECK_INT(get(MT3620_UART_SAMPLE_COUNT), 224);
}

/* Back to itself: bytes, FIFO levels, overrun. */
static void loop_back(void)
{
    set(MT3620_UART_MCR, MCR_LOOP);
    set(MT3620_UART_FCR, 0x07);
    CHECK_INT(get(MT3620_UART_FCR_RD), 0x01);
    CHECK_INT(get(MT3620_UART_IIR), 0xC0 | IIR_NONE);
    for (uint32_t i = 0; i < 17; i++) {
        set(MT3620_UART_THR, 0x40 + i);
        CHECK_INT(get(MT3620_UART_RX_OFFSET), i < 16 ? i + 1 : 16);
        CHECK_INT(get(MT3620_UART_TX_OFFSET), 0);
    }
    CHECK_INT(get(MT3620_UART_LSR), LSR_EMPTY | LSR_DATA | LSR_OVERRUN);
    CHECK_INT(get(MT3620_UART_LSR), LSR_EMPTY | LSR_DATA);
    for (uint32_t i = 0; i < 16; i++) {
        CHECK_INT(get(MT3620_UART_RBR), 0x40 + i);
    }
    CHECK_INT(get(MT3620_UART_LSR), LSR_EMPTY);
    set(MT3620_UART_FCR, 0);
}

/* Trigger level, time-out, and the read of VFIFO_EN that acknowledges it. */
static void interrupts(void)
{
    set(MT3620_UART_FCR, 0x47); /* four bytes */
    set(MT3620_UART_IER, 0x01);
    CHECK(!line());
    for (uint32_t i = 0; i < 4; i++) {
        CHECK(!line());
        set(MT3620_UART_THR, i);
    }
    CHECK(line());
    CHECK_INT(get(MT3620_UART_IIR) & 0x3F, IIR_DATA);
    CHECK_INT(get(MT3620_UART_INTERRUPT_STA), IIR_DATA);
    get(MT3620_UART_RBR);
    CHECK(!line());
    bus_step(&b, 1000000); /* four characters' time at 115,200 baud is 347 us */
    CHECK(line());
    CHECK_INT(get(MT3620_UART_IIR) & 0x3F, IIR_TIMEOUT);
    CHECK_INT(get(MT3620_UART_VFIFO_EN), 0);
    CHECK(!line());
    CHECK_INT(get(MT3620_UART_IIR) & 0x3F, IIR_NONE);
    CHECK_INT(get(MT3620_UART_RX_OFFSET), 3); /* the bytes are still there */
    CHECK_INT(get(MT3620_UART_RBR), 1);
    set(MT3620_UART_IER, 0x02);
    CHECK(line()); /* nothing to send */
    CHECK_INT(get(MT3620_UART_INTERRUPT_STA), IIR_SENT);
    CHECK_INT(get(MT3620_UART_INTERRUPT_STA), IIR_SENT); /* without side effect */
    CHECK_INT(get(MT3620_UART_IIR) & 0x3F, IIR_SENT);
    CHECK(!line());
    set(MT3620_UART_IER, 0);
    set(MT3620_UART_FCR, 0);
    set(MT3620_UART_MCR, 0);
}

/* ---- the outside ---- */

static int connect_to(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strcpy(address.sun_path, path);
    REQUIRE(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
    return fd;
}

/* Each UART: who has it, where. */
static const struct {
    const char *who;
    uint32_t at;
} uarts[4] = {
    { "pluton", MT3620_M4_UART }, { "a7s", MT3620_A7_UART0 }, { "io0", MT3620_M4_UART },
    { "io1", MT3620_M4_UART },
};

/* Serial line n is UART n of the list; bytes go both ways and to no other. */
static void outside(void)
{
    char folder[] = "/tmp/peri-uart-test.XXXXXX", path[4][48], option[4][96];
    const char *extra[17] = { NULL };
    int fd[4];

    REQUIRE(mkdtemp(folder) != NULL);
    for (unsigned i = 0; i < 4; i++) {
        snprintf(path[i], sizeof(path[i]), "%s/%u", folder, i);
        snprintf(option[i], sizeof(option[i]), "unix:%s,server=on,wait=off", path[i]);
        extra[2 * i] = "-serial";
        extra[2 * i + 1] = option[i];
    }
    bus_start(&b, BUS_STEPS, "", extra);
    get(MT3620_UART_LSR); /* it is there, and so are its sockets */
    for (unsigned i = 0; i < 4; i++) {
        fd[i] = connect_to(path[i]);
    }
    for (unsigned i = 0; i < 4; i++) {
        uint32_t lsr = 0;
        char byte = (char)('a' + i);

        REQUIRE(send(fd[i], &byte, 1, 0) == 1);
        for (unsigned n = 0; n < WAITS && !(lsr & LSR_DATA); n++) {
            lsr = bus_get(&b, uarts[i].who, uarts[i].at + MT3620_UART_LSR);
        }
        CHECK_INT(bus_get(&b, uarts[i].who, uarts[i].at + MT3620_UART_RBR), byte);
        bus_set(&b, uarts[i].who, uarts[i].at + MT3620_UART_THR, 'A' + i);
        REQUIRE(recv(fd[i], &byte, 1, 0) == 1);
        CHECK_INT(byte, 'A' + i);
    }
    for (unsigned i = 0; i < 4; i++) {
        char byte;

        CHECK(recv(fd[i], &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN);
        close(fd[i]);
        CHECK_INT(bus_get(&b, uarts[i].who, uarts[i].at + MT3620_UART_LSR) & LSR_DATA, 0);
    }
    bus_stop(&b);
    for (unsigned i = 0; i < 4; i++) {
        unlink(path[i]);
    }
    CHECK(rmdir(folder) == 0);
}

static void wrong_core(void)
{
    CHECK(bus_refused(&b, "a7n", MT3620_A7_UART0 + MT3620_UART_SCR));
    CHECK(bus_refused(&b, "io0", MT3620_A7_UART0 + MT3620_UART_SCR));
    CHECK(bus_refused(&b, "a7s", MT3620_M4_UART + MT3620_UART_SCR));
    CHECK(bus_refused(&b, "pluton", MT3620_M4_UART + MT3620_UART_BYTES)); /* it ends there */
    bus_set(&b, "a7s", MT3620_FIREWALL + FIREWALL_INITIATOR + FIREWALL_PERIPHERALS +
                           FIREWALL_INITIATOR_STRIDE * MT3620_A7_NORMAL, 1u << FIREWALL_UART0);
    bus_set(&b, "a7n", MT3620_A7_UART0 + MT3620_UART_SCR, 0x77);
    CHECK_INT(bus_get(&b, "a7s", MT3620_A7_UART0 + MT3620_UART_SCR), 0x77);
}

int main(void)
{
    bus_start(&b, BUS_STEPS, "", NULL);
    reset_values();
    widths();
    extra_fields();
    enhanced();
    divisor();
    loop_back();
    interrupts();
    wrong_core();
    bus_stop(&b);
    outside();
    return check_done();
}
