/* SPDX-License-Identifier: BSD-2-Clause */
/* What a request's head may ask of its route.  Clauses: admission.h. */
#include "service/front/admission.h"

#include "service/ipc/http_message.h"
#include "tests/check.h"

struct row {
    int route;
    uint16_t identity;
    const char *headers; /* behind Host */
    int status;
    bool by_token;
};

struct seen {
    const struct row *row;
    int status;
    bool by_token;
};

static int on_head(void *context, struct request *r)
{
    struct seen *seen = context;
    seen->status = admission_check(r, &route_table[seen->row->route], seen->row->identity, &seen->by_token);
    return seen->status;
}

#define JSON "Content-Type: application/json\r\n"
#define COSE "Content-Type: application/cose\r\n"

static const struct row rows[] = {
    /* who */
    {ROUTE_ID_Catalogs_Get, HTTP_IDENTITY_OPERATOR, "", 0, false},
    {ROUTE_ID_Catalogs_Get, HTTP_IDENTITY_OS, "", 403, false},
    {ROUTE_ID_Catalogs_Get, HTTP_IDENTITY_APPLICATION, "Authorization: Bearer abc\r\n", 403, false},
    {ROUTE_ID_Catalogs_Get, HTTP_IDENTITY_NONE, "", 401, false},
    {ROUTE_ID_Catalogs_Get, HTTP_IDENTITY_NONE, "Authorization: Bearer abc\r\n", 0, true},
    {ROUTE_ID_Catalogs_Get, HTTP_IDENTITY_NONE, "Authorization: Basic abc\r\n", 401, false},
    {ROUTE_ID_Catalogs_Get, HTTP_IDENTITY_NONE, "Authorization: Bearer \r\n", 401, false},
    {ROUTE_ID_Update_Check, HTTP_IDENTITY_OS, "", 0, false},
    {ROUTE_ID_Update_Check, HTTP_IDENTITY_NONE, "Authorization: Bearer abc\r\n", 401, false},
    {ROUTE_ID_Daa_Challenge, HTTP_IDENTITY_NONE, "", 0, false},
    /* what: who may not is told so before anything else */
    {ROUTE_ID_Catalogs_CreateOrUpdate, HTTP_IDENTITY_NONE, "Content-Length: 99999999\r\n", 401, false},
    {ROUTE_ID_Catalogs_CreateOrUpdate, HTTP_IDENTITY_OPERATOR, JSON "Content-Length: 2\r\n", 0, false},
    {ROUTE_ID_Catalogs_CreateOrUpdate, HTTP_IDENTITY_OPERATOR, JSON "Content-Length: 99999999\r\n", 413, false},
    {ROUTE_ID_Catalogs_CreateOrUpdate, HTTP_IDENTITY_OPERATOR, "Content-Length: 2\r\n", 415, false},
    {ROUTE_ID_Catalogs_CreateOrUpdate, HTTP_IDENTITY_OPERATOR, "Transfer-Encoding: chunked\r\n", 415, false},
    {ROUTE_ID_Catalogs_CreateOrUpdate, HTTP_IDENTITY_OPERATOR,
     "Content-Type: application/jsonx\r\nContent-Length: 2\r\n", 415, false},
    {ROUTE_ID_Catalogs_CreateOrUpdate, HTTP_IDENTITY_OPERATOR,
     "Content-Type: APPLICATION/JSON; charset=utf-8\r\nContent-Length: 2\r\n", 0, false},
    {ROUTE_ID_Catalogs_CreateOrUpdate, HTTP_IDENTITY_OPERATOR,
     JSON "Content-Encoding: gzip\r\nContent-Length: 2\r\n", 415, false},
    {ROUTE_ID_Catalogs_CreateOrUpdate, HTTP_IDENTITY_OPERATOR,
     JSON "Content-Encoding: identity\r\nContent-Length: 2\r\n", 0, false},
    {ROUTE_ID_Catalogs_CreateOrUpdate, HTTP_IDENTITY_OPERATOR,
     JSON "Expect: 100-continue\r\nContent-Length: 2\r\n", 0, false},
    {ROUTE_ID_Catalogs_CreateOrUpdate, HTTP_IDENTITY_OPERATOR,
     JSON "Expect: 200-ok\r\nContent-Length: 2\r\n", 417, false},
    {ROUTE_ID_Daa_Attest, HTTP_IDENTITY_NONE, COSE "Content-Length: 2\r\n", 0, false},
    {ROUTE_ID_Daa_Attest, HTTP_IDENTITY_NONE, JSON "Content-Length: 2\r\n", 415, false},
};

static void test_rows(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct seen seen = {.row = &rows[i], .status = -1};
        struct request *r = malloc(sizeof *r);
        char head[1024];
        REQUIRE(r != NULL);
        int len = snprintf(head, sizeof head, "POST / HTTP/1.1\r\nHost: x\r\n%s\r\n", rows[i].headers);
        request_init(r, on_head, &seen);
        (void)request_feed(r, span_of(head, (size_t)len));
        CHECK_INT(seen.status, rows[i].status);
        CHECK(seen.status != 0 || seen.by_token == rows[i].by_token);
        if (seen.status != rows[i].status)
            fprintf(stderr, "row %zu: %s\n", i, rows[i].headers);
        request_release(r);
        free(r);
    }
}

static void test_long_query(void)
{
    static const struct row row = {ROUTE_ID_Catalogs_Get, HTTP_IDENTITY_OPERATOR, "", 414, false};
    static char head[HTTP_QUERY_MAX + 128];
    for (int over = 0; over < 2; over++) {
        struct seen seen = {.row = &row, .status = -1};
        struct request *r = malloc(sizeof *r);
        REQUIRE(r != NULL);
        int len = snprintf(head, sizeof head, "GET /?%0*d HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_QUERY_MAX + over, 0);
        request_init(r, on_head, &seen);
        (void)request_feed(r, span_of(head, (size_t)len));
        CHECK_INT(seen.status, over ? 414 : 0);
        request_release(r);
        free(r);
    }
}

int main(void)
{
    test_rows();
    test_long_query();
    return check_done();
}
