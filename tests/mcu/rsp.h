/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client of QEMU's debugger port, for the tests that skip instructions.
 * Source: GDB's manual, "Remote Protocol"; as much of it as is needed here.
 * Every call ends the program with a message when the port does not answer as expected.
 */
#ifndef PERI_TESTS_MCU_RSP_H
#define PERI_TESTS_MCU_RSP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Registers as QEMU numbers them for an M-profile core. */
enum { RSP_LR = 14, RSP_PC = 15, RSP_XPSR = 25 };

struct rsp {
    int fd;
    char in[4096]; /* what was read and not yet used */
    size_t len;
    bool dead;     /* the emulator has ended */
};

/* Process: number of the cluster whose core is meant, counted from 1. */
void rsp_open(struct rsp *rsp, int fd, unsigned process);
uint32_t rsp_register(struct rsp *rsp, unsigned number);
void rsp_register_set(struct rsp *rsp, unsigned number, uint32_t value);
/* Up to 64 bytes of memory as the core sees it. */
void rsp_memory(struct rsp *rsp, uint32_t at, void *bytes, size_t len);
void rsp_break(struct rsp *rsp, uint32_t at);
void rsp_unbreak(struct rsp *rsp, uint32_t at);
void rsp_step(struct rsp *rsp);
/* Runs until a breakpoint: true, or false after ms or when the emulator ended
 * (rsp->dead); after the time the core is stopped where it is. */
bool rsp_continue(struct rsp *rsp, int ms);
/* A reset of the whole chip; it stands at its reset vector then. */
void rsp_reset(struct rsp *rsp);

#endif
