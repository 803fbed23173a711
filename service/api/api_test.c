/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The management API against a real store (docs/spec/management-api.md): every
 * route's success, its errors, names at their limits, hostile JSON, repeats and
 * conflicts, and that nothing of another catalog can be reached.
 */
#include "service/api/resources_fixture_test.h"

/* -- §2.1 common ------------------------------------------------------------------- */

static void test_versions(void)
{
    EXPECT("GET", SUB SPHERE "/catalogs?", NULL, 400, "MissingApiVersionParameter");
    EXPECT("GET", SUB SPHERE "/catalogs?api-version=", NULL, 400, "MissingApiVersionParameter");
    EXPECT("GET", SUB SPHERE "/catalogs?api-version=2020-01-01", NULL, 400, "InvalidApiVersionParameter");
    CHECK_STR(text_at(ask("GET", SUB SPHERE "/catalogs?api-version=soon", NULL)->json, "error", "message"),
              "The api-version 'soon' is invalid. The supported versions are '2024-04-01'.");
    EXPECT("GET", SUB SPHERE "/catalogs?api-version=2024-04-01&api-version=2024-04-01", NULL, 400,
           "InvalidQueryParameter");
    EXPECT("GET", SUB SPHERE "/catalogs?api-version=2024-04-01&$top=x", NULL, 400, "InvalidQueryParameter");
    EXPECT("GET", SUB SPHERE "/catalogs?api-version=2024-04-01&$filter=a", NULL, 400, "InvalidFilterInQueryString");
    EXPECT("GET", C "/certificates?api-version=2024-04-01&$filter=a", NULL, 400, "FilterNotSupported");
    EXPECT("GET", SUB SPHERE "/catalogs?api-version=%zz", NULL, 400, "InvalidQueryParameter");
    EXPECT("GET", OURS "/status?", NULL, 400, "MissingApiVersionParameter");
    OK("GET", SUB SPHERE "/catalogs?API-VERSION=2024-04-01&$filter=&unknown=1", NULL, 200);
    OK("GET", "/providers/Microsoft.AzureSphere/operations", NULL, 200);
    OK("GET", OURS "/status", NULL, 200);
}

/* -- bodies ------------------------------------------------------------------------ */

static void test_bodies(void)
{
    static const char *const bad[] = {
        "{", "[]", "1", "\"x\"", "{} {}", "{\"location\":}", "{\"location\":\"a\",\"location\":\"b\"}",
        "{\"location\":\"\\ud800\"}", "{\"location\":\"\\u0000\"}", "{\"location\":\"\xff\"}",
        "{\"location\":\"\xc0\xaf\"}", "{\"location\":1}", "{\"location\":null}", "{}",
        "{\"location\":\"global\",\"tags\":[]}", "{\"location\":\"global\",\"tags\":{\"a\":1}}",
        "{\"location\":\"global\",\"properties\":7}",
        "{\"location\":\"g\",\"x\":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct harness_answer *a = ask("PUT", C, bad[i]);
        CHECK_INT(a->status, 400);
        CHECK_STR(text_at(a->json, "error", "code"), "InvalidRequestContent");
    }
    /* what Windows puts before UTF-8, once */
    CHECK_STR(text_at(ask("PUT", C, "\xef\xbb\xbf{\"location\":1}")->json, "error", "message"),
              "\"location\" must be a string");
    EXPECT("PUT", C, "\xef\xbb\xbf\xef\xbb\xbf{\"location\":\"global\"}", 400, "InvalidRequestContent");
    EXPECT("PUT", C, "\xef\xbb\xbf", 400, "InvalidRequestContent");
    EXPECT("PUT", C, NULL, 400, "InvalidRequestContent");
    CHECK_INT(harness_request_bytes("PUT", C, "{\"location\":\"g\"}\0", 17)->status, 400);
    EXPECT("GET", C, NULL, 404, "ResourceNotFound"); /* refused changes nothing */
}

/* -- catalogs ------------------------------------------------------------------------ */

static char tenant[64];

/* A catalog's CA is made behind the answer: seen running, failed, lost, and made at last. */
static void test_running(void)
{
    static char url[4096], result[4096];
    const char *body = "{\"location\":\"global\",\"tags\":{\"a\":\"b\"}}";
    harness_issuer_holds();
    harness_issuer_fails(true);
    const struct harness_answer *a = ask("PUT", C, body);
    CHECK_INT(a->status, 201);
    CHECK_INT(a->retry_after_s, 1);
    CHECK_STR(text_at(a->json, "properties", "provisioningState"), "Provisioning");
    strcpy(url, a->async_operation);
    const char *word = strstr(url, "operationStatuses");
    REQUIRE(word != NULL);
    snprintf(result, sizeof result, "%.*soperationResults%s", (int)(word - url), url, word + 17);
    a = ask("GET", url, NULL);
    CHECK_INT(a->status, 200);
    CHECK_INT(a->retry_after_s, 1);
    CHECK_STR(text_at(a->json, "status", NULL), "InProgress");
    CHECK(!json_object_get(a->json, "endTime"));
    a = ask("GET", result, NULL);
    CHECK_INT(a->status, 202);
    CHECK_STR(a->location, result);
    harness_issuer_lets_go();
    a = poll_end(url);
    CHECK_STR(text_at(a->json, "status", NULL), "Failed");
    CHECK_STR(text_at(a->json, "error", "code"), "InternalServerError");
    CHECK(json_object_get(a->json, "endTime") != NULL);
    CHECK_INT(poll_end(result)->status, 500);
    harness_issuer_fails(false);
    a = ask("PUT", RG SPHERE "/catalogs/Made", body);
    CHECK_INT(a->status, 201);
    strcpy(url, a->async_operation);
    a = poll_end(url);
    CHECK_STR(text_at(a->json, "status", NULL), "Succeeded");
    CHECK_INT(json_integer_value(json_object_get(a->json, "percentComplete")), 100);
    OK("DELETE", RG SPHERE "/catalogs/Made", NULL, 200);
}

static void test_catalogs(void)
{
    test_running();
    const struct harness_answer *a =
        ask("PUT", C, "{\"location\":\"eastus\",\"tags\":{\"a\":\"b\"},\"etag\":\"whatever\"}");
    CHECK_INT(a->status, 200); /* it was there; now its CA is too */
    check_resource(a->json, "microsoft.azuresphere/catalogs");
    CHECK_STR(text_at(a->json, "name", NULL), "Cat-1");
    CHECK_STR(text_at(a->json, "location", NULL), "global");
    CHECK_STR(text_at(a->json, "id", NULL), C);
    CHECK_STR(text_at(a->json, "systemData", "createdBy"), "olga");
    CHECK_STR(text_at(a->json, "systemData", "createdByType"), "User");
    CHECK_INT(strlen(text_at(a->json, "systemData", "createdAt")), 28);
    CHECK_STR(text_at(a->json, "tags", "a"), "b");
    strcpy(tenant, text_at(a->json, "properties", "tenantId"));

    /* without case, and the caller's case comes back in the id */
    a = ask("GET", SUB "/resourcegroups/RG.ONE/providers/microsoft.azuresphere/catalogs/CAT-1", NULL);
    CHECK_INT(a->status, 200);
    CHECK_STR(text_at(a->json, "name", NULL), "Cat-1");
    CHECK_STR(text_at(a->json, "id", NULL), SUB "/resourceGroups/RG.ONE" SPHERE "/catalogs/CAT-1");
    CHECK_STR(text_at(a->json, "properties", "tenantId"), tenant);

    OK("PUT", C2, "{\"location\":\"global\"}", 201);
    a = ask("PATCH", C, "{\"tags\":{\"x\":\"y\"}}");
    CHECK_INT(a->status, 200);
    CHECK_STR(text_at(a->json, "tags", "x"), "y");
    CHECK(text_at(a->json, "tags", "a") == NULL);
    EXPECT("PATCH", RG SPHERE "/catalogs/None", "{\"tags\":{}}", 404, "ResourceNotFound");
    CHECK_INT(count_of(ask("GET", SUB SPHERE "/catalogs", NULL)), 2);
    CHECK_INT(count_of(ask("GET", RG SPHERE "/catalogs", NULL)), 2);
    CHECK_INT(count_of(ask("GET", SUB "/resourceGroups/else" SPHERE "/catalogs", NULL)), 0);
    CHECK_INT(count_of(ask("GET", "/subscriptions/00000000-0000-0000-0000-0000000000ab" SPHERE "/catalogs", NULL)), 0);
    EXPECT("GET", "/subscriptions/mine" SPHERE "/catalogs", NULL, 400, "InvalidResourceName");
    EXPECT("GET", RG SPHERE "/catalogs/bad name", NULL, 400, "InvalidResourceName");

    OK("PUT", RG SPHERE "/catalogs/Gone", "{\"location\":\"global\"}", 201);
    OK("DELETE", RG SPHERE "/catalogs/gone", NULL, 200);
    OK("DELETE", RG SPHERE "/catalogs/gone", NULL, 204);
}

/* Names at and beyond their limits (§1.2). */
static void test_names(void)
{
    char name[64], path[512];
    static const struct {
        const char *base, *name;
        int status;
    } rows[] = {
        {C "/products/", "ab", 400},      {C "/products/", "abc", 201},   {C "/products/", " bc", 400},
        {C "/products/", "ab ", 400},     {C "/products/", "a-c", 400},   {C "/products/", "_x_", 201},
        {C "/products/", ".default", 400}, {C "/products/", ".other", 400},
        {C "/products/abc/deviceGroups/", "a", 201},  {C "/products/abc/deviceGroups/", "ab", 201},
        {C "/products/abc/deviceGroups/", "a b", 201}, {C "/products/abc/deviceGroups/", "a_b", 400},
        {C "/products/abc/deviceGroups/", "a ", 400},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(path, sizeof path, "%s%s", rows[i].base, rows[i].name);
        OK("PUT", path, "{}", rows[i].status);
    }
    memset(name, 'n', sizeof name);
    name[50] = '\0';
    snprintf(path, sizeof path, "%s/products/%s", C, name);
    OK("PUT", path, "{}", 201);
    OK("DELETE", path, NULL, 200);
    snprintf(path, sizeof path, "%s/products/%sn", C, name);
    EXPECT("PUT", path, "{}", 400, "InvalidResourceName");
    OK("DELETE", C "/products/abc", NULL, 200);
    OK("DELETE", C "/products/_x_", NULL, 200);
    EXPECT("GET", C "/products/abc/deviceGroups/a", NULL, 404, "ParentResourceNotFound");
}

/* -- products and groups ------------------------------------------------------------------ */

static void test_products(void)
{
    EXPECT("PUT", RG SPHERE "/catalogs/None/products/abc", "{}", 404, "ParentResourceNotFound");
    EXPECT("PUT", P, "{\"properties\":{\"colour\":\"red\"}}", 400, "InvalidRequestContent");
    EXPECT("PUT", P, "{\"properties\":{\"description\":5}}", 400, "InvalidRequestContent");
    EXPECT("PATCH", P, "{\"properties\":{\"description\":\"d\"}}", 404, "ResourceNotFound");
    const struct harness_answer *a = ask("PUT", P, "{\"properties\":{\"description\":\"first\"}}");
    CHECK_INT(a->status, 201);
    check_resource(a->json, "Microsoft.AzureSphere/catalogs/products");
    CHECK_STR(text_at(a->json, "properties", "description"), "first");
    OK("PUT", C "/products/my product", "{\"properties\":{\"description\":\"second\"}}", 200);
    OK("PATCH", P, "{\"properties\":{}}", 200);
    a = ask("GET", P, NULL);
    CHECK_STR(text_at(a->json, "properties", "description"), "second");
    CHECK_STR(text_at(a->json, "name", NULL), "My Product");
    CHECK_INT(count_of(ask("GET", C "/products", NULL)), 1);
    OK("GET", C "/products/.default", NULL, 200);
    EXPECT("GET", C "/products/None", NULL, 404, "ResourceNotFound");
    EXPECT("PATCH", C "/products/.default", "{\"properties\":{\"description\":\"d\"}}", 400,
           "ResourceCreationValidateFailed");
    EXPECT("DELETE", C "/products/.unassigned", NULL, 400, "ResourceCreationValidateFailed");

    static const char *const order[] = {"Development", "Field Test", "Production",
                                        "Production OS Evaluation", "Field Test OS Evaluation"};
    for (int again = 0; again < 2; again++) {
        a = ask("POST", P "/generateDefaultDeviceGroups", NULL);
        CHECK_INT(a->status, 200);
        CHECK_INT(count_of(a), 5);
        for (size_t i = 0; i < 5; i++) {
            check_resource(item(a, i), "Microsoft.AzureSphere/catalogs/products/deviceGroups");
            CHECK_STR(text_at(item(a, i), "name", NULL), order[i]);
        }
        CHECK_STR(text_at(item(a, 0), "properties", "updatePolicy"), "No3rdPartyAppUpdates");
        CHECK_STR(text_at(item(a, 3), "properties", "osFeedType"), "RetailEval");
    }
    EXPECT("POST", C "/products/None/generateDefaultDeviceGroups", NULL, 404, "ResourceNotFound");
}

static void test_groups(void)
{
    const struct harness_answer *a = ask("PUT", P "/deviceGroups/Mine", "{}");
    CHECK_INT(a->status, 201);
    check_resource(a->json, "Microsoft.AzureSphere/catalogs/products/deviceGroups");
    CHECK_STR(text_at(a->json, "properties", "osFeedType"), "Retail");
    CHECK_STR(text_at(a->json, "properties", "updatePolicy"), "UpdateAll");
    CHECK_STR(text_at(a->json, "properties", "allowCrashDumpsCollection"), "Disabled");
    CHECK_STR(text_at(a->json, "properties", "regionalDataBoundary"), "None");
    EXPECT("PUT", P "/deviceGroups/Mine", "{\"properties\":{\"osFeedType\":\"retail\"}}", 400, "InvalidRequestContent");
    a = ask("PUT", P "/deviceGroups/Mine", "{\"properties\":{\"osFeedType\":\"retail\"}}");
    CHECK_STR(json_string_value(json_object_get(json_object_get(a->json, "error"), "message")),
              "\"osFeedType\" must be one of: Retail, RetailEval");
    a = ask("PATCH", P "/deviceGroups/mine",
            "{\"properties\":{\"osFeedType\":\"RetailEval\",\"allowCrashDumpsCollection\":\"Enabled\","
            "\"regionalDataBoundary\":\"EU\",\"description\":\"d\"}}");
    CHECK_INT(a->status, 200);
    a = ask("PATCH", P "/deviceGroups/Mine", "{\"properties\":{\"updatePolicy\":\"No3rdPartyAppUpdates\"}}");
    CHECK_STR(text_at(a->json, "properties", "osFeedType"), "RetailEval");
    CHECK_STR(text_at(a->json, "properties", "updatePolicy"), "No3rdPartyAppUpdates");
    CHECK_STR(text_at(a->json, "properties", "allowCrashDumpsCollection"), "Enabled");
    CHECK_STR(text_at(a->json, "properties", "regionalDataBoundary"), "EU");
    a = ask("PUT", P "/deviceGroups/Mine", "{\"properties\":{}}"); /* PUT replaces */
    CHECK_STR(text_at(a->json, "properties", "osFeedType"), "Retail");
    CHECK_STR(text_at(a->json, "properties", "description"), "");
    EXPECT("PATCH", P "/deviceGroups/None", "{\"properties\":{}}", 404, "ResourceNotFound");
    EXPECT("GET", C "/products/None/deviceGroups/Mine", NULL, 404, "ParentResourceNotFound");
    OK("GET", UNASSIGNED, NULL, 200);
    EXPECT("PUT", UNASSIGNED, "{}", 400, "ResourceCreationValidateFailed");
    CHECK_INT(count_of(ask("GET", P "/deviceGroups", NULL)), 6);
    OK("PUT", C "/products/Second", "{}", 201);
    OK("PUT", C "/products/Second/deviceGroups/MINE", "{}", 201);
    a = ask("POST", C "/listDeviceGroups", "{\"deviceGroupName\":\"mine\"}");
    CHECK_INT(a->status, 200);
    CHECK_INT(count_of(a), 2);
    CHECK_INT(count_of(ask("POST", C "/listDeviceGroups", "{}")), 7);
    CHECK_INT(count_of(ask("POST", C "/listDeviceGroups", NULL)), 7);
    EXPECT("POST", C "/listDeviceGroups", "{\"deviceGroupName\":3}", 400, "InvalidRequestContent");
    EXPECT("POST", RG SPHERE "/catalogs/None/listDeviceGroups", "{}", 404, "ParentResourceNotFound");
    OK("DELETE", P "/deviceGroups/Mine", NULL, 200);
    OK("DELETE", P "/deviceGroups/Mine", NULL, 204);
}

/* nextLink is followed with GET, also where the first call was a POST (§2.1). */
static void test_paging(void)
{
    char link[4096], path[256];
    size_t pages = 1, seen;
    for (int i = 0; i < 9; i++) {
        snprintf(path, sizeof path, "%s/products/Second/deviceGroups/g%d", C, i);
        OK("PUT", path, "{}", 201);
    }
    const struct harness_answer *a =
        ask("POST", C "/listDeviceGroups?api-version=2024-04-01&$maxpagesize=4", "{}");
    seen = count_of(a);
    CHECK_INT(seen, 4);
    while (text_at(a->json, "nextLink", NULL)) {
        strcpy(link, text_at(a->json, "nextLink", NULL));
        CHECK(strncmp(link, "https://service.test:8443/", 26) == 0);
        a = ask("GET", link, NULL);
        CHECK_INT(a->status, 200);
        seen += count_of(a);
        pages++;
    }
    CHECK_INT(seen, 15);
    CHECK_INT(pages, 4);
    a = ask("GET", C "/products/Second/deviceGroups?api-version=2024-04-01&$top=6&$maxpagesize=4", NULL);
    CHECK_INT(count_of(a), 4);
    strcpy(link, text_at(a->json, "nextLink", NULL));
    a = ask("GET", link, NULL);
    CHECK_INT(count_of(a), 2);
    CHECK(text_at(a->json, "nextLink", NULL) == NULL);
    a = ask("GET", C "/products/Second/deviceGroups?api-version=2024-04-01&$skip=8", NULL);
    CHECK_INT(count_of(a), 2);
    CHECK_INT(count_of(ask("GET", C "/products/Second/deviceGroups?api-version=2024-04-01&$top=0", NULL)), 0);
    EXPECT("GET", C "/products/Second/deviceGroups?api-version=2024-04-01&$skip=99999999999", NULL, 400,
           "InvalidQueryParameter");
    a = ask("POST", C "/listDeviceGroups?api-version=2024-04-01&$maxpagesize=1", "{\"deviceGroupName\":\"Production\"}");
    CHECK_INT(count_of(a), 1);
    OK("DELETE", C "/products/Second", NULL, 200); /* groups go with it */
    EXPECT("GET", C "/products/Second", NULL, 404, "ResourceNotFound");
}

/* -- devices ---------------------------------------------------------------------------- */

static void test_devices(void)
{
    char path[1024];
    EXPECT("PUT", OURS "/devices/12", "{}", 400, "InvalidResourceName");
    const struct harness_answer *a = ask("PUT", OURS "/devices/" DEVICE("A1"), NULL);
    CHECK_INT(a->status, 201);
    CHECK_STR(text_at(a->json, "properties", "deviceId"), DEVICE("a1"));
    OK("PUT", OURS "/devices/" DEVICE("a1"), "{\"properties\":{\"deviceId\":\"" DEVICE("a1") "\"}}", 200);
    EXPECT("PUT", OURS "/devices/" DEVICE("a1"), "{\"properties\":{\"deviceId\":\"" DEVICE("a2") "\"}}", 400,
           "InvalidRequestContent");
    OK("PUT", OURS "/devices/" DEVICE("a2"), NULL, 201);
    OK("PUT", OURS "/devices/" DEVICE("a3"), NULL, 201);
    CHECK_INT(count_of(ask("GET", OURS "/devices", NULL)), 3);

    EXPECT("PUT", UNASSIGNED "/devices/" DEVICE("ff"), "{}", 404, "ResourceNotFound");
    a = ask("PUT", UNASSIGNED "/devices/" DEVICE("A1"), NULL);
    CHECK_INT(a->status, 201);
    check_resource(a->json, "Microsoft.AzureSphere/catalogs/products/deviceGroups/devices");
    CHECK_STR(text_at(a->json, "name", NULL), DEVICE("a1"));
    CHECK_STR(text_at(a->json, "id", NULL), UNASSIGNED "/devices/" DEVICE("A1"));
    CHECK(json_is_null(json_object_get(json_object_get(a->json, "properties"), "lastUpdateRequestUtc")));
    OK("PUT", UNASSIGNED "/devices/" DEVICE("a1"), NULL, 200);
    /* one catalog, for ever; and whose it is stays private */
    EXPECT("PUT", C2 "/products/.default/deviceGroups/.default/devices/" DEVICE("a1"), NULL, 404,
           "ResourceNotFound");
    EXPECT("GET", C2 "/products/.default/deviceGroups/.default/devices/" DEVICE("a1"), NULL, 404,
           "ResourceNotFound");

    a = ask("PATCH", UNASSIGNED "/devices/" DEVICE("a1"), "{\"properties\":{\"deviceGroupId\":\"" G "\"}}");
    CHECK_INT(a->status, 200);
    CHECK_STR(text_at(a->json, "id", NULL), G "/devices/" DEVICE("a1"));
    EXPECT("GET", UNASSIGNED "/devices/" DEVICE("a1"), NULL, 404, "ResourceNotFound");
    OK("GET", G "/devices/" DEVICE("a1"), NULL, 200);
    EXPECT("PATCH", G "/devices/" DEVICE("a1"), "{\"properties\":{\"deviceGroupId\":\"/x\"}}", 400,
           "InvalidRequestContent");
    EXPECT("PATCH", G "/devices/" DEVICE("a1"), "{\"properties\":{}}", 400, "InvalidRequestContent");
    EXPECT("PATCH", G "/devices/" DEVICE("a1"), "{\"properties\":{\"deviceGroupId\":\"" P "/deviceGroups/None\"}}",
           400, "ResourceCreationValidateFailed");
    EXPECT("PATCH", G "/devices/" DEVICE("a1"),
           "{\"properties\":{\"deviceGroupId\":\"" C2 "/products/.default/deviceGroups/.default\"}}", 400,
           "ResourceCreationValidateFailed");
    /* a claim without a group leaves it where it is */
    OK("PUT", UNASSIGNED "/devices/" DEVICE("a1"), NULL, 200);
    OK("GET", G "/devices/" DEVICE("a1"), NULL, 200);

    /* bulk: all or none, and the result is polled for */
    a = ask("POST", G "/claimDevices", "{\"deviceIdentifiers\":[\"" DEVICE("a2") "\",\"" DEVICE("ee") "\"]}");
    CHECK_INT(a->status, 202);
    CHECK(a->retry_after_s <= 1);
    strcpy(path, a->location);
    poll_end(path);
    EXPECT("GET", path, NULL, 404, "ResourceNotFound");
    EXPECT("GET", G "/devices/" DEVICE("a2"), NULL, 404, "ResourceNotFound");
    char *word = strstr(path, "operationResults");
    REQUIRE(word != NULL);
    char status[1024];
    snprintf(status, sizeof status, "%.*soperationStatuses%s", (int)(word - path), path, word + 16);
    a = ask("GET", status, NULL);
    CHECK_INT(a->status, 200);
    CHECK_STR(text_at(a->json, "status", NULL), "Failed");
    CHECK_STR(text_at(a->json, "error", "message"), "a device was not found, or belongs to another catalog");
    a = ask("POST", G "/claimDevices", "{\"deviceIdentifiers\":[\"" DEVICE("a2") "\",\"" DEVICE("A1") "\"]}");
    CHECK_INT(a->status, 202);
    strcpy(path, a->location);
    poll_end(path);
    OK("GET", path, NULL, 204);
    word = strstr(path, "0000000000aa");
    REQUIRE(word != NULL);
    word[11] = 'b'; /* another subscription does not see it */
    EXPECT("GET", path, NULL, 404, "ResourceNotFound");
    EXPECT("POST", G "/claimDevices", "{\"deviceIdentifiers\":[]}", 400, "InvalidRequestContent");
    EXPECT("POST", G "/claimDevices", "{\"deviceIdentifiers\":[\"12\"]}", 400, "InvalidRequestContent");
    EXPECT("POST", G "/claimDevices", "{}", 400, "InvalidRequestContent");
    EXPECT("GET", SUB SPHERE "/locations/global/operationResults/x", NULL, 400, "InvalidResourceName");

    CHECK_INT(count_of(ask("GET", G "/devices", NULL)), 2);
    CHECK_INT(count_of(ask("POST", C "/listDevices", NULL)), 2);
    CHECK_INT(count_of(ask("POST", C2 "/listDevices", NULL)), 0);
    CHECK_INT(count_of(ask("GET", UNASSIGNED "/devices", NULL)), 0);
    static const struct {
        const char *path;
        int count;
    } counts[] = {{C, 2}, {C2, 0}, {P, 2}, {G, 2}, {UNASSIGNED, 0}, {P "/deviceGroups/Production", 0}};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        snprintf(path, sizeof path, "%s/countDevices", counts[i].path);
        a = ask("POST", path, NULL);
        CHECK_INT(a->status, 200);
        CHECK_INT(json_integer_value(json_object_get(a->json, "value")), counts[i].count);
    }
    EXPECT("POST", P "/deviceGroups/None/countDevices", NULL, 404, "ParentResourceNotFound");

    /* in use: refused */
    EXPECT("DELETE", G, NULL, 409, "Conflict");
    EXPECT("DELETE", P, NULL, 409, "Conflict");
    EXPECT("DELETE", C, NULL, 409, "Conflict");
    CHECK(strstr(text_at(ask("DELETE", C, NULL)->json, "error", "message"), "still has products or devices") != NULL);
    CHECK(strstr(text_at(ask("DELETE", G, NULL)->json, "error", "message"), "still has devices in it") != NULL);
    OK("DELETE", G "/devices/" DEVICE("a2"), NULL, 200);
    OK("DELETE", G "/devices/" DEVICE("a2"), NULL, 204);
    OK("GET", UNASSIGNED "/devices/" DEVICE("a2"), NULL, 200);
    a = ask("PATCH", G "/devices/" DEVICE("a1"), "{\"properties\":{\"deviceGroupId\":\"" UNASSIGNED "\"}}");
    CHECK_INT(a->status, 200);
    OK("PATCH", UNASSIGNED "/devices/" DEVICE("a1"), "{\"properties\":{\"deviceGroupId\":\"" G "\"}}", 200);
}

static void test_capability(void)
{
    const char *path = G "/devices/" DEVICE("a1") "/generateCapabilityImage";
    const struct harness_answer *a = ask("POST", path, "{\"capabilities\":[\"ApplicationDevelopment\",\"FieldServicing\"]}");
    CHECK_INT(a->status, 200);
    CHECK_STR(text_at(a->json, "image", NULL), "Y2FwYWJpbGl0eQ==");
    OK("POST", path, "{\"capabilities\":[]}", 200);
    EXPECT("POST", path, "{\"capabilities\":[\"EnablePlutonDebugging\"]}", 400, "InvalidRequestContent");
    EXPECT("POST", path, "{\"capabilities\":[\"FieldServicing\",\"FieldServicing\"]}", 400, "InvalidRequestContent");
    EXPECT("POST", path, "{}", 400, "InvalidRequestContent");
    EXPECT("POST", UNASSIGNED "/devices/" DEVICE("a1") "/generateCapabilityImage", "{\"capabilities\":[]}", 404,
           "ResourceNotFound");
}

/* -- certificates ---------------------------------------------------------------------- */

static void test_certificates(void)
{
    static const char *const names[] = {".default", "default", "active", "A1B2C3D4E5F60718293A4B5C6D7E8F9",
                                        "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "B1B2C3D4E5F60718293A4B5C6D7E8F9",
                                        "1A1B2C3D4E5F60718293A4B5C6D7E8F9"};
    char path[512];
    const struct harness_answer *a = ask("GET", C "/certificates", NULL);
    CHECK_INT(a->status, 200);
    CHECK_INT(count_of(a), 2); /* the next one and the one that signs */
    CHECK_STR(text_at(item(a, 0), "name", NULL), "B1B2C3D4E5F60718293A4B5C6D7E8F9");
    CHECK_STR(text_at(item(a, 0), "properties", "status"), "Inactive");
    check_resource(item(a, 1), "Microsoft.AzureSphere/catalogs/certificates");
    CHECK_STR(text_at(item(a, 1), "name", NULL), "A1B2C3D4E5F60718293A4B5C6D7E8F9");
    CHECK_STR(text_at(item(a, 1), "properties", "status"), "Active");
    CHECK_STR(text_at(item(a, 1), "properties", "subject"), "CN=Catalog");
    CHECK_INT(strlen(text_at(item(a, 1), "properties", "thumbprint")), 40);
    a = ask("GET", C "/certificates?api-version=2024-04-01&$skip=1&$top=5", NULL);
    CHECK_INT(count_of(a), 1);
    CHECK_STR(text_at(item(a, 0), "properties", "status"), "Active");
    CHECK_INT(count_of(ask("GET", C "/certificates?api-version=2024-04-01&$top=0", NULL)), 0);
    a = ask("POST", C "/certificates/renew", NULL);
    CHECK_INT(a->status, 200);
    CHECK_STR(text_at(a->json, "name", NULL), "B1B2C3D4E5F60718293A4B5C6D7E8F9");
    EXPECT("POST", C "/certificates/active/activate", NULL, 400, "InvalidResourceName");
    EXPECT("POST", C "/certificates/AB/activate", NULL, 404, "ResourceNotFound"); /* the store knows none */
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/certificates/%s", C, names[i]);
        OK("GET", path, NULL, 200);
    }
    EXPECT("GET", C "/certificates/AB", NULL, 404, "ResourceNotFound");
    EXPECT("GET", C "/certificates/xyz", NULL, 400, "InvalidResourceName");
    EXPECT("GET", RG SPHERE "/catalogs/None/certificates", NULL, 404, "ResourceNotFound");
    a = ask("POST", C "/certificates/active/retrieveCertChain", NULL);
    CHECK_INT(a->status, 200);
    CHECK(strncmp(text_at(a->json, "certificateChain", NULL), "MII", 3) == 0);
    a = ask("POST", C "/certificates/.default/retrieveProofOfPossessionNonce", "{\"proofOfPossessionNonce\":\"code 1\"}");
    CHECK_INT(a->status, 200);
    CHECK(json_is_string(json_object_get(a->json, "certificate")));
    EXPECT("POST", C "/certificates/active/retrieveProofOfPossessionNonce", "{\"proofOfPossessionNonce\":\"\"}", 400,
           "InvalidRequestContent");
    EXPECT("POST", C "/certificates/active/retrieveProofOfPossessionNonce", "{\"proofOfPossessionNonce\":\"a\\nb\"}",
           400, "InvalidRequestContent");
    EXPECT("POST", C "/certificates/active/retrieveProofOfPossessionNonce", "{}", 400, "InvalidRequestContent");
}

/* -- ours -------------------------------------------------------------------------------------- */

static void test_insights(void)
{
    struct store_report report = {.device_id = {0}, .batch = {1}, .now_s = (uint64_t)time(NULL), .count = 2};
    uint8_t bytes[4096], reply[64];
    size_t len;
    report.device_id[7] = 0xa1;
    report.at[0] = (struct store_event){.category = 1, .first_s = report.now_s - 10, .last_s = report.now_s, .count = 2,
                                        .exit_code = 3, .signal = 11};
    report.at[1] = report.at[0];
    for (int twice = 0; twice < 2; twice++) {
        struct writer w = writer_of(bytes, sizeof bytes);
        CHECK_INT(store_report_write(&report, &w), 0);
        CHECK_INT(harness_store(STORE_OP_REPORT_ADD, writer_view(&w), reply, sizeof reply, &len), 0);
    }
    const struct harness_answer *a = ask("POST", C "/listDeviceInsights", NULL);
    CHECK_INT(a->status, 200);
    CHECK_INT(count_of(a), 1);
    CHECK_INT(json_integer_value(json_object_get(item(a, 0), "eventCount")), 4);
    CHECK_STR(text_at(item(a, 0), "description", NULL),
              "AppCrash (exit_status=11; signal_status=11; signal_code=3; "
              "component_id=00000000-0000-0000-0000-000000000000; image_id=00000000-0000-0000-0000-000000000000)");
    CHECK_STR(text_at(item(a, 0), "eventCategory", NULL), "AppCrash");
    CHECK_STR(text_at(item(a, 0), "eventClass", NULL), "OS"); /* no application has the component of zeros */
    CHECK_INT(count_of(ask("POST", C2 "/listDeviceInsights", NULL)), 0);

    /* The two devices' words for one crash are one group. */
    a = ask("GET", C OURS "/crashGroups", NULL);
    CHECK_INT(a->status, 200);
    CHECK_INT(count_of(a), 1);
    char one[512];
    snprintf(one, sizeof one, "%s", text_at(item(a, 0), "id", NULL));
    CHECK(strstr(one, C OURS "/crashGroups/") == one);
    CHECK_STR(text_at(item(a, 0), "type", NULL), "Perisphere/crashGroups");
    a = ask("GET", one, NULL);
    CHECK_INT(a->status, 200);
    const json_t *of = json_object_get(a->json, "properties");
    CHECK_INT(json_integer_value(json_object_get(of, "crashCount")), 4);
    CHECK_INT(json_integer_value(json_object_get(of, "deviceCount")), 1);
    CHECK_INT(json_integer_value(json_object_get(of, "signal")), 11);
    CHECK(json_is_null(json_object_get(of, "programCounter")));
    CHECK(json_is_false(json_object_get(of, "growing")));
    CHECK(json_is_null(json_object_get(of, "growingSinceUtc")));
    CHECK_INT(count_of(ask("GET", C2 OURS "/crashGroups", NULL)), 0);
    EXPECT("GET", C OURS "/crashGroups/00000000-0000-0000-0000-0000000000ff", NULL, 404, "ResourceNotFound");
    EXPECT("GET", C OURS "/crashGroups/12", NULL, 400, "InvalidResourceName");
    char devices[600];
    snprintf(devices, sizeof devices, "%s/devices", one);
    a = ask("GET", devices, NULL);
    CHECK_INT(count_of(a), 1);
    CHECK_INT(json_integer_value(json_object_get(item(a, 0), "crashCount")), 4);
    CHECK(json_is_true(json_object_get(item(a, 0), "inCatalog")));
    CHECK_INT(strlen(text_at(item(a, 0), "deviceId", NULL)), 128);
    EXPECT("GET", C OURS "/crashGroups/00000000-0000-0000-0000-0000000000ff/devices", NULL, 404, "ResourceNotFound");
    EXPECT("GET", C OURS "/crashGroups/12/devices", NULL, 400, "InvalidResourceName");
    EXPECT("POST", RG SPHERE "/catalogs/None/listDeviceInsights", NULL, 404, "ParentResourceNotFound");
}

/* Everything that was acknowledged is there after the store was killed. */
static void test_restart(void)
{
    harness_store_restart();
    const struct harness_answer *a = ask("GET", C, NULL);
    CHECK_INT(a->status, 200);
    CHECK_STR(text_at(a->json, "properties", "tenantId"), tenant);
    OK("GET", G "/devices/" DEVICE("a1"), NULL, 200);
}

/* Lines of the format, and figures that rise with what happens. */
static void test_metrics(void)
{
    static char text[8192];
    unsigned before, after;
    OK("GET", "/metrics", NULL, 200);
    strcpy(text, ask("GET", "/metrics", NULL)->text);
    const char *count = strstr(text, "\nperisphere_management_requests_total{status=\"4xx\"} ");
    REQUIRE(count != NULL && sscanf(strchr(count, ' '), "%u", &before) == 1);
    CHECK(strstr(text, "# TYPE perisphere_catalogs gauge\nperisphere_catalogs 2\n") != NULL);
    CHECK(strstr(text, "\nperisphere_operations_running 0\n") != NULL);
    CHECK(strstr(text, "\nperisphere_rollouts{kind=\"application\",state=\"aborted\"} ") != NULL);
    CHECK(strstr(text, "\nperisphere_rollouts{kind=\"os\",state=\"stopped\"} 0\n") != NULL);
    CHECK(strstr(text, "\nperisphere_rollout_devices{kind=\"os\",status=\"silent\"} 0\n") != NULL);
    OK("GET", OURS "/osReleases/99.99", NULL, 404);
    strcpy(text, ask("GET", "/metrics?anything", NULL)->text);
    count = strstr(text, "\nperisphere_management_requests_total{status=\"4xx\"} ");
    REQUIRE(count != NULL && sscanf(strchr(count, ' '), "%u", &after) == 1);
    CHECK_INT(after, before + 1);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        char name[128], end;
        unsigned long long value;
        CHECK(strncmp(line, "# HELP perisphere_", 18) == 0 || strncmp(line, "# TYPE perisphere_", 18) == 0 ||
              sscanf(line, "perisphere_%127s %llu%c", name, &value, &end) == 2);
    }
}

/* Every route of this backend has its row, and only those. */
static void test_handlers(void)
{
    for (size_t r = 0; r < ROUTE_COUNT; r++) {
        size_t rows = 0;
        for (size_t i = 0; i < api_handler_count; i++)
            rows += api_handlers[i].route == r;
        bool ours = strncmp(route_table[r].id, "Daa_", 4) != 0 && strncmp(route_table[r].id, "Update_", 7) != 0 &&
                    strncmp(route_table[r].id, "Reports_", 8) != 0;
        CHECK_INT(rows, ours);
    }
}

int main(void)
{
    harness_start(false);
    test_handlers();
    test_versions();
    test_bodies();
    test_catalogs();
    test_names();
    test_products();
    test_groups();
    test_paging();
    test_devices();
    test_capability();
    test_certificates();
    test_insights();
    test_metrics();
    test_restart();
    harness_stop();
    return check_done();
}
