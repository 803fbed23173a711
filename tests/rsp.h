/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client of QEMU's debugger port, for the tests that skip instructions or look into a core.
 * Source: GDB's manual, "Remote Protocol"; as much of it as is needed here.
 * Every call ends the program with a message when the port does not answer as expected: the
 * emulator is not what is tested.  One that has ended (a lock-up of the core does that) is no
 * such case: dead is set, what is read is 0 then, and all else does nothing.
 */
#ifndef PERI_TESTS_RSP_H
#define PERI_TESTS_RSP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Registers as QEMU numbers them for an M-profile core. */
enum { RSP_LR = 14, RSP_PC = 15, RSP_XPSR = 25 };

struct rsp {
    int fd;
    char in[4096]; /* what was read and not yet used */
    size_t len;
    char core[32]; /* the thread that is looked at and stepped */
    bool dead;     /* the emulator has ended */
};

/* fd: a socket, closed by the caller.  Process: number of the cluster whose core is meant, counted from 1. */
void rsp_open(struct rsp *rsp, int fd, unsigned process);
uint32_t rsp_register(struct rsp *rsp, unsigned number);
void rsp_register_set(struct rsp *rsp, unsigned number, uint32_t value);
uint32_t rsp_pc(struct rsp *rsp);
/* Up to 512 bytes of memory as the core sees it. */
void rsp_memory(struct rsp *rsp, uint32_t at, void *bytes, size_t len);
void rsp_break(struct rsp *rsp, uint32_t at);
void rsp_unbreak(struct rsp *rsp, uint32_t at);
/* One instruction of this core alone: true, or false as of rsp_continue().  A core that waits for an
 * interrupt takes no step. */
bool rsp_step(struct rsp *rsp, int ms);
/* Runs until a breakpoint: true, or false after ms or when the emulator ended
 * (rsp->dead); after the time the core is stopped where it is. */
bool rsp_continue(struct rsp *rsp, int ms);
/* A reset of the whole chip; it stands at its reset vector then. */
void rsp_reset(struct rsp *rsp);
/* A command of the emulator's monitor; what it prints is passed over. */
void rsp_monitor(struct rsp *rsp, const char *words);
/* As if the Thumb instruction at pc, where the core stands, had done nothing: goes behind it, and an
 * IT block goes on.  Returns the address behind it. */
uint32_t rsp_skip(struct rsp *rsp, uint32_t pc);

#endif
