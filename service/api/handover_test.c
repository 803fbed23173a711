/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device goes to another owner: by a token alone, once, to whom it was released to, while its
 * time lasts; both owners have it in the log; nothing of the former one shows to the new one.
 */
#include <time.h>

#include "abi/device_api.h"
#include "lib/base64.h"
#include "service/api/harness_test.h"
#include "tests/check.h"

#define CATALOGS "/subscriptions/00000000-0000-0000-0000-0000000000aa/resourceGroups/rg" \
                 "/providers/Microsoft.AzureSphere/catalogs"
#define C1 CATALOGS "/one"
#define C2 CATALOGS "/two"
#define G1 C1 "/products/Oven/deviceGroups/Field"
#define G2 C2 "/products/Oven/deviceGroups/Field"
#define OURS "/providers/Perisphere"
#define ROLES "/providers/Microsoft.Authorization/roleAssignments"
#define D16 "0011223344556677"
#define DEVICE D16 D16 D16 D16 D16 D16 D16 D16
#define OTHER "f" "011223344556677" D16 D16 D16 D16 D16 D16 D16

static char token[512], tenant[2][64];

static const char *text_at(const json_t *json, const char *a, const char *b)
{
    const json_t *v = json_object_get(json, a);
    const char *text = json_string_value(b ? json_object_get(v, b) : v);
    return text ? text : "";
}

static const struct harness_answer *expect(const char *method, const char *path, const char *body, int status,
                                           const char *says)
{
    const struct harness_answer *a = harness_request(method, path, body);
    CHECK_INT(a->status, status);
    if (a->status != status)
        fprintf(stderr, "  %s %s: %s\n", method, path, text_at(a->json, "error", "message"));
    if (says && !strstr(text_at(a->json, "error", "message"), says)) {
        fprintf(stderr, "  %s %s: %s\n", method, path, text_at(a->json, "error", "message"));
        CHECK(false);
    }
    return a;
}

static void release(const char *body)
{
    const struct harness_answer *a = expect("POST", G1 "/devices/" DEVICE OURS "/release", body, 201, NULL);
    CHECK_STR(text_at(a->json, "deviceId", NULL), DEVICE);
    snprintf(token, sizeof token, "%s", text_at(a->json, "token", NULL));
    CHECK(strlen(token) > 100);
}

static const struct harness_answer *claim(const char *group, const char *with, int status, const char *says)
{
    char body[600];
    snprintf(body, sizeof body, "{\"token\":\"%s\"}", with);
    static char path[512];
    snprintf(path, sizeof path, "%s" OURS "/claimReleased", group);
    return expect("POST", path, body, status, says);
}

static void give(const char *where, const char *who, const char *role)
{
    static unsigned number;
    char path[1024], body[256];
    snprintf(path, sizeof path, "%s" ROLES "/00000000-0000-0000-0000-%012u", where, ++number);
    snprintf(body, sizeof body, "{\"properties\":{\"roleDefinitionId\":\"%s\",\"principalId\":\"certificate:%s\"}}", role, who);
    (void)expect("PUT", path, body, 201, NULL);
}

static void report(uint64_t first_s)
{
    uint8_t bytes[2048], reply[64];
    static uint8_t number;
    size_t len;
    struct store_report r = {.batch = {++number}, .now_s = first_s + 10, .count = 1};
    for (size_t i = 0; i < 64; i++)
        r.device_id[i] = (uint8_t)(i % 8 * 0x11);
    r.at[0] = (struct store_event){.category = EVENT_APP_CRASH, .first_s = first_s, .last_s = first_s + 1, .count = 1};
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(store_report_write(&r, &w) == 0);
    CHECK_INT(harness_store(STORE_OP_REPORT_ADD, writer_view(&w), reply, sizeof reply, &len), 0);
}

static size_t rows(const char *method, const char *path)
{
    return json_array_size(json_object_get(expect(method, path, NULL, 200, NULL)->json, "value"));
}

static void set_up(void)
{
    static const char *const catalogs[] = {C1, C2};
    char path[512];
    for (int i = 0; i < 2; i++) {
        snprintf(tenant[i], sizeof tenant[i], "%s",
                 text_at(expect("PUT", catalogs[i], "{\"location\":\"global\"}", 201, NULL)->json, "properties", "tenantId"));
        snprintf(path, sizeof path, "%s/products/Oven", catalogs[i]);
        (void)expect("PUT", path, "{}", 201, NULL);
        snprintf(path, sizeof path, "%s/products/Oven/deviceGroups/Field", catalogs[i]);
        (void)expect("PUT", path, "{}", 201, NULL);
    }
    (void)expect("PUT", OURS "/devices/" DEVICE, NULL, 201, NULL);
    (void)expect("PUT", G1 "/devices/" DEVICE, "{}", 201, NULL);
    give(C1, "one", "Azure Sphere Owner");
    give(C1, "helper", "Azure Sphere Contributor");
    give(C2, "two", "Azure Sphere Owner");
    give(G1 "/devices/" DEVICE, "friend", "Azure Sphere Reader");
}

static void test_stays(void)
{
    harness_as("two");
    (void)expect("PUT", G2 "/devices/" DEVICE, "{}", 404, NULL);
    (void)claim(G2, "AAAA", 400, "not a release token");
    (void)claim(G2, "****", 400, "not a release token");
    (void)expect("POST", G1 "/devices/" DEVICE OURS "/release", "{}", 404, NULL);
    harness_as("helper"); /* giving away is the owner's */
    (void)expect("POST", G1 "/devices/" DEVICE OURS "/release", "{}", 403, NULL);
    harness_as("one");
    (void)expect("POST", G1 "/devices/" OTHER OURS "/release", "{}", 404, NULL);
    (void)expect("POST", G1 "/devices/" DEVICE OURS "/release", "{\"expiresInHours\":0}", 400, "1 to 720");
    (void)expect("POST", G1 "/devices/" DEVICE OURS "/release", "{\"targetTenantId\":\"x\"}", 400, "tenant GUID");
}

/* Each bit of a token counts, and so does its length. */
static void test_forged(void)
{
    char changed[512];
    release("{}");
    harness_as("two");
    for (size_t i = 0; i + 4 < strlen(token); i += 5) {
        memcpy(changed, token, sizeof changed);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        if (strcmp(changed, token) != 0)
            (void)claim(G2, changed, 400, NULL);
    }
    memcpy(changed, token, sizeof changed);
    changed[strlen(changed) - 4] = '\0';
    (void)claim(G2, changed, 400, NULL);
    harness_as("one");
}

static void test_recalled(void)
{
    char first[512];
    memcpy(first, token, sizeof first);
    release("{}"); /* a second release ends the first */
    harness_as("two");
    (void)claim(G2, first, 404, "used or taken back");
    harness_as("one");
    (void)expect("DELETE", G1 "/devices/" DEVICE OURS "/release", NULL, 200, NULL);
    (void)expect("DELETE", G1 "/devices/" DEVICE OURS "/release", NULL, 204, NULL);
    harness_as("two");
    (void)claim(G2, token, 404, "used or taken back");
    harness_as("one");
}

static void test_target(void)
{
    char body[256];
    snprintf(body, sizeof body, "{\"targetTenantId\":\"%s\"}", tenant[0]); /* not of the second */
    release(body);
    harness_as("two");
    (void)claim(G2, token, 400, "another tenant");
    harness_as("one");
    (void)claim(G1, token, 409, "already");
}

static void test_taken(void)
{
    char body[256];
    const uint64_t now_s = (uint64_t)time(NULL) - 1000; /* lists show the last 14 days */
    report(now_s);
    harness_as("one");
    snprintf(body, sizeof body, "{\"targetTenantId\":\"%s\",\"expiresInHours\":2}", tenant[1]);
    release(body);
    harness_as("helper"); /* has the token, but no role there */
    (void)claim(G2, token, 404, NULL);
    harness_as("two");
    const struct harness_answer *a = claim(G2, token, 201, NULL);
    CHECK_STR(text_at(a->json, "id", NULL), G2 "/devices/" DEVICE);
    (void)claim(G2, token, 404, "used or taken back"); /* once */
    (void)expect("GET", G2 "/devices/" DEVICE, NULL, 200, NULL);
    CHECK_INT(rows("POST", C2 "/listDevices"), 1);
    CHECK_INT(rows("POST", C2 "/listDeviceInsights"), 0);
    (void)expect("GET", G1 "/devices/" DEVICE, NULL, 404, NULL);
    harness_as("one");
    (void)expect("GET", G1 "/devices/" DEVICE, NULL, 404, NULL);
    (void)claim(G1, token, 400, "another tenant");
    (void)expect("PUT", G1 "/devices/" DEVICE, "{}", 404, NULL);
    CHECK_INT(rows("POST", C1 "/listDevices"), 0);
    CHECK_INT(rows("POST", C1 "/listDeviceInsights"), 1); /* what it reported then */
    report(now_s + 100); /* the same crash, within a day: a row of the new owner */
    CHECK_INT(rows("POST", C1 "/listDeviceInsights"), 1);
    harness_as("two");
    CHECK_INT(rows("POST", C2 "/listDeviceInsights"), 1);
}

/* Roles that the former owner gave on the device do not come back with it. */
static void test_back(void)
{
    harness_as("two");
    const struct harness_answer *a = expect("POST", G2 "/devices/" DEVICE OURS "/release", "{}", 201, NULL);
    snprintf(token, sizeof token, "%s", text_at(a->json, "token", NULL));
    harness_as("one");
    (void)claim(G1, token, 201, NULL);
    harness_as("friend");
    (void)expect("GET", G1 "/devices/" DEVICE, NULL, 404, NULL);
}

static void test_log(void)
{
    harness_as("olga");
    CHECK_INT(rows("GET", OURS "/auditLog?api-version=2024-04-01&$filter=contains(scope,'one/devices/')%20and%20contains(detail,'another%20owner')"), 1);
    CHECK_INT(rows("GET", OURS "/auditLog?api-version=2024-04-01&$filter=contains(scope,'two/devices/')%20and%20contains(detail,'another%20owner')"), 1);
    CHECK_INT(rows("GET", OURS "/auditLog?api-version=2024-04-01&$filter=endswith(scope,'/claimReleased')%20and%20outcome%20eq%20'Succeeded'"), 2);
}

/* An operation's end is for who began it, and for those at the service. */
static void test_operation(void)
{
    char location[4096];
    harness_as("one");
    const struct harness_answer *a = harness_request("POST", G1 "/claimDevices", "{\"deviceIdentifiers\":[\"" DEVICE "\"]}");
    CHECK_INT(a->status, 202);
    snprintf(location, sizeof location, "%s", a->location);
    harness_as("two");
    (void)expect("GET", location, NULL, 404, NULL);
    harness_as("olga");
    a = harness_request("GET", location, NULL);
    CHECK(a->status == 202 || a->status == 204);
    harness_as("one");
    a = harness_request("GET", location, NULL);
    CHECK(a->status == 202 || a->status == 204);
}

int main(void)
{
    harness_start(false);
    set_up();
    test_stays();
    test_forged();
    test_recalled();
    test_target();
    test_taken();
    test_back();
    test_log();
    test_operation();
    harness_stop();
    return check_done();
}
