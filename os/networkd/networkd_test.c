/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * networkd as a program: what becomes of its table when it ends
 * (docs/spec/os-channel.md).  Needs root and nftables.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/ipc/os_channel.h"
#include "tests/check.h"
#include "tests/own_network.h"

#define BASE "63000"

static int channel;

static pid_t start(void)
{
    static uint8_t buffer[OS_MESSAGE_MAX];
    static struct os_message m;
    char program[4096];
    int pair[2];
    REQUIRE(getenv("PERI_BIN") != NULL);
    snprintf(program, sizeof program, "%s/networkd", getenv("PERI_BIN"));
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
    pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        int high = fcntl(pair[1], F_DUPFD_CLOEXEC, 16);
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        if (high >= 0 && dup2(high, 3) == 3)
            execl(program, program, BASE, (char *)NULL);
        _exit(127);
    }
    close(pair[1]);
    channel = pair[0];
    REQUIRE(os_channel_receive(channel, buffer, &m, 20000) == 0);
    CHECK_INT(m.kind, OS_READY);
    CHECK_INT(m.u.ready, 0);
    return pid;
}

static int end(pid_t pid)
{
    int status = -1;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool table(void)
{
    return system("nft list table inet perisphere_" BASE " >/dev/null 2>&1") == 0;
}

int main(void)
{
    own_network();
    /* The manager is gone or kills it next: applications may still run, so the
     * table goes on to refuse. */
    pid_t pid = start();
    CHECK(table());
    close(channel);
    CHECK_INT(end(pid), 0);
    CHECK(table());

    /* Nonsense on the channel: the same. */
    pid = start();
    CHECK_INT(send(channel, "?", 1, 0), 1);
    CHECK_INT(end(pid), 0);
    CHECK(table());
    close(channel);

    /* Asked to end, when nothing runs any more: nothing is left behind. */
    pid = start();
    CHECK(table());
    REQUIRE(kill(pid, SIGTERM) == 0);
    CHECK_INT(end(pid), 0);
    CHECK(!table());
    close(channel);
    return check_done();
}
