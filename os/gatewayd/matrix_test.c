/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docs/spec/local-rest.md: every route x every capability x every life-cycle state;
 * what is refused changes nothing, and is reported.  Then each route's own answers,
 * good and bad, without a connection.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/gatewayd/fake_test.h"
#include "os/gatewayd/route.h"
#include "os/gatewayd/server.h"
#include "os/gatewayd/store.h"
#include "tests/check.h"

#define APP "a1a1a1a1-a1a1-a1a1-a1a1-a1a1a1a1a1a1"

#define PROXY "{\"enabled\":true,\"address\":\"proxy.example\",\"port\":3128,\"noProxyAddresses\":[\"a.example\",\".b.example\"]," \
              "\"authenticationType\":\"basic\",\"username\":\"user\",\"password\":\"s\\u0065cret\"}"

static struct fake fake;
static struct gateway gateway;
static char folder[] = "/tmp/peri-gateway-XXXXXX";
static uint8_t room[GATEWAY_ANSWER_MAX + 1];

static void start(void)
{
    int ends[3];
    memset(&fake, 0, sizeof fake);
    memset(&gateway, 0, sizeof gateway);
    fake.lifecycle = LIFECYCLE_DEVICE_COMPLETE;
    fake_app(&fake, 0xA1, 0xA2, true);
    fake_start(&fake, ends);
    monitor_client_init(&gateway.monitor, ends[0]);
    gateway.rot = rot_new(ends[1]);
    gateway.channel = ends[2];
    gateway.folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    gateway.log = -1;
    gateway.signals = -1;
    REQUIRE(gateway.rot && gateway.folder >= 0);
}

/* What was sent to the manager is taken before its channel ends. */
static void stop(void)
{
    (void)gateway_listen(&gateway, 0); /* unread messages would reset the channel */
    monitor_client_release(&gateway.monitor);
    rot_free(gateway.rot);
    close(gateway.channel);
    close(gateway.folder);
    fake_stop(&fake);
}

/* One request in pieces; the HTTP status.  Body of the answer: room, terminated. */
static int ask_pieces(const char *method, const char *path, struct span body, size_t piece)
{
    static struct exchange x;
    static uint8_t text[70000];
    uint8_t head_room[512];
    struct writer w = writer_of(text, sizeof text), head = writer_of(head_room, sizeof head_room);
    char line[512];
    int n = snprintf(line, sizeof line, "%s %s HTTP/1.1\r\nHost: d\r\n%s", method, path,
                     body.at ? "" : "\r\n");
    writer_bytes(&w, line, (size_t)n);
    if (body.at) {
        n = snprintf(line, sizeof line, "Content-Length: %zu\r\n\r\n", body.len);
        writer_bytes(&w, line, (size_t)n);
        writer_bytes(&w, body.at, body.len);
    }
    REQUIRE(w.err == 0);
    exchange_init(&x, &gateway, room);
    int err = 0;
    for (size_t at = 0; at < w.len && !err; at += piece)
        err = request_feed(&x.request, span_of(text + at, w.len - at < piece ? w.len - at : piece));
    CHECK(err == 0 || err == E_MALFORMED);
    exchange_finish(&x, &head);
    room[x.answer.body.len] = '\0';
    CHECK(head.err == 0 && memcmp(head.at, "HTTP/1.1 ", 9) == 0);
    CHECK(!x.error == (x.answer.status == 200));
    return x.answer.status;
}

static int ask(const char *method, const char *path, const char *body)
{
    return ask_pieces(method, path, body ? span_of(body, strlen(body)) : span_of(NULL, 0), SIZE_MAX / 2);
}

static bool answered(const char *text)
{
    if (strstr((const char *)room, text))
        return true;
    fprintf(stderr, "answer: %s\n", (const char *)room);
    return false;
}

static uint32_t error_of(void)
{
    unsigned long long error = 0;
    return sscanf((const char *)room, "{\"error\":%llu}", &error) == 1 ? (uint32_t)error : 0;
}

static const char *const method_names[] = {"GET", "POST", "PUT", "DELETE", "PATCH"};

/* -- the gate -------------------------------------------------------------------------- */

static const char *path_of(const struct route *route, char path[static 128])
{
    snprintf(path, 128, "%s", route->path);
    size_t len = strlen(path);
    if (path[len - 1] == '*')
        snprintf(path + len - 1, 128 - len, "%s", APP);
    return path;
}

static void gates(void)
{
    char path[128];
    unsigned refused = 0, let = 0;
    for (size_t i = 0; i < route_count; i++)
        for (uint16_t capability = 0; capability <= 15; capability++)
            for (uint32_t lifecycle = 0; lifecycle < LIFECYCLE_COUNT; lifecycle++) {
                bool closed = routes[i].gate == GATE_CAPABILITY && capability != CAPABILITY_APP_DEVELOPMENT &&
                              capability != CAPABILITY_FIELD_SERVICING && lifecycle == LIFECYCLE_DEVICE_COMPLETE;
                start();
                fake.lifecycle = lifecycle;
                fake_capability(&fake, capability);
                struct fake before = fake;
                struct gateway held = gateway;
                /* A body that would do something, if it were looked at. */
                const char *body = routes[i].body == BODY_PACKAGE ? "GOODxy"
                                   : routes[i].method == METHOD_PATCH ? "{\"trigger\":\"stop\"}"
                                   : routes[i].body == BODY_SETTINGS
                                       ? PROXY
                                   : routes[i].body == BODY_CERTIFICATE
                                       ? "{\"certType\":\"rootca\",\"publicCert\":\"PEM\"}"
                                   : routes[i].body == BODY_SMALL ? "{\"manufacturingState\":\"DeviceComplete\"}"
                                                                  : NULL;
                int status = ask(method_names[routes[i].method], path_of(&routes[i], path), body);
                if ((status == 403) != closed)
                    fprintf(stderr, "%s %s, capability %u, life-cycle %u: %d\n",
                            method_names[routes[i].method], path, capability, lifecycle, status);
                CHECK_INT(status == 403, closed);
                if (closed) {
                    CHECK_INT(error_of(), REST_NOT_AUTHORIZED);
                    refused++;
                } else
                    let++;
                stop();
                if (closed) {
                    CHECK_INT(fake.changes, 0);
                    CHECK_INT(fake.controls + fake.followed + fake.restarts + fake.proxy_changes + fake.cert_changes, 0);
                    CHECK_INT(fake.cert_staged, 0);
                    CHECK_INT(fake.events, 1);
                    CHECK_INT(fake.last_event, REST_NOT_AUTHORIZED);
                    CHECK_INT(fake.lifecycle, before.lifecycle);
                    CHECK_INT(fake.apps, before.apps);
                    CHECK_MEM(fake.capabilities, before.capabilities, sizeof fake.capabilities);
                    CHECK_MEM(&gateway.stage, &held.stage, sizeof held.stage);
                    CHECK_INT(gateway.body_len, 0);
                }
                struct stat st;
                char file[64];
                snprintf(file, sizeof file, "%s/" STORE_CAPABILITY, folder);
                CHECK(stat(file, &st) != 0);
            }
    CHECK(refused > 0 && let > refused);
    printf("%u refused, %u let through\n", refused, let);
}

/* A flood of refusals is counted, not reported one by one. */
static void flood(void)
{
    start();
    for (unsigned i = 0; i < 50; i++)
        CHECK_INT(ask("GET", "/images", NULL), 403);
    CHECK_INT(gateway.refused, 50);
    stop();
    CHECK_INT(fake.events, 1);
}

/* -- each route --------------------------------------------------------------------------- */

static void reading(void)
{
    start();
    fake_capability(&fake, CAPABILITY_APP_DEVELOPMENT);
    CHECK_INT(ask("GET", "/device/capabilities", NULL), 200);
    CHECK(answered("{\"device_capabilities\":[11]}"));
    CHECK_INT(ask("GET", "/device/security_state", NULL), 200);
    CHECK(answered("\"securityState\":\"SECURE\",\"deviceIdentifier\":\"a0a1a2"));
    CHECK_INT(ask("GET", "/device/manufacturing_state", NULL), 200);
    CHECK(answered("{\"manufacturingState\":\"DeviceComplete\"}"));
    CHECK_INT(ask("GET", "/status", NULL), 200);
    CHECK(answered("{\"uptime\":"));
    CHECK_INT(ask("GET", "/osversion", NULL), 200);
    CHECK(answered("{\"osversion\":\"01010101-"));
    CHECK_INT(ask("GET", "/abi_versions", NULL), 200);
    CHECK(answered("{\"ApplicationRuntime\":5}"));
    CHECK_INT(ask("GET", "/net/status", NULL), 200);
    CHECK(answered("\"deviceAuthenticationIsReady\":false"));
    fake_attested(&fake);
    CHECK_INT(ask("GET", "/net/status", NULL), 200);
    CHECK(answered("\"deviceAuthenticationIsReady\":true"));
    CHECK_INT(ask("GET", "/images", NULL), 200);
    CHECK(answered("\"uid\":\"" APP "\",\"image_type\":10"));
    CHECK_INT(ask("GET", "/app/status/" APP, NULL), 200);
    CHECK(answered("{\"state\":\"running\"}"));
    CHECK_INT(ask("GET", "/app/status", NULL), 200);
    CHECK(answered("{\"apps\":[{\"componentId\":\"" APP "\",\"state\":\"running\"}]}"));
    CHECK_INT(ask("GET", "/app/status/b1b1b1b1-b1b1-b1b1-b1b1-b1b1b1b1b1b1", NULL), 200);
    CHECK(answered("{\"state\":\"notPresent\"}"));
    CHECK_INT(ask("GET", "/app/quota/" APP, NULL), 200);
    CHECK(answered("{\"UsageKB\":3,\"LimitKB\":64}"));
    CHECK_INT(ask("GET", "/stats/memory/groups/applications", NULL), 200);
    CHECK(answered("{\"apps\":[{\"componentId\":\"" APP "\",\"currentMemoryUsageInBytes\":524288,\"userModeMemoryUsageInBytes\":524288,"
                   "\"peakUserModeMemoryUsageInBytes\":716800}],\"memoryStats\":{\"currentMemoryUsageInBytes\":524288,"
                   "\"userModeMemoryUsageInBytes\":524288,\"peakUserModeMemoryUsageInBytes\":716800}}"));
    CHECK_INT(ask("GET", "/app/status/nonsense", NULL), 400);
    CHECK_INT(error_of(), REST_BAD_COMPONENT_ID);
    CHECK_INT(ask("GET", "/net/interfaces", NULL), 200);
    CHECK(answered("\"interfaceName\":\"lo\""));
    CHECK_INT(ask("GET", "/net/interfaces/lo", NULL), 200);
    CHECK_INT(ask("GET", "/net/interfaces/none", NULL), 404);
    CHECK_INT(ask("GET", "/log", NULL), 200);
    CHECK_INT(fake.changes, 0);
    stop();
}

/* Set, shown without its password, switched, forgotten; whatever is wrong is refused and asks azured for nothing. */
static void proxy(void)
{
    static const struct {
        const char *body;
        uint32_t error;
    } bad[] = {
        {"{\"enabled\":1,\"address\":\"p\",\"port\":1,\"authenticationType\":\"anonymous\"}", REST_ENABLED_NOT_A_BOOLEAN},
        {"{\"address\":\"p\",\"port\":1}", REST_INVALID_JSON_DATA},
        {"{\"address\":\"p\",\"authenticationType\":\"anonymous\"}", REST_INVALID_JSON_DATA},
        {"{\"port\":1,\"authenticationType\":\"anonymous\"}", REST_INVALID_JSON_DATA},
        {"{\"address\":\"p\",\"port\":1,\"port\":2,\"authenticationType\":\"anonymous\"}", REST_INVALID_JSON_DATA},
        {"{\"address\":\"p\",\"port\":1,\"authenticationType\":\"anonymous\",\"x\":1}", REST_INVALID_JSON_DATA},
        {"[]", REST_INVALID_JSON_DATA}, {"{", REST_INVALID_JSON}, {"", REST_DATA_EXPECTED},
        {"{\"address\":\"p\",\"port\":0,\"authenticationType\":\"anonymous\"}", REST_PROXY_NOT_VALID},
        {"{\"address\":\"p\",\"port\":65536,\"authenticationType\":\"anonymous\"}", REST_PROXY_NOT_VALID},
        {"{\"address\":\"p\",\"port\":\"1\",\"authenticationType\":\"anonymous\"}", REST_PROXY_NOT_VALID},
        {"{\"address\":\"\",\"port\":1,\"authenticationType\":\"anonymous\"}", REST_PROXY_NOT_VALID},
        {"{\"address\":\"p\\r\\nX: y\",\"port\":1,\"authenticationType\":\"anonymous\"}", REST_PROXY_NOT_VALID},
        {"{\"address\":\"p\",\"port\":1,\"authenticationType\":\"digest\"}", REST_PROXY_NOT_VALID},
        {"{\"address\":\"p\",\"port\":1,\"authenticationType\":\"basic\"}", REST_PROXY_NOT_VALID},
        {"{\"address\":\"p\",\"port\":1,\"authenticationType\":\"anonymous\",\"username\":\"u\"}", REST_PROXY_NOT_VALID},
        {"{\"address\":\"p\",\"port\":1,\"authenticationType\":\"basic\",\"username\":\"u:v\",\"password\":\"w\"}", REST_PROXY_NOT_VALID},
        {"{\"address\":\"p\",\"port\":1,\"authenticationType\":\"basic\",\"username\":\"u\",\"password\":\"w\\u0000\"}", REST_PROXY_NOT_VALID},
        {"{\"address\":\"p\",\"port\":1,\"authenticationType\":\"anonymous\",\"noProxyAddresses\":\"a\"}", REST_PROXY_NOT_VALID},
        {"{\"address\":\"p\",\"port\":1,\"authenticationType\":\"anonymous\",\"noProxyAddresses\":[\"a,b\"]}", REST_PROXY_NOT_VALID},
        {"{\"address\":\"p\",\"port\":1,\"authenticationType\":\"anonymous\",\"noProxyAddresses\":[\"\"]}", REST_PROXY_NOT_VALID},
    };
    static char longest[GATEWAY_SETTINGS_MAX + 2];
    start();
    fake_capability(&fake, CAPABILITY_APP_DEVELOPMENT);
    CHECK_INT(ask("GET", "/net/proxy", NULL), 404);
    CHECK_INT(error_of(), REST_NO_PROXY);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        (void)ask("POST", "/net/proxy", bad[i].body);
        if (error_of() != bad[i].error)
            fprintf(stderr, "%s\n", bad[i].body);
        CHECK_INT(error_of(), bad[i].error);
    }
    memset(longest, ' ', sizeof longest - 1);
    CHECK_INT(ask("POST", "/net/proxy", longest), 413);
    CHECK_INT(fake.proxy_changes, 0);
    CHECK_INT(ask("POST", "/net/proxy", PROXY), 200);
    CHECK(answered("{\"enabled\":true,\"address\":\"proxy.example\",\"port\":3128,\"noProxyAddresses\":[\"a.example\",\".b.example\"],"
                   "\"authenticationType\":\"basic\",\"username\":\"user\"}"));
    CHECK_STR(fake.proxy.password, "secret");
    CHECK(!memmem(&gateway, sizeof gateway, "secret", 6) && !memmem(&gateway, sizeof gateway, "s\\u0065cret", 11)); /* nor stays it here */
    CHECK_INT(ask("GET", "/net/proxy", NULL), 200);
    CHECK(!strstr((const char *)room, "cret"));
    static const struct {
        uint32_t status;
        const char *word;
    } words[] = {{0, "\"proxy\":\"disabled\""}, {1, "\"proxy\":\"enabled\""}, {3, "\"proxy\":\"resolvingProxyName\""}, {5, "\"proxy\":\"ready\""}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        fake.proxy_status = words[i].status;
        CHECK_INT(ask("GET", "/net/status", NULL), 200);
        CHECK(answered(words[i].word));
    }
    static const struct {
        int32_t error;
        uint32_t answer;
    } refusals[] = {{E_MISSING, REST_PROXY_PASSWORD_MISSING}, {E_MALFORMED, REST_PROXY_NOT_VALID}, {E_UNSUPPORTED, REST_NOT_IMPLEMENTED}, {E_IO, REST_INTERNAL}};
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        fake.proxy_error = refusals[i].error;
        (void)ask("POST", "/net/proxy", PROXY);
        CHECK_INT(error_of(), refusals[i].answer);
        (void)ask("DELETE", "/net/proxy", NULL);
        CHECK_INT(error_of(), refusals[i].answer);
    }
    fake.proxy_error = 0;
    CHECK_INT(ask("DELETE", "/net/proxy", NULL), 200);
    CHECK_INT(ask("GET", "/net/proxy", NULL), 404);
    fake.proxy_silent = true; /* azured is not there: the status is as it was, and quick */
    CHECK_INT(ask("GET", "/net/status", NULL), 200);
    CHECK(answered("\"proxy\":\"ready\""));
    CHECK_INT(ask("GET", "/net/proxy", NULL), 500);
    CHECK(!gateway.broken);
    stop();
}

/* What is sent to azured, and how its answers read; whatever is wrong is refused and sends nothing. */
static void certificates(void)
{
    static const struct {
        const char *body;
        uint32_t error;
    } bad[] = {
        {"{\"certType\":\"rootca\"}", REST_INVALID_JSON_DATA}, {"{\"publicCert\":\"x\"}", REST_INVALID_JSON_DATA},
        {"{\"certType\":\"other\",\"publicCert\":\"x\"}", 37u << 20 | CERT_TYPE_INVALID},
        {"{\"certType\":\"rootca\",\"publicCert\":\"\"}", 37u << 20 | CERT_PUBLIC_INVALID},
        {"{\"certType\":\"rootca\",\"publicCert\":7}", REST_INVALID_JSON_DATA},
        {"{\"certType\":\"rootca\",\"publicCert\":\"a\",\"publicCert\":\"b\"}", REST_INVALID_JSON_DATA},
        {"{\"certType\":\"rootca\",\"publicCert\":\"a\\u0000\"}", REST_INVALID_JSON_DATA},
        {"{\"certType\":\"rootca\",\"publicCert\":\"a\",\"more\":\"b\"}", REST_INVALID_JSON_DATA},
        {"[]", REST_INVALID_JSON_DATA}, {"{", REST_INVALID_JSON}, {"", REST_DATA_EXPECTED},
    };
    static char large[GATEWAY_CERTIFICATE_MAX + 2], line[CERT_PEM_MAX + 2];
    start();
    fake_capability(&fake, CAPABILITY_APP_DEVELOPMENT);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        (void)ask("POST", "/certstore/certs/a", bad[i].body);
        if (error_of() != bad[i].error)
            fprintf(stderr, "%s\n", bad[i].body);
        CHECK_INT(error_of(), bad[i].error);
    }
    memset(line, 'x', sizeof line - 1);
    snprintf(large, sizeof large, "{\"certType\":\"rootca\",\"publicCert\":\"%s\"}", line);
    CHECK_INT(ask("POST", "/certstore/certs/a", large), 400);
    CHECK_INT(error_of(), 37u << 20 | CERT_PUBLIC_TOO_LONG);
    memset(large, ' ', sizeof large - 1);
    CHECK_INT(ask("POST", "/certstore/certs/a", large), 413);
    CHECK_INT(ask("POST", "/certstore/certs/12345678901234567", bad[3].body), 400);
    CHECK_INT(error_of(), 37u << 20 | CERT_ID_TOO_LONG);
    CHECK_INT(fake.cert_changes + fake.cert_staged, 0);
    CHECK_INT(ask("POST", "/certstore/certs/client-1",
                  "{\"certType\":\"Client\",\"publicCert\":\"CERT\\n\",\"privateKey\":\"KEY\\n\",\"password\":\"s\\u0065cret\"}"), 200);
    CHECK(fake.cert_ask.action == CERT_INSTALL && fake.cert_ask.type == CERT_CLIENT && fake.cert_ask.cert_bytes == 5 &&
          fake.cert_ask.key_bytes == 4 && fake.cert_ask.password_bytes == 6);
    CHECK_STR(fake.cert_ask.id, "client-1");
    CHECK(fake.cert_staged == 15 && memcmp(fake.cert_bytes, "CERT\nKEY\nsecret", 15) == 0);
    CHECK(!memmem(&gateway, sizeof gateway, "KEY", 3) && !memmem(&gateway, sizeof gateway, "cret", 4)); /* nothing stays here */
    line[CERT_PEM_MAX] = '\0'; /* the longest: more than one piece */
    snprintf(large, sizeof large, "{\"certType\":\"client\",\"publicCert\":\"%s\",\"privateKey\":\"%s\"}", line, line);
    CHECK_INT(ask("POST", "/certstore/certs/a", large), 200);
    CHECK_INT(fake.cert_staged, 2 * CERT_PEM_MAX);
    CHECK_INT(ask("DELETE", "/certstore/certs/a", NULL), 200);
    CHECK(fake.cert_ask.action == CERT_DELETE && strcmp(fake.cert_ask.id, "a") == 0);
    fake.cert_answer = (struct cert_answer){.available = 12345, .count = 2, .id = "a", .not_before_s = 1700000000, .not_after_s = UINT64_MAX,
                                            .subject = "/CN=\"s\"", .issuer = "/CN=i"};
    CHECK_INT(ask("GET", "/certstore/space", NULL), 200);
    CHECK(answered("{\"AvailableSpace\":12345}"));
    CHECK_INT(ask("GET", "/certstore/certs", NULL), 200);
    CHECK(answered("{\"identifiers\":[\"cert-0\",\"cert-1\"]}"));
    CHECK_INT(ask("GET", "/certstore/certs/a", NULL), 200);
    CHECK(answered("{\"id\":\"a\",\"notBefore\":\"2023-11-14T22:13:20Z\",\"notAfter\":\"\",\"subjectName\":\"/CN=\\u0022s\\u0022\",\"issuerName\":\"/CN=i\"}"));
    static const struct {
        uint32_t says, answer;
        int status;
    } refusals[] = {{CERT_NOT_FOUND, REST_CERTIFICATE_NOT_FOUND, 404}, {CERT_OUT_OF_SPACE, REST_CERTIFICATE_NO_SPACE, 409},
                    {CERT_MISMATCHED, 37u << 20 | 20, 400}, {CERT_NOT_HERE, REST_NOT_IMPLEMENTED, 501}, {CERT_NOT_STORED, REST_INTERNAL, 500}};
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        fake.cert_answer.error = refusals[i].says;
        CHECK_INT(ask("DELETE", "/certstore/certs/a", NULL), refusals[i].status);
        CHECK_INT(error_of(), refusals[i].answer);
    }
    stop();
}

static void control(void)
{
    start();
    fake_capability(&fake, CAPABILITY_APP_DEVELOPMENT);
    CHECK_INT(ask("PATCH", "/app/status/" APP, "{\"trigger\":\"stop\"}"), 200);
    CHECK(answered("{\"state\":\"stopped\"}"));
    CHECK(fake.app[0].held);
    CHECK_INT(ask("PATCH", "/app/status/" APP, "{\"trigger\":\"start\"}"), 200);
    CHECK(answered("{\"state\":\"running\"}"));
    static const struct {
        const char *body;
        int status;
        uint32_t error;
    } bad[] = {
        {"{\"trigger\":\"startDebug\"}", 409, REST_CANNOT_START_DEBUG},
        {"{\"trigger\":\"explode\"}", 400, REST_NO_SUCH_TRIGGER},
        {"{\"trigger\":7}", 400, REST_INVALID_JSON},
        {"{\"other\":\"stop\"}", 400, REST_INVALID_JSON_DATA},
        {"{}", 400, REST_INVALID_JSON_DATA},
        {"{\"trigger\":\"stop\",\"trigger\":\"stop\"}", 400, REST_INVALID_JSON_DATA},
        {"{\"trigger\":\"stop\"", 400, REST_INVALID_JSON},
        {"{\"trigger\":\"stop\"}x", 400, REST_INVALID_JSON},
        {"{\"trigger\":\"sto\\u0000p\"}", 400, REST_INVALID_JSON_DATA},
        {"{\"trigger\":\"sssssssssssssssssssssssssssssssssssssssssss\"}", 400, REST_INVALID_JSON_DATA},
        {"", 400, REST_DATA_EXPECTED},
        {NULL, 411, REST_LENGTH_EXPECTED},
    };
    unsigned controls = fake.controls;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_INT(ask("PATCH", "/app/status/" APP, bad[i].body), bad[i].status);
        CHECK_INT(error_of(), bad[i].error);
    }
    CHECK_INT(ask("PATCH", "/app/status/b1b1b1b1-b1b1-b1b1-b1b1-b1b1b1b1b1b1", "{\"trigger\":\"stop\"}"), 404);
    CHECK_INT(fake.controls, controls);
    CHECK_INT(ask("POST", "/restart", NULL), 200);
    stop();
}

static void sideload(void)
{
    static uint8_t package[60000] = "GOOD\xC1\xC2";
    const size_t pieces[] = {1, 7, 4096, SIZE_MAX / 2};
    for (size_t i = 0; i < 4; i++) {
        start();
        fake_capability(&fake, CAPABILITY_APP_DEVELOPMENT);
        CHECK_INT(ask("POST", "/update/install", NULL), 409);
        CHECK_INT(error_of(), REST_NOTHING_STAGED);
        CHECK_INT(ask_pieces("PUT", "/update/stage", span_of(package, sizeof package), pieces[i]), 200);
        CHECK(answered("{\"componentId\":\"c1c1c1c1-"));
        CHECK_MEM(fake.package, package, sizeof package);
        CHECK_INT(ask("POST", "/update/install", i % 2 ? "{\"appControlMode\":\"Manual\"}" : NULL), 200);
        CHECK_INT(ask("GET", "/app/quota/c1c1c1c1-c1c1-c1c1-c1c1-c1c1c1c1c1c1", NULL), 200); /* told */
        CHECK_INT(ask("GET", "/app/status/c1c1c1c1-c1c1-c1c1-c1c1-c1c1c1c1c1c1", NULL), 200);
        CHECK(answered(i % 2 ? "stopped" : "running"));
        CHECK_INT(ask("POST", "/update/install", NULL), 409); /* once */
        CHECK_INT(ask("DELETE", "/app/image/c1c1c1c1-c1c1-c1c1-c1c1-c1c1c1c1c1c1", NULL), 200);
        CHECK(answered("{\"restartingSystem\":false}"));
        CHECK_INT(ask("DELETE", "/app/image/c1c1c1c1-c1c1-c1c1-c1c1-c1c1c1c1c1c1", NULL), 404);
        stop();
        CHECK_INT(fake.apps, 1);
    }
    start();
    fake_capability(&fake, CAPABILITY_APP_DEVELOPMENT);
    /* what is not taken is dropped in the monitor too, and not installable */
    CHECK_INT(ask("PUT", "/update/stage", "BAD"), 400);
    CHECK_INT(error_of(), 7u << 20 | MONITOR_VERIFICATION_FAILED);
    CHECK_INT(fake.open_bytes, 0);
    CHECK_INT(ask("POST", "/update/install", NULL), 409);
    CHECK_INT(ask("PUT", "/update/stage", NULL), 411);
    CHECK_INT(ask("PUT", "/update/stage", ""), 400);
    static const struct {
        uint32_t call, status;
        int http;
        uint32_t error;
    } rows[] = {
        {MONITOR_CALL_SIDELOAD_OPEN, MONITOR_PERMISSION_DENIED, 403, REST_NOT_AUTHORIZED},
        {MONITOR_CALL_SIDELOAD_OPEN, MONITOR_NO_FREE_SPACE, 400, 7u << 20 | MONITOR_NO_FREE_SPACE},
        {MONITOR_CALL_SIDELOAD_OPEN, MONITOR_IMAGE_TOO_LARGE, 413, REST_TOO_LARGE},
        {MONITOR_CALL_SIDELOAD_WRITE, MONITOR_WRITE_FAILED, 400, 7u << 20 | MONITOR_WRITE_FAILED},
        {MONITOR_CALL_SIDELOAD_COMMIT, MONITOR_ABI_MISSING, 400, 7u << 20 | MONITOR_ABI_MISSING},
        {MONITOR_CALL_SIDELOAD_COMMIT, MONITOR_INVALID_PARAMETER, 400, 7u << 20 | MONITOR_INVALID_PARAMETER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fake.refuse_call = rows[i].call;
        fake.refuse_status = rows[i].status;
        CHECK_INT(ask_pieces("PUT", "/update/stage", span_of(package, sizeof package), 4096), rows[i].http);
        CHECK_INT(error_of(), rows[i].error);
        CHECK(!gateway.stage.verified && !gateway.broken);
    }
    fake.refuse_call = MONITOR_CALL_SIDELOAD_INSTALL;
    fake.refuse_status = MONITOR_PERMISSION_DENIED;
    CHECK_INT(ask_pieces("PUT", "/update/stage", span_of(package, 6), 4096), 200);
    CHECK_INT(ask("POST", "/update/install", "{\"appControlMode\":\"Sometimes\"}"), 400);
    CHECK_INT(ask("POST", "/update/install", NULL), 403);
    CHECK_INT(ask("POST", "/update/install", NULL), 409);
    stop();
}

static void capabilities(void)
{
    char file[64];
    struct stat st;
    snprintf(file, sizeof file, "%s/" STORE_CAPABILITY, folder);
    start();
    CHECK_INT(ask("PUT", "/device/capabilities", "short"), 400);
    CHECK_INT(error_of(), REST_INVALID_CAPABILITY);
    struct span good = span_of(fake.good_file, sizeof fake.good_file);
    static uint8_t other[CAPABILITY_FILE_BYTES];
    CHECK_INT(ask_pieces("PUT", "/device/capabilities", span_of(other, sizeof other), 100), 400);
    CHECK(stat(file, &st) != 0); /* what is not good is not kept */
    CHECK_INT(ask_pieces("PUT", "/device/capabilities/session", good, 100), 200);
    CHECK(answered("[11]"));
    CHECK(stat(file, &st) != 0);
    CHECK_INT(ask("DELETE", "/device/capabilities/session", NULL), 200);
    CHECK(answered("[]"));
    CHECK_INT(ask_pieces("PUT", "/device/capabilities", good, 100), 200);
    CHECK(stat(file, &st) == 0 && (st.st_mode & 077) == 0);
    stop();
    CHECK(fake.followed >= 3); /* the manager looks again at what may run */

    start(); /* another start: in force without being asked for */
    capabilities_restore(&gateway);
    CHECK_INT(ask("GET", "/device/capabilities", NULL), 200);
    CHECK(answered("[11]"));
    CHECK_INT(ask("DELETE", "/device/capabilities", NULL), 200);
    CHECK(answered("[]"));
    CHECK(stat(file, &st) != 0);
    stop();
    start();
    capabilities_restore(&gateway);
    CHECK_INT(fake.changes, 0);
    REQUIRE(store_write(gateway.folder, STORE_CAPABILITY, span_of(other, 3)) == 0); /* damaged */
    capabilities_restore(&gateway);
    CHECK(!gateway.broken);
    REQUIRE(store_remove(gateway.folder, STORE_CAPABILITY) == 0);
    stop();
}

static void manufacturing(void)
{
    start();
    fake.lifecycle = LIFECYCLE_BLANK;
    CHECK_INT(ask("PUT", "/device/manufacturing_state", "{\"manufacturingState\":\"Blank\"}"), 400);
    CHECK_INT(ask("PUT", "/device/manufacturing_state", "{\"manufacturingState\":\"Module1Complete\"}"), 200);
    CHECK(answered("Module1Complete"));
    CHECK_INT(ask("PUT", "/device/manufacturing_state", "{\"manufacturingState\":\"DeviceComplete\"}"), 200);
    CHECK_INT(ask("PUT", "/device/manufacturing_state", "{\"manufacturingState\":\"DeviceComplete\"}"), 403);
    fake_capability(&fake, CAPABILITY_FIELD_SERVICING);
    CHECK_INT(ask("PUT", "/device/manufacturing_state", "{\"manufacturingState\":\"Module1Complete\"}"), 409);
    CHECK_INT(error_of(), REST_STATE_IS_FINAL);
    stop();
}

static void lost(void)
{
    start();
    static const struct {
        const char *method, *path;
        int status;
        uint32_t error;
    } rows[] = {
        {"GET", "/", 404, REST_INVALID_URI},
        {"GET", "/none", 404, REST_INVALID_URI},
        {"GET", "/app/status/", 404, REST_INVALID_URI},
        {"GET", "/app/status/a/b", 404, REST_INVALID_URI},
        {"GET", "/images?x=1", 404, REST_INVALID_URI},
        {"GET", "//images", 404, REST_INVALID_URI},
        {"GET", "/images/../log", 404, REST_INVALID_URI},
        {"GET", "http://h/images", 404, REST_INVALID_URI},
        {"DELETE", "/images", 400, REST_INVALID_METHOD},
        {"HEAD", "/images", 400, REST_INVALID_METHOD},
        {"OPTIONS", "/status", 400, REST_INVALID_METHOD},
        {"TRACE", "/status", 400, REST_INVALID_METHOD},
        {"POST", "/status", 400, REST_INVALID_METHOD},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_INT(ask(rows[i].method, rows[i].path, NULL), rows[i].status);
        CHECK_INT(error_of(), rows[i].error);
    }
    char path[300] = "/";
    memset(path + 1, 'a', sizeof path - 2);
    CHECK_INT(ask("GET", path, NULL), 404);
    CHECK_INT(ask("GET", "/status", "body"), 413);
    CHECK_INT(fake.events, 0);
    stop();
}

int main(void)
{
    REQUIRE(mkdtemp(folder) != NULL);
    gates();
    flood();
    reading();
    proxy();
    certificates();
    control();
    sideload();
    capabilities();
    manufacturing();
    lost();
    CHECK_INT(rmdir(folder), 0);
    return check_done();
}
