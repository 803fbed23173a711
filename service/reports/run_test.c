/* SPDX-License-Identifier: BSD-2-Clause */
/* reports as the supervisor starts it, confined. */
#include "service/api/routes.h"
#include "service/ipc/run_fixture_test.h"

int main(void)
{
    static const enum process_id peers[] = {PROCESS_FRONT, PROCESS_STORE};
    char name[129] = "";
    struct run_fixture f;
    struct http_request http = {.route = ROUTE_ID_Reports_Events, .identity = HTTP_IDENTITY_OS,
                                .identity_name = span_of(name, 128), .identity_key = {1},
                                .request_id = span_of("test", 4), .body = span_of("x", 1)};

    memset(name, 'a', sizeof name);
    run_fixture_start(&f, PROCESS_REPORTS, reports_run, "/nonexistent", peers, 2);
    CHECK_INT(run_fixture_ask(&f, &http), 400);
    CHECK_INT(run_fixture_end(&f), 0);

    /* a store that is gone ends it, for the supervisor to start the set again */
    run_fixture_start(&f, PROCESS_REPORTS, reports_run, "/nonexistent", peers, 2);
    close(f.fd[PROCESS_STORE]);
    f.fd[PROCESS_STORE] = -1;
    int status;
    REQUIRE(waitpid(f.pid, &status, 0) == f.pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    close(f.fd[PROCESS_FRONT]);
    return check_done();
}
