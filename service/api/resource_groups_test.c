/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Subscriptions and resource groups: containers that are shown to those who have a role in
 * them, made by hand or with their first catalog, and deleted with their catalogs or not at all.
 */
#include "service/api/harness_test.h"
#include "tests/check.h"

#define SUB "/subscriptions/00000000-0000-0000-0000-0000000000aa"
#define OTHER "/subscriptions/00000000-0000-0000-0000-0000000000bb"
#define SPHERE "/providers/Microsoft.AzureSphere"
#define V "?api-version=2021-04-01"
#define ROLES "/providers/Microsoft.Authorization/roleAssignments"

static const char *text_at(const json_t *json, const char *a, const char *b)
{
    const json_t *v = json_object_get(json, a);
    return json_string_value(b ? json_object_get(v, b) : v);
}

static void expect(const char *method, const char *path, const char *body, int status, const char *code)
{
    const struct harness_answer *a = harness_request(method, path, body);
    CHECK_INT(a->status, status);
    if (a->status != status)
        fprintf(stderr, "  %s %s\n", method, path);
    if (code)
        CHECK_STR(text_at(a->json, "error", "code"), code);
}

static const char *names(const char *path, const char *what)
{
    static char text[1024];
    const struct harness_answer *a = harness_request("GET", path, NULL);
    *text = '\0';
    CHECK_INT(a->status, 200);
    for (size_t i = 0; i < json_array_size(json_object_get(a->json, "value")); i++)
        strcat(strcat(text, text_at(json_array_get(json_object_get(a->json, "value"), i), what, NULL)), " ");
    return text;
}

static void test_groups(void)
{
    CHECK_STR(names("/subscriptions" V, "subscriptionId"), "");
    expect("GET", SUB V, NULL, 404, "ResourceNotFound");
    expect("PUT", SUB "/resourceGroups/kitchen" V, "{}", 400, "InvalidRequestContent");
    expect("PUT", SUB "/resourceGroups/kitchen?api-version=soon", "{\"location\":\"global\"}", 400, "InvalidApiVersionParameter");
    expect("PUT", SUB "/resourceGroups/Kitchen" V, "{\"location\":\"westeurope\",\"tags\":{\"a\":\"b\"}}", 201, NULL);
    expect("PUT", SUB "/resourcegroups/kitchen" V, "{\"location\":\"westeurope\"}", 200, NULL);
    expect("PUT", SUB "/resourceGroups/kitchen" V, "{\"location\":\"eastus\"}", 409, "Conflict");
    expect("PATCH", SUB "/resourceGroups/kitchen" V, "{\"tags\":{\"c\":\"d\"}}", 200, NULL);
    expect("PATCH", SUB "/resourceGroups/none" V, "{\"tags\":{\"c\":\"d\"}}", 404, "ResourceNotFound");
    const struct harness_answer *a = harness_request("GET", SUB "/resourceGroups/KITCHEN" V, NULL);
    CHECK_INT(a->status, 200);
    CHECK_STR(text_at(a->json, "name", NULL), "Kitchen");
    CHECK_STR(text_at(a->json, "location", NULL), "westeurope");
    CHECK_STR(text_at(a->json, "tags", "c"), "d");
    CHECK_STR(text_at(a->json, "properties", "provisioningState"), "Succeeded");
    CHECK_STR(text_at(a->json, "type", NULL), "Microsoft.Resources/resourceGroups");
    expect("PUT", OTHER "/resourceGroups/cellar" V, "{\"location\":\"global\"}", 201, NULL);
    CHECK_STR(names("/subscriptions" V, "displayName"),
              "00000000-0000-0000-0000-0000000000aa 00000000-0000-0000-0000-0000000000bb ");
    CHECK_STR(names(SUB "/resourceGroups" V, "name"), "Kitchen ");
    expect("GET", SUB V, NULL, 200, NULL);
}

/* A catalog makes its group, and stands in it as a resource. */
static void test_catalogs(void)
{
    expect("PUT", SUB "/resourceGroups/Hall" SPHERE "/catalogs/one", "{\"location\":\"global\"}", 201, NULL);
    expect("PUT", SUB "/resourceGroups/hall" SPHERE "/catalogs/two", "{\"location\":\"global\",\"tags\":{\"t\":\"2\"}}", 201, NULL);
    expect("PUT", SUB "/resourceGroups/kitchen" SPHERE "/catalogs/three", "{\"location\":\"global\"}", 201, NULL);
    CHECK_STR(names(SUB "/resourceGroups" V, "name"), "Kitchen Hall ");
    CHECK_STR(names(SUB "/resourceGroups" V "&$filter=startswith(name,'h')", "name"), "Hall ");
    CHECK_STR(names(SUB "/resources" V, "name"), "one two three ");
    CHECK_STR(names(SUB "/resources" V "&$filter=resourceType%20eq%20'Microsoft.AzureSphere/catalogs'%20and%20name%20eq%20'two'",
                    "id"), SUB "/resourceGroups/hall" SPHERE "/catalogs/two ");
    CHECK_STR(names(SUB "/resources" V "&$filter=resourceType%20eq%20'Microsoft.Web/sites'", "name"), "");
    CHECK_STR(names(SUB "/resourceGroups/HALL/resources" V, "type"),
              "Microsoft.AzureSphere/catalogs Microsoft.AzureSphere/catalogs ");
    expect("DELETE", SUB "/resourceGroups/hall" SPHERE "/catalogs/one", NULL, 200, NULL);
    CHECK_STR(names(SUB "/resourceGroups" V, "name"), "Kitchen Hall "); /* the group stays */
}

static void test_providers(void)
{
    const struct harness_answer *a = harness_request("POST", SUB "/providers/microsoft.azuresphere/register" V, NULL);
    CHECK_INT(a->status, 200);
    CHECK_STR(text_at(a->json, "registrationState", NULL), "Registered");
    CHECK_STR(text_at(a->json, "namespace", NULL), "Microsoft.AzureSphere");
    expect("GET", SUB "/providers/Microsoft.Web" V, NULL, 404, "ResourceNotFound");
    expect("GET", SUB "/providers/a%20b" V, NULL, 400, "InvalidResourceName");
    CHECK_STR(names(SUB "/providers" V, "namespace"), "Microsoft.AzureSphere Microsoft.Authorization Microsoft.Resources ");
}

/* Somebody with a role in one catalog sees its group and subscription, and no others. */
static void test_seen(void)
{
    expect("PUT", SUB "/resourceGroups/hall" SPHERE "/catalogs/two" ROLES "/00000000-0000-0000-0000-000000000001",
           "{\"properties\":{\"roleDefinitionId\":\"Azure Sphere Contributor\",\"principalId\":\"certificate:carl\"}}", 201, NULL);
    harness_as("carl");
    CHECK_STR(names("/subscriptions" V, "subscriptionId"), "00000000-0000-0000-0000-0000000000aa ");
    CHECK_STR(names(SUB "/resourceGroups" V, "name"), "Hall ");
    CHECK_STR(names(SUB "/resources" V, "name"), "two ");
    expect("GET", SUB "/resourceGroups/kitchen" V, NULL, 404, "ResourceNotFound");
    expect("GET", OTHER V, NULL, 404, "ResourceNotFound");
    expect("PUT", SUB "/resourceGroups/attic" V, "{\"location\":\"global\"}", 403, "AuthorizationFailed");
    expect("DELETE", SUB "/resourceGroups/hall" V, NULL, 403, "AuthorizationFailed");
    harness_as("nobody");
    CHECK_STR(names("/subscriptions" V, "subscriptionId"), "");
    CHECK_STR(names(SUB "/resourceGroups" V, "name"), "");
    harness_as("olga");
}

/* Records of the audit log with this action and outcome whose scope ends in tail. */
static unsigned recorded(const char *action, const char *outcome, const char *tail)
{
    unsigned count = 0;
    size_t i;
    const json_t *row;
    char path[512];
    snprintf(path, sizeof path, ROUTE_OURS "/auditLog?api-version=2024-04-01&$maxpagesize=200&$filter=action%%20eq%%20'%s'%%20and%%20outcome%%20eq%%20'%s'",
             action, outcome);
    const struct harness_answer *a = harness_request("GET", path, NULL);
    CHECK_INT(a->status, 200);
    json_array_foreach(json_object_get(a->json, "value"), i, row) {
        const char *scope = json_string_value(json_object_get(row, "scope"));
        size_t len = scope ? strlen(scope) : 0;
        count += len >= strlen(tail) && strcmp(scope + len - strlen(tail), tail) == 0;
    }
    return count;
}

/* The end of a deletion; the poll's answer. */
static int deletion(const char *path)
{
    char location[4096];
    const struct harness_answer *a = harness_request("DELETE", path, NULL);
    CHECK_INT(a->status, 202);
    snprintf(location, sizeof location, "%s", a->location);
    do
        a = harness_request("GET", location, NULL);
    while (a->status == 202);
    return a->status;
}

static void test_deletion(void)
{
    expect("DELETE", SUB "/resourceGroups/none" V, NULL, 404, "ResourceNotFound");
    expect("PUT", SUB "/resourceGroups/hall" SPHERE "/catalogs/two/products/Oven", "{}", 201, NULL);
    expect("PUT", SUB "/resourceGroups/hall" SPHERE "/catalogs/four", "{\"location\":\"global\"}", 201, NULL);
    CHECK_INT(deletion(SUB "/resourceGroups/hall" V), 409);
    expect("GET", SUB "/resourceGroups/hall" SPHERE "/catalogs/four", NULL, 200, NULL); /* all or nothing */
    expect("DELETE", SUB "/resourceGroups/hall" SPHERE "/catalogs/two/products/Oven", NULL, 200, NULL);
    CHECK_INT(deletion(SUB "/resourceGroups/HALL" V), 204);
    expect("GET", SUB "/resourceGroups/hall" V, NULL, 404, "ResourceNotFound");
    expect("GET", SUB "/resourceGroups/hall" SPHERE "/catalogs/two", NULL, 404, NULL);
    /* each catalog has its own record, and the refused one left none but its own */
    CHECK_INT(recorded("Microsoft.AzureSphere/catalogs/delete", "Succeeded", "/catalogs/two"), 1);
    CHECK_INT(recorded("Microsoft.AzureSphere/catalogs/delete", "Succeeded", "/catalogs/four"), 1);
    CHECK_INT(recorded("Microsoft.Resources/subscriptions/resourceGroups/delete", "Conflict", "/hall"), 1);
    CHECK_INT(recorded("Microsoft.Resources/subscriptions/resourceGroups/delete", "Succeeded", "/HALL"), 1);
    CHECK_INT(deletion(OTHER "/resourceGroups/cellar" V), 204);
    expect("GET", OTHER V, NULL, 404, "ResourceNotFound"); /* with its last group */
    CHECK_STR(names(SUB "/resources" V, "name"), "three ");
}

#define NEW "/subscriptions/00000000-0000-0000-0000-0000000000cc"
#define ASSIGN "/providers/Microsoft.Authorization/roleAssignments"
#define RV "?api-version=2022-04-01"

static void give(const char *where, unsigned name, const char *role, const char *who, int want)
{
    char path[1024], body[512];
    snprintf(path, sizeof path, "%s" ASSIGN "/00000000-0000-0000-0000-%012u" RV, where, name);
    snprintf(body, sizeof body, "{\"properties\":{\"roleDefinitionId\":\"%s\",\"principalId\":\"certificate:%s\",\"principalType\":\"User\"}}",
             role, who);
    expect("PUT", path, body, want, NULL);
}

static size_t count(const char *path)
{
    const struct harness_answer *a = harness_request("GET", path, NULL);
    CHECK_INT(a->status, 200);
    return json_array_size(json_object_get(a->json, "value"));
}

/* A subscription is there for who has a role at it; what the role allows, it allows in all that comes. */
static void test_subscription_role(void)
{
    give(NEW, 21, "Azure Sphere Contributor", "dora", 201);
    give(NEW, 22, "Azure Sphere Contributor", "dora", 409);
    give("/subscriptions/00000000-0000-0000-0000-0000000000CC", 21, "Azure Sphere Contributor", "dora", 200); /* the same place */
    give("/subscriptions/00000000-0000-0000-0000-0000000000CC", 22, "Azure Sphere Contributor", "dora", 409);
    expect("GET", OTHER ASSIGN "/00000000-0000-0000-0000-000000000021" RV, NULL, 404, NULL);
    harness_as("dora");
    CHECK_STR(names("/subscriptions" V, "subscriptionId"), "00000000-0000-0000-0000-0000000000cc ");
    expect("GET", NEW V, NULL, 200, NULL);
    expect("PUT", NEW "/resourceGroups/attic" V, "{\"location\":\"global\"}", 201, NULL);
    expect("PUT", NEW "/resourceGroups/barn" SPHERE "/catalogs/hers", "{\"location\":\"global\"}", 201, NULL);
    CHECK_STR(names(NEW "/resourceGroups" V, "name"), "attic barn ");
    CHECK_STR(names(NEW "/resources" V, "name"), "hers ");
    CHECK_STR(names("/subscriptions" V, "subscriptionId"), "00000000-0000-0000-0000-0000000000cc "); /* once */
    expect("PUT", OTHER "/resourceGroups/attic" V, "{\"location\":\"global\"}", 403, "AuthorizationFailed");
    expect("PUT", SUB "/resourceGroups/kitchen" SPHERE "/catalogs/hers", "{\"location\":\"global\"}", 404, NULL);
    give(NEW "/resourceGroups/barn", 23, "Azure Sphere Reader", "dora", 403);
    harness_as("olga");
    CHECK_STR(names("/subscriptions" V, "subscriptionId"),
              "00000000-0000-0000-0000-0000000000aa 00000000-0000-0000-0000-0000000000cc ");
}

/* What a role at a group reaches, how it is listed, and that it ends with the group. */
static void test_group_role(void)
{
    static const char barn[] = NEW "/resourceGroups/BARN";
    give(NEW "/resourceGroups/none", 24, "Azure Sphere Owner", "gil", 404);
    give(barn, 24, "Azure Sphere Owner", "gil", 201);
    harness_as("gil");
    CHECK_STR(names(NEW "/resourceGroups" V, "name"), "barn ");
    expect("PUT", NEW "/resourceGroups/barn" SPHERE "/catalogs/his", "{\"location\":\"global\"}", 201, NULL);
    expect("PUT", NEW "/resourceGroups/attic" SPHERE "/catalogs/his", "{\"location\":\"global\"}", 404, NULL);
    expect("PUT", NEW "/resourceGroups/attic" V, "{\"location\":\"global\"}", 403, NULL);
    give(NEW "/resourceGroups/barn" SPHERE "/catalogs/his", 25, "Azure Sphere Reader", "ida", 201);
    give(NEW, 26, "Azure Sphere Reader", "gil", 403);
    expect("GET", NEW ASSIGN RV, NULL, 403, NULL);
    CHECK_INT(count(NEW "/resourceGroups/barn" ASSIGN RV), 4); /* olga, dora, gil, ida */
    CHECK_INT(count(NEW "/resourceGroups/barn" ASSIGN RV "&$filter=atScope()"), 3);
    CHECK_INT(count(NEW "/resourceGroups/barn" ASSIGN RV "&$filter=atScope()%20and%20assignedTo('certificate:gil')"), 1);
    CHECK_INT(count(NEW "/resourceGroups/barn" ASSIGN RV "&$filter=principalId%20eq%20'certificate:ida'"), 1);
    CHECK_INT(count(NEW "/resourceGroups/barn" SPHERE "/catalogs/his" ASSIGN RV "&$filter=atScope()"), 4);
    expect("GET", NEW "/resourceGroups/barn" ASSIGN RV "&$filter=atScope()x", NULL, 400, "InvalidFilterInQueryString");
    expect("GET", NEW "/resourceGroups/barn" ASSIGN RV "&$filter=assignedTo('')", NULL, 200, NULL);
    harness_as("olga");
    CHECK_INT(count(NEW ASSIGN RV), 4);
    CHECK_INT(count(NEW ASSIGN RV "&$filter=atScope()"), 2);
    CHECK_INT(count(OTHER ASSIGN RV), 1);
    CHECK_INT(count(NEW "/resourceGroups/attic" ASSIGN RV), 2);
    CHECK_INT(deletion(NEW "/resourceGroups/barn" V), 204);
    expect("PUT", NEW "/resourceGroups/barn" V, "{\"location\":\"global\"}", 201, NULL);
    CHECK_INT(count(NEW "/resourceGroups/barn" ASSIGN RV), 2);
    harness_as("gil");
    CHECK_STR(names(NEW "/resourceGroups" V, "name"), "");
    harness_as("olga");
    CHECK_INT(deletion(NEW "/resourceGroups/barn" V), 204);
    CHECK_INT(deletion(NEW "/resourceGroups/attic" V), 204);
    expect("GET", NEW V, NULL, 200, NULL); /* by its role */
    expect("DELETE", NEW ASSIGN "/00000000-0000-0000-0000-000000000021" RV, NULL, 200, NULL);
    expect("GET", NEW V, NULL, 404, NULL);
}

static void test_definitions(void)
{
    static const char *const at[] = {"", SUB, SUB "/resourceGroups/kitchen"};
    char path[512];
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        snprintf(path, sizeof path, "%s/providers/Microsoft.Authorization/roleDefinitions" RV, at[i]);
        CHECK_INT(count(path), 4);
        strcat(path, "&$filter=roleName%20eq%20'azure%20sphere%20reader'");
        CHECK_INT(count(path), 1);
        snprintf(path, sizeof path, "%s/providers/Microsoft.Authorization/roleDefinitions/c8ae6279-5a0b-4cb2-b3f0-d4d62845742c" RV, at[i]);
        const struct harness_answer *a = harness_request("GET", path, NULL);
        CHECK_INT(a->status, 200);
        CHECK_STR(text_at(a->json, "properties", "roleName"), "Azure Sphere Reader");
        path[strlen(path) - strlen(RV) - 1] = 'd';
        expect("GET", path, NULL, 404, "ResourceNotFound");
    }
    expect("GET", "/providers/Microsoft.Authorization/roleDefinitions" RV "&$filter=roleName%20eq%20'a'%20or%20'b'", NULL, 400,
           "InvalidFilterInQueryString");
}

/* By a tag, and by nothing that only looks like it. */
static void test_tags(void)
{
    static const struct {
        const char *filter;
        size_t want;
    } rows[] = {
        {"tagName%20eq%20'site'", 2},
        {"tagname%20eq%20'site'%20and%20tagvalue%20eq%20'north'", 1},
        {"tagName%20eq%20'site'%20and%20tagValue%20eq%20'nor'", 0},
        {"tagName%20eq%20'it'", 0},
        {"tagName%20eq%20'north'", 0},
        {"tagName%20eq%20'it''s%20%22here%22'%20and%20tagValue%20eq%20'a%5Cb'", 1},
        {"tagName%20eq%20'quoted'%20and%20tagValue%20eq%20'%22site%22:%22north%22'", 1},
        {"contains(tags,'north')", 2},
    };
    char path[512];
    expect("PUT", SUB "/resourceGroups/t1" V, "{\"location\":\"global\",\"tags\":{\"site\":\"north\",\"it's \\\"here\\\"\":\"a\\\\b\"}}", 201, NULL);
    expect("PUT", SUB "/resourceGroups/t2" V,
           "{\"location\":\"global\",\"tags\":{\"site\":\"south\",\"quoted\":\"\\\"site\\\":\\\"north\\\"\"}}", 201, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(path, sizeof path, SUB "/resourceGroups" V "&$filter=%s", rows[i].filter);
        size_t got = count(path);
        CHECK_INT(got, rows[i].want);
        if (got != rows[i].want)
            fprintf(stderr, "  %s\n", rows[i].filter);
    }
    expect("GET", SUB "/resourceGroups" V "&$filter=tagName%20eq%20'a'%20or%20name%20eq%20'b'", NULL, 400, "InvalidFilterInQueryString");
    expect("GET", SUB "/resourceGroups" V "&$filter=tagName%20eq%20'a", NULL, 400, "InvalidFilterInQueryString");
    expect("GET", SUB "/resourceGroups" V "&$filter=tagName%20eq%20''", NULL, 200, NULL);
    /* cut anywhere, and with a quote too many: right or refused */
    static const char whole[] = "tagName%20eq%20'a''b'%20and%20tagValue%20eq%20'c'";
    for (size_t len = 0; len < sizeof whole; len++) {
        snprintf(path, sizeof path, SUB "/resourceGroups" V "&$filter=%.*s", (int)len, whole);
        bool right = len == 0 || len == strlen("tagName%20eq%20'a''b'") || len == sizeof whole - 1 ||
                     len == strlen("tagName%20eq%20'a'");
        CHECK_INT(harness_request("GET", path, NULL)->status, right ? 200 : 400);
    }
    expect("GET", SUB "/resourceGroups" V "&$filter=tagName%20eq%20'a''", NULL, 400, "InvalidFilterInQueryString");
    expect("GET", SUB "/resourceGroups" V "&$filter=tagName%20eq%20'a'%20and%20tagValue%20eq%20'b''", NULL, 400, "InvalidFilterInQueryString");
    CHECK_INT(count(SUB "/resources" V "&$filter=tagName%20eq%20'site'"), 0);
    CHECK_INT(deletion(SUB "/resourceGroups/t1" V), 204);
    CHECK_INT(deletion(SUB "/resourceGroups/t2" V), 204);
}

/* Asked for before anything else; the first by anybody. */
static void test_cloud(void)
{
    const struct harness_answer *a = harness_request("GET", "/metadata/endpoints?api-version=2015-01-01", NULL);
    CHECK_INT(a->status, 200);
    CHECK_STR(json_string_value(json_array_get(json_object_get(json_object_get(a->json, "authentication"), "audiences"), 0)),
              "https://service.test:8443");
    a = harness_request("GET", "/metadata/endpoints?api-version=2022-09-01", NULL);
    CHECK_STR(text_at(json_array_get(a->json, 0), "resourceManager", NULL), "https://service.test:8443");
    CHECK_INT(count("/tenants?api-version=2020-01-01"), 1);
    CHECK_INT(count("/providers" V), 3);
    expect("GET", "/providers/microsoft.azuresphere" V, NULL, 200, NULL);
    CHECK_STR(names(SUB "/locations" V, "name"), "global ");
    CHECK_INT(count(SUB "/resources" V "&$filter=location%20eq%20'westeurope'"), 0);
    CHECK_INT(count(SUB "/resources" V "&$filter=location%20eq%20'global'"), 1);
}

int main(void)
{
    harness_start(false);
    test_groups();
    test_catalogs();
    test_providers();
    test_seen();
    test_deletion();
    test_cloud();
    test_tags();
    test_subscription_role();
    test_group_role();
    test_definitions();
    harness_stop();
    return check_done();
}
