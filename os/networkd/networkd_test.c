/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * networkd as a program: what becomes of its table when it ends
 * (docs/spec/os-channel.md).  Needs root and nftables.
 */
#include <errno.h>
#include <sys/wait.h>

#include "os/ipc/os_channel.h"
#include "os/networkd/program_test.h"
#include "tests/own_network.h"

#define BASE "63000"

static int channel;

static pid_t start(void)
{
    static uint8_t buffer[OS_MESSAGE_MAX];
    static struct os_message m;
    pid_t pid = program_start("networkd", (const char *const[]){BASE, NULL}, &channel);
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
