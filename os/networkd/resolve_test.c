/* SPDX-License-Identifier: BSD-2-Clause */
/* resolve.h: literals and the hosts file, order of the answer, no process left
 * behind.  Nothing here asks a name server. */
#include "os/networkd/resolve.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/check.h"

static void test_answer(void)
{
    static struct os_policy p = {.uid = 61200, .host_count = 3,
                                 .host = {"192.0.2.7", "localhost", "2001:db8::9"}};
    static struct os_addresses a = {.uid = 61200};
    struct resolve r = {.answer = -1};
    REQUIRE(resolve_start(&r, &p, 5000) == 0);
    CHECK_INT(r.until_ms, 5000 + RESOLVE_MS);
    struct pollfd f = {.fd = r.answer, .events = POLLIN};
    REQUIRE(poll(&f, 1, 20000) == 1);
    CHECK_INT(resolve_finish(&r, &a), 0);
    CHECK_INT(a.host_count, 3);
    CHECK_INT(a.host[0].count, 1);
    CHECK_INT(a.host[0].at[0].family, 4);
    CHECK_MEM(a.host[0].at[0].bytes, "\xC0\x00\x02\x07", 4);
    CHECK(a.host[1].count >= 1);
    CHECK_INT(a.host[2].count, 1);
    CHECK_INT(a.host[2].at[0].family, 6);
    CHECK_INT(r.pid, 0);
    CHECK_INT(r.answer, -1);
}

/* Ended before it answered: nothing is allowed, and no process is left. */
static void test_abort(void)
{
    static struct os_policy p = {.uid = 61201, .host_count = 1, .host = {"127.0.0.1"}};
    static struct os_addresses a = {.uid = 61201, .host_count = 1, .host = {{.count = 1}}};
    struct resolve r = {.answer = -1};
    REQUIRE(resolve_start(&r, &p, 0) == 0);
    resolve_abort(&r);
    resolve_abort(&r);
    CHECK_INT(r.pid, 0);
    CHECK_INT(resolve_finish(&r, &a), E_STATE);
    CHECK_INT(a.host_count, 0);
    CHECK_INT(a.uid, 61201);
    CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
    /* an answer that belongs to another uid is none */
    REQUIRE(resolve_start(&r, &p, 0) == 0);
    struct pollfd f = {.fd = r.answer, .events = POLLIN};
    REQUIRE(poll(&f, 1, 20000) == 1);
    a.uid = 61202;
    CHECK_INT(resolve_finish(&r, &a), E_MALFORMED);
    CHECK_INT(a.host_count, 0);
}

/* The child reads what name servers say: of networkd's own descriptors it keeps
 * none.  A pipe's reader sees its end as soon as no writer is left. */
static void test_descriptors(void)
{
    static struct os_policy p = {.uid = 61203, .host_count = 1, .host = {"127.0.0.1"}};
    static struct os_addresses a = {.uid = 61203};
    struct resolve r = {.answer = -1};
    int pipe_of_networkd[2];
    REQUIRE(pipe(pipe_of_networkd) == 0);
    REQUIRE(resolve_start(&r, &p, 0) == 0);
    close(pipe_of_networkd[1]);
    struct pollfd f = {.fd = r.answer, .events = POLLIN};
    REQUIRE(poll(&f, 1, 20000) == 1);
    kill(r.pid, SIGSTOP); /* before or after its end */
    struct pollfd end = {.fd = pipe_of_networkd[0], .events = POLLIN};
    CHECK_INT(poll(&end, 1, 0), 1);
    CHECK_INT(resolve_finish(&r, &a), 0);
    CHECK_INT(a.host[0].count, 1);
    close(pipe_of_networkd[0]);
}

int main(void)
{
    test_answer();
    test_abort();
    test_descriptors();
    return check_done();
}
