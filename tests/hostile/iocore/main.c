/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile real-time application: walks its rows on an I/O core and prints a line for
 * each on the core's debug UART.  The test's kernel tells it by mailbox which core it is,
 * and when both cores have left their marks.
 */
#include <stdbool.h>
#include <stddef.h>

#include "tests/hostile/io_rows.h"

enum { UART_THR = 0x00, UART_LSR = 0x14, UART_LSR_EMPTY = 0x20 };
#define MARK 0xC0DE0000u
#define SYSRAM_MARK_AT (MT3620_IO_SYSRAM + 0x100)

unsigned hostile_try(void (*attempt)(uint32_t a, uint32_t b), uint32_t a, uint32_t b);
extern uint32_t hostile_fault_status, hostile_bus_errors;

/* Makes the application one that has a page in the execute-in-place window. */
__attribute__((section(".xip"), used)) static const uint32_t in_place = 0xBEEF0001;

uintptr_t __stack_chk_guard = 0x5AFE57AC;
_Noreturn void __stack_chk_fail(void);
_Noreturn void __stack_chk_fail(void)
{
    for (;;)
        ;
}

static volatile uint32_t tcm_mark;

static uint32_t peek(uint32_t address)
{
    return *(volatile uint32_t *)(uintptr_t)address;
}

static void poke(uint32_t address, uint32_t value)
{
    *(volatile uint32_t *)(uintptr_t)address = value;
    __asm__ volatile("dsb\n\tisb" ::: "memory"); /* a late fault must be this attempt's */
}

static void print_byte(char byte)
{
    for (unsigned i = 0; i < 1000000 && !(peek(MT3620_M4_UART + UART_LSR) & UART_LSR_EMPTY); i++)
        ;
    poke(MT3620_M4_UART + UART_THR, (uint8_t)byte);
}

static void print(const char *text)
{
    while (*text)
        print_byte(*text++);
}

static void print_decimal(uint32_t value)
{
    char digits[11];
    unsigned n = sizeof digits;
    digits[--n] = 0;
    do
        digits[--n] = (char)('0' + value % 10);
    while (value /= 10);
    print(digits + n);
}

static void print_hex(uint32_t value)
{
    for (int shift = 28; shift >= 0; shift -= 4)
        print_byte("0123456789ABCDEF"[value >> shift & 15]);
}

static uint32_t wait_for_word(void)
{
    while (!peek(MT3620_M4_MAILBOX_A7 + MAILBOX_POP_CNT))
        ;
    (void)peek(MT3620_M4_MAILBOX_A7 + MAILBOX_DATA_POP);
    return peek(MT3620_M4_MAILBOX_A7 + MAILBOX_CMD_POP);
}

static void say(uint32_t word)
{
    poke(MT3620_M4_MAILBOX_A7 + MAILBOX_DATA_PUSH, 0);
    poke(MT3620_M4_MAILBOX_A7 + MAILBOX_CMD_PUSH, word);
}

static void attempt_read(uint32_t address, uint32_t unused)
{
    (void)unused;
    (void)peek(address);
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

static void attempt_execute(uint32_t address, uint32_t unused)
{
    (void)unused;
    ((void (*)(void))(uintptr_t)(address | 1))();
}

static bool write_shows(uint32_t address)
{
    const uint32_t before = peek(address);
    poke(address, ~before);
    const bool shows = peek(address) == ~before;
    poke(address, before);
    return shows;
}

static bool others_pages(unsigned core)
{
    for (unsigned direction = 0; direction < 2; direction++)
        if (!hostile_try(attempt_read, IO_BUFFER(!core, direction), 0) ||
            !hostile_try(poke, IO_BUFFER(!core, direction), 0))
            return true;
    return false;
}

static enum hostile_word play(const struct hostile_row *row, unsigned core)
{
    bool done;
    switch (row->deed) {
    case HOSTILE_READ:
        done = !hostile_try(attempt_read, row->a, 0);
        break;
    case HOSTILE_WRITE:
        done = row->want == HOSTILE_ALLOWED ? write_shows(row->a) : !hostile_try(poke, row->a, row->b);
        break;
    case HOSTILE_EXECUTE:
        done = !hostile_try(attempt_execute, row->a, 0);
        break;
    case HOSTILE_CPU:
        done = row->a == HOSTILE_IO_TCM_UNSHARED      ? tcm_mark != (MARK | core)
               : row->a == HOSTILE_IO_SYSRAM_UNSHARED ? peek(SYSRAM_MARK_AT) != (MARK | core)
                                                      : others_pages(core);
        break;
    default:
        return HOSTILE_WRONG;
    }
    return done ? HOSTILE_ALLOWED : HOSTILE_REFUSED;
}

/* Until the kernel says stop. */
static void race(void)
{
    const uint32_t in = IO_BUFFER(0, 0), out = IO_BUFFER(0, 1);
    for (unsigned turn = 0; !peek(MT3620_M4_MAILBOX_A7 + MAILBOX_POP_CNT); turn = !turn)
        for (unsigned i = 0; i < IO_RACE_WORDS; i++)
            *(volatile uint32_t *)(uintptr_t)(out + 4 * i) = peek(in + 4 * (turn * IO_RACE_WORDS + i));
}

void hostile_main(void);
void hostile_main(void)
{
    static const char *const words[] = HOSTILE_WORDS;
    static const char *const deeds[HOSTILE_DEEDS] = HOSTILE_DEED_NAMES;
    unsigned played = 0;
    print("hostile: start\n");
    const unsigned core = wait_for_word() & 1;
    tcm_mark = MARK | core;
    poke(SYSRAM_MARK_AT, MARK | core);
    say(IO_SAY_MARKED | core);
    while (wait_for_word() != IO_SAY_CHECK)
        ;
    for (unsigned n = 0; n < hostile_io_rows(); n++) {
        const struct hostile_row row = hostile_io_row(n, core);
        if (row.want == HOSTILE_WRONG)
            continue; /* not tried */
        const enum hostile_word word = play(&row, core);
        print(words[word]);
        print(" ");
        print_decimal(n);
        print(" ");
        print(deeds[row.deed]);
        print(" ");
        print(row.set);
        print(".");
        print(row.item);
        print(" ");
        print_hex(row.a);
        print(" ");
        print_hex(hostile_fault_status);
        print("\n");
        hostile_fault_status = 0;
        played++;
    }
    print("hostile: count ");
    print_decimal(played);
    print(" bus errors ");
    print_decimal(hostile_bus_errors);
    print("\n");
    say(IO_SAY_DONE | core);
    for (;;) {
        if (wait_for_word() != IO_SAY_RACE)
            continue;
        race();
        (void)wait_for_word();
        say(IO_SAY_STOP);
    }
}
