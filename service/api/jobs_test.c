/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations whose service goes away while they run: taken up again by the next one, or
 * failed for good; a client that polls always sees an end.
 */
#include "service/api/harness_test.h"
#include "tests/check.h"

#define SUB "/subscriptions/00000000-0000-0000-0000-0000000000aa"
#define RG SUB "/resourceGroups/rg"
#define C RG ROUTE_SPHERE "/catalogs/contoso"
#define P C "/products/dishwasher"
#define G P "/deviceGroups/field"

static const char *member(const json_t *json, const char *a, const char *b)
{
    const json_t *at = json_object_get(json, a);
    return json_string_value(b ? json_object_get(at, b) : at);
}

static void expect(const char *method, const char *path, const char *body, int status)
{
    CHECK_INT(harness_request(method, path, body)->status, status);
}

/* Polls until the operation has ended; false: it still runs after many polls. */
static const struct harness_answer *poll_end(const char *url)
{
    static char path[4096];
    const struct harness_answer *a = NULL;
    strcpy(path, url);
    for (int i = 0; i < 500; i++) {
        a = harness_request("GET", path, NULL);
        const char *status = member(a->json, "status", NULL);
        if (a->status != 202 && !(status && strcmp(status, "InProgress") == 0))
            break;
    }
    return a;
}

static char url[4096];

static void begin(const char *method, const char *path, const char *body, int status)
{
    const struct harness_answer *a = harness_request(method, path, body);
    CHECK_INT(a->status, status);
    CHECK_INT(a->retry_after_s, API_POLL_S);
    strcpy(url, *a->location ? a->location : a->async_operation);
    REQUIRE(*url);
}

static void device_name(unsigned n, char text[static 129])
{
    snprintf(text, 129, "%08x%0120d", n, 7);
}

/* The store dies behind the answer: the work may have been done by then, or not.  It is done once. */
static void test_requests(void)
{
    char name[129], body[256], path[1024];
    for (unsigned n = 0; n < 8; n++) {
        device_name(n, name);
        snprintf(path, sizeof path, ROUTE_OURS "/devices/%s", name);
        expect("PUT", path, "{\"properties\":{}}", 201);
        snprintf(body, sizeof body, "{\"deviceIdentifiers\":[\"%s\"]}", name);
        begin("POST", G "/claimDevices", body, 202);
        harness_store_restart();
        harness_jobs_look();
        CHECK_INT(poll_end(url)->status, 204);
        snprintf(path, sizeof path, G "/devices/%s", name);
        expect("GET", path, NULL, 200);
    }
    /* what is refused says why, by the words of the request that began it */
    device_name(99, name);
    snprintf(body, sizeof body, "{\"deviceIdentifiers\":[\"%s\"]}", name);
    begin("POST", G "/claimDevices", body, 202);
    harness_store_restart();
    harness_jobs_look();
    const struct harness_answer *a = poll_end(url);
    CHECK_INT(a->status, 404);
    CHECK_STR(member(json_object_get(a->json, "error"), "message", NULL),
              "a device was not found, or belongs to another catalog");
    begin("DELETE", RG, NULL, 202);
    harness_store_restart();
    harness_jobs_look();
    CHECK_INT(poll_end(url)->status, 409);
    char *image = harness_image_body(10, 1, 1, 1, 100000);
    begin("POST", C "/uploadImage", image, 202);
    harness_store_restart();
    harness_jobs_look();
    CHECK_INT(poll_end(url)->status, 204);
    free(image);
    a = harness_request("GET", C "/images", NULL);
    CHECK_INT(json_array_size(json_object_get(a->json, "value")), 1);
}

/* The issuer has not answered when the store dies: asked again, by the one that takes it up. */
static void test_catalog(void)
{
    harness_issuer_holds();
    begin("PUT", RG ROUTE_SPHERE "/catalogs/held", "{\"location\":\"global\"}", 201);
    CHECK_STR(member(harness_request("GET", url, NULL)->json, "status", NULL), "InProgress");
    harness_store_restart();
    harness_jobs_look();
    CHECK_STR(member(poll_end(url)->json, "status", NULL), "Succeeded");
    harness_issuer_lets_go(); /* the first one comes late and changes nothing */
    CHECK_STR(member(poll_end(url)->json, "status", NULL), "Succeeded");

    harness_issuer_fails(true);
    begin("PUT", RG ROUTE_SPHERE "/catalogs/failed", "{\"location\":\"global\"}", 201);
    CHECK_STR(member(poll_end(url)->json, "status", NULL), "Failed");
    harness_issuer_fails(false);
    harness_store_restart();
    harness_jobs_look();
    CHECK_STR(member(poll_end(url)->json, "status", NULL), "Failed"); /* an end is an end */
}

/* The issuer is slow: as long as it is asked, the lease is renewed, and no longer. */
static void test_slow(void)
{
    uint64_t before = harness_holds();
    harness_issuer_holds();
    begin("PUT", RG ROUTE_SPHERE "/catalogs/slow", "{\"location\":\"global\"}", 201);
    CHECK_STR(member(harness_request("GET", url, NULL)->json, "status", NULL), "InProgress");
    harness_jobs_look();
    CHECK_INT(harness_holds(), before); /* most end by themselves */
    for (unsigned i = 1; i <= 4; i++) {
        harness_jobs_look();
        CHECK_INT(harness_holds(), before + i);
    }
    harness_issuer_lets_go();
    CHECK_STR(member(poll_end(url)->json, "status", NULL), "Succeeded");
    harness_jobs_look();
    harness_jobs_look();
    CHECK_INT(harness_holds(), before + 4);
}

/* Records of operations that failed without the store's having refused them. */
static size_t failures(void)
{
    const struct harness_answer *a = harness_request("GET", ROUTE_OURS "/auditLog?api-version=2024-04-01&$maxpagesize=200&$filter="
                                                     "outcome%20eq%20'OperationFailed'%20and%20startswith(action,"
                                                     "'Microsoft.AzureSphere/catalogs/write')", NULL);
    CHECK_INT(a->status, 200);
    return json_array_size(json_object_get(a->json, "value"));
}

/* What never gets through fails at last. */
static void test_lost(void)
{
    size_t before = failures();
    CHECK_INT(before, 1); /* that of test_catalog() */
    harness_issuer_busy(true);
    begin("PUT", RG ROUTE_SPHERE "/catalogs/lost", "{\"location\":\"global\"}", 201);
    for (int i = 0; i < 4; i++) {
        harness_store_restart();
        harness_jobs_look();
        for (int poll = 0; poll < 3; poll++)
            CHECK_STR(member(harness_request("GET", url, NULL)->json, "status", NULL), "InProgress");
    }
    harness_store_restart();
    harness_jobs_look();
    const struct harness_answer *a = poll_end(url);
    CHECK_STR(member(a->json, "status", NULL), "Failed");
    CHECK_STR(member(json_object_get(a->json, "error"), "code", NULL), "OperationInterrupted");
    CHECK_INT(failures(), before + 1);
    harness_issuer_busy(false);
    expect("PUT", RG ROUTE_SPHERE "/catalogs/lost", "{\"location\":\"global\"}", 200); /* and may be repeated */
}

int main(void)
{
    harness_start(false);
    begin("PUT", C, "{\"location\":\"global\"}", 201);
    CHECK_STR(member(poll_end(url)->json, "status", NULL), "Succeeded");
    expect("PUT", P, NULL, 201);
    expect("PUT", G, NULL, 201);
    test_requests();
    test_catalog();
    test_slow();
    test_lost();
    harness_stop();
    return check_done();
}
