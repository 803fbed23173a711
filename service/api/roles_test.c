/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docs/spec/access.md: every role at every level against every route at every
 * place; what roles must not be talked into; the last owner; the audit log.
 */
#include <stdarg.h>

#include "service/api/access.h"
#include "service/api/harness_test.h"
#include "tests/check.h"

#define SUB "/subscriptions/00000000-0000-0000-0000-0000000000aa"
#define CATALOGS SUB "/resourceGroups/r/providers/Microsoft.AzureSphere/catalogs"
#define C1 CATALOGS "/one"
#define GROUP1 SUB "/resourceGroups/r"
#define C2 SUB "/resourceGroups/s/providers/Microsoft.AzureSphere/catalogs/two"
#define SUB3 "/subscriptions/00000000-0000-0000-0000-0000000000bb"
#define C3 SUB3 "/resourceGroups/r/providers/Microsoft.AzureSphere/catalogs/one"
#define P1 C1 "/products/First"
#define G1 P1 "/deviceGroups/Alpha"
#define ROLES "/providers/Microsoft.Authorization/roleAssignments"
#define OURS "/providers/Perisphere"

/* 128 digits that differ in the first. */
static const char *device(char digit)
{
    static char text[4][129];
    static unsigned turn;
    char *at = text[turn++ % 4];
    memset(at, '0', 128);
    at[0] = digit;
    at[128] = '\0';
    return at;
}

static const char *path(const char *format, ...) __attribute__((format(printf, 1, 2)));
static const char *path(const char *format, ...)
{
    static char text[4][2048];
    static unsigned turn;
    char *at = text[turn++ % 4];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(at, 2048, format, arguments);
    va_end(arguments);
    return at;
}

static int status(const char *method, const char *where, const char *body)
{
    return harness_request(method, where, body)->status;
}

static void must(const char *method, const char *where, const char *body, int want)
{
    int got = status(method, where, body);
    CHECK_INT(got, want);
    if (got != want)
        fprintf(stderr, "  %s %s\n", method, where);
}

/* Numbered names, so that each is new. */
static const char *give_at(const char *where, const char *principal, const char *role, int want)
{
    static unsigned number;
    const char *at = path("%s" ROLES "/00000000-0000-0000-0000-%012u", where, ++number);
    must("PUT", at, path("{\"properties\":{\"roleDefinitionId\":\"%s\",\"principalId\":\"%s\"}}", role, principal), want);
    return at;
}

static const char *const role_names[ROLE_COUNT] = {NULL, "Azure Sphere Reader", "Azure Sphere Publisher",
                                                   "Azure Sphere Contributor", "Azure Sphere Owner"};

/* A catalog, one in another resource group and one in another subscription; in each a product, a
 * group and a device of the same names, and beside them a second of each in the first. */
static void world_make(void)
{
    static const char *const catalogs[] = {C1, C2, C3};
    for (int c = 0; c < 3; c++) {
        must("PUT", catalogs[c], "{\"location\":\"global\"}", 201);
        must("PUT", path("%s/products/First", catalogs[c]), "{}", 201);
        must("PUT", path("%s/products/First/deviceGroups/Alpha", catalogs[c]), "{}", 201);
    }
    must("PUT", C1 "/products/Second", "{}", 201);
    must("PUT", C1 "/products/Second/deviceGroups/Beta", "{}", 201);
    for (char digit = 'a'; digit <= 'c'; digit++)
        must("PUT", path(OURS "/devices/%s", device(digit)), NULL, 201);
    must("PUT", path(G1 "/devices/%s", device('a')), "{}", 201);
    must("PUT", path(C1 "/products/Second/deviceGroups/Beta/devices/%s", device('b')), "{}", 201);
    must("PUT", path(C2 "/products/First/deviceGroups/Alpha/devices/%s", device('c')), "{}", 201);
    must("PUT", path(OURS "/devices/%s", device('f')), NULL, 201);
    must("PUT", path(C3 "/products/First/deviceGroups/Alpha/devices/%s", device('f')), "{}", 201);
}

/* -- the matrix ------------------------------------------------------------------ */

enum place { INSIDE, BESIDE, OTHER, FOREIGN, PLACES };

static const struct place_names {
    const char *subscription, *resource_group, *catalog, *product, *group;
    char device;
} places[PLACES] = {
    [INSIDE] = {"00000000-0000-0000-0000-0000000000aa", "r", "one", "First", "Alpha", 'a'},
    [BESIDE] = {"00000000-0000-0000-0000-0000000000AA", "R", "one", "Second", "Beta", 'b'},
    [OTHER] = {"00000000-0000-0000-0000-0000000000aa", "s", "two", "First", "Alpha", 'c'},
    [FOREIGN] = {"00000000-0000-0000-0000-0000000000bb", "r", "one", "First", "Alpha", 'f'},
};

/* Existing names for what leads to the scope, a name that is not there for the last,
 * so that a DELETE that is allowed finds nothing or something that is in use. */
static const char *value_of(const char *name, const struct place_names *at)
{
    static const struct {
        const char *name, *value;
    } rows[] = {
        {"{image", "00000000-0000-0000-0000-0000000000ff"},
        {"{deploymentName}", "00000000-0000-0000-0000-0000000000ff"},
        {"{operation}", "00000000-0000-0000-0000-0000000000ff"},
        {"{definition}", "00000000-0000-0000-0000-0000000000ff"},
        {"{assignment}", "00000000-0000-0000-0000-0000000000ff"},
        {"{rollout}", "00000000-0000-0000-0000-0000000000ff"},
        {"{crashGroup}", "00000000-0000-0000-0000-0000000000ff"},
        {"{crashDump}", "00000000-0000-0000-0000-0000000000ff"},
        {"{serialNumber}", "active"}, {"{provider}", "Microsoft.AzureSphere"}, {"{version}", "1.0"}, {"{location}", "global"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strncmp(name, rows[i].name, strlen(rows[i].name)) == 0)
            return rows[i].value;
    return strncmp(name, "{subscriptionId}", 16) == 0      ? at->subscription
           : strncmp(name, "{resourceGroupName}", 19) == 0 ? at->resource_group
           : strncmp(name, "{catalogName}", 13) == 0      ? at->catalog
           : strncmp(name, "{productName}", 13) == 0      ? at->product
           : strncmp(name, "{deviceGroupName}", 17) == 0 ? at->group
           : strncmp(name, "{deviceName}", 12) == 0       ? device(at->device)
                                                     : "missing";
}

static void path_fill(const char *pattern, const struct place_names *at, char *to)
{
    for (; *pattern; pattern++) {
        if (*pattern == '{') {
            to += strlen(strcpy(to, value_of(pattern, at)));
            pattern = strchr(pattern, '}');
        } else {
            *to++ = *pattern;
        }
    }
    *to = '\0';
}

/* How deep a route points. */
static int level_of(const char *pattern)
{
    return strncmp(pattern, "/subscriptions/{", 16) != 0 ? LEVEL_SERVICE
           : !strstr(pattern, "/resourceGroups/{")  ? LEVEL_SUBSCRIPTION
           : !strstr(pattern, "/catalogs/{")        ? LEVEL_RESOURCE_GROUP
           : strstr(pattern, "/devices/{")          ? LEVEL_DEVICE
           : strstr(pattern, "/deviceGroups/{")     ? LEVEL_GROUP
           : strstr(pattern, "/products/{")         ? LEVEL_PRODUCT
                                                    : LEVEL_CATALOG;
}

static const char *const methods[] = {"GET", "PUT", "PATCH", "POST", "DELETE"};

/* By the words of access.md and not by the code: a role counts at its place and below. */
static bool reaches(int assigned, int pointed, enum place place)
{
    if (assigned == LEVEL_SERVICE)
        return true;
    if (place == FOREIGN || pointed < assigned)
        return false;
    if (place == OTHER)
        return assigned == LEVEL_SUBSCRIPTION;
    return place == INSIDE || assigned <= LEVEL_CATALOG;
}

static unsigned matrix_asked;

static void matrix_one(const struct route *route, int role, int level, enum place place)
{
    char where[2048];
    enum access_action action = api_action_of((enum route_id)(route - route_table));
    int pointed = level_of(route->pattern);
    bool open = access_actions[action].flags & ACTION_SIGNED_IN;
    path_fill(route->pattern, &places[place], where);
    const struct harness_answer *answer = harness_request(methods[route->method], where, "[");
    bool may = open || (access_role_allows((uint16_t)role, (uint16_t)action) && reaches(level, pointed, place));
    /* Nothing is told of a catalog in which one has no role at all. */
    bool known = place == INSIDE || place == BESIDE || level == LEVEL_SERVICE || (place == OTHER && level == LEVEL_SUBSCRIPTION);
    int refused = known || pointed < LEVEL_CATALOG ? 403 : 404;
    bool good = may ? answer->status != 403 && answer->channel == 0 : answer->status == refused;
    CHECK(good);
    if (!good)
        fprintf(stderr, "  %s at level %d: %s %s: %d, %s\n", role_names[role], level, methods[route->method],
                where, answer->status, may ? "allowed" : "refused");
    matrix_asked++;
}

static void test_matrix(void)
{
    static const char *const at[] = {"", SUB, GROUP1, C1, P1, G1, NULL};
    for (int level = LEVEL_SERVICE; level <= LEVEL_DEVICE; level++) {
        for (int role = ROLE_READER; role < ROLE_COUNT; role++) {
            char name[8];
            snprintf(name, sizeof name, "m%d%d", role, level);
            harness_as("olga");
            give_at(at[level] ? at[level] : path(G1 "/devices/%s", device('a')), path("certificate:%s", name),
                    role_names[role], 201);
            for (int i = 0; i < ROUTE_COUNT; i++) {
                const struct route *route = &route_table[i];
                if (route->auth != ROUTE_OPERATOR)
                    continue;
                CHECK(api_action_of((enum route_id)i) != ACCESS_NONE);
                for (int place = INSIDE; place < PLACES; place++) {
                    int pointed = level_of(route->pattern);
                    if ((place != INSIDE && pointed == LEVEL_SERVICE) || (place == BESIDE && pointed <= LEVEL_CATALOG) ||
                        (place == OTHER && pointed == LEVEL_SUBSCRIPTION))
                        continue; /* the same place as before */
                    if (place == FOREIGN && level > LEVEL_RESOURCE_GROUP)
                        continue; /* no role here is more of a stranger there than in OTHER */
                    harness_as(name);
                    matrix_one(route, role, level, (enum place)place);
                    if (i == ROUTE_ID_Devices_Delete) { /* which worked: back again */
                        harness_as("olga");
                        char back[2048];
                        path_fill(route->pattern, &places[place], back);
                        must("PUT", back, "{}", 200);
                    }
                }
            }
        }
    }
    CHECK(matrix_asked > 3000);
}

/* A stranger is told the same of what is there and of what is not. */
static void test_stranger(void)
{
    static const char *const rest[] = {"", "/products", "/products/First", "/products/First/deviceGroups/Alpha",
                                       "/images", "/certificates"};
    harness_as("nobody");
    for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++) {
        char there[512];
        const struct harness_answer *answer = harness_request("GET", path(C1 "%s", rest[i]), NULL);
        CHECK_INT(answer->status, 404);
        snprintf(there, sizeof there, "%s", json_string_value(json_object_get(json_object_get(answer->json, "error"), "message")));
        answer = harness_request("GET", path(CATALOGS "/absent%s", rest[i]), NULL);
        CHECK_INT(answer->status, 404);
        CHECK_STR(json_string_value(json_object_get(json_object_get(answer->json, "error"), "message")), there);
        CHECK_INT(status("DELETE", C1, NULL), 404);
        CHECK_INT(status("DELETE", CATALOGS "/absent", NULL), 404);
    }
    CHECK_INT(status("PUT", CATALOGS "/new", "{\"location\":\"global\"}"), 404);
    CHECK_INT(status("GET", OURS "/status", NULL), 403);
}

static size_t catalogs_seen(const char *name)
{
    harness_as(name);
    const struct harness_answer *answer =
        harness_request("GET", SUB "/providers/Microsoft.AzureSphere/catalogs", NULL);
    CHECK_INT(answer->status, 200);
    return json_array_size(json_object_get(answer->json, "value"));
}

static void test_catalogs_listed(void)
{
    CHECK_INT(catalogs_seen("olga"), 2);
    CHECK_INT(catalogs_seen("m10"), 2);
    CHECK_INT(catalogs_seen("m11"), 2); /* a subscription's sees all in it */
    CHECK_INT(catalogs_seen("m12"), 1);
    CHECK_INT(catalogs_seen("m13"), 1);
    CHECK_INT(catalogs_seen("m15"), 0); /* a group's reader does not see the catalog itself */
    CHECK_INT(catalogs_seen("nobody"), 0);
}

/* -- what roles must not be talked into --------------------------------------------- */

static void test_devices_are_not_taken(void)
{
    harness_as("olga");
    must("PUT", C1 "/products/First/deviceGroups/Gamma", "{}", 201);
    give_at(C1 "/products/First/deviceGroups/Gamma", "certificate:gina", "Azure Sphere Contributor", 201);
    harness_as("gina");
    /* From a group of the same catalog where she has no role: by claim, claim in bulk, move. */
    const char *mine = C1 "/products/First/deviceGroups/Gamma";
    CHECK_INT(status("PUT", path("%s/devices/%s", mine, device('b')), "{}"), 403);
    const struct harness_answer *answer =
        harness_request("POST", path("%s/claimDevices", mine),
                        path("{\"deviceIdentifiers\":[\"%s\"]}", device('b')));
    CHECK(answer->status == 202 || answer->status == 403);
    if (answer->status == 202)
        CHECK_INT(status("GET", path("%s", answer->location), NULL), 403);
    CHECK_INT(status("PATCH", path(C1 "/products/Second/deviceGroups/Beta/devices/%s", device('b')),
                     "{\"properties\":{\"deviceGroupId\":\"" C1 "/products/First/deviceGroups/Gamma\"}}"), 403);
    /* A device of another catalog is not even there. */
    CHECK_INT(status("PUT", path("%s/devices/%s", mine, device('c')), "{}"), 404);
    harness_as("olga");
    must("GET", path(C1 "/products/Second/deviceGroups/Beta/devices/%s", device('b')), NULL, 200);
    /* Her own device into a group where she has no role. */
    must("PUT", path(OURS "/devices/%s", device('d')), NULL, 201);
    must("PUT", path("%s/devices/%s", mine, device('d')), "{}", 201);
    harness_as("gina");
    CHECK_INT(status("PATCH", path("%s/devices/%s", mine, device('d')),
                     "{\"properties\":{\"deviceGroupId\":\"" C1 "/products/Second/deviceGroups/Beta\"}}"), 403);
    CHECK_INT(status("GET", path("%s/devices/%s", mine, device('d')), NULL), 200);
    /* With a role on both it goes. */
    harness_as("olga");
    give_at(C1 "/products/Second/deviceGroups/Beta", "certificate:gina", "Azure Sphere Contributor", 201);
    harness_as("gina");
    CHECK_INT(status("PATCH", path("%s/devices/%s", mine, device('d')),
                     "{\"properties\":{\"deviceGroupId\":\"" C1 "/products/Second/deviceGroups/Beta\"}}"), 200);
    CHECK_INT(status("PUT", path("%s/devices/%s", mine, device('b')), "{}"), 200);
    harness_as("olga");
    must("PUT", path(C1 "/products/Second/deviceGroups/Beta/devices/%s", device('b')), "{}", 200);
}

static void test_no_more_than_own(void)
{
    harness_as("m44"); /* owner of the first product */
    give_at(P1, "certificate:pia", "Azure Sphere Owner", 201);
    give_at(G1, "certificate:pia", "Azure Sphere Reader", 201);
    give_at(C1, "certificate:pia", "Azure Sphere Reader", 403);
    give_at("", "certificate:m44", "Azure Sphere Owner", 403);
    give_at(C1 "/products/Second", "certificate:m44", "Azure Sphere Owner", 403);
    give_at(C2 "/products/First", "certificate:m44", "Azure Sphere Owner", 404);
    harness_as("m33"); /* contributor of the catalog */
    give_at(C1, "certificate:m33", "Azure Sphere Owner", 403);
    harness_as("olga");
    give_at(C1 "/products/none", "certificate:pia", "Azure Sphere Reader", 404);
    give_at(C1 "/products/.default", "certificate:pia", "Azure Sphere Reader", 400);
    static const char *const wrong[] = {"pia", "certificate:", "token:x", "token:#y", "token:x#", "user:pia", ""};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        give_at(C1, wrong[i], "Azure Sphere Reader", 400);
    give_at(C1, "certificate:pia", "Reader", 400);
    give_at(C1, "token:https://login.test#42", "c8ae6279-5a0b-4cb2-b3f0-d4d62845742c", 201);
    give_at(C1, "token:https://login.test#42", "Azure Sphere Reader", 409); /* twice the same */
    const struct harness_answer *twice = harness_request("PUT", C1 ROLES "/00000000-0000-0000-0000-0000000000ee",
        "{\"properties\":{\"roleDefinitionId\":\"Azure Sphere Reader\",\"principalId\":\"token:https://login.test#42\"}}");
    CHECK_STR(json_string_value(json_object_get(json_object_get(twice->json, "error"), "code")), "RoleAssignmentExists");
}

static void test_last_owner(void)
{
    char olga[256] = "";
    size_t index;
    json_t *row;
    harness_as("olga");
    const struct harness_answer *answer = harness_request("GET", ROLES, NULL);
    CHECK_INT(answer->status, 200);
    json_array_foreach(json_object_get(answer->json, "value"), index, row) {
        json_t *p = json_object_get(row, "properties");
        if (strcmp(json_string_value(json_object_get(p, "principalId")), "certificate:olga") == 0)
            snprintf(olga, sizeof olga, "%s", json_string_value(json_object_get(row, "id")));
    }
    REQUIRE(olga[0]);
    /* m40 is owner of the service too: olga may go, then m40 may not, although a token owns it. */
    give_at("", "token:https://login.test#7", "Azure Sphere Owner", 201);
    harness_as("m40");
    must("DELETE", path("/" "%s", olga + 1), NULL, 200);
    harness_as("olga");
    CHECK_INT(status("GET", ROLES, NULL), 403);
    harness_as("m40");
    answer = harness_request("GET", ROLES, NULL);
    json_array_foreach(json_object_get(answer->json, "value"), index, row) {
        json_t *p = json_object_get(row, "properties");
        if (strcmp(json_string_value(json_object_get(p, "principalId")), "certificate:m40") == 0)
            snprintf(olga, sizeof olga, "%s", json_string_value(json_object_get(row, "id")));
    }
    must("DELETE", path("%s", olga), NULL, 409);
    must("GET", path("%s", olga), NULL, 200);
    give_at("", "certificate:olga", "Azure Sphere Owner", 201);
    harness_store_restart(); /* there is an owner: nobody is made one */
    must("DELETE", path("%s", olga), NULL, 200);
    CHECK_INT(status("GET", ROLES, NULL), 403);
    harness_as("olga");
    give_at("", "certificate:m40", "Azure Sphere Owner", 201);
}

static void test_gone_with_the_place(void)
{
    harness_as("olga");
    must("PUT", CATALOGS "/brief", "{\"location\":\"global\"}", 201);
    give_at(CATALOGS "/brief", "certificate:bea", "Azure Sphere Owner", 201);
    harness_as("bea");
    CHECK_INT(status("GET", CATALOGS "/brief", NULL), 200);
    CHECK_INT(status("DELETE", CATALOGS "/brief", NULL), 200);
    harness_as("olga");
    must("PUT", CATALOGS "/brief", "{\"location\":\"global\"}", 201);
    harness_as("bea");
    CHECK_INT(status("GET", CATALOGS "/brief", NULL), 404);
}

/* -- the log --------------------------------------------------------------------------- */

struct record {
    char principal[128], action[160], scope[1024], outcome[64], detail[STORE_DETAIL_MAX], request[64];
};

static bool record_last(struct record *last)
{
    char where[256] = OURS "/auditLog?api-version=2024-04-01&$maxpagesize=200";
    char next[1024];
    json_t *row = NULL;
    const char *saved;
    memset(last, 0, sizeof *last);
    snprintf(next, sizeof next, "%s", where);
    do {
        const struct harness_answer *answer = harness_request("GET", next, NULL);
        CHECK_INT(answer->status, 200);
        json_t *value = json_object_get(answer->json, "value");
        if (json_array_size(value))
            row = json_array_get(value, json_array_size(value) - 1);
        saved = json_string_value(json_object_get(answer->json, "nextLink"));
        if (saved)
            snprintf(next, sizeof next, "%s", saved);
        else if (row) {
#define TAKE(field, key) \
    snprintf(last->field, sizeof last->field, "%s", json_string_value(json_object_get(row, key)))
            TAKE(principal, "principal");
            TAKE(action, "action");
            TAKE(scope, "scope");
            TAKE(outcome, "outcome");
            TAKE(detail, "detail");
            TAKE(request, "requestId");
        }
    } while (saved);
    return row != NULL;
}

static void logged(const char *by, const char *method, const char *where, const char *body, int want,
                   const char *action, const char *outcome)
{
    struct record record;
    harness_as(by);
    must(method, where, body, want);
    harness_as("olga");
    CHECK(record_last(&record));
    CHECK_STR(record.principal, path("certificate:%s", by));
    CHECK_STR(record.action, path("Microsoft.%s", action));
    CHECK_STR(record.scope, where);
    CHECK_STR(record.outcome, outcome);
    CHECK_STR(record.request, "test");
}

/* More devices than the field holds: what is cut is marked, and the change is still carried out or refused. */
static void test_long_detail(void)
{
    struct record record;
    char *body = malloc(20 * 140 + 64);
    REQUIRE(body != NULL);
    strcpy(body, "{\"deviceIdentifiers\":[");
    for (int i = 0; i < 20; i++)
        sprintf(body + strlen(body), "%s\"%s\"", i ? "," : "", device('b'));
    strcat(body, "]}");
    must("POST", C1 "/products/Second/deviceGroups/Beta/claimDevices", body, 202);
    free(body);
    CHECK(record_last(&record));
    CHECK(strncmp(record.detail, "20 devices: b000", 16) == 0);
    CHECK(strlen(record.detail) == sizeof record.detail - 1 && strcmp(record.detail + strlen(record.detail) - 3, "...") == 0);
}

static void test_audit(void)
{
    struct record record;
    logged("olga", "PUT", C1 "/products/Logged", "{}", 201, "AzureSphere/catalogs/products/write", "Succeeded");
    logged("m11", "PUT", C1 "/products/Logged", "{}", 403, "AzureSphere/catalogs/products/write", "AuthorizationFailed");
    logged("nobody", "DELETE", C1 "/products/Logged", NULL, 404, "AzureSphere/catalogs/products/delete", "ResourceNotFound");
    logged("olga", "PUT", C1 "/products/Logged", "[", 400, "AzureSphere/catalogs/products/write", "InvalidRequestContent");
    logged("olga", "DELETE", C1, NULL, 409, "AzureSphere/catalogs/delete", "Conflict");
    logged("olga", "PUT", CATALOGS "/none/products/Logged", "{}", 404, "AzureSphere/catalogs/products/write", "ParentResourceNotFound");
    logged("olga", "POST", path(G1 "/devices/%s/generateCapabilityImage", device('a')),
           "{\"capabilities\":[\"FieldServicing\"]}", 200,
           "AzureSphere/catalogs/products/deviceGroups/devices/generateCapabilityImage/action", "Succeeded");
    const char *at = give_at(C1, "certificate:lena", "Azure Sphere Reader", 201);
    CHECK(record_last(&record));
    CHECK_STR(record.detail, "Azure Sphere Reader to certificate:lena");
    CHECK_STR(record.scope, at);
    /* What a change was, where the path does not say it. */
    must("PATCH", path(G1 "/devices/%s", device('a')), "{\"properties\":{\"deviceGroupId\":\"" C1 "/products/Second/deviceGroups/Beta\"}}", 200);
    CHECK(record_last(&record));
    CHECK_STR(record.detail, "to " C1 "/products/Second/deviceGroups/Beta");
    must("POST", path(C1 "/products/Second/deviceGroups/Beta/devices/%s/generateCapabilityImage", device('a')),
         "{\"capabilities\":[\"FieldServicing\",\"ApplicationDevelopment\"]}", 200);
    CHECK(record_last(&record));
    CHECK_STR(record.detail, "FieldServicing, ApplicationDevelopment");
    must("PUT", C1 "/products/Second/deviceGroups/Beta/deployments/.default", "{\"properties\":{\"deployedImages\":[]}}", 201);
    CHECK(record_last(&record));
    CHECK_STR(record.detail, "0 images:");
    test_long_detail();
    at = give_at(C1, "certificate:lena", "Azure Sphere Publisher", 201);
    /* Reading leaves no trace, allowed or not. */
    harness_as("nobody");
    CHECK_INT(status("GET", C1, NULL), 404);
    harness_as("olga");
    must("GET", C1, NULL, 200);
    CHECK(record_last(&record));
    CHECK_STR(record.scope, at);
    /* A change that the issuer failed: what the store did, and that it failed. */
    harness_issuer_fails(true);
    must("POST", C1 "/certificates/active/retrieveProofOfPossessionNonce", "{\"proofOfPossessionNonce\":\"x\"}", 500);
    harness_issuer_fails(false);
    CHECK(record_last(&record));
    CHECK_STR(record.outcome, "InternalServerError");
}

/* Records go for an owner of the service alone, and the log says so. */
static void test_prune(void)
{
    char body[160], digest[65];
    struct record record;
    harness_as("olga");
    const struct harness_answer *a = harness_request("GET", OURS "/auditLog?api-version=2024-04-01&$maxpagesize=10", NULL);
    REQUIRE(a->status == 200);
    json_t *fifth = json_array_get(json_object_get(a->json, "value"), 4);
    snprintf(digest, sizeof digest, "%s", json_string_value(json_object_get(fifth, "digest")));
    CHECK_INT(json_integer_value(json_object_get(fifth, "sequence")), 5);
    snprintf(body, sizeof body, "{\"sequence\":5,\"digest\":\"%s\"}", digest);
    give_at("", "certificate:carl", "Azure Sphere Contributor", 201);
    logged("carl", "POST", OURS "/auditLog/prune", body, 403, "Authorization/auditLog/prune/action", "AuthorizationFailed");
    logged("m11", "POST", OURS "/auditLog/prune", body, 403, "Authorization/auditLog/prune/action", "AuthorizationFailed");
    must("POST", OURS "/auditLog/prune", "{\"sequence\":5}", 400);
    must("POST", OURS "/auditLog/prune", path("{\"sequence\":0,\"digest\":\"%s\"}", digest), 400);
    must("POST", OURS "/auditLog/prune", path("{\"sequence\":6,\"digest\":\"%s\"}", digest), 409);
    must("POST", OURS "/auditLog/prune", path("{\"sequence\":8,\"digest\":\"%s\"}", digest), 409); /* too young */
    CHECK(record_last(&record));
    CHECK_STR(record.outcome, "Conflict");
    must("POST", OURS "/auditLog/prune", path("{\"sequence\":9,\"digest\":\"%s\"}", digest), 404);
    a = harness_request("GET", OURS "/auditLog/checkpoints?api-version=2024-04-01", NULL);
    CHECK_INT(json_array_size(json_object_get(a->json, "value")), 0);
    logged("olga", "POST", OURS "/auditLog/prune", body, 200, "Authorization/auditLog/prune/action", "Succeeded");
    CHECK(record_last(&record));
    CHECK_STR(record.detail, "up to record 5");
    must("POST", OURS "/auditLog/prune", body, 404); /* they went before */
    harness_as("carl"); /* who reads the log sees where it begins */
    a = harness_request("GET", OURS "/auditLog/checkpoints?api-version=2024-04-01", NULL);
    json_t *row = json_array_get(json_object_get(a->json, "value"), 0);
    CHECK_INT(json_integer_value(json_object_get(row, "sequence")), 5);
    CHECK_STR(json_string_value(json_object_get(row, "digest")), digest);
    a = harness_request("GET", OURS "/auditLog?api-version=2024-04-01&$maxpagesize=10", NULL);
    CHECK_INT(json_integer_value(json_object_get(json_array_get(json_object_get(a->json, "value"), 0), "sequence")), 6);
    harness_as("olga");
}

int main(void)
{
    harness_start(false);
    world_make();
    test_matrix();
    test_stranger();
    test_catalogs_listed();
    test_devices_are_not_taken();
    test_no_more_than_own();
    test_last_owner();
    test_gone_with_the_place();
    test_audit();
    test_prune();
    harness_stop();
    return check_done();
}
