/* SPDX-License-Identifier: BSD-2-Clause */
/* A service that answers lives on; one that does not is killed after its rounds, and not before. */
#include "os/appman/liveness.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/check.h"

static struct manager m;
static int64_t clock_ms;
static int other[SERVICES]; /* the services' ends */

static int64_t now(void) { return clock_ms; }

/* A process each that does nothing, as one that hangs. */
static void begin(void)
{
    memset(&m, 0, sizeof m);
    m.now_ms = now;
    clock_ms = 1000000;
    for (unsigned i = 0; i < SERVICES; i++) {
        int pair[2];
        REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
        pid_t pid = fork();
        REQUIRE(pid >= 0);
        while (pid == 0)
            pause();
        m.service[i] = (struct service){.pid = pid, .channel = pair[0], .due_ms = INT64_MAX};
        other[i] = pair[1];
        liveness_begin(&m, (enum service_name)i);
    }
}

static void end(void)
{
    for (unsigned i = 0; i < SERVICES; i++) {
        kill(m.service[i].pid, SIGKILL);
        REQUIRE(waitpid(m.service[i].pid, NULL, 0) == m.service[i].pid);
        if (m.service[i].channel >= 0)
            close(m.service[i].channel);
        close(other[i]);
    }
}

static bool killed(enum service_name which)
{
    siginfo_t info = {0};
    if (m.service[which].channel >= 0)
        return false; /* and nothing was sent to it */
    REQUIRE(waitid(P_PID, (id_t)m.service[which].pid, &info, WEXITED | WNOWAIT) == 0);
    return info.si_code == CLD_KILLED && info.si_status == SIGKILL;
}

/* 0: nothing was asked. */
static uint32_t asked(enum service_name which)
{
    static uint8_t buffer[OS_MESSAGE_MAX];
    struct os_message message;
    if (os_channel_receive(other[which], buffer, &message, 0) != 0)
        return 0;
    CHECK_INT(message.kind, OS_PING);
    return message.u.ping;
}

static void round_after(int64_t ms)
{
    clock_ms += ms;
    CHECK(liveness_run(&m) > clock_ms);
}

static void test_answers(void)
{
    begin();
    round_after(LIVENESS_EVERY_MS - 1);
    CHECK_INT(asked(SERVICE_NETWORKD), 0); /* it has just been started */
    for (unsigned round = 0; round < 20; round++) {
        round_after(LIVENESS_EVERY_MS);
        for (unsigned i = 0; i < SERVICES; i++) {
            uint32_t number = asked((enum service_name)i);
            CHECK((number != 0) == (i != SERVICE_GATEWAYD));
            if (number)
                CHECK_INT(liveness_answer(&m.service[i], number), 0);
        }
    }
    for (unsigned i = 0; i < SERVICES; i++)
        CHECK(!killed((enum service_name)i));
    end();
}

static void test_silent(void)
{
    begin();
    round_after(LIVENESS_EVERY_MS);
    CHECK(asked(SERVICE_AZURED) != 0);
    for (unsigned round = 1; round <= LIVENESS_MISSED_MAX; round++) {
        CHECK(!killed(SERVICE_AZURED));
        uint32_t number = asked(SERVICE_NETWORKD);
        if (number) /* the other one goes on */
            CHECK_INT(liveness_answer(&m.service[SERVICE_NETWORKD], number), 0);
        round_after(LIVENESS_EVERY_MS);
        CHECK_INT(asked(SERVICE_AZURED), 0); /* not asked again before it answered */
    }
    CHECK(killed(SERVICE_AZURED));
    CHECK(!killed(SERVICE_NETWORKD));
    CHECK(!killed(SERVICE_GATEWAYD));
    end();
}

/* An hour in one step: the machine stood still, and nobody could have answered. */
static void test_stood_still(void)
{
    begin();
    round_after(LIVENESS_EVERY_MS);
    round_after(3600000);
    for (unsigned i = 0; i < SERVICES; i++)
        CHECK(!killed((enum service_name)i));
    CHECK_INT(liveness_answer(&m.service[SERVICE_AZURED], asked(SERVICE_AZURED)), 0);
    round_after(3600000);
    CHECK(!killed(SERVICE_AZURED));
    end();
}

/* Its channel is full of what it does not read. */
static void test_full(void)
{
    begin();
    struct os_message event = {.kind = OS_EVENT, .fd = -1};
    while (os_channel_send(m.service[SERVICE_AZURED].channel, &event, 0) == 0)
        ;
    for (unsigned round = 0; round <= LIVENESS_MISSED_MAX; round++) {
        CHECK(!killed(SERVICE_AZURED));
        round_after(LIVENESS_EVERY_MS);
    }
    CHECK(killed(SERVICE_AZURED));
    end();
}

static void test_wrong_answers(void)
{
    begin();
    CHECK_INT(liveness_answer(&m.service[SERVICE_AZURED], 0), E_MALFORMED); /* nobody asked */
    round_after(LIVENESS_EVERY_MS);
    uint32_t number = asked(SERVICE_AZURED);
    CHECK_INT(liveness_answer(&m.service[SERVICE_AZURED], number + 1), E_MALFORMED);
    CHECK_INT(liveness_answer(&m.service[SERVICE_AZURED], number), 0);
    CHECK_INT(liveness_answer(&m.service[SERVICE_AZURED], number), E_MALFORMED); /* twice */
    end();
}

/* What ends is not asked, nor what does not run. */
static void test_ending(void)
{
    begin();
    m.ending = true;
    clock_ms += 10 * LIVENESS_EVERY_MS;
    CHECK(liveness_run(&m) == INT64_MAX);
    CHECK_INT(asked(SERVICE_AZURED), 0);
    end();
}

int main(void)
{
    test_answers();
    test_silent();
    test_stood_still();
    test_full();
    test_wrong_answers();
    test_ending();
    return check_done();
}
