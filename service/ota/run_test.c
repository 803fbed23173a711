/* SPDX-License-Identifier: BSD-2-Clause */
/* ota as the supervisor starts it, confined. */
#include "service/api/routes.h"
#include "service/ipc/run_fixture_test.h"

int main(void)
{
    static const enum process_id peers[] = {PROCESS_FRONT, PROCESS_STORE, PROCESS_ISSUER};
    char name[129] = "";
    struct run_fixture f;
    struct http_request http = {.route = ROUTE_ID_Update_Check, .identity = HTTP_IDENTITY_OS,
                                .identity_name = span_of(name, 128), .identity_key = {1},
                                .request_id = span_of("test", 4), .body = span_of("x", 1)};

    memset(name, 'a', sizeof name);
    run_fixture_start(&f, PROCESS_OTA, ota_run, "/nonexistent", peers, 3);
    CHECK_INT(run_fixture_ask(&f, &http), 400);
    http.route = ROUTE_ID_Update_Image;
    http.body = (struct span){NULL, 0};
    http.param_count = 1;
    http.param[0] = span_of("no-guid", 7);
    CHECK_INT(run_fixture_ask(&f, &http), 404);
    CHECK_INT(run_fixture_end(&f), 0);
    return check_done();
}
