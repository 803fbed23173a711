/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile kernel: what its parts share.
 * Runs on the A7 in the normal world, started by the monitor in the place of Linux,
 * without MMU, caches or interrupts.  One core, one thread.
 */
#ifndef PERI_TESTS_HOSTILE_KERNEL_H
#define PERI_TESTS_HOSTILE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/hostile/rows.h"

/* entry.S: runs attempt(a, b); 0, or the exception that ended it. */
enum hostile_exception {
    CAUGHT_NOTHING = 0,
    CAUGHT_UNDEFINED = 1,
    CAUGHT_CALL = 2,
    CAUGHT_PREFETCH = 3,
    CAUGHT_DATA = 4,
    CAUGHT_INTERRUPT = 5,
};
unsigned hostile_try(void (*attempt)(uint32_t a, uint32_t b), uint32_t a, uint32_t b);
/* Fault status of the last abort that was caught. */
extern uint32_t hostile_fault_status;

/* entry.S: r0..r12 in, r0..r12 out. */
void hostile_smc(uint32_t registers[13]);

static inline uint32_t peek(uint32_t address)
{
    return *(volatile uint32_t *)(uintptr_t)address;
}

static inline void poke(uint32_t address, uint32_t value)
{
    *(volatile uint32_t *)(uintptr_t)address = value;
}

static inline void barrier(void)
{
    __asm__ volatile("dsb sy\n\tisb sy" ::: "memory");
}

/* Ticks of MT3620_TIMER_HZ. */
static inline uint64_t ticks(void)
{
    uint32_t low, high;
    __asm__ volatile("isb\n\tmrrc p15, 0, %0, %1, c14" : "=r"(low), "=r"(high));
    return (uint64_t)high << 32 | low;
}

/* RAM for blocks, requests and replies; physical addresses, as the MMU is off. */
enum { SCRATCH_BYTES = 16384 };
extern uint32_t hostile_scratch[SCRATCH_BYTES / 4];

/* One call as it is: r0..r4 as given, the others SMC_PATTERN + their number. */
#define SMC_PATTERN 0xA5A5A500u
struct smc_registers {
    uint32_t r[13];
};
struct smc_registers smc_raw(uint32_t id, uint32_t request, uint32_t bytes, uint32_t reply, uint32_t room);

/* A call of abi/smc.h with the request's bytes; *status is set.  Returns the reply's
 * length as the monitor gave it. */
uint32_t smc_call(unsigned number, const void *request, uint32_t bytes, void *reply, uint32_t room,
                  uint32_t *status);

/* A word to Pluton and its pair; then the answer to a word that was pushed with this
 * number: data is the number, or 0.  What was left unread before is passed over. */
struct pluton_answer {
    bool came;
    uint32_t cmd, data;
};
extern uint32_t pluton_sequence; /* last number used */
void pluton_push(uint32_t word, uint32_t data);
struct pluton_answer pluton_answer_to(uint32_t word, uint32_t number);
/* Both in one: true when Pluton answered the block as its own. */
bool pluton_exchange(uint32_t *block);
/* Waits until Pluton has taken all that was sent and nothing more comes back; how
 * many answers came. */
unsigned pluton_settle(void);

/* Aborts caught: each is one refused access, which the firewall should have counted. */
extern uint32_t hostile_bus_errors;

/* One group of rows each: the word, and a number that a person may want to see. */
enum hostile_word access_play(const struct hostile_row *row, uint32_t *detail);
enum hostile_word mapped_play(const struct hostile_row *row, uint32_t *detail);
enum hostile_word across_play(const struct hostile_row *row, uint32_t *detail);
enum hostile_word cpu_play(const struct hostile_row *row, uint32_t *detail);
enum hostile_word gic_play(const struct hostile_row *row, uint32_t *detail);
enum hostile_word smc_play(const struct hostile_row *row, uint32_t *detail);
enum hostile_word pluton_play(const struct hostile_row *row, uint32_t *detail);

/* mapped.c: while on, VA = PA in 1 MiB sections that ask for the secure world, and
 * addresses below 2 GiB walk from the table at low_table. */
void mapping_on(uint32_t low_table);
void mapping_off(void);

void console_init(void);
void console_text(const char *text);
void console_decimal(uint32_t value);
void console_hex(uint32_t value);
/* Until a byte arrives, or some seconds have gone by. */
void console_wait(void);

#endif
