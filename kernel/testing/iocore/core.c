/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A real-time application that speaks the published protocol the way public samples do
 * (abi/intercore.h), and breaks it when it is told to (intercore_acts.h).  Without interrupts: it
 * polls.
 */
#include <stdbool.h>
#include <stdint.h>

#include "abi/intercore.h"
#include "abi/mt3620.h"
#include "abi/mt3620_mailbox.h"
#include "kernel/testing/intercore_acts.h"

extern const char intercore_stack_top[];
_Noreturn void intercore_start(void);

struct vectors {
    const char *stack;
    void (*start)(void);
    void (*faults[14])(void);
};

static void fault(void)
{
    for (;;)
        ;
}

extern const struct vectors intercore_vectors;
__attribute__((section(".vectors"), used, aligned(128))) const struct vectors intercore_vectors = {
    intercore_stack_top, intercore_start, {fault, fault, fault, fault}};

uintptr_t __stack_chk_guard = 0x5AFE57AC;
_Noreturn void __stack_chk_fail(void);
_Noreturn void __stack_chk_fail(void)
{
    for (;;)
        ;
}

static volatile uint32_t *outbound;      /* this core writes */
static const volatile uint32_t *inbound; /* the A7 writes */
static uint32_t write_at, read_at;       /* bytes of the data area */

static struct {
    uint32_t bytes; /* behind the length word */
    uint32_t words[(INTERCORE_HEADER_BYTES + INTERCORE_PAYLOAD_MAX) / 4];
} block;

static volatile uint32_t *mailbox(uint32_t offset)
{
    return (volatile uint32_t *)(uintptr_t)(MT3620_M4_MAILBOX_A7 + offset);
}

static void barrier(void)
{
    __asm__ volatile("dsb" ::: "memory");
}

static void signal_a7(uint32_t what)
{
    barrier();
    *mailbox(MAILBOX_SW_TX_INT_PORT) = what;
}

static uint32_t advance(uint32_t at, uint32_t bytes)
{
    return (at + bytes) % INTERCORE_DATA_BYTES;
}

static uint32_t rounded(uint32_t bytes)
{
    return (bytes + INTERCORE_ALIGN - 1) / INTERCORE_ALIGN * INTERCORE_ALIGN;
}

/* The three commands, in any order; a stop in between starts over. */
static void set_up(void)
{
    for (;;) {
        while (*mailbox(MAILBOX_POP_CNT) == 0)
            ;
        const uint32_t data = *mailbox(MAILBOX_DATA_POP), command = *mailbox(MAILBOX_CMD_POP);
        const uintptr_t page = data & ~31u;
        if (command == INTERCORE_COMMAND_OUTBOUND)
            outbound = (volatile uint32_t *)page;
        else if (command == INTERCORE_COMMAND_INBOUND)
            inbound = (const volatile uint32_t *)page;
        else if (command == INTERCORE_COMMAND_BEGIN && outbound && inbound)
            return;
    }
}

static bool receive(void)
{
    const uint32_t end = inbound[INTERCORE_WRITE_POS / 4];
    if (end == read_at)
        return false;
    uint32_t at = read_at;
    block.bytes = inbound[(INTERCORE_DATA + at) / 4];
    for (uint32_t i = 0; i < block.bytes && i < sizeof block.words; i += 4) {
        at = advance(at, 4);
        block.words[i / 4] = inbound[(INTERCORE_DATA + at) / 4];
    }
    read_at = advance(read_at, rounded(4 + block.bytes));
    barrier();
    outbound[INTERCORE_READ_POS / 4] = read_at;
    signal_a7(INTERCORE_READ_BY_CORE);
    return true;
}

static uint32_t room(void)
{
    const uint32_t taken = inbound[INTERCORE_READ_POS / 4];
    return (taken + INTERCORE_DATA_BYTES - write_at - 1) % INTERCORE_DATA_BYTES + 1 - INTERCORE_ALIGN;
}

static void send(void)
{
    while (room() < rounded(4 + block.bytes))
        ;
    uint32_t at = write_at;
    outbound[(INTERCORE_DATA + at) / 4] = block.bytes;
    for (uint32_t i = 0; i < block.bytes; i += 4) {
        at = advance(at, 4);
        outbound[(INTERCORE_DATA + at) / 4] = block.words[i / 4];
    }
    write_at = advance(write_at, rounded(4 + block.bytes));
    barrier();
    outbound[INTERCORE_WRITE_POS / 4] = write_at;
    signal_a7(INTERCORE_SENT_BY_CORE);
}

/* A message of that length that ends, so it says, 32 bytes further. */
static void lie(uint32_t length)
{
    outbound[(INTERCORE_DATA + write_at) / 4] = length;
    outbound[INTERCORE_WRITE_POS / 4] = advance(write_at, 32);
    signal_a7(INTERCORE_SENT_BY_CORE);
}

static void storm(void)
{
    for (unsigned i = 0; i < 20000; i++) {
        *mailbox(MAILBOX_SW_TX_INT_PORT) = 0xFF;
        *mailbox(MAILBOX_DATA_PUSH) = i;
        *mailbox(MAILBOX_CMD_PUSH) = INTERCORE_COMMAND_BEGIN;
    }
}

static void flicker(void)
{
    for (uint32_t i = 0;; i++) {
        outbound[(INTERCORE_DATA + write_at) / 4] = i % 3 ? 28 : 0xFFFFFFF0u;
        outbound[INTERCORE_WRITE_POS / 4] = i % 5 ? advance(write_at, 32) : 0x80000000u;
        *mailbox(MAILBOX_SW_TX_INT_PORT) = INTERCORE_SENT_BY_CORE;
    }
}

/* Does it, says so, and does nothing more. */
static _Noreturn void protocol_break(unsigned which)
{
    switch (which) {
    case ACT_POSITION_BEHIND: outbound[0] = INTERCORE_DATA_BYTES; break;
    case ACT_POSITION_UNALIGNED: outbound[0] = advance(write_at, 8); break;
    case ACT_READ_BEHIND: outbound[1] = 0xFFFFFFF0u; break;
    case ACT_LENGTH_HUGE: lie(0xFFFFFFFFu); break;
    case ACT_LENGTH_SMALL: lie(INTERCORE_HEADER_BYTES - 1); break;
    case ACT_LENGTH_MORE: lie(29); break;
    case ACT_FLICKER: flicker(); break;
    default: break; /* ACT_DEAF */
    }
    signal_a7(INTERCORE_SENT_BY_CORE);
    for (;;)
        ;
}

static void act(unsigned which)
{
    const uint32_t first = block.words[0];
    switch (which) {
    case ACT_STRANGER:
        block.words[0] ^= 1;
        send();
        block.words[0] = first;
        send();
        break;
    case ACT_STORM:
        storm();
        send();
        break;
    case ACT_MANY:
        block.bytes = INTERCORE_HEADER_BYTES + 100;
        for (uint32_t i = 0; i < ACT_MANY_COUNT; i++) {
            block.words[INTERCORE_HEADER_BYTES / 4] = i;
            send();
        }
        break;
    default: protocol_break(which);
    }
}

_Noreturn void intercore_start(void)
{
    outbound = 0;
    inbound = 0;
    write_at = read_at = 0;
    set_up();
    for (;;) {
        if (!receive())
            continue;
        const uint32_t payload = block.words[INTERCORE_HEADER_BYTES / 4];
        if (block.bytes == INTERCORE_HEADER_BYTES + 2 && (payload & 0xFF) == '!')
            act(payload >> 8 & 0xFF);
        else
            send();
    }
}
