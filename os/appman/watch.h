/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The init of a compartment looks on while its application dies, and keeps a small core of it.
 * Source: docs/spec/crash-dump.md.  Only where the manager gives it a place to write to: without consent of
 * the device's group nothing here runs.
 *
 * On a host (watch_host.c) the init traces the application: the kernel stops the thread that a signal killed once more
 * before it is gone, with its registers and memory.  Nothing else is stopped for long, no signal is changed.  What it needs
 * of /proc is one of its own, of the compartment's processes alone, which is not mounted anywhere.
 * On the MCU (watch_none.c) the kernel's crash handler is the one that sees a crash, and makes the dump (os/azcore/spool.h).
 *
 * Rights: the application's uid, no capability; seccomp allows what calls.c lists for it.  The application cannot reach
 * it: no ptrace, no /proc, other memory.
 */
#ifndef PERI_OS_APPMAN_WATCH_H
#define PERI_OS_APPMAN_WATCH_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct watch {
    int place; /* descriptor to write the core to; -1: nothing is watched */
    int proc;  /* /proc of the compartment */
    pid_t app, dying; /* thread that got the last signal */
    siginfo_t signal; /* which one */
    size_t bytes;     /* of the core; 0: none */
};

/* While there are rights to: place is at keep, what else is needed goes above it.  0, or -1 with errno: then nothing is
 * watched, place included. */
int watch_open(struct watch *watch, int keep);
/* The application is there, not executed yet.  0, or -1 with errno. */
int watch_begin(struct watch *watch, pid_t app);
/* What waitpid() said.  True: a stop, which is over now; the application goes on. */
bool watch_step(struct watch *watch, pid_t who, int status);

#endif
