/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks of the kernel from inside: the test root's /usr/bin/application-manager.
 * Source: docs/spec/kernel.md §6; ids are those of the table of past vulnerabilities.
 * Output, one line a check, read by the test that started the machine:
 *   ok ID what            FAIL ID what: detail
 * Each check that tries something forbidden stands beside one that shows the allowed
 * form working, so that a kernel that refuses everything does not pass.
 */
#ifndef PERI_KERNEL_TESTING_CHECK_H
#define PERI_KERNEL_TESTING_CHECK_H

#include <stdbool.h>
#include <stddef.h>

/* One line; detail is printf's, used when it failed. */
void check(const char *id, const char *what, bool good, const char *detail, ...)
	__attribute__((format(printf, 4, 5)));
/* The call shall have failed with this errno: pass what it returned. */
void check_refused(const char *id, const char *what, long returned, int expected);
/* Runs the function in a child; what it returns, or -signal. */
int in_child(int (*function)(void *), void *argument);
unsigned check_failures(void);

/* A line of figures from /proc/meminfo. */
void memory_print(const char *when);

void memory_checks(void);
void process_checks(void);
void image_checks(void);
void call_checks(void);
void evidence_checks(void);
void system_checks(void);
void crash_checks(void);
void storage_checks(void);
void network_checks(void);
void intercore_checks(void);

/* What the program does when the kernel starts it as its crash handler: writes who it
 * is to CHECK_CRASH_REPORT. */
int crash_handler(void);

/* Where a tmpfs is, for what must not run. */
#define CHECK_TMPFS "/run"
/* Argument with which the program ends at once with CHECK_ALIVE. */
#define CHECK_ARGUMENT "--alive"
#define CHECK_PROGRAM "/usr/bin/application-manager"
#define CHECK_CRASH_HANDLER "/bin/azcore"
#define CHECK_CRASH_REPORT CHECK_TMPFS "/crash"
enum { CHECK_ALIVE = 42 };

/* call_checks.c; between the groups of checks, or the chip is reset after a minute. */
void watchdog_tend(void);

#endif
