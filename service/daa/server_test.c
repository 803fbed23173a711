/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The daa process between a front, a store and an issuer that the test plays:
 * docs/spec/attestation.md sections 3 to 6, and the issue's list of bad input.
 */
#include "service/daa/server.h"

#include <event2/event.h>
#include <sys/socket.h>

#include "lib/cbor.h"
#include "service/api/routes.h"
#include "service/daa/device_fixture_test.h"
#include "service/daa/references.h"

/* -- the siblings --------------------------------------------------------------- */

static struct stage {
    struct event_base *base;
    struct daa_server server;
    struct channel *front, *store, *issuer;
    struct device_fixture device;
    uint64_t now_s, now_ms;
    /* what the store and the issuer answer */
    int device_status, references_status, record_status, issue_status;
    bool hold_device; /* never answers DEVICE_GET */
    struct channel_request *held;
    bool broken_device, broken_issue; /* answers nonsense */
    /* what they were asked */
    unsigned device_gets, reference_gets, records, issues;
    uint64_t reference_generation;
    struct issuer_issue_request issued;
    uint8_t issued_measurements[EVIDENCE_BYTES_MAX];
    struct store_attest recorded;
    /* what the front got */
    unsigned answers;
    int status;
    uint16_t http_status;
    uint32_t retry_after_s;
    uint8_t body[16384];
    size_t body_bytes;
} stage;

static const char certificate[] = "leaf certificate", authority[] = "authority certificate";

static uint64_t stage_now_s(void) { return stage.now_s; }
static uint64_t stage_now_ms(void) { return stage.now_ms; }

static void store_device(void *context, struct channel_request *request, struct span payload)
{
    uint8_t bytes[256];
    struct writer w = writer_of(bytes, sizeof bytes);
    struct store_device_get get;

    (void)context;
    stage.device_gets++;
    CHECK_INT(store_device_get_parse(payload, &get), 0);
    CHECK_MEM(get.device_id, stage.device.key.public, sizeof get.device_id);
    if (stage.hold_device) {
        stage.held = request;
        return;
    }
    if (stage.broken_device)
        cbor_put_uint(&w, 1);
    else
        REQUIRE(store_device_write(&stage.device.device, &w) == 0);
    channel_reply(request, stage.device_status,
                  stage.device_status ? (struct span){NULL, 0} : writer_view(&w));
}

static void store_references(void *context, struct channel_request *request, struct span payload)
{
    static uint8_t bytes[65536];
    struct writer w = writer_of(bytes, sizeof bytes);
    struct store_reference_get get;
    struct store_references unchanged = {.generation = stage.device.references.generation};

    (void)context;
    stage.reference_gets++;
    CHECK_INT(store_reference_get_parse(payload, &get), 0);
    stage.reference_generation = get.generation;
    REQUIRE(store_references_write(get.generation == unchanged.generation ? &unchanged
                                                                          : &stage.device.references,
                                   &w) == 0);
    channel_reply(request, stage.references_status,
                  stage.references_status ? (struct span){NULL, 0} : writer_view(&w));
}

static void store_record(void *context, struct channel_request *request, struct span payload)
{
    (void)context;
    CHECK_INT(stage.answers, 0); /* durable before the reply */
    stage.records++;
    CHECK_INT(store_attest_parse(payload, &stage.recorded), 0);
    channel_reply(request, stage.record_status, (struct span){NULL, 0});
}

static void issuer_issue(void *context, struct channel_request *request, struct span payload)
{
    uint8_t bytes[512];
    struct writer w = writer_of(bytes, sizeof bytes);
    struct issuer_certificates out = {.serial = {0x5E}, .count = 2};

    (void)context;
    CHECK_INT(stage.records, 0); /* nothing is recorded that was not issued */
    stage.issues++;
    CHECK_INT(issuer_issue_request_parse(payload, &stage.issued), 0);
    REQUIRE(stage.issued.measurements.len <= sizeof stage.issued_measurements);
    memcpy(stage.issued_measurements, stage.issued.measurements.at, stage.issued.measurements.len);
    stage.issued.measurements.at = stage.issued_measurements;
    out.not_before_s = stage.issued.not_before_s;
    out.not_after_s = stage.issued.not_after_s;
    out.der[0] = span_of(certificate, sizeof certificate);
    out.der[1] = span_of(authority, sizeof authority);
    if (stage.broken_issue)
        cbor_put_uint(&w, 1);
    else
        REQUIRE(issuer_certificates_write(&out, &w) == 0);
    channel_reply(request, stage.issue_status,
                  stage.issue_status ? (struct span){NULL, 0} : writer_view(&w));
}

static const struct channel_operation store_operations[] = {
    {STORE_OP_DEVICE_GET, "device", 1024, store_device},
    {STORE_OP_REFERENCE_GET, "references", 1024, store_references},
    {STORE_OP_ATTEST_RECORD, "record", 1024, store_record},
};
static const struct channel_operation issuer_operations[] = {
    {ISSUER_OP_ISSUE_DEVICE, "issue", 8192, issuer_issue},
};

static struct channel *pair_make(const struct channel_operation *operations, size_t count, int *other)
{
    int fd[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == 0);
    struct channel *channel = channel_new(stage.base, fd[0], operations, count, NULL, NULL);
    REQUIRE(channel != NULL);
    *other = fd[1];
    return channel;
}

static void stage_init(void)
{
    struct daa_server_fds fds;

    memset(&stage, 0, sizeof stage);
    stage.now_s = FIXTURE_NOW_S;
    stage.now_ms = 5000;
    REQUIRE((stage.base = event_base_new()) != NULL);
    stage.front = pair_make(NULL, 0, &fds.front);
    stage.store = pair_make(store_operations, 3, &fds.store);
    stage.issuer = pair_make(issuer_operations, 1, &fds.issuer);
    fixture_init(&stage.device);
    REQUIRE(daa_server_init(&stage.server, stage.base, fds, &stage.device.challenge,
                            FIXTURE_CHALLENGE_S, 86400) == 0);
    stage.server.now_s = stage_now_s;
    stage.server.now_ms = stage_now_ms;
}

static void stage_release(void)
{
    daa_server_release(&stage.server);
    channel_free(stage.front);
    channel_free(stage.store);
    channel_free(stage.issuer);
    /* freed channels let go of their descriptors in the loop */
    event_base_loop(stage.base, EVLOOP_NONBLOCK);
    event_base_free(stage.base);
    fixture_release(&stage.device);
}

/* -- the front ----------------------------------------------------------------------- */

static void answered(void *context, int status, struct span payload)
{
    struct http_response response;

    (void)context;
    stage.answers++;
    stage.status = status;
    stage.http_status = 0;
    stage.body_bytes = 0;
    if (status == 0) {
        CHECK_INT(http_response_parse(payload, &response), 0);
        stage.http_status = response.status;
        stage.retry_after_s = response.retry_after_s;
        stage.body_bytes = response.body.len;
        REQUIRE(response.body.len <= sizeof stage.body);
        memcpy(stage.body, response.body.at, response.body.len);
    }
    event_base_loopbreak(stage.base);
}

static void front_send(uint16_t route, struct span body)
{
    static uint8_t bytes[65536];
    struct writer w = writer_of(bytes, sizeof bytes);
    struct http_request http = {.route = route, .request_id = span_of("test", 4), .body = body};

    stage.answers = 0;
    stage.issues = stage.records = 0;
    REQUIRE(http_request_write(&http, &w) == 0);
    REQUIRE(channel_call(stage.front, HTTP_OP_REQUEST, writer_view(&w), answered, NULL) == 0);
}

/* The HTTP status of the answer. */
static int front_ask(uint16_t route, struct span body)
{
    front_send(route, body);
    while (stage.answers == 0)
        REQUIRE(event_base_loop(stage.base, EVLOOP_ONCE) == 0);
    CHECK_INT(stage.answers, 1);
    return stage.http_status;
}

static int attest(void)
{
    return front_ask(ROUTE_ID_Daa_Attest, span_of(stage.device.bytes, stage.device.len));
}

static int attest_signed(void)
{
    fixture_sign(&stage.device);
    return attest();
}

/* The answer is this refusal in RFC 9290's form, and left no trace. */
static void check_refused(int status, const char *title)
{
    struct cursor c = cursor_of(span_of(stage.body, stage.body_bytes));

    CHECK_INT(stage.http_status, status);
    CHECK_INT(stage.issues, 0);
    CHECK_INT(stage.records, 0);
    (void)cbor_get_map(&c);
    cbor_expect_int(&c, -1);
    struct span text = cbor_get_text(&c);
    CHECK_INT(c.err, 0);
    CHECK(span_equal(text, span_of(title, strlen(title))));
}

/* -- tests ------------------------------------------------------------------------------ */

static void test_challenge(void)
{
    stage_init();
    CHECK_INT(front_ask(ROUTE_ID_Daa_Challenge, (struct span){NULL, 0}), 200);
    struct cursor c = cursor_of(span_of(stage.body, stage.body_bytes));
    cbor_expect_map(&c, 2);
    cbor_expect_int(&c, 1);
    struct span nonce = cbor_get_bytes(&c);
    cbor_expect_int(&c, 2);
    CHECK_INT(cbor_get_uint(&c), FIXTURE_CHALLENGE_S);
    CHECK_INT(cursor_end(&c), 0);
    CHECK_INT(challenge_check(&stage.device.challenge, stage.now_s, FIXTURE_CHALLENGE_S, nonce), 0);

    /* two challenges differ; evidence over one is taken */
    uint8_t first[DEVICE_API_NONCE_BYTES];
    memcpy(first, nonce.at, sizeof first);
    CHECK_INT(front_ask(ROUTE_ID_Daa_Challenge, (struct span){NULL, 0}), 200);
    CHECK(memcmp(first, stage.body + 4, sizeof first) != 0);
    memcpy(stage.device.evidence.nonce, first, sizeof first);
    CHECK_INT(attest_signed(), 200);
    CHECK_INT(stage.server.count.challenges, 2);
    stage_release();
}

/* What a trusted device gets, what the issuer and the store were told. */
static void test_granted(void)
{
    stage_init();
    CHECK_INT(attest(), 200);
    struct cursor c = cursor_of(span_of(stage.body, stage.body_bytes));
    cbor_expect_map(&c, 5);
    cbor_expect_int(&c, 1);
    CHECK_INT(cbor_get_uint(&c), DAA_TRUSTED);
    cbor_expect_int(&c, 2);
    cbor_expect_array(&c, 2);
    CHECK(span_equal(cbor_get_bytes(&c), span_of(certificate, sizeof certificate)));
    CHECK(span_equal(cbor_get_bytes(&c), span_of(authority, sizeof authority)));
    cbor_expect_int(&c, 3);
    CHECK(span_equal(cbor_get_bytes(&c), span_of(fixture_catalog, 16)));
    cbor_expect_int(&c, 4);
    CHECK_INT(cbor_get_uint(&c), FIXTURE_NOW_S);
    cbor_expect_int(&c, 5);
    CHECK_INT(cbor_get_uint(&c), FIXTURE_NOW_S + 86400);
    CHECK_INT(cursor_end(&c), 0);

    CHECK_INT(stage.issued.kind, ISSUER_KIND_OS);
    CHECK_MEM(stage.issued.device_id, stage.device.key.public, 64);
    CHECK_MEM(stage.issued.key, stage.device.client.public, 64);
    CHECK_INT(stage.issued.not_before_s, FIXTURE_NOW_S - DAA_BACKDATE_S);
    CHECK_INT(stage.issued.not_after_s, FIXTURE_NOW_S + 86400);
    CHECK_INT(stage.issued.measurements.len, 1 + FIXTURE_PARTS * 54);
    CHECK_INT(stage.records, 1);
    CHECK_MEM(stage.recorded.device_id, stage.device.key.public, 64);
    CHECK_MEM(stage.recorded.key, stage.device.client.public, 64);
    CHECK_INT(stage.recorded.kind, ISSUER_KIND_OS);
    CHECK_INT(stage.recorded.serial[0], 0x5E);
    CHECK_INT(stage.recorded.not_after_s, FIXTURE_NOW_S + 86400);
    CHECK_INT(stage.recorded.hardware, HARDWARE_LINUX_X86_64);
    CHECK_INT(stage.server.count.granted, 1);

    /* the same evidence again while it is fresh: the same again, nothing else */
    CHECK_INT(attest(), 200);
    stage_release();
}

static void test_kinds(void)
{
    stage_init();
    memcpy(stage.device.evidence.tenant, fixture_catalog, 16);
    CHECK_INT(attest_signed(), 200);
    CHECK_INT(stage.issued.kind, ISSUER_KIND_CATALOG);
    CHECK_MEM(stage.issued.catalog, fixture_catalog, 16);
    CHECK_MEM(stage.recorded.catalog, fixture_catalog, 16);

    memset(stage.device.evidence.tenant, 0, 16);
    stage.device.references.generation = 2;
    stage.device.references.at[0].state = STORE_REFERENCE_OUTDATED;
    stage.now_ms += REFERENCES_FRESH_MS;
    CHECK_INT(attest_signed(), 200);
    CHECK_INT(stage.issued.kind, ISSUER_KIND_UPDATE_ONLY);
    CHECK_INT(stage.body[2], DAA_UPDATE_ONLY);

    /* unclaimed: the OS's own certificate, and null for the catalog */
    stage.device.device = (struct store_device){0};
    CHECK_INT(attest_signed(), 200);
    struct cursor c = cursor_of(span_of(stage.body, stage.body_bytes));
    cbor_expect_map(&c, 5);
    for (int i = 0; i < 2; i++) {
        (void)cbor_get_uint(&c);
        (void)cbor_get_item(&c);
    }
    cbor_expect_int(&c, 3);
    CHECK(cbor_is_null(&c));
    stage_release();
}

/* The issue's list, each with its answer. */
static void test_bad_input(void)
{
    struct device_fixture *d = &stage.device;

    stage_init(); /* wrong nonce */
    d->evidence.nonce[0] ^= 1;
    (void)attest_signed();
    check_refused(403, "nonce is not from this service");
    CHECK_INT(stage.device_gets, 0);
    stage_release();

    stage_init(); /* stale nonce */
    fixture_challenge(d, FIXTURE_NOW_S - FIXTURE_CHALLENGE_S - 1);
    (void)attest_signed();
    check_refused(403, "nonce has expired");
    stage_release();

    stage_init(); /* replay after expiry */
    CHECK_INT(attest(), 200);
    stage.now_s += FIXTURE_CHALLENGE_S + 1;
    (void)attest();
    check_refused(403, "nonce has expired");
    stage_release();

    stage_init(); /* foreign key */
    struct soft_key own = d->key;
    d->key = d->client;
    fixture_sign(d);
    d->key = own;
    (void)attest();
    check_refused(403, "evidence signature does not verify");
    CHECK_INT(stage.device_gets, 0);
    stage_release();

    stage_init(); /* unknown device */
    stage.device_status = E_NOT_FOUND;
    (void)attest();
    check_refused(403, "device is not registered");
    stage_release();

    stage_init(); /* unknown software */
    d->evidence.measurement[0].digest[0] ^= 1;
    (void)attest_signed();
    check_refused(403, "measured software is unknown");
    stage_release();

    stage_init(); /* outdated, for an application */
    d->references.at[1].state = STORE_REFERENCE_OUTDATED;
    memcpy(d->evidence.tenant, fixture_catalog, 16);
    (void)attest_signed();
    check_refused(403, "measured software is outdated: update first");
    stage_release();

    stage_init(); /* other tenant */
    memcpy(d->evidence.tenant, fixture_other_catalog, 16);
    (void)attest_signed();
    check_refused(403, "device does not belong to this catalog");
    stage_release();

    stage_init(); /* open for debugging */
    d->evidence.debug_status = 0;
    (void)attest_signed();
    check_refused(403, "device is open for debugging");
    CHECK_INT(stage.server.count.refused[DAA_REFUSED_LIFECYCLE], 1);
    stage_release();
}

/* Claims missing or twice, under a good signature: refused by their shape. */
static void test_claims(void)
{
    struct soft_key *key;
    uint8_t payload[EVIDENCE_BYTES_MAX], changed[EVIDENCE_BYTES_MAX];

    stage_init();
    key = &stage.device.key;
    struct signer signer = soft_key_signer(key);
    struct writer w = writer_of(payload, sizeof payload);
    REQUIRE(evidence_write(&stage.device.evidence, &w) == 0);
    struct cursor c = cursor_of(writer_view(&w));
    size_t pairs = cbor_get_map(&c), head = w.len - c.left;
    for (size_t pair = 0; pair < pairs; pair++) {
        size_t at = w.len - c.left;
        (void)cbor_get_int(&c);
        (void)cbor_get_item(&c);
        REQUIRE(c.err == 0);
        size_t end = w.len - c.left;
        for (int twice = 0; twice < 2; twice++) {
            struct writer v = writer_of(changed, sizeof changed);
            struct writer message = writer_of(stage.device.bytes, sizeof stage.device.bytes);
            cbor_put_map(&v, twice ? pairs + 1 : pairs - 1);
            writer_bytes(&v, payload + head, (twice ? end : at) - head);
            writer_bytes(&v, payload + (twice ? at : end), w.len - (twice ? at : end));
            REQUIRE(cose_sign1_write(&message, writer_view(&v), &signer) == 0);
            stage.device.len = message.len;
            (void)attest();
            check_refused(400, "evidence is malformed");
        }
    }
    /* empty, and longer than any evidence */
    CHECK_INT(front_ask(ROUTE_ID_Daa_Attest, (struct span){NULL, 0}), 400);
    static uint8_t large[DEVICE_API_BODY_MAX];
    CHECK_INT(front_ask(ROUTE_ID_Daa_Attest, span_of(large, sizeof large)), 400);
    stage_release();
}

/* Whole good evidence, every prefix and every flipped bit: refused, no trace. */
static void test_cut_and_flip(void)
{
    stage_init();
    size_t len = stage.device.len;
    for (stage.device.len = 1; stage.device.len < len; stage.device.len++) {
        (void)attest();
        check_refused(400, "evidence is malformed");
    }
    for (size_t bit = 0; bit < len * 8; bit++) {
        stage.device.bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        int status = attest();
        CHECK(status == 400 || status == 403);
        CHECK_INT(stage.issues + stage.records, 0);
        stage.device.bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    CHECK_INT(attest(), 200);
    stage_release();
}

/* References: one question for many, none while fresh, and a revocation bites
 * once they are a second old. */
static void test_revocation(void)
{
    stage_init();
    CHECK_INT(attest(), 200);
    CHECK_INT(stage.reference_gets, 1);
    CHECK_INT(stage.reference_generation, 0);
    stage.device.references.generation = 2;
    stage.device.references.at[2].state = STORE_REFERENCE_REVOKED;
    stage.now_ms += REFERENCES_FRESH_MS - 1;
    CHECK_INT(attest(), 200);
    CHECK_INT(stage.reference_gets, 1);
    stage.now_ms += 1;
    (void)attest();
    check_refused(403, "measured software is unknown");
    CHECK_INT(stage.reference_gets, 2);
    CHECK_INT(stage.reference_generation, 1);
    stage_release();
}

/* A sibling that cannot answer: 503 with a time, and nothing half done. */
static void test_unavailable(void)
{
    static const int errors[] = {E_BUSY, E_IO, E_NOMEM, E_NETWORK, E_TIMEOUT, E_FULL, E_DENIED};

    stage_init();
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        int *const status[] = {&stage.device_status, &stage.references_status, &stage.issue_status,
                               &stage.record_status};
        for (size_t k = 0; k < 4; k++) {
            stage.now_ms += REFERENCES_FRESH_MS;
            *status[k] = errors[i];
            CHECK_INT(attest(), 503);
            CHECK_INT(stage.retry_after_s, DAA_RETRY_S);
            CHECK_INT(stage.records, k == 3);
            *status[k] = 0;
        }
        stage.now_ms += REFERENCES_FRESH_MS;
        CHECK_INT(attest(), 200);
    }
    /* both at once */
    stage.now_ms += REFERENCES_FRESH_MS;
    stage.device_status = stage.references_status = E_IO;
    CHECK_INT(attest(), 503);
    CHECK(!stage.server.failed);
    stage_release();
}

/* The record's own refusals reach the device as such. */
static void test_record_refuses(void)
{
    stage_init();
    stage.record_status = E_NOT_FOUND;
    CHECK_INT(attest(), 403);
    stage.record_status = E_CONFLICT;
    CHECK_INT(attest(), 403);
    CHECK_INT(stage.server.count.refused[DAA_REFUSED_DEVICE_UNKNOWN], 1);
    CHECK_INT(stage.server.count.refused[DAA_REFUSED_TENANT], 1);
    stage.record_status = E_LIMIT;
    CHECK_INT(attest(), 429);
    CHECK_INT(stage.retry_after_s, DAA_FULL_S);
    CHECK_INT(stage.server.count.full, 1);
    stage.record_status = 0;
    stage.device_status = E_LIMIT; /* nothing is signed for nothing */
    CHECK_INT(attest(), 429);
    CHECK_INT(stage.retry_after_s, DAA_FULL_S);
    CHECK_INT(stage.server.count.full, 2);
    CHECK_INT(stage.issues, 0);
    stage.device_status = 0;
    stage.issue_status = E_MALFORMED; /* client key */
    CHECK_INT(attest(), 400);
    stage.issue_status = E_RANGE;
    CHECK_INT(attest(), 400);
    CHECK_INT(stage.server.count.granted, 0);
    stage_release();
}

/* A more trusted sibling that sends nonsense ends the process. */
static void test_sibling_broken(void)
{
    stage_init();
    stage.broken_device = true;
    front_send(ROUTE_ID_Daa_Attest, span_of(stage.device.bytes, stage.device.len));
    for (int i = 0; i < 100 && !stage.server.failed; i++)
        event_base_loop(stage.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    CHECK(stage.server.failed);
    stage_release();

    stage_init();
    stage.broken_issue = true;
    front_send(ROUTE_ID_Daa_Attest, span_of(stage.device.bytes, stage.device.len));
    for (int i = 0; i < 100 && !stage.server.failed; i++)
        event_base_loop(stage.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    CHECK(stage.server.failed);
    CHECK_INT(stage.records, 0);
    stage_release();
}

/* A front that asks for what is not ours, or garbles: refused, still serving. */
static void test_front_garbles(void)
{
    stage_init();
    CHECK_INT(front_ask(ROUTE_ID_Update_Check, (struct span){NULL, 0}), 0);
    CHECK_INT(stage.status, E_DENIED);
    stage.answers = 0;
    REQUIRE(channel_call(stage.front, HTTP_OP_REQUEST, span_of("\x01", 1), answered, NULL) == 0);
    while (stage.answers == 0)
        REQUIRE(event_base_loop(stage.base, EVLOOP_ONCE) == 0);
    CHECK(stage.status != 0);
    CHECK_INT(attest(), 200);
    stage_release();
}

/* Ending with a request under way frees it (the sanitizer sees a leak). */
static void test_end_under_way(void)
{
    stage_init();
    stage.hold_device = true;
    front_send(ROUTE_ID_Daa_Attest, span_of(stage.device.bytes, stage.device.len));
    for (int i = 0; i < 100 && !stage.held; i++)
        event_base_loop(stage.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    CHECK(stage.held != NULL);
    stage.hold_device = false;
    daa_server_release(&stage.server);
    channel_free(stage.store);
    stage.store = NULL;
    channel_reply(stage.held, 0, (struct span){NULL, 0});
    stage_release();
}

int main(void)
{
    test_challenge();
    test_granted();
    test_kinds();
    test_bad_input();
    test_claims();
    test_cut_and_flip();
    test_revocation();
    test_unavailable();
    test_record_refuses();
    test_sibling_broken();
    test_front_garbles();
    test_end_under_way();
    return check_done();
}
