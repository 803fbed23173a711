/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A chip that runs under the debugger, its lines read away so that the firmware
 * never waits for them, and one of them listened to.
 */
#ifndef PERI_TESTS_MCU_DEBUGGED_H
#define PERI_TESTS_MCU_DEBUGGED_H

#include <pthread.h>
#include <stdatomic.h>

#include "cli/mcu/machine.h"
#include "tests/rsp.h"

enum { PLUTON_PROCESS = 2 }; /* the A7's cluster is the first */

struct debugged {
    struct mcu_machine machine;
    struct rsp rsp;
    pthread_t listener;
    enum mcu_uart uart; /* the line, and the words waited for */
    const char *words;
    atomic_bool heard;
};

/* The chip in the folder, stopped before Pluton's first instruction; socket: a path
 * that is free.  Ends the program when that cannot be. */
void debugged_up(struct debugged *d, const char *folder, const char *socket, enum mcu_uart uart, const char *words);
/* Only after the emulator has ended, or to end it. */
void debugged_down(struct debugged *d);

#endif
