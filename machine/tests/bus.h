/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine under test: starts the emulator with its probe and makes accesses as any core.
 * Source: machine/probe.h (the lines), abi/mt3620.h (options, exit codes).
 * Callers: register tests beside this.  The emulator is the program named by PERI_QEMU in the
 * environment; a test fails when it is not there.
 *
 * Whatever goes wrong in the talk itself (no program, no answer in 20 s, an answer that is
 * none) ends the test program with a message: there is nothing to go on with.
 */
#ifndef PERI_MACHINE_TESTS_BUS_H
#define PERI_MACHINE_TESTS_BUS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct bus {
    pid_t pid;
    int line; /* socket to the probe */
    char log[64]; /* what the emulator wrote to its standard error; bus_end removes it */
};

enum bus_clock {
    BUS_CORES, /* the cores run, virtual time goes by itself */
    BUS_STEPS, /* no core runs; time moves by bus_step alone */
};

/* options: what follows "-M mt3620", "" or ",name=value..."; extra: NULL or further
 * arguments, ended by NULL.  The Pluton core is held unless options name a ROM. */
void bus_start(struct bus *b, enum bus_clock clock, const char *options, const char *const *extra);

/* One access; false is a bus error. */
bool bus_read(struct bus *b, const char *who, unsigned width, uint32_t addr, uint32_t *value);
bool bus_write(struct bus *b, const char *who, unsigned width, uint32_t addr, uint32_t value);

/* A word; a bus error ends the test program. */
uint32_t bus_get(struct bus *b, const char *who, uint32_t addr);
void bus_set(struct bus *b, const char *who, uint32_t addr, uint32_t value);

/* Neither readable nor writable at any width; writing changes nothing that counts here. */
bool bus_refused(struct bus *b, const char *who, uint32_t addr);

/* Refused with 1 and 2 bytes and unaligned, as every register of 32 bits must. */
bool bus_words_only(struct bus *b, const char *who, uint32_t addr);

void bus_reset(struct bus *b);
void bus_step(struct bus *b, uint64_t ns);

/* Waits until the emulator has ended by itself: its exit code. */
int bus_end(struct bus *b);

/* Ends it. */
void bus_stop(struct bus *b);

/* Only for a start that must fail: exit code, and the first line of what it said. */
int bus_refuses_to_start(const char *options, char *said, unsigned said_bytes);

#endif
