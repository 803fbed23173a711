/* SPDX-License-Identifier: BSD-2-Clause */
/* cli/client/client.h against a service that is wrong in every way. */
#include "cli/client/client.h"

#include <curl/curl.h>

#include "cli/client/profile.h"
#include "cli/client/server_fixture_test.h"
#include "lib/base64.h"
#include "lib/crash_dump.h"

#define CATALOG "/subscriptions/s%20u/resourceGroups/g/providers/Microsoft.AzureSphere/catalogs/c"
#define API "api-version=" API_VERSION
#define HUNDRED "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
#define THOUSAND HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED

static struct server good, other; /* other: the right CA, a port that is not the profile's */
static struct profile profile;
static const struct option_row catalog_options[] = {
    {"catalog", "c", OPTION_VALUE, "x"}, {"resource-group", "g", OPTION_VALUE, "x"}, {NULL, NULL, 0, NULL}};
static const struct verb verb = {.noun = "x", .verb = "y", .options = catalog_options};
static struct peri peri = {.verb = &verb, .profile = &profile};

static void profile_write(unsigned port, const char *ca)
{
    char text[512];
    snprintf(text, sizeof text, "{\"endpoint\":\"https://127.0.0.1:%u\",\"subscription\":\"s u\","
             "\"resourceGroup\":\"g\",\"catalog\":\"c\",\"ca\":\"%s\",\"certificate\":\"cert.pem\","
             "\"key\":\"key.pem\"}", port, ca);
    put_text(at("profile.json"), text);
    profile_release(&profile);
    peri.profile_folder = run_folder;
    REQUIRE(profile_load(&peri, &profile) == 0);
}

#define EXPECT(...) server_expect(&good, (const struct answer[]){__VA_ARGS__, {NULL, NULL, NULL, 0, 0, false}})
#define ROW(request, head, body) {request, head, body, 0, 0, false}
#define ONCE(request, head, body) {request, head, body, 1, 0, false}

static int call(const char *method, const char *path, json_t **answer)
{
    return CAUGHT(client_call(&peri, method, path, NULL, answer));
}

static int list(const char *method, json_t **rows)
{
    return CAUGHT(client_list(&peri, method, "/list", NULL, rows));
}

/* Both styles: the first answer is all that is waited for. */
static void no_wait(void)
{
    static const struct option_row row = {"no-wait", NULL, OPTION_SWITCH, "x"};
    json_t *answer;
    peri.arg[peri.arg_count++].row = &row;
    EXPECT(ROW("PUT /a", "201 Created\r\nAzure-AsyncOperation: $/op", "{\"x\":1}"));
    CHECK_INT(call("PUT", "/a", &answer), 0);
    CHECK_INT(json_integer_value(json_object_get(answer, "x")), 1);
    json_decref(answer);
    EXPECT(ROW("DELETE /a", "202 Accepted\r\nLocation: $/op", ""));
    CHECK_INT(call("DELETE", "/a", NULL), 0);
    CHECK_INT((int)atomic_load(&good.seen_count), 1);
    EXPECT(ROW("DELETE /a", "409 Conflict\r\nLocation: $/op", "")); /* a refusal stays one */
    CHECK_INT(call("DELETE", "/a", NULL), 1);
    peri.arg_count--;
}

static void calls(void)
{
    json_t *answer;
    EXPECT(ROW("GET /a?" API " ", "200 OK", "{\"x\":1}"));
    CHECK_INT(call("GET", "/a", &answer), 0);
    CHECK_INT(json_integer_value(json_object_get(answer, "x")), 1);
    json_decref(answer);
    EXPECT(ROW("PUT /a?b=c&" API " ", "201 Created", "{}"));
    json_t *body = json_pack("{s:s}", "k", "v\xc3\xbc");
    CHECK_INT(CAUGHT(client_call(&peri, "PUT", "/a?b=c", body, NULL)), 0);
    json_decref(body);
    CHECK_STR(strchr(good.seen[0], '\n') + 1, "{\"k\":\"v\xc3\xbc\"}");
    EXPECT(ROW("DELETE /a", "204 No Content", ""));
    CHECK_INT(call("DELETE", "/a", &answer), 0);
    CHECK(answer == NULL);
}

static void errors(void)
{
    static const struct {
        const char *head, *body;
        int code;
        const char *says;
    } rows[] = {
        {"404 Not Found", "{\"error\":{\"code\":\"ResourceNotFound\",\"message\":\"no such\"}}", 3, "(ResourceNotFound) no such"},
        {"404 Not Found", "", 3, "HTTP status 404"},
        {"409 Conflict", "{\"error\":{\"code\":\"Conflict\"}}", 1, "(Conflict)"},
        {"400 Bad", "{\"error\":{\"code\":7,\"message\":[]}}", 1, "HTTP status 400"},
        {"400 Bad", "{\"error\":\"x\"}", 1, "HTTP status 400"},
        {"400 Bad", "<html>", 1, "HTTP status 400"},
        {"400 Bad", "{\"error\":{\"code\":\"A\\u001b[2J\",\"message\":\"b\\nperi: done\"}}", 1, "(A\\x1b[2J) b\\x0aperi: done"},
        {"500 Oops", "\xff\xfe", 1, "HTTP status 500"},
        {"302 Found\r\nLocation: https://127.0.0.1:1/x", "", 1, "HTTP status 302"}, /* no redirects */
        {"200 OK", "<html>", 1, "is not JSON"},
        {"200 OK", "{\"a\":", 1, "is not JSON"},
        {"200 OK", "{\"a\":1}x", 1, "is not JSON"},
        {"200 OK", "{\"a\":\"\xff\"}", 1, "is not JSON"},
        {"202 Accepted", "", 1, "does not say where its end shows"},
        {"202 Accepted\r\nLocation: /" THOUSAND THOUSAND THOUSAND THOUSAND THOUSAND, "", 1, "too long"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *answer;
        EXPECT(ROW("GET /a", rows[i].head, rows[i].body));
        CHECK_INT(call("GET", "/a", &answer), rows[i].code);
        CHECK_HAS(caught, rows[i].says);
        CHECK(answer == NULL);
        CHECK(strchr(caught, 0x1b) == NULL);
    }
}

static void large(void)
{
    json_t *answer;
    EXPECT({"GET /a", "200 OK", "", 0, 0, true}); /* a promise of a terabyte */
    CHECK_INT(call("GET", "/a", &answer), 1);
    CHECK_HAS(caught, "larger than");
    EXPECT({"GET /a", "200 OK", "", 0, 65 << 20, false}); /* no promise, and more than fits */
    CHECK_INT(call("GET", "/a", &answer), 1);
    CHECK_HAS(caught, "larger than 67108864 bytes");
}

static void pages(void)
{
    json_t *rows;
    EXPECT(ROW("POST /list?" API " ", "200 OK", "{\"value\":[1,2],\"nextLink\":\"$/list?page=2\"}"),
           ROW("GET /list?page=2 ", "200 OK", "{\"value\":[3],\"nextLink\":\"/list?page=3\"}"),
           ROW("GET /list?page=3 ", "200 OK", "{\"value\":[],\"nextLink\":null}"));
    CHECK_INT(list("POST", &rows), 0);
    CHECK_INT((int)json_array_size(rows), 3);
    CHECK_INT((int)good.seen_count, 3);
    json_decref(rows);

    static const struct {
        const char *body, *says;
    } refused[] = {
        {"{}", "is not a list"},
        {"[]", "is not a list"},
        {"", "is not a list"},
        {"{\"value\":{}}", "is not a list"},
        {"{\"value\":[],\"nextLink\":5}", "nextLink is not text"},
        {"{\"value\":[],\"nextLink\":\"$/a b\"}", "not followed"},
        {"{\"value\":[],\"nextLink\":\"http://127.0.0.1/\"}", "not followed"},
        {"{\"value\":[],\"nextLink\":\"$/" THOUSAND THOUSAND THOUSAND THOUSAND THOUSAND "\"}", "not followed"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        EXPECT(ROW("GET /list", "200 OK", refused[i].body));
        CHECK_INT(list("GET", &rows), 1);
        CHECK_HAS(caught, refused[i].says);
        CHECK(rows == NULL);
        CHECK_INT((int)good.seen_count, 1);
    }
    /* an error on the second page: no half list */
    EXPECT(ONCE("GET /list", "200 OK", "{\"value\":[1],\"nextLink\":\"$/list?page=2\"}"),
           ROW("GET /list", "404 Not Found", ""));
    CHECK_INT(list("GET", &rows), 3);
    CHECK(rows == NULL);
}

static void operations(void)
{
    json_t *answer;
    EXPECT(ROW("DELETE /a", "202 Accepted\r\nLocation: $/op/1", ""),
           {"GET /op/1 ", "202 Accepted", "", 2, 0, false}, ROW("GET /op/1 ", "204 No Content", ""));
    CHECK_INT(call("DELETE", "/a", NULL), 0);
    CHECK_INT((int)good.seen_count, 4);
    EXPECT(ROW("POST /a", "202 Accepted\r\nlocation:\t/op/1 \t", ""), ROW("GET /op/1 ", "200 OK", "{\"x\":1}"));
    CHECK_INT(call("POST", "/a", &answer), 0);
    CHECK_INT(json_integer_value(json_object_get(answer, "x")), 1);
    json_decref(answer);
    EXPECT(ROW("PATCH /a", "202 Accepted\r\nLocation: $/op/1", ""),
           ROW("GET /op/1 ", "409 Conflict", "{\"error\":{\"code\":\"Busy\",\"message\":\"no\"}}"));
    CHECK_INT(call("PATCH", "/a", NULL), 1);
    CHECK_HAS(caught, "(Busy) no");

    EXPECT(ROW("PUT /a", "201 Created\r\nAzure-AsyncOperation: $/st", "{\"early\":1}"),
           {"GET /st ", "200 OK", "{\"status\":\"InProgress\"}", 2, 0, false},
           ROW("GET /st ", "200 OK", "{\"status\":\"Succeeded\"}"), ROW("GET /a?" API " ", "200 OK", "{\"x\":2}"));
    CHECK_INT(call("PUT", "/a", &answer), 0);
    CHECK_INT(json_integer_value(json_object_get(answer, "x")), 2);
    json_decref(answer);
    /* nothing is read of what was deleted */
    EXPECT(ROW("DELETE /a", "202 Accepted\r\nAzure-AsyncOperation: $/st", ""),
           ROW("GET /st ", "200 OK", "{\"status\":\"Succeeded\"}"));
    CHECK_INT(call("DELETE", "/a", &answer), 0);
    CHECK(answer == NULL);
    CHECK_INT((int)good.seen_count, 2);

    static const struct {
        const char *head, *body;
        int code;
        const char *says;
    } ends[] = {
        {"200 OK", "{\"status\":\"Failed\",\"error\":{\"code\":\"Bad\",\"message\":\"why\"}}", 1, "(Bad) why"},
        {"200 OK", "{\"status\":\"Canceled\"}", 1, "the operation failed"},
        {"200 OK", "{}", 1, "no status document"},
        {"200 OK", "garbage", 1, "no status document"},
        {"404 Not Found", "", 3, "HTTP status 404"},
        {"500 Oops", "", 1, "HTTP status 500"},
    };
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        EXPECT(ROW("PUT /a", "200 OK\r\nAzure-AsyncOperation: $/st", "{}"), ROW("GET /st ", ends[i].head, ends[i].body));
        CHECK_INT(call("PUT", "/a", &answer), ends[i].code);
        CHECK_HAS(caught, ends[i].says);
        CHECK(answer == NULL);
    }
}

/* The client certificate is shown to the profile's scheme, host and port alone. */
static void elsewhere(void)
{
    char links[4][128];
    snprintf(links[0], sizeof links[0], "https://127.0.0.1:%u/x", other.port);
    snprintf(links[1], sizeof links[1], "https://localhost:%u/x", good.port);
    snprintf(links[2], sizeof links[2], "//127.0.0.1:%u/x", other.port);
    snprintf(links[3], sizeof links[3], "https://127.0.0.1:%u@127.0.0.1:%u/x", good.port, other.port);
    for (size_t i = 0; i < 4; i++) {
        char head[600], body[600];
        json_t *rows;
        server_expect(&other, NULL);
        snprintf(body, sizeof body, "{\"value\":[],\"nextLink\":\"%s\"}", links[i]);
        EXPECT(ROW("GET /list", "200 OK", body));
        CHECK_INT(list("GET", &rows), 1);
        CHECK_HAS(caught, "not followed");
        snprintf(head, sizeof head, "202 Accepted\r\nLocation: %s", links[i]);
        EXPECT(ROW("POST /a", head, ""));
        CHECK_INT(call("POST", "/a", NULL), 1);
        CHECK_HAS(caught, "not followed");
        snprintf(head, sizeof head, "201 Created\r\nAzure-AsyncOperation: %s", links[i]);
        EXPECT(ROW("PUT /a", head, "{}"));
        CHECK_INT(call("PUT", "/a", NULL), 1);
        CHECK_HAS(caught, "not followed");
        CHECK_INT((int)other.connections, 0);
        CHECK_INT((int)good.seen_count, 1);
    }
}

static void paths(void)
{
    static const struct {
        const char *name, *escaped; /* NULL: refused */
    } rows[] = {
        {"plain", "plain"},
        {"Field Test", "Field%20Test"},
        {"a%20b", "a%2520b"},
        {"a?b=c", "a%3Fb%3Dc"},
        {"a#b", "a%23b"},
        {"Gr\xc3\xbc\xc3\x9f", "Gr%C3%BC%C3%9F"},
        {".default", ".default"},
        {"...", "..."},
        {"a&b+c;d", "a%26b%2Bc%3Bd"},
        {"", NULL},
        {".", NULL},
        {"..", NULL},
        {"a/b", NULL},
        {"../products", NULL},
        {"a\nb", NULL},
        {"a\x1b[2J", NULL},
        {"a\x7f", NULL},
    };
    char path[PATH_MAX_BYTES], want[PATH_MAX_BYTES], id[PATH_MAX_BYTES];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int code = CAUGHT(client_path(&peri, path, "products", rows[i].name, "devices", NULL));
        CHECK_INT(code, rows[i].escaped ? 0 : 2);
        if (!rows[i].escaped)
            continue;
        snprintf(want, sizeof want, "%s/products/%s/devices", CATALOG, rows[i].escaped);
        CHECK_STR(path, want);
        /* an id carries names as they are, and leads to the same path */
        CHECK_INT(client_id(&peri, id, "products", rows[i].name, "devices", NULL), 0);
        CHECK_HAS(id, rows[i].name);
        CHECK_INT(client_path_of_id(id, path), 0);
        CHECK_STR(path, want);
    }
    static char far[PATH_MAX_BYTES + 10];
    memset(far, 'x', sizeof far - 1);
    CHECK_INT(CAUGHT(client_path(&peri, path, far, NULL)), 2);
    CHECK_HAS(caught, "too long");
    far[PATH_MAX_BYTES - 120] = 0; /* the path fits, the address does not */
    CHECK_INT(CAUGHT(client_path(&peri, path, far, NULL)), 0);
    CHECK_INT(call("GET", path, NULL), 2);
    far[2000] = 0; /* it is escaping that makes it too long */
    memset(far, ' ', 2000);
    CHECK_INT(CAUGHT(client_path(&peri, path, far, NULL)), 2);
    CHECK_INT(client_our_path(path, "osReleases", "26.10", NULL), 0);
    CHECK_STR(path, "/providers/Perisphere/osReleases/26.10");
    CHECK_INT(CAUGHT(client_our_path(path, "osReleases", "..", NULL)), 2);
    CHECK_INT(client_group_path(&peri, NULL, path, "catalogs", NULL), 0);
    CHECK_STR(path, "/subscriptions/s%20u/providers/Microsoft.AzureSphere/catalogs");
    CHECK_INT(CAUGHT(client_group_path(&peri, "a?b/..", path, "catalogs", NULL)), 2);
    CHECK_INT(CAUGHT(client_path_of_id("not/an/id", path)), 1);
    CHECK(CAUGHT(client_path_of_id("/a//b", path)) != 0);
    CHECK(CAUGHT(client_path_of_id("/a/../b", path)) != 0);
}

/* The whole program. */
#define RUN(...) PERI(__VA_ARGS__, "--profile", run_folder)
#define IMAGE "00000000-0000-0000-0000-00000000000a"
#define D32 "00112233445566778899aabbccddeeff"
#define DEVICES "{\"value\":[{\"name\":\"abc\",\"id\":\"%s\"}]}"

static void program(void)
{
    EXPECT(ROW("", "200 OK", "{}"));
    CHECK_INT(RUN("product", "delete", "--product", ".."), 2);
    CHECK_INT(RUN("product", "show", "--product", "a/../.."), 2);
    CHECK_INT(RUN("catalog", "create", "--name", "a b"), 2);
    CHECK_INT(RUN("catalog", "list", "-g", "x/../y"), 2);
    CHECK_INT((int)good.connections, 0); /* nothing is sent */
    CHECK_INT(RUN("device", "claim", "-d", "abc", "-p", "Dish Washer", "-dg", "Field Test"), 0);
    CHECK_HAS(good.seen[0], "PUT " CATALOG "/products/Dish%20Washer/deviceGroups/Field%20Test/devices/abc?" API " ");

    EXPECT(ROW("GET ", "200 OK", "{\"value\":[]}"));
    CHECK_INT(RUN("product", "list", "--filter", "name eq 'Tom''s & co'"), 0);
    CHECK_HAS(good.seen[0], "GET " CATALOG "/products?$filter=name%20eq%20%27Tom%27%27s%20%26%20co%27&" API " ");
    /* one device is asked for, where the id can be one */
    EXPECT(ROW("POST ", "200 OK", "{\"value\":[]}"));
    CHECK_INT(RUN("device", "show", "-d", D32 D32 D32 D32), 3);
    CHECK_HAS(good.seen[0], "/listDevices?$filter=name%20eq%20%27" D32 D32 D32 D32 "%27&" API " ");

    /* rollouts: the body, and paths below the provider of this project */
    EXPECT(ROW("PUT ", "201 Created", "{}"));
    CHECK_INT(RUN("rollout", "create", "-p", "P", "-dg", "G", "--images", IMAGE, "--steps", "5", "100", "--stop-threshold", "0"), 0);
    CHECK_HAS(good.seen[0], "PUT " CATALOG "/products/P/deviceGroups/G/providers/Perisphere/rollouts/");
    CHECK_HAS(good.seen[0], "\"deployedImages\":[{\"properties\":{\"imageId\":\"" IMAGE "\"}}]");
    CHECK_HAS(good.seen[0], "\"steps\":[5,100]");
    CHECK_HAS(good.seen[0], "\"stopThresholdPercent\":0");
    EXPECT(ROW("", "200 OK", "{}"));
    CHECK_INT(RUN("rollout", "create", "-p", "P", "-dg", "G", "--images", "x"), 2);
    CHECK_INT(RUN("rollout", "create", "-p", "P", "-dg", "G", "--images", IMAGE, "--steps", "101"), 2);
    CHECK_INT(RUN("group", "create", "--name", "g", "--tags", "novalue"), 2);
    CHECK_INT((int)good.connections, 0);
    EXPECT(ROW("POST ", "200 OK", "{}"));
    CHECK_INT(RUN("rollout", "abort", "-p", "P", "-dg", "G", "--rollout", IMAGE), 0);
    CHECK_HAS(good.seen[0], "/providers/Perisphere/rollouts/" IMAGE "/abort?" API " ");
    EXPECT(ROW("PUT ", "201 Created", "{}"));
    CHECK_INT(RUN("os-rollout", "create", "-v", "26.12", "--steps", "1", "100", "--silent-checks", "0"), 0);
    CHECK_HAS(good.seen[0], "PUT /providers/Perisphere/osRollouts/");
    CHECK_HAS(good.seen[0], "\"osVersion\":\"26.12\"");
    CHECK_HAS(good.seen[0], "\"silentChecks\":0");
    EXPECT(ROW("POST ", "200 OK", "{}"));
    CHECK_INT(RUN("os-rollout", "pause", "--rollout", IMAGE), 0);
    CHECK_HAS(good.seen[0], "POST /providers/Perisphere/osRollouts/" IMAGE "/pause?" API " ");
    /* release: where the service says that the device is */
    char found[512];
    snprintf(found, sizeof found, DEVICES, "/subscriptions/s/catalogs/c/products/A/deviceGroups/B/devices/abc");
    EXPECT(ROW("POST " CATALOG "/listDevices?", "200 OK", found), ROW("POST ", "201 Created", "{\"token\":\"t\"}"));
    CHECK_INT(RUN("device", "release", "-d", "abc", "--target-tenant", IMAGE, "--expires-in-hours", "2"), 0);
    CHECK_HAS(good.seen[1], "POST /subscriptions/s/catalogs/c/products/A/deviceGroups/B/devices/abc/providers/Perisphere/release?" API " ");
    CHECK_HAS(good.seen[1], "\"targetTenantId\":\"" IMAGE "\"");
    CHECK_HAS(good.seen[1], "\"expiresInHours\":2");
    EXPECT(ROW("POST ", "201 Created", "{}"));
    CHECK_INT(RUN("device", "claim-released", "--token", "abc="), 0);
    CHECK_HAS(good.seen[0], "POST " CATALOG "/products/.default/deviceGroups/.default/providers/Perisphere/claimReleased?" API " ");
    CHECK_HAS(good.seen[0], "{\"token\":\"abc=\"}");
    EXPECT(ROW("PUT ", "201 Created", "{}"));
    CHECK_INT(RUN("group", "create", "--name", "my group", "--tags", "a=b=c"), 0);
    CHECK_HAS(good.seen[0], "/resourceGroups/my%20group?" API " ");
    CHECK_HAS(good.seen[0], "{\"location\":\"global\",\"tags\":{\"a\":\"b=c\"}}");

    /* move: the service's id, escaped; the target as it is */
    char body[512];
    snprintf(body, sizeof body, DEVICES, "/subscriptions/s u/catalogs/c/products/A%20B/deviceGroups/d?e/devices/abc");
    EXPECT(ROW("POST " CATALOG "/listDevices?", "200 OK", body), ROW("PATCH ", "200 OK", "{}"));
    CHECK_INT(RUN("device", "assign", "-d", "ABC", "--target-product", "Dish Washer", "--target-device-group", "50%20 off"), 0);
    CHECK_HAS(good.seen[1], "PATCH /subscriptions/s%20u/catalogs/c/products/A%2520B/deviceGroups/d%3Fe/devices/abc?" API " ");
    CHECK_HAS(good.seen[1], "catalogs/c/products/Dish Washer/deviceGroups/50%20 off\"");
    static const char *const ids[] = {"/x/devices/other", "/x/products/abc", "abc", "", "/a/../devices/abc", "https://evil/devices/abc"};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        snprintf(body, sizeof body, DEVICES, ids[i]);
        EXPECT(ROW("POST ", "200 OK", body), ROW("PATCH ", "200 OK", "{}"));
        CHECK(RUN("device", "unassign", "-d", "abc") != 0);
        CHECK_INT((int)good.seen_count, 1);
    }
    EXPECT(ROW("POST ", "200 OK", "{\"value\":[{\"name\":5},7,null]}"));
    CHECK_INT(RUN("device", "show", "-d", "abc"), 3);

    EXPECT(ROW("GET ", "200 OK", "{\"value\":[{\"name\":\"a\\u001b]0;x\\u0007\\u009b2J\"}]}"));
    CHECK_INT(RUN("product", "list", "-o", "table"), 0);
    CHECK_HAS(run_out, "a\\x1b]0;x\\x07\\xc2\\x9b2J");
    CHECK(!strchr(run_out, 0x1b) && !strstr(run_out, "\xc2\x9b"));
    CHECK_INT(RUN("product", "list"), 0);
    CHECK(!strchr(run_out, 0x1b) && !strstr(run_out, "\xc2\x9b"));

    snprintf(found, sizeof found, DEVICES, "/subscriptions/s u/catalogs/c/products/A B/deviceGroups/C/devices/abc");
    EXPECT(ROW("POST " CATALOG "/listDevices?", "200 OK", found), ROW("POST ", "200 OK", "{\"image\":\"aGVsbG8=\"}"));
    CHECK_INT(RUN("device", "capability", "download", "-d", "abc", "-t", "ApplicationDevelopment", "-p", "P"), 0);
    CHECK_HAS(good.seen[0], "/products/P/deviceGroups/.default/devices/abc/generateCapabilityImage?");
    CHECK(unlink("capability-device.cap") == 0); /* its name when none is given */
    good.seen_count = 0;
    CHECK_INT(RUN("device", "capability", "download", "-d", "abc", "-t", "ApplicationDevelopment", "-of", at("x.cap")), 0);
    CHECK_HAS(good.seen[1], "/products/A%20B/deviceGroups/C/devices/abc/generateCapabilityImage?"); /* where it is */
    CHECK_HAS(good.seen[1], "{\"capabilities\":[\"ApplicationDevelopment\"]}");
    read_back(at("x.cap"), body, sizeof body);
    CHECK_STR(body, "hello");
    EXPECT(ROW("POST ", "200 OK", "{\"value\":[{\"deviceId\":\"d\",\"description\":\"a,\\\"b\\\"\",\"eventCount\":2}]}"));
    CHECK_INT(RUN("catalog", "download-error-report", "-of", at("r.csv")), 0);
    read_back(at("r.csv"), body, sizeof body);
    CHECK_HAS(body, "\nd,,,2,\"a,\"\"b\"\"\",,,\n");

    good.seen_count = 0; /* refused before anybody is asked: there is no device here */
    CHECK_INT(RUN("device", "capability", "download", "-t", "Nope"), 2);
    CHECK_HAS(run_err, "--type is 'Nope': ApplicationDevelopment or FieldServicing");
    CHECK_INT(RUN("role", "assignment", "create", "--assignee", "a", "--role", "Readr"), 2);
    CHECK_HAS(run_err, "--role is 'Readr': one of Owner, Contributor, Publisher, Reader is expected");
    CHECK_INT(RUN("role", "assignment", "list", "--role", "/x/" IMAGE), 2);
    CHECK_INT(RUN("role", "assignment", "delete", "--assignee", "a", "--role", ""), 2);
    CHECK_INT((int)good.seen_count, 0);
    EXPECT(ROW("PUT ", "200 OK", "{}"));
    CHECK_INT(RUN("role", "assignment", "create", "--assignee", "a", "--role", "azure sphere reader"), 0);
    CHECK_HAS(good.seen[0], "\"roleDefinitionId\":\"Azure Sphere Reader\"");
    CHECK_INT(RUN("role", "assignment", "create", "--assignee", "a", "--role",
                  "/providers/Microsoft.Authorization/roleDefinitions/" IMAGE), 0);
    CHECK_HAS(good.seen[1], "\"roleDefinitionId\":\"/providers/Microsoft.Authorization/roleDefinitions/" IMAGE "\"");
    EXPECT(ROW("PUT ", "404 Not Found", "{}"));
    CHECK_INT(RUN("device", "claim", "-d", "abc"), 3);
    CHECK_HAS(run_err, "or another catalog has it");
    EXPECT(ROW("GET ", "200 OK", "{\"value\":[{\"properties\":{\"imageId\":\"" IMAGE "\",\"image\":\"blink\",\"imageName\":null}}]}"));
    CHECK_INT(RUN("device", "image", "list-targeted", "--all", "-d", "abc", "-o", "table"), 0);
    CHECK_HAS(run_out, IMAGE "  blink");

    CHECK_INT(RUN("deployment", "create", "-p", "p", "-dg", "g", "--images", "abc"), 2); /* before the service is asked */
    CHECK_HAS(run_err, "'abc' is no image id");

    /* as az: devices of a product, group by group; a subscription of the command alone; all groups */
    EXPECT(ROW("GET " CATALOG "/products/P/deviceGroups?", "200 OK", "{\"value\":[{\"name\":\"A\"},{\"name\":\"B b\"}]}"),
           ROW("GET " CATALOG "/products/P/deviceGroups/A/devices?", "200 OK", "{\"value\":[{\"name\":\"1\"},{\"name\":\"2\"}]}"),
           ROW("GET " CATALOG "/products/P/deviceGroups/B%20b/devices?", "200 OK", "{\"value\":[{\"name\":\"3\"}]}"));
    CHECK_INT(RUN("device", "list", "-p", "P", "--query", "[].name", "-o", "tsv"), 0);
    CHECK_STR(run_out, "1\n2\n3\n");
    CHECK_INT(RUN("device", "list", "-dg", "A"), 2);
    EXPECT(ROW("GET " CATALOG "/products/P/deviceGroups?", "200 OK", "{\"value\":[{}]}"));
    CHECK_INT(RUN("device", "list", "-p", "P"), 1);
    CHECK_HAS(run_err, "without a name");
    EXPECT(ROW("POST ", "200 OK", "{\"value\":3}"));
    CHECK_INT(RUN("device", "show-count", "--subscription", "other", "--query", "value"), 0);
    CHECK_STR(run_out, "3\n");
    CHECK_HAS(good.seen[0], "POST /subscriptions/other/resourceGroups/g/");
    EXPECT(ROW("GET ", "200 OK", "{\"value\":[]}"));
    CHECK_INT(RUN("catalog", "list", "--all", "-g", "x"), 0);
    CHECK_HAS(good.seen[0], "GET /subscriptions/s%20u/providers/Microsoft.AzureSphere/catalogs?");
    CHECK_INT(RUN("device", "image", "list-targeted", "--all", "-d", "abc"), 0);
    CHECK_HAS(good.seen[1], "GET " CATALOG "/images?");
    CHECK_INT(RUN("device", "show"), 4); /* no device is attached */
    CHECK_HAS(run_err, "--device names one by its id");
    CHECK_INT((int)good.seen_count, 2);

    EXPECT(ROW("GET ", "404 Not Found", "{\"error\":{\"code\":\"NotFound\",\"message\":\"m\"}}"));
    CHECK_INT(RUN("product", "show", "-p", "x"), 3);
    CHECK_HAS(run_err, "peri: (NotFound) m: GET catalogs/");
    CHECK_HAS(run_err, "/products/x (or no role of yours reaches it)\n");
    CHECK_STR(run_out, "");
    EXPECT(ROW("DELETE ", "409 Conflict", "{}"));
    CHECK_INT(RUN("product", "delete", "-p", "x"), 1);
}

/* What is no dump, another dump, or one that the key of this download does not open: nothing is written. */
static void crash_dumps(void)
{
    static char text[2048], answer[8192];
    static const char *const bad[] = {
        "{}", "[]", "{\"dump\":7,\"key\":7}", "{\"dump\":\"\",\"key\":\"\"}", "{\"dump\":\"AAAA\",\"key\":\"AAAA\"}",
        "{\"dump\":\"*\",\"key\":\"*\"}",
    };
    const char *name = "00000001-0000-0000-0000-000000000000", *second = "00000002-0000-0000-0000-000000000000";
    static const uint8_t seed[HPKE_SEED_BYTES] = {1};
    uint8_t private[HPKE_PRIVATE_BYTES], public[HPKE_PUBLIC_BYTES], bytes[1024], key[CRASH_DUMP_KEY_BYTES];
    struct crash_dump head = {.dump = {1}, .signal = 11};
    struct hpke_secret secret = {{1}, {2}};
    struct writer w = writer_of(bytes, sizeof bytes), to = writer_of(text, sizeof text);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        EXPECT(ROW("POST ", "200 OK", bad[i]));
        CHECK_INT(RUN("crash-dump", "download", "-cd", name, "-of", at("core")), PERI_EXIT_REFUSED);
    }
    CHECK_HAS(good.seen[0], "POST " CATALOG "/providers/Perisphere/crashDumps/00000001-0000-0000-0000-000000000000/download?");
    CHECK_HAS(good.seen[0], "{\"publicKey\":\"B");
    REQUIRE(hpke_pair(seed, private, public) == 0);
    REQUIRE(crash_dump_seal(&head, public, seed, span_of("a core", 6), &w) == 0);
    REQUIRE(crash_dump_key_seal(&secret, public, seed, span_of(bytes, CRASH_DUMP_HEAD_BYTES), key) == 0);
    base64_encode(writer_view(&w), &to);
    size_t len = to.len;
    base64_encode(span_of(key, sizeof key), &to);
    REQUIRE(to.err == 0);
    snprintf(answer, sizeof answer, "{\"dump\":\"%.*s\",\"key\":\"%.*s\"}", (int)len, text, (int)(to.len - len), text + len);
    EXPECT(ROW("POST ", "200 OK", answer));
    CHECK_INT(RUN("crash-dump", "download", "-cd", name, "-of", at("core")), PERI_EXIT_REFUSED); /* to another's key */
    CHECK_INT(RUN("crash-dump", "download", "-cd", second, "-of", at("core")), PERI_EXIT_REFUSED);
    EXPECT(ROW("POST ", "403 Forbidden", "{\"error\":{\"code\":\"AuthorizationFailed\",\"message\":\"m\"}}"));
    CHECK(RUN("crash-dump", "download", "-cd", name, "-of", at("core")) != 0);
    CHECK_INT(RUN("crash-dump", "download", "-cd", "..", "-of", at("core")), 2);
    CHECK(access(at("core"), F_OK) != 0);
    EXPECT(ROW("DELETE ", "200 OK", ""));
    CHECK_INT(RUN("crash-dump", "delete", "-cd", name, "--yes"), 0);
    EXPECT(ROW("GET ", "200 OK", "{\"value\":[{\"name\":\"x\",\"properties\":{\"signal\":11,\"crashGroupName\":null}}]}"));
    CHECK_INT(RUN("crash-dump", "list", "-o", "table"), 0);
    CHECK_HAS(run_out, "Crash Dump");
}

static void unreachable(struct identity *stranger_ca, const struct identity *ca)
{
    struct server wrong, gone;
    struct identity server = identity_make("server", stranger_ca, "IP:127.0.0.1");
    server_start(&wrong, &server, stranger_ca);
    profile_write(wrong.port, "root.pem"); /* certificate of another CA */
    CHECK_INT(RUN("catalog", "list"), 4);
    CHECK_HAS(run_err, "is the service running");
    CHECK_INT((int)wrong.seen_count, 0);
    identity_save(stranger_ca, at("stranger.pem"), NULL);
    profile_write(good.port, "stranger.pem");
    EXPECT(ROW("", "200 OK", "{}"));
    CHECK_INT(RUN("catalog", "list"), 4);
    CHECK_INT((int)good.seen_count, 0);
    profile_write(wrong.port, "stranger.pem"); /* it does not take our certificate */
    CHECK_INT(RUN("catalog", "list"), 4);
    CHECK_INT((int)wrong.seen_count, 0);
    server_stop(&wrong);
    /* a certificate that is over, or not yet good: what the server says is "alert", what we say is why */
    static const struct {
        long from, to;
        const char *text;
    } times[] = {{-7200, -3600, "your certificate ran out on "}, {3600, 7200, "your certificate is good from "}};
    profile_write(good.port, "root.pem");
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        struct identity over = identity_make("over", ca, NULL);
        X509_gmtime_adj(X509_getm_notBefore(over.certificate), times[i].from);
        X509_gmtime_adj(X509_getm_notAfter(over.certificate), times[i].to);
        REQUIRE(X509_sign(over.certificate, ca->key, EVP_sha256()) > 0);
        identity_save(&over, at("cert.pem"), at("key.pem"));
        EXPECT(ROW("", "200 OK", "{}"));
        CHECK_INT(RUN("catalog", "list"), 4);
        CHECK_HAS(run_err, times[i].text);
        CHECK_INT((int)good.seen_count, 0);
        identity_release(&over);
    }
    server_start(&gone, &server, stranger_ca);
    server_stop(&gone);
    profile_write(gone.port, "root.pem");
    CHECK_INT(RUN("catalog", "list"), 4);
    CHECK_HAS(run_err, "onnect");
    identity_release(&server);
}

int main(void)
{
    run_begin();
    setenv("PERI_DEVICE", "127.0.0.1:1", 1); /* none is attached */
    curl_global_init(CURL_GLOBAL_DEFAULT);
    struct identity ca = identity_make("ca", NULL, NULL), stranger = identity_make("stranger", NULL, NULL);
    struct identity server = identity_make("server", &ca, "IP:127.0.0.1,DNS:localhost");
    struct identity client = identity_make("client", &ca, NULL);
    identity_save(&ca, at("root.pem"), NULL);
    identity_save(&client, at("cert.pem"), at("key.pem"));
    server_start(&good, &server, &ca);
    server_start(&other, &server, &ca);
    profile_write(good.port, "root.pem");
    calls();
    no_wait();
    errors();
    large();
    pages();
    operations();
    elsewhere();
    paths();
    program();
    crash_dumps();
    unreachable(&stranger, &ca);
    server_stop(&good);
    server_stop(&other);
    profile_release(&profile);
    identity_release(&ca);
    identity_release(&stranger);
    identity_release(&server);
    identity_release(&client);
    curl_global_cleanup();
    free(caught);
    return check_done();
}
