/* SPDX-License-Identifier: BSD-2-Clause */
/* networkd as a program of its own, for tests: ended with the test, its channel at descriptor 3. */
#ifndef PERI_OS_NETWORKD_PROGRAM_TEST_H
#define PERI_OS_NETWORKD_PROGRAM_TEST_H

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/check.h"

/* name: in PERI_BIN; arguments: without the program's name, NULL behind.  *channel: the manager's end. */
static inline pid_t program_start(const char *name, const char *const arguments[], int *channel)
{
    char program[4096], *argv[8] = {program};
    int pair[2];
    REQUIRE(getenv("PERI_BIN") != NULL);
    snprintf(program, sizeof program, "%s/%s", getenv("PERI_BIN"), name);
    for (size_t i = 0; arguments[i]; i++) {
        REQUIRE(i + 2 < sizeof argv / sizeof *argv);
        argv[i + 1] = (char *)(uintptr_t)arguments[i];
    }
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
    pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        int high = fcntl(pair[1], F_DUPFD_CLOEXEC, 16);
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        if (high >= 0 && dup2(high, 3) == 3)
            execv(program, argv);
        _exit(127);
    }
    close(pair[1]);
    *channel = pair[0];
    return pid;
}

#endif
