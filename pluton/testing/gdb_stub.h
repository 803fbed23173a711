/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The emulator under a debugger's hand: the few requests of the GDB remote
 * protocol that a test of single instructions needs.
 * The Pluton core alone is looked at; nothing else runs in these tests.
 * A request that fails ends the program: the emulator is not what is tested.
 */
#ifndef PERI_PLUTON_TESTING_GDB_STUB_H
#define PERI_PLUTON_TESTING_GDB_STUB_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct stub {
    pid_t pid;
    int fd;
};

enum stub_end { STUB_STOPPED, STUB_GONE, STUB_TIMEOUT };

/* Starts the emulator, stopped before the first instruction.  machine: the
 * argument of -M; uart: file for Pluton's UART; log: where stub_trace() writes. */
void stub_start(struct stub *s, const char *emulator, const char *machine, const char *uart,
                const char *log);
/* Each instruction executed while this is on is a line "Trace" of the log. */
void stub_trace(struct stub *s, bool on);
void stub_kill(struct stub *s);

/* The chip starts again, by its own reset register; store: address of an
 * instruction `str r0, [r3]` that the core may execute.  False: gone. */
bool stub_reset(struct stub *s, uint32_t store, uint32_t reset_register, uint32_t key);

uint32_t stub_pc(struct stub *s);
void stub_go_to(struct stub *s, uint32_t pc);
void stub_break(struct stub *s, uint32_t address, bool on);
enum stub_end stub_step(struct stub *s);
/* After a timeout the core is stopped all the same, wherever it is. */
enum stub_end stub_continue(struct stub *s, int timeout_ms);
/* Goes on behind the instruction (of 2 or 4 bytes) as if it had done nothing;
 * within an IT block the block's state moves on too. */
void stub_skip(struct stub *s, uint32_t pc, unsigned bytes);

#endif
