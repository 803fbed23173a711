/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Crash dumps as operators see them: list, show, download by who may, delete; all of it in the audit log,
 * and nothing of it for another catalog, nor for the next owner of the device.
 */
#include <time.h>

#include "lib/base64.h"
#include "lib/crash_dump.h"
#include "service/api/harness_test.h"
#include "service/ipc/dump_ops.h"
#include "tests/check.h"

#define CATALOGS "/subscriptions/00000000-0000-0000-0000-0000000000aa/resourceGroups/rg" \
                 "/providers/Microsoft.AzureSphere/catalogs"
#define C1 CATALOGS "/one"
#define C2 CATALOGS "/two"
#define G1 C1 "/products/Oven/deviceGroups/Field"
#define G2 C2 "/products/Oven/deviceGroups/Field"
#define OURS "/providers/Perisphere"
#define DUMPS OURS "/crashDumps"
#define ROLES "/providers/Microsoft.Authorization/roleAssignments"
#define D16 "0011223344556677"
#define DEVICE D16 D16 D16 D16 D16 D16 D16 D16
#define NAME "00000001-0000-0000-0000-000000000000"
#define ALLOW "{\"properties\":{\"allowCrashDumpsCollection\":\"Enabled\"}}"
#define FORBID "{\"properties\":{\"allowCrashDumpsCollection\":\"Disabled\"}}"

static uint8_t device_id[64], private[HPKE_PRIVATE_BYTES], public[HPKE_PUBLIC_BYTES];
static char key_body[256];

static const char *text_at(const json_t *json, const char *a, const char *b)
{
    const json_t *v = json_object_get(json, a);
    const char *text = json_string_value(b ? json_object_get(v, b) : v);
    return text ? text : "";
}

static const struct harness_answer *expect(const char *method, const char *path, const char *body, int status)
{
    const struct harness_answer *a = harness_request(method, path, body);
    CHECK_INT(a->status, status);
    if (a->status != status)
        fprintf(stderr, "  %s %s: %s\n", method, path, text_at(a->json, "error", "message"));
    return a;
}

static size_t rows(const char *path)
{
    return json_array_size(json_object_get(expect("GET", path, NULL, 200)->json, "value"));
}

/* The dump as the device sends it, made with the consent that it has now. */
static struct span dump_make(uint8_t number)
{
    static uint8_t bytes[1024];
    static const uint8_t seed[HPKE_SEED_BYTES] = {3};
    struct crash_dump head = {.dump = {1, [15] = number}, .component = {0xC0}, .image = {0x1A}, .signal = 6,
                              .time_s = (uint64_t)time(NULL) - 60};
    struct store_dump_device ask = {{0}};
    struct store_dump_consent consent;
    uint8_t request[128], reply[128];
    size_t len;
    struct writer w = writer_of(request, sizeof request), to = writer_of(bytes, sizeof bytes);
    memcpy(ask.device_id, device_id, 64);
    REQUIRE(record_write(&store_dump_device_type, &ask, &w) == 0);
    REQUIRE(harness_store(STORE_OP_DUMP_CONSENT, writer_view(&w), reply, sizeof reply, &len) == 0);
    REQUIRE(record_parse(&store_dump_consent_type, span_of(reply, len), &consent) == 0);
    memcpy(head.device_id, device_id, 64);
    memcpy(head.catalog, consent.catalog, 16);
    memcpy(head.group, consent.group, 16);
    REQUIRE(crash_dump_seal(&head, public, seed, span_of("the core", 8), &to) == 0);
    return writer_view(&to);
}

static int bring(struct span dump)
{
    struct store_dump_add add = {.now_s = (uint64_t)time(NULL), .dump = dump};
    uint8_t request[2048], reply[64];
    size_t len;
    struct writer w = writer_of(request, sizeof request);
    memcpy(add.device_id, device_id, 64);
    REQUIRE(record_write(&store_dump_add_type, &add, &w) == 0);
    return harness_store(STORE_OP_DUMP_ADD, writer_view(&w), reply, sizeof reply, &len);
}

static void give(const char *where, const char *who, const char *role)
{
    static unsigned number;
    char path[1024], body[256];
    snprintf(path, sizeof path, "%s" ROLES "/00000000-0000-0000-0000-%012u", where, ++number);
    snprintf(body, sizeof body, "{\"properties\":{\"roleDefinitionId\":\"Azure Sphere %s\",\"principalId\":\"certificate:%s\"}}", role, who);
    (void)expect("PUT", path, body, 201);
}

static void shown(void)
{
    const struct harness_answer *a = expect("GET", C1 DUMPS, NULL, 200);
    const json_t *row = json_array_get(json_object_get(a->json, "value"), 0);
    CHECK_STR(text_at(row, "name", NULL), NAME);
    CHECK_STR(text_at(row, "id", NULL), C1 DUMPS "/" NAME);
    CHECK_STR(text_at(row, "type", NULL), "Perisphere/crashDumps");
    CHECK_STR(text_at(row, "properties", "deviceId"), DEVICE);
    CHECK_STR(text_at(row, "properties", "productName"), "Oven");
    CHECK_STR(text_at(row, "properties", "deviceGroupName"), "Field");
    const json_t *of = json_object_get(row, "properties");
    CHECK_INT(json_integer_value(json_object_get(of, "signal")), 6);
    CHECK_INT(json_integer_value(json_object_get(of, "coreBytes")), 8);
    CHECK(json_is_null(json_object_get(of, "crashGroupName")));
    CHECK(strlen(text_at(of, "expiresUtc", NULL)) > 10 && strlen(text_at(of, "crashedUtc", NULL)) > 10);
    CHECK(!json_object_get(of, "dump")); /* what is in it is not in the list */
    CHECK_INT(rows(C1 DUMPS "?api-version=2024-04-01&$filter=deviceId%20eq%20'" DEVICE "'"), 1);
    CHECK_INT(rows(C1 DUMPS "?api-version=2024-04-01&$filter=deviceId%20ne%20'" DEVICE "'"), 0);
    (void)expect("GET", C1 DUMPS "/" NAME, NULL, 200);
    (void)expect("GET", C1 DUMPS "/12", NULL, 400);
    (void)expect("GET", C1 DUMPS "/00000009-0000-0000-0000-000000000000", NULL, 404);
    (void)expect("GET", C2 DUMPS "/" NAME, NULL, 404);
    CHECK_INT(rows(C2 DUMPS), 0);
}

static void downloaded(struct span dump)
{
    uint8_t bytes[2048];
    static const char *const bad[] = {"{}", "{\"publicKey\":7}", "{\"publicKey\":\"\"}", "{\"publicKey\":\"BAAA\"}",
                                      "{\"publicKey\":\"%\"}"};
    const struct harness_answer *a = expect("POST", C1 DUMPS "/" NAME "/download", key_body, 200);
    const char *text = text_at(a->json, "dump", NULL);
    struct writer w = writer_of(bytes, sizeof bytes);
    CHECK_INT(base64_decode(span_of(text, strlen(text)), &w), 0);
    CHECK(span_equal(writer_view(&w), dump));
    CHECK_INT(strlen(text_at(a->json, "key", NULL)), base64_encoded_bytes(CRASH_DUMP_KEY_BYTES));
    CHECK_INT(json_array_size(json_object_get(a->json, "formerKeys")), 1);
    const char *former = json_string_value(json_array_get(json_object_get(a->json, "formerKeys"), 0));
    REQUIRE(former);
    CHECK_INT(strlen(former), base64_encoded_bytes(CRASH_DUMP_KEY_BYTES));
    CHECK(strncmp(former, "BQ", 2) == 0 && strncmp(text_at(a->json, "key", NULL), "BA", 2) == 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        (void)expect("POST", C1 DUMPS "/" NAME "/download", bad[i], 400);
    char flipped[sizeof key_body];
    memcpy(flipped, key_body, sizeof flipped);
    flipped[40] = flipped[40] == 'A' ? 'B' : 'A'; /* 65 bytes, no point */
    (void)expect("POST", C1 DUMPS "/" NAME "/download", flipped, 400);
    (void)expect("POST", C1 DUMPS "/" NAME "/download", NULL, 400);
    (void)expect("POST", C1 DUMPS "/00000009-0000-0000-0000-000000000000/download", key_body, 404);
    (void)expect("POST", C2 DUMPS "/" NAME "/download", key_body, 404);
    harness_issuer_fails(true);
    CHECK(expect("POST", C1 DUMPS "/" NAME "/download", key_body, 500)->status >= 500);
    harness_issuer_fails(false);
}

/* A Reader sees that there is one, and no more; who has no role here sees nothing. */
static void by_role(void)
{
    give(C1, "rita", "Reader");
    give(C1, "paul", "Publisher");
    give(C1, "carl", "Contributor");
    give(G1, "gina", "Owner");
    give(C2, "olaf", "Owner");
    static const struct {
        const char *who;
        int list, download, delete;
    } of[] = {{"rita", 200, 403, 403}, {"paul", 200, 403, 403}, {"gina", 403, 403, 403}, {"olaf", 404, 404, 404},
              {"carl", 200, 200, 200}};
    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++) {
        harness_as(of[i].who);
        (void)expect("GET", C1 DUMPS, NULL, of[i].list);
        (void)expect("POST", C1 DUMPS "/" NAME "/download", key_body, of[i].download);
        (void)expect("DELETE", C1 DUMPS "/" NAME, NULL, of[i].delete);
    }
    (void)expect("DELETE", C1 DUMPS "/" NAME, NULL, 204); /* gone already */
    harness_as("olga");
}

static unsigned audited(const char *who, const char *outcome)
{
    char path[512];
    snprintf(path, sizeof path, OURS "/auditLog?api-version=2024-04-01&$filter=principal%%20eq%%20'certificate:%s'%%20and%%20"
             "action%%20eq%%20'Perisphere/crashDumps/download/action'%%20and%%20outcome%%20eq%%20'%s'", who, outcome);
    return (unsigned)rows(path);
}

int main(void)
{
    uint8_t text[128];
    static const uint8_t seed[HPKE_SEED_BYTES] = {7};
    struct writer w = writer_of(text, sizeof text);
    REQUIRE(hpke_pair(seed, private, public) == 0);
    base64_encode(span_of(public, sizeof public), &w);
    snprintf(key_body, sizeof key_body, "{\"publicKey\":\"%.*s\"}", (int)w.len, text);
    for (size_t i = 0; i < 64; i++)
        device_id[i] = (uint8_t)(i % 8 * 0x11);

    harness_start(false);
    static const char *const makes[] = {C1, C2, C1 "/products/Oven", C2 "/products/Oven", G1, G2};
    for (size_t i = 0; i < 6; i++)
        (void)expect("PUT", makes[i], i < 2 ? "{\"location\":\"global\"}" : i < 4 ? "{}" : ALLOW, 201);
    (void)expect("PUT", OURS "/devices/" DEVICE, "{}", 201);
    (void)expect("PUT", G1 "/devices/" DEVICE, "{}", 201);
    struct span dump = dump_make(0);
    CHECK_INT(bring(dump), 0);
    shown();
    downloaded(dump);
    by_role();
    CHECK_INT(rows(C1 DUMPS), 0);
    CHECK(audited("olga", "Succeeded") >= 1);
    CHECK_INT(audited("carl", "Succeeded"), 1);
    CHECK_INT(audited("rita", "AuthorizationFailed"), 1);

    /* consent taken back */
    CHECK_INT(bring(dump_make(1)), 0);
    CHECK_INT(rows(C1 DUMPS), 1);
    (void)expect("PATCH", G1, FORBID, 200);
    CHECK_INT(rows(C1 DUMPS), 0);
    (void)expect("PATCH", G1, ALLOW, 200);

    /* the next owner sees nothing of what the former one was given, on neither way */
    CHECK_INT(bring(dump_make(2)), 0);
    struct span kept = dump_make(3);
    const struct harness_answer *a = expect("POST", G1 "/devices/" DEVICE OURS "/release", "{}", 201);
    char body[600];
    snprintf(body, sizeof body, "{\"token\":\"%s\"}", text_at(a->json, "token", NULL));
    (void)expect("POST", G2 OURS "/claimReleased", body, 201);
    CHECK_INT(rows(C2 DUMPS), 0);
    CHECK_INT(rows(C1 DUMPS), 1);
    CHECK_INT(bring(kept), E_DENIED);
    CHECK_INT(rows(C2 DUMPS), 0);
    /* and a group takes its dumps along when it goes */
    (void)expect("DELETE", G1, NULL, 200);
    CHECK_INT(rows(C1 DUMPS), 0);
    harness_stop();
    return check_done();
}
