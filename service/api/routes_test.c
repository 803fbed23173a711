/* SPDX-License-Identifier: BSD-2-Clause */
/* The table is sound, and route_find() keeps each promise of routes.h. */
#include "service/api/routes.h"
#include "service/ipc/process.h"
#include "tests/check.h"

static struct route_match match;

static int find(enum route_method method, const char *path)
{
    return route_find(method, span_of(path, strlen(path)), &match);
}

/* A path that fits the pattern: every {name} becomes "x". */
static void path_of(const char *pattern, char *path)
{
    for (; *pattern; pattern++) {
        *path++ = *pattern == '{' ? 'x' : *pattern;
        if (*pattern == '{')
            pattern = strchr(pattern, '}');
    }
    *path = '\0';
}

static void test_table(void)
{
    for (size_t i = 0; i < ROUTE_COUNT; i++) {
        const struct route *r = &route_table[i];
        char path[512];
        path_of(r->pattern, path);
        CHECK_INT(find(r->method, path), 0);
        /* No row hides another, and the index is the id. */
        CHECK(match.route == r);
        if (r->method == ROUTE_GET) {
            CHECK_INT(find(ROUTE_HEAD, path), 0);
            CHECK(match.route == r);
        }
        CHECK(r->backend == PROCESS_API || r->backend == PROCESS_DAA || r->backend == PROCESS_OTA ||
              r->backend == PROCESS_REPORTS);
        CHECK(r->body_max <= ROUTE_BODY_IMAGE);
        CHECK(r->method != ROUTE_HEAD);
        /* An application's certificate opens nothing. */
        CHECK(!(r->auth & 1u << HTTP_IDENTITY_APPLICATION));
        /* Management is for operators alone; revocation lists are for everybody who checks a certificate. */
        if (i == ROUTE_ID_Crl_Get || i == ROUTE_ID_Metadata_Endpoints)
            CHECK(r->method == ROUTE_GET && r->body_max == 0);
        else
            CHECK(r->backend != PROCESS_API || r->auth == ROUTE_OPERATOR);
    }
}

#define CATALOG "/subscriptions/s/resourceGroups/g/providers/Microsoft.AzureSphere/catalogs/c"

static void test_accepted(void)
{
    static const struct {
        enum route_method method;
        const char *path;
        enum route_id id;
        const char *first, *last; /* parameters */
    } rows[] = {
        {ROUTE_GET, CATALOG, ROUTE_ID_Catalogs_Get, "s", "c"},
        {ROUTE_GET, "/" CATALOG, ROUTE_ID_Catalogs_Get, "s", "c"}, /* what SDKs send */
        {ROUTE_GET, CATALOG "//", ROUTE_ID_Catalogs_Get, "s", "c"},
        {ROUTE_GET, "/SUBSCRIPTIONS/s/resourcegroups/g///PROVIDERS/microsoft.azuresphere/Catalogs/C",
         ROUTE_ID_Catalogs_Get, "s", "C"},
        {ROUTE_DELETE, CATALOG "/products/a%20b", ROUTE_ID_Products_Delete, "s", "a b"},
        {ROUTE_GET, CATALOG "/products/.default", ROUTE_ID_Products_Get, "s", ".default"},
        {ROUTE_GET, CATALOG "/products/%c3%A9", ROUTE_ID_Products_Get, "s", "\xc3\xa9"},
        {ROUTE_GET, CATALOG "/products/a%2525", ROUTE_ID_Products_Get, "s", "a%25"}, /* once */
        {ROUTE_POST, "/daa/v1/challenge", ROUTE_ID_Daa_Challenge, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_INT(find(rows[i].method, rows[i].path), 0);
        REQUIRE(match.route != NULL);
        CHECK_STR(match.route->id, route_table[rows[i].id].id);
        if (rows[i].first) {
            CHECK_STR(match.param[0], rows[i].first);
            CHECK_STR(match.param[match.param_count - 1], rows[i].last);
        }
    }
}

static void test_refused(void)
{
    char long_ok[1024] = CATALOG "/products/", long_bad[1024];
    memset(long_ok + strlen(long_ok), 'a', 255);
    strcpy(long_bad, long_ok);
    strcat(long_bad, "a");
    CHECK_INT(find(ROUTE_GET, long_ok), 0);
    CHECK_INT(strlen(match.param[3]), 255);

    const struct {
        enum route_method method;
        const char *path;
        int want;
        bool known;
    } rows[] = {
        {ROUTE_GET, long_bad, E_LIMIT, false},
        {ROUTE_GET, "", E_MALFORMED, false},
        {ROUTE_GET, "subscriptions", E_MALFORMED, false},
        {ROUTE_GET, "*", E_MALFORMED, false},
        {ROUTE_GET, "http://host/daa/v1/challenge", E_MALFORMED, false},
        {ROUTE_GET, "/", E_NOT_FOUND, false},
        {ROUTE_GET, "/daa/v1/challenge", E_NOT_FOUND, true}, /* 405 */
        {ROUTE_PATCH, CATALOG "/images/i", E_NOT_FOUND, true},
        {ROUTE_POST, "/daa/v1", E_NOT_FOUND, false},
        {ROUTE_POST, "/daa/v1/challenge/more", E_NOT_FOUND, false},
        {ROUTE_POST, "/daa/v1/challeng", E_NOT_FOUND, false},
        {ROUTE_POST, "/daa/v1/challengee", E_NOT_FOUND, false},
        {ROUTE_POST, "/x/../daa/v1/challenge", E_MALFORMED, false},
        {ROUTE_POST, "/daa/./v1/challenge", E_MALFORMED, false},
        {ROUTE_POST, "/daa/%2e%2E/daa/v1/challenge", E_MALFORMED, false},
        {ROUTE_GET, CATALOG "/products/%2e", E_MALFORMED, false},
        {ROUTE_GET, CATALOG "/products/a%2fb", E_MALFORMED, false},
        {ROUTE_GET, CATALOG "/products/a%5cb", E_MALFORMED, false},
        {ROUTE_GET, CATALOG "/products/a%00b", E_MALFORMED, false},
        {ROUTE_GET, CATALOG "/products/a%0ab", E_MALFORMED, false},
        {ROUTE_GET, CATALOG "/products/a\tb", E_MALFORMED, false},
        {ROUTE_GET, CATALOG "/products/%", E_MALFORMED, false},
        {ROUTE_GET, CATALOG "/products/%4", E_MALFORMED, false},
        {ROUTE_GET, CATALOG "/products/%4g", E_MALFORMED, false},
        {ROUTE_GET, "/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a", E_LIMIT, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_INT(find(rows[i].method, rows[i].path), rows[i].want);
        CHECK_INT(match.path_known, rows[i].known);
        CHECK(match.route == NULL);
    }
}

int main(void)
{
    test_table();
    test_accepted();
    test_refused();
    return check_done();
}
