/* SPDX-License-Identifier: BSD-2-Clause */
/* The reports process between a front and a store that the test plays. */
#include "service/reports/server.h"

#include <event2/event.h>
#include <sys/socket.h>

#include "lib/cbor.h"
#include "lib/crash_dump.h"
#include "lib/hex.h"
#include "service/api/routes.h"
#include "service/ipc/channel.h"
#include "service/ipc/dump_ops.h"
#include "service/ipc/issuer_ops.h"
#include "service/ipc/store_ops.h"
#include "service/reports/events.h"
#include "tests/check.h"

enum { NOW_S = 1800000000, SERIAL = 0x5E };

static struct stage {
    struct event_base *base;
    struct reports_server server;
    struct channel *front, *store, *issuer;
    uint8_t device_id[64];
    int add_status, issuer_status;
    bool allowed;
    struct span dump;
    size_t body_bytes;
    unsigned adds;
    struct store_report added;
    unsigned answers;
    int status;
    uint16_t http_status;
    uint32_t retry_after_s;
} stage;

static uint64_t stage_now_s(void) { return NOW_S; }

static void store_add(void *context, struct channel_request *request, struct span payload)
{
    (void)context;
    CHECK_INT(stage.answers, 0); /* durable before the reply */
    stage.adds++;
    CHECK_INT(store_report_parse(payload, &stage.added), 0);
    CHECK_INT(stage.added.serial[0], SERIAL);
    channel_reply(request, stage.add_status, (struct span){NULL, 0});
}

static void store_consent(void *context, struct channel_request *request, struct span payload)
{
    struct store_dump_device ask;
    const struct store_dump_consent consent = {.allowed = stage.allowed, .catalog = {0xCA}, .group = {6}};
    uint8_t bytes[128];
    struct writer w = writer_of(bytes, sizeof bytes);
    (void)context;
    CHECK_INT(record_parse(&store_dump_device_type, payload, &ask), 0);
    CHECK_INT(ask.serial[0], SERIAL);
    CHECK_MEM(ask.device_id, stage.device_id, 64);
    REQUIRE(record_write(&store_dump_consent_type, &consent, &w) == 0);
    channel_reply(request, stage.add_status, stage.add_status ? span_of(NULL, 0) : writer_view(&w));
}

static void store_dump(void *context, struct channel_request *request, struct span payload)
{
    struct store_dump_add add;
    (void)context;
    CHECK_INT(stage.answers, 0);
    stage.adds++;
    CHECK_INT(record_parse(&store_dump_add_type, payload, &add), 0);
    CHECK_MEM(add.device_id, stage.device_id, 64);
    CHECK_INT(add.serial[0], SERIAL);
    CHECK_INT(add.now_s, NOW_S);
    CHECK_INT(add.dump.len, stage.dump.len);
    channel_reply(request, stage.add_status, span_of(NULL, 0));
}

static void issuer_certify(void *context, struct channel_request *request, struct span payload)
{
    struct issuer_catalog_request ask;
    const struct issuer_certificates chain = {.count = 2, .der = {{(const uint8_t *)"leaf", 4}, {(const uint8_t *)"ca", 2}}};
    uint8_t bytes[128];
    struct writer w = writer_of(bytes, sizeof bytes);
    (void)context;
    CHECK_INT(issuer_catalog_request_parse(payload, &ask), 0);
    CHECK_INT(ask.catalog[0], 0xCA);
    REQUIRE(issuer_certificates_write(&chain, &w) == 0);
    channel_reply(request, stage.issuer_status, stage.issuer_status ? span_of(NULL, 0) : writer_view(&w));
}

static const struct channel_operation operations[] = {
    {STORE_OP_REPORT_ADD, "report", 16384, store_add},
    {STORE_OP_DUMP_CONSENT, "consent", 128, store_consent},
    {STORE_OP_DUMP_ADD, "dump", CRASH_DUMP_BYTES_MAX + 256, store_dump},
};
static const struct channel_operation issuer_operations[] = {
    {ISSUER_OP_DUMP_CERTIFICATE, "certificate", 64, issuer_certify},
};

static struct channel *pair_make(const struct channel_operation *served, size_t count, int *other)
{
    int fd[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == 0);
    struct channel *channel = channel_new(stage.base, fd[0], served, count, NULL, NULL);
    REQUIRE(channel != NULL);
    *other = fd[1];
    return channel;
}

static void stage_init(void)
{
    struct reports_server_fds fds;

    memset(&stage, 0, sizeof stage);
    memset(stage.device_id, 0xD1, sizeof stage.device_id);
    REQUIRE((stage.base = event_base_new()) != NULL);
    stage.front = pair_make(NULL, 0, &fds.front);
    stage.store = pair_make(operations, 3, &fds.store);
    stage.issuer = pair_make(issuer_operations, 1, &fds.issuer);
    REQUIRE(reports_server_init(&stage.server, stage.base, fds) == 0);
    stage.server.now_s = stage_now_s;
}

static void stage_release(void)
{
    reports_server_release(&stage.server);
    channel_free(stage.front);
    channel_free(stage.store);
    channel_free(stage.issuer);
    event_base_loop(stage.base, EVLOOP_NONBLOCK);
    event_base_free(stage.base);
}

static void answered(void *context, int status, struct span payload)
{
    struct http_response response;

    (void)context;
    stage.answers++;
    stage.status = status;
    stage.http_status = 0;
    if (status == 0) {
        CHECK_INT(http_response_parse(payload, &response), 0);
        stage.http_status = response.status;
        stage.retry_after_s = response.retry_after_s;
        stage.body_bytes = response.body.len;
    }
    event_base_loopbreak(stage.base);
}

static int ask(uint16_t route, uint16_t identity, struct span body)
{
    static uint8_t bytes[CRASH_DUMP_BYTES_MAX + 4096];
    struct writer w = writer_of(bytes, sizeof bytes);
    char name[129];
    struct http_request http = {.route = route, .identity = identity, .request_id = span_of("test", 4),
                                .body = body};

    hex_encode(stage.device_id, sizeof stage.device_id, name);
    if (identity != HTTP_IDENTITY_NONE) {
        http.identity_name = span_of(name, 128);
        http.identity_key[0] = 1;
        http.identity_serial[0] = identity == HTTP_IDENTITY_TOKEN ? 0 : SERIAL; /* a certificate's */
    }
    REQUIRE(http_request_write(&http, &w) == 0);
    stage.answers = 0;
    REQUIRE(channel_call(stage.front, HTTP_OP_REQUEST, writer_view(&w), answered, NULL) == 0);
    while (stage.answers == 0)
        REQUIRE(event_base_loop(stage.base, EVLOOP_ONCE) == 0);
    return stage.http_status;
}

static int report(struct span body)
{
    return ask(ROUTE_ID_Reports_Events, HTTP_IDENTITY_OS, body);
}

/* The key, and dumps: what the store says is what the device hears. */
static void dumps(void)
{
    static const struct {
        int status;
        uint16_t key, dump;
        uint32_t retry_after_s;
    } rows[] = {
        {0, 200, 204, 0},                         {E_NOT_FOUND, 404, 404, 0},
        {E_STALE, 403, 403, 0},                   {E_LIFECYCLE, 403, 403, 0},               {E_IO, 503, 503, REPORTS_RETRY_S},
        {E_NETWORK, 503, 503, REPORTS_RETRY_S},   {E_FULL, 503, 429, REPORTS_FULL_S},
    };
    static uint8_t bytes[CRASH_DUMP_BYTES_MAX], core[CRASH_DUMP_CORE_MAX];
    struct writer w = writer_of(bytes, sizeof bytes);
    struct crash_dump head = {.dump = {1}, .signal = 11};
    uint8_t private[HPKE_PRIVATE_BYTES], public[HPKE_PUBLIC_BYTES], seed[HPKE_SEED_BYTES] = {1};
    memcpy(head.device_id, stage.device_id, 64);
    REQUIRE(hpke_pair(seed, private, public) == 0);
    REQUIRE(crash_dump_seal(&head, public, seed, span_of(core, sizeof core), &w) == 0);
    stage.dump = writer_view(&w);
    CHECK_INT(stage.dump.len, CRASH_DUMP_BYTES_MAX);
    stage.allowed = true;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        stage.add_status = rows[i].status;
        CHECK_INT(ask(ROUTE_ID_Reports_DumpKey, HTTP_IDENTITY_OS, span_of(NULL, 0)), rows[i].key);
        if (rows[i].key == 200)
            CHECK_INT(stage.body_bytes, 3 + 5 + 3);
        CHECK_INT(ask(ROUTE_ID_Reports_Dump, HTTP_IDENTITY_OS, stage.dump), rows[i].dump);
        if (rows[i].dump >= 429)
            CHECK_INT(stage.retry_after_s, rows[i].retry_after_s);
    }
    stage.add_status = E_DENIED;
    CHECK_INT(ask(ROUTE_ID_Reports_Dump, HTTP_IDENTITY_OS, stage.dump), 403);
    stage.add_status = 0;
    stage.issuer_status = E_IO;
    CHECK_INT(ask(ROUTE_ID_Reports_DumpKey, HTTP_IDENTITY_OS, span_of(NULL, 0)), 503);
    stage.issuer_status = 0;
    stage.allowed = false;
    CHECK_INT(ask(ROUTE_ID_Reports_DumpKey, HTTP_IDENTITY_OS, span_of(NULL, 0)), 403);

    /* of another device, malformed, or by who may not: the store hears nothing of it */
    stage.adds = 0;
    bytes[24] ^= 1;
    CHECK_INT(ask(ROUTE_ID_Reports_Dump, HTTP_IDENTITY_OS, stage.dump), 403);
    bytes[24] ^= 1;
    for (size_t cut = 0; cut < stage.dump.len; cut += 1021)
        CHECK_INT(ask(ROUTE_ID_Reports_Dump, HTTP_IDENTITY_OS, span_of(bytes, cut)), 400);
    for (uint16_t who = HTTP_IDENTITY_NONE; who <= HTTP_IDENTITY_TOKEN; who++)
        if (who != HTTP_IDENTITY_OS) {
            CHECK_INT(ask(ROUTE_ID_Reports_Dump, who, stage.dump), 0);
            CHECK_INT(stage.status, E_DENIED);
            CHECK_INT(ask(ROUTE_ID_Reports_DumpKey, who, span_of(NULL, 0)), 0);
            CHECK_INT(stage.status, E_DENIED);
        }
    CHECK_INT(stage.adds, 0);
    CHECK_INT(stage.server.count.dumps, 1);
}

int main(void)
{
    static const int shortages[] = {E_IO, E_BUSY, E_NETWORK, E_FULL};
    static const char *const bad[] = {"bad-empty", "bad-time-order", "bad-category", "bad-65-events",
                                      "bad-trailing"};
    size_t len;
    uint8_t *body = check_read_file("service/reports/testdata/events/good-two", &len);
    struct span good = span_of(body, len);

    stage_init();
    /* taken, with the device that the certificate names and our own time */
    CHECK_INT(report(good), 204);
    CHECK_INT(stage.adds, 1);
    CHECK_MEM(stage.added.device_id, stage.device_id, 64);
    CHECK_INT(stage.added.now_s, NOW_S);
    CHECK_INT(stage.added.count, 2);
    CHECK_INT(stage.added.batch[0], 0xBA);
    CHECK_INT(stage.added.at[0].signal, 11);
    CHECK_INT(stage.added.at[1].exit_code, 30);

    /* sent again: the same batch id, so that the store counts it once */
    CHECK_INT(report(good), 204);
    CHECK_INT(stage.added.batch[15], 0xBA);

    /* bad input changes nothing */
    stage.adds = 0;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char path[128];
        size_t bad_len;
        snprintf(path, sizeof path, "service/reports/testdata/events/%s", bad[i]);
        uint8_t *bytes = check_read_file(path, &bad_len);
        CHECK_INT(report(span_of(bytes, bad_len)), 400);
        free(bytes);
    }
    for (size_t cut = 0; cut < len; cut++)
        CHECK_INT(report(span_of(body, cut)), 400);
    CHECK_INT(stage.adds, 0);

    /* whoever may not report, by the front's mistake */
    static const uint16_t strangers[] = {HTTP_IDENTITY_NONE, HTTP_IDENTITY_OPERATOR,
                                         HTTP_IDENTITY_UPDATE_ONLY, HTTP_IDENTITY_APPLICATION};
    for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++) {
        CHECK_INT(ask(ROUTE_ID_Reports_Events, strangers[i], good), 0);
        CHECK_INT(stage.status, E_DENIED);
    }
    CHECK_INT(ask(ROUTE_ID_Update_Check, HTTP_IDENTITY_OS, good), 0);
    CHECK_INT(stage.adds, 0);

    /* a store that cannot: 503 and a time; one that does not know the device: 404 */
    for (size_t i = 0; i < sizeof shortages / sizeof shortages[0]; i++) {
        stage.add_status = shortages[i];
        CHECK_INT(report(good), 503);
        CHECK_INT(stage.retry_after_s, REPORTS_RETRY_S);
    }
    stage.add_status = E_NOT_FOUND;
    CHECK_INT(report(good), 404);
    CHECK_INT(stage.server.count.batches, 2);
    dumps();
    stage_release();
    free(body);
    return check_done();
}
