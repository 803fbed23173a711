/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A normal world that plays any calls, as bytes say: for the fuzzer and for the
 * storm of random calls.  Exits the program when an invariant breaks.
 */
#ifndef PERI_MONITOR_SVC_HOSTILE_TEST_H
#define PERI_MONITOR_SVC_HOSTILE_TEST_H

#include "lib/cursor.h"

/* A booted chip with an application; the fuzzer's start. */
void hostile_start(void);
/* Plays calls until the bytes end; their number. */
unsigned hostile_play(struct span bytes);
/* Prints how often each call was answered with MONITOR_OK; how many never were. */
unsigned hostile_report(void);

#endif
