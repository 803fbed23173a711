/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ota process between a front, a store and an issuer that the test plays:
 * docs/spec/device-api.md, update check and images.
 */
#include "service/ota/server.h"

#include <event2/event.h>
#include <sys/socket.h>

#include "abi/image.h"
#include "lib/guid.h"
#include "lib/hex.h"
#include "lib/keystore.h"
#include "service/api/routes.h"
#include "service/ipc/issuer_ops.h"
#include "service/ota/check.h"
#include "service/ota/check_fixture_test.h"
#include "tests/check.h"
#include "tests/soft_key.h"

enum { NOW_S = 1800000000, INTERVAL_S = 72000, IMAGE_BYTES = 700000, IMAGE_ROW = 77,
       ANSWER_MAX = 1 << 20 };

static struct stage {
    struct event_base *base;
    struct ota_server server;
    struct channel *front, *store, *issuer;
    struct soft_key key; /* the update key */
    uint8_t device_id[64];
    struct store_wanted wanted;
    int wanted_status, image_status, sign_status;
    struct span query;
    bool broken_wanted;
    unsigned wanted_gets, image_reads, signs;
    uint16_t signed_type[16];
    struct store_wanted_request asked;
    uint8_t image[IMAGE_BYTES];
    /* what the front got */
    unsigned answers;
    int status;
    struct http_response response; /* spans into bytes */
    uint8_t bytes[ANSWER_MAX];
    size_t byte_count;
} stage;

static uint64_t stage_now_s(void) { return NOW_S; }

static void store_wanted_get(void *context, struct channel_request *request, struct span payload)
{
    static uint8_t bytes[65536];
    struct writer w = writer_of(bytes, sizeof bytes);

    (void)context;
    stage.wanted_gets++;
    CHECK_INT(store_wanted_request_parse(payload, &stage.asked), 0);
    if (stage.broken_wanted)
        cbor_put_uint(&w, 1);
    else
        REQUIRE(store_wanted_write(&stage.wanted, &w) == 0);
    channel_reply(request, stage.wanted_status,
                  stage.wanted_status ? (struct span){NULL, 0} : writer_view(&w));
}

static void store_image(void *context, struct channel_request *request, struct span payload)
{
    static uint8_t bytes[STORE_READ_MAX + 64];
    struct writer w = writer_of(bytes, sizeof bytes);
    struct store_image_read ask;
    struct store_image_bytes out = {.row = IMAGE_ROW, .total = IMAGE_BYTES};

    (void)context;
    stage.image_reads++;
    CHECK_INT(store_image_read_parse(payload, &ask), 0);
    if (ask.length == 0) {
        CHECK_MEM(ask.device_id, stage.device_id, 64);
        CHECK_INT(ask.serial[0], 0x5E);
        CHECK_INT(ask.image[0], 0xAA);
    }
    /* a pull is for the very image that was found, not for any of its id */
    CHECK_INT(ask.row, ask.length ? IMAGE_ROW : 0);
    if (!ask.length)
        out.address[0] = out.address[1] = 0xAD;
    if (ask.length) {
        uint64_t left = ask.offset < IMAGE_BYTES ? IMAGE_BYTES - ask.offset : 0;
        out.bytes = span_of(stage.image + ask.offset, ask.length < left ? ask.length : left);
    }
    REQUIRE(store_image_bytes_write(&out, &w) == 0);
    channel_reply(request, stage.image_status,
                  stage.image_status ? (struct span){NULL, 0} : writer_view(&w));
}

/* Signs as the issuer does: a complete image package around the body. */
static void issuer_sign(void *context, struct channel_request *request, struct span payload)
{
    static uint8_t bytes[65536];
    struct writer w = writer_of(bytes, sizeof bytes);
    struct issuer_manifest_request ask;
    struct image_meta meta = {.signing_type = IMAGE_SIGNING_ECDSA256};
    struct signer signer = soft_key_signer(&stage.key);

    (void)context;
    CHECK_INT(issuer_manifest_request_parse(payload, &ask), 0);
    REQUIRE(stage.signs < 16);
    stage.signed_type[stage.signs++] = ask.type;
    meta.type = ask.type;
    writer_bytes(&w, ask.body.at, ask.body.len);
    REQUIRE(image_thumbprint(stage.key.public, meta.thumbprint) == 0);
    REQUIRE(image_meta_write(&w, &meta) == 0 && image_sign(&w, &signer) == 0);
    channel_reply(request, stage.sign_status,
                  stage.sign_status ? (struct span){NULL, 0} : writer_view(&w));
}

static const struct channel_operation store_operations[] = {
    {STORE_OP_WANTED_GET, "wanted", 4096, store_wanted_get},
    {STORE_OP_IMAGE_READ, "image", 1024, store_image},
};
static const struct channel_operation issuer_operations[] = {
    {ISSUER_OP_SIGN_MANIFEST, "sign", 65536, issuer_sign},
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
    struct ota_server_fds fds;

    memset(&stage, 0, sizeof stage);
    REQUIRE((stage.base = event_base_new()) != NULL);
    stage.front = pair_make(NULL, 0, &fds.front);
    stage.store = pair_make(store_operations, 2, &fds.store);
    stage.issuer = pair_make(issuer_operations, 1, &fds.issuer);
    soft_key_init(&stage.key);
    memset(stage.device_id, 0xD1, sizeof stage.device_id);
    for (size_t i = 0; i < IMAGE_BYTES; i++)
        stage.image[i] = (uint8_t)(i * 7 + i / 251);
    stage.wanted = (struct store_wanted){.sequence = 5, .catalog = {0xCA}, .group = {0x6B},
                                         .applications = true, .app_count = 1, .os_count = 2};
    stage.wanted.os[0] = wanted_image(IMAGE_TYPE_SECURITY_MONITOR, 1);
    stage.wanted.os[1] = wanted_image(IMAGE_TYPE_SERVICES, 2);
    stage.wanted.app[0] = wanted_image(IMAGE_TYPE_APPLICATIONS, 3);
    REQUIRE(ota_server_init(&stage.server, stage.base, fds, (struct ota_told){INTERVAL_S, {60, 0}}) == 0);
    stage.server.now_s = stage_now_s;
}

static void stage_release(void)
{
    ota_server_release(&stage.server);
    channel_free(stage.front);
    channel_free(stage.store);
    channel_free(stage.issuer);
    event_base_loop(stage.base, EVLOOP_NONBLOCK);
    event_base_free(stage.base);
    soft_key_release(&stage.key);
}

/* -- the front -------------------------------------------------------------------- */

static void answered(void *context, int status, struct span payload)
{
    (void)context;
    stage.answers++;
    stage.status = status;
    stage.byte_count = payload.len;
    REQUIRE(payload.len <= sizeof stage.bytes);
    if (payload.len)
        memcpy(stage.bytes, payload.at, payload.len);
    event_base_loopbreak(stage.base);
}

static int call(uint16_t operation, struct span payload)
{
    stage.answers = 0;
    REQUIRE(channel_call(stage.front, operation, payload, answered, NULL) == 0);
    while (stage.answers == 0)
        REQUIRE(event_base_loop(stage.base, EVLOOP_ONCE) == 0);
    return stage.status;
}

static int ask(uint16_t route, uint16_t identity, struct span body, const char *image, const char *range)
{
    static uint8_t bytes[65536];
    struct writer w = writer_of(bytes, sizeof bytes);
    char name[129];
    struct http_request http = {.route = route, .identity = identity, .request_id = span_of("test", 4),
                                .body = body, .query = stage.query};

    hex_encode(stage.device_id, sizeof stage.device_id, name);
    if (identity != HTTP_IDENTITY_NONE) {
        http.identity_name = span_of(name, 128);
        http.identity_key[0] = 1;
        http.identity_serial[0] = 0x5E;
    }
    if (image) {
        http.param_count = 1;
        http.param[0] = span_of(image, strlen(image));
    }
    if (range)
        http.range = span_of(range, strlen(range));
    REQUIRE(http_request_write(&http, &w) == 0);
    memset(&stage.response, 0, sizeof stage.response);
    if (call(HTTP_OP_REQUEST, writer_view(&w)) == 0)
        CHECK_INT(http_response_parse(span_of(stage.bytes, stage.byte_count), &stage.response), 0);
    return stage.response.status;
}

static int check(void)
{
    uint8_t body[1024];
    size_t len = check_body_make(body, sizeof body, 2, 4, false);
    return ask(ROUTE_ID_Update_Check, HTTP_IDENTITY_OS, span_of(body, len), NULL, NULL);
}

/* The answer as a device reads it: signature, then shape. */
static struct manifest_set set_open(void)
{
    struct image image;
    struct manifest_set set;

    CHECK_INT(stage.response.status, 200);
    REQUIRE(image_parse(stage.response.body, &image) == 0);
    CHECK_INT(image.meta.type, IMAGE_TYPE_MANIFEST_SET);
    CHECK_INT(image_verify(&image, stage.key.public), 0);
    REQUIRE(manifest_set_parse(image.body, &set) == 0);
    return set;
}

static struct manifest manifest_open(const struct manifest_set *set, unsigned index)
{
    struct image image;
    struct manifest manifest;

    REQUIRE(index < set->count && image_parse(set->at[index].image, &image) == 0);
    CHECK_INT(image.meta.type, set->at[index].type);
    CHECK_INT(image_verify(&image, stage.key.public), 0);
    REQUIRE(manifest_parse(image.body, &manifest) == 0);
    return manifest;
}

/* -- update check --------------------------------------------------------------------- */

/* What the store wants reaches the device signed, bound and complete. */
static void test_check(void)
{
    stage_init();
    CHECK_INT(check(), 200);
    struct manifest_set set = set_open();
    CHECK_MEM(set.device_id, stage.device_id, 64);
    CHECK_INT(set.nonce[0], 0x4E);
    CHECK_INT(set.sequence, 5);
    CHECK_INT(set.issued_s, NOW_S);
    CHECK_INT(set.not_after_s, NOW_S + 24 * 60 * 60);
    CHECK_INT(set.check_interval_s, INTERVAL_S);
    CHECK_INT(set.app_deferral_minutes, 60);
    CHECK_INT(set.os_deferral_minutes, MANIFEST_SET_DEFERRAL_NONE);
    CHECK_INT(set.catalog[0], 0xCA);
    CHECK_INT(set.group[0], 0x6B);
    CHECK_INT(set.count, 2);
    struct manifest firmware = manifest_open(&set, 0), customer = manifest_open(&set, 1);
    CHECK_INT(firmware.count, 2);
    CHECK_MEM(firmware.at[1].image, stage.wanted.os[1].image, 16);
    CHECK_INT(customer.count, 1);
    CHECK_MEM(customer.at[0].component, stage.wanted.app[0].component, 16);

    CHECK_MEM(stage.asked.device_id, stage.device_id, 64);
    CHECK_INT(stage.asked.now_s, NOW_S);
    CHECK_INT(stage.asked.count, 2);
    CHECK_INT(stage.asked.at[1].component[1], 1);
    stage_release();
}

/* Inner manifests are signed once for each wanted set; the set every time. */
static void test_cache(void)
{
    uint8_t inner[1024];
    stage_init();
    CHECK_INT(check(), 200);
    CHECK_INT(stage.signs, 3);
    CHECK_INT(stage.signed_type[0], IMAGE_TYPE_FIRMWARE_UPDATE_MANIFEST);
    CHECK_INT(stage.signed_type[1], IMAGE_TYPE_CUSTOMER_UPDATE_MANIFEST);
    CHECK_INT(stage.signed_type[2], IMAGE_TYPE_MANIFEST_SET);
    struct manifest_set set = set_open();
    size_t len = set.at[0].image.len;
    REQUIRE(len <= sizeof inner);
    memcpy(inner, set.at[0].image.at, len);

    stage.wanted.sequence = 6; /* and another device */
    stage.device_id[0] ^= 1;
    CHECK_INT(check(), 200);
    CHECK_INT(stage.signs, 4);
    CHECK_INT(stage.signed_type[3], IMAGE_TYPE_MANIFEST_SET);
    set = set_open();
    CHECK_INT(set.sequence, 6);
    CHECK_INT(set.at[0].image.len, len);
    CHECK_MEM(set.at[0].image.at, inner, len);

    stage.wanted.app[0].image[1] ^= 1; /* a deployment: one new inner manifest */
    CHECK_INT(check(), 200);
    CHECK_INT(stage.signs, 6);
    CHECK_INT(stage.signed_type[4], IMAGE_TYPE_CUSTOMER_UPDATE_MANIFEST);
    stage_release();
}

static const char *image_text(void);

static int ask_query(const char *query)
{
    stage.query = span_of(query, strlen(query));
    int status = ask(ROUTE_ID_Update_Image, HTTP_IDENTITY_OS, span_of(NULL, 0), image_text(), NULL);
    stage.query = span_of(NULL, 0);
    return status;
}

static int check_with_keystore(uint32_t version)
{
    uint8_t body[1024];
    size_t len = check_body_make(body, sizeof body, 2, 4, false);
    struct writer w = writer_of(body + len, sizeof body - len);
    body[0]++; /* one pair more in the map */
    cbor_put_uint(&w, 5);
    cbor_put_uint(&w, version);
    return ask(ROUTE_ID_Update_Check, HTTP_IDENTITY_OS, span_of(body, len + w.len), NULL, NULL);
}

/* Devices may name any version of a keystore: a manifest is signed and kept once for each key. */
static void test_versions(void)
{
    static const uint32_t named[] = {UINT32_MAX - 1, 0, 1, 7, 4000, 4000000000u, 12345};
    stage_init();
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        stage.signs = 0;
        CHECK_INT(check_with_keystore(named[i]), 200);
        /* Nothing known: all three.  Beyond what is known: one, which says it.  Between: the set alone. */
        CHECK_INT(stage.signs, i == 0 ? 3 : i == 1 ? 2 : 1);
    }
    size_t used = 0;
    for (size_t i = 0; i < SIGNED_CACHE_MAX; i++)
        used += stage.server.signed_manifests.at[i].used != 0;
    CHECK_INT(used, 2);
    CHECK_INT(stage.server.keys.count, 1);
    stage_release();
}

static const char *image_text(void);

/* A certificate that was revoked is not good again with its device. */
static void test_revoked(void)
{
    stage_init();
    stage.wanted_status = E_STALE;
    CHECK_INT(check(), 403);
    CHECK(memmem(stage.response.body.at, stage.response.body.len, "certificate is revoked", 22) != NULL);
    CHECK_INT(stage.asked.serial[0], 0x5E);
    stage.image_status = E_STALE;
    CHECK_INT(ask(ROUTE_ID_Update_Image, HTTP_IDENTITY_OS, span_of(NULL, 0), image_text(), NULL), 404);
    stage_release();
}

/* A cache's address for those who can go there; the rest, and who has come back, are served from here. */
static void test_elsewhere(void)
{
    stage_init();
    CHECK_INT(ask_query("elsewhere"), 200); /* none is set */
    stage.server.told.image_base = "https://cache.example:9443";
    CHECK_INT(ask_query(""), 200);
    CHECK_INT(ask_query("elsewher"), 200);
    CHECK_INT(ask_query("elsewhere"), 307);
    CHECK(span_equal(stage.response.location,
                     span_of("https://cache.example:9443/images/v1/"
                             "adad000000000000000000000000000000000000000000000000000000000000", 101)));
    CHECK(stage.response.stream_length == 0);
    stage.image_status = E_NOT_FOUND;
    CHECK_INT(ask_query("elsewhere"), 404);
    stage_release();
}

/* Absent: left as it is.  Present and empty: none. */
static void test_empty(void)
{
    stage_init();
    stage.wanted.applications = false;
    stage.wanted.os_count = 0;
    CHECK_INT(check(), 200);
    struct manifest_set set = set_open();
    CHECK_INT(set.count, 0);
    CHECK_INT(stage.signs, 1);

    stage.wanted.applications = true;
    stage.wanted.app_count = 0;
    CHECK_INT(check(), 200);
    set = set_open();
    CHECK_INT(set.count, 1);
    CHECK_INT(set.at[0].type, IMAGE_TYPE_CUSTOMER_UPDATE_MANIFEST);
    CHECK_INT(manifest_open(&set, 0).count, 0);

    /* the largest both fit into one set */
    stage.wanted.os_count = stage.wanted.app_count = STORE_WANTED_MAX;
    for (unsigned i = 0; i < STORE_WANTED_MAX; i++) {
        stage.wanted.os[i] = wanted_image(IMAGE_TYPE_SERVICES, (uint8_t)i);
        stage.wanted.app[i] = wanted_image(IMAGE_TYPE_APPLICATIONS, (uint8_t)(100 + i));
    }
    CHECK_INT(check(), 200);
    set = set_open();
    CHECK_INT(manifest_open(&set, 0).count, STORE_WANTED_MAX);
    CHECK_INT(manifest_open(&set, 1).count, STORE_WANTED_MAX);
    stage_release();
}

static void test_check_refused(void)
{
    static const int shortages[] = {E_IO, E_BUSY, E_NETWORK, E_NOMEM, E_FULL};
    uint8_t body[1024];

    stage_init();
    size_t len = check_body_make(body, sizeof body, 1, 4, true);
    for (size_t cut = 0; cut < len; cut++)
        CHECK_INT(ask(ROUTE_ID_Update_Check, HTTP_IDENTITY_OS, span_of(body, cut), NULL, NULL), 400);
    CHECK_INT(stage.wanted_gets, 0); /* nothing was recorded for it */
    CHECK_INT(ask(ROUTE_ID_Update_Check, HTTP_IDENTITY_UPDATE_ONLY, span_of(body, len), NULL, NULL), 200);

    /* whoever is not a device, by the front's mistake */
    static const uint16_t strangers[] = {HTTP_IDENTITY_NONE, HTTP_IDENTITY_OPERATOR,
                                         HTTP_IDENTITY_APPLICATION};
    for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++) {
        CHECK_INT(ask(ROUTE_ID_Update_Check, strangers[i], span_of(body, len), NULL, NULL), 0);
        CHECK_INT(stage.status, E_DENIED);
    }
    CHECK_INT(ask(ROUTE_ID_Daa_Attest, HTTP_IDENTITY_OS, span_of(body, len), NULL, NULL), 0);
    CHECK_INT(stage.status, E_DENIED);

    stage.wanted_status = E_NOT_FOUND;
    CHECK_INT(check(), 404);
    for (size_t i = 0; i < sizeof shortages / sizeof shortages[0]; i++) {
        stage.wanted_status = shortages[i];
        CHECK_INT(check(), 503);
        CHECK_INT(stage.response.retry_after_s, OTA_RETRY_S);
        stage.wanted_status = 0;
        stage.sign_status = shortages[i];
        stage.signs = 0;
        CHECK_INT(check(), 503);
        stage.sign_status = 0;
    }
    stage.signs = 0;
    CHECK_INT(check(), 200); /* a failed signature was not cached */
    CHECK(!stage.server.failed);
    stage_release();
}

static void test_sibling_broken(void)
{
    uint8_t bytes[4096], body[1024];
    struct writer w = writer_of(bytes, sizeof bytes);
    char name[129];

    stage_init();
    hex_encode(stage.device_id, sizeof stage.device_id, name);
    struct http_request http = {.route = ROUTE_ID_Update_Check, .identity = HTTP_IDENTITY_OS,
                                .identity_name = span_of(name, 128), .identity_key = {1},
                                .request_id = span_of("test", 4)};
    http.body = span_of(body, check_body_make(body, sizeof body, 0, 4, false));
    REQUIRE(http_request_write(&http, &w) == 0);
    stage.broken_wanted = true;
    REQUIRE(channel_call(stage.front, HTTP_OP_REQUEST, writer_view(&w), answered, NULL) == 0);
    for (int i = 0; i < 100 && !stage.server.failed; i++)
        event_base_loop(stage.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    CHECK(stage.server.failed);
    CHECK_INT(stage.signs, 0);
    stage_release();
}

/* -- images --------------------------------------------------------------------------- */

static const char *image_text(void)
{
    static char text[GUID_TEXT_BYTES];
    const uint8_t uid[16] = {0xAA, 3};
    guid_format(uid, text);
    return text;
}

static int get(const char *range)
{
    return ask(ROUTE_ID_Update_Image, HTTP_IDENTITY_OS, (struct span){NULL, 0}, image_text(), range);
}

static int pull(const uint8_t *token, uint64_t offset, uint32_t length)
{
    uint8_t bytes[128];
    struct writer w = writer_of(bytes, sizeof bytes);
    struct http_pull request = {.offset = offset, .length = length};
    memcpy(request.token, token, sizeof request.token);
    REQUIRE(http_pull_write(&request, &w) == 0);
    return call(HTTP_OP_PULL, writer_view(&w));
}

static void test_ranges(void)
{
    static const struct {
        const char *range;
        int status;
        uint64_t offset, length;
        const char *content_range;
    } rows[] = {
        {NULL, 200, 0, IMAGE_BYTES, ""},
        {"bytes=0-0", 206, 0, 1, "bytes 0-0/700000"},
        {"bytes=699999-", 206, 699999, 1, "bytes 699999-699999/700000"},
        {"bytes=-10", 206, 699990, 10, "bytes 699990-699999/700000"},
        {"bytes=700000-", 416, 0, 0, "bytes */700000"},
        {"bytes=0-1,5-6", 200, 0, IMAGE_BYTES, ""},
    };

    stage_init();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_INT(get(rows[i].range), rows[i].status);
        CHECK_INT(stage.response.stream_offset, rows[i].offset);
        CHECK_INT(stage.response.stream_length, rows[i].length);
        CHECK(span_equal(stage.response.content_range,
                         span_of(rows[i].content_range, strlen(rows[i].content_range))));
    }
    stage_release();
}

/* Piece by piece, as slowly as one likes: nothing is kept between two pulls. */
static void test_pull(void)
{
    uint8_t token[HTTP_STREAM_TOKEN_BYTES];

    stage_init();
    CHECK_INT(get(NULL), 200);
    memcpy(token, stage.response.stream_token, sizeof token);
    for (uint64_t at = 0; at < IMAGE_BYTES;) {
        CHECK_INT(check(), 200); /* others come in between */
        CHECK_INT(pull(token, at, HTTP_PULL_MAX), 0);
        REQUIRE(stage.byte_count > 0 && at + stage.byte_count <= IMAGE_BYTES);
        CHECK_MEM(stage.bytes, stage.image + at, stage.byte_count);
        at += stage.byte_count;
    }
    CHECK_INT(pull(token, 5, 1), 0);
    CHECK_INT(stage.byte_count, 1);

    /* no bit of a token may change: it would name another image, or nobody's */
    unsigned reads = stage.image_reads;
    for (size_t bit = 0; bit < sizeof token * 8; bit++) {
        token[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        CHECK_INT(pull(token, 0, 1), E_DENIED);
        token[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    CHECK_INT(stage.image_reads, reads);
    CHECK_INT(call(HTTP_OP_PULL, span_of("\x01", 1)) != 0, 1);
    stage.image_status = E_IO;
    CHECK_INT(pull(token, 0, 1), E_IO);
    stage_release();
}

/* What is not wanted on the device is as if it did not exist. */
static void test_image_refused(void)
{
    stage_init();
    stage.image_status = E_NOT_FOUND;
    CHECK_INT(get(NULL), 404);
    stage.image_status = E_DENIED;
    CHECK_INT(get("bytes=0-1"), 404);
    stage.image_status = E_IO;
    CHECK_INT(get(NULL), 503);
    stage.image_status = 0;
    CHECK_INT(ask(ROUTE_ID_Update_Image, HTTP_IDENTITY_OS, (struct span){NULL, 0}, "no-guid", NULL), 404);
    CHECK_INT(ask(ROUTE_ID_Update_Image, HTTP_IDENTITY_NONE, (struct span){NULL, 0}, image_text(), NULL), 0);
    CHECK_INT(stage.status, E_DENIED);
    CHECK_INT(stage.server.count.images, 0);
    stage_release();
}

int main(void)
{
    test_check();
    test_cache();
    test_versions();
    test_revoked();
    test_elsewhere();
    test_empty();
    test_check_refused();
    test_sibling_broken();
    test_ranges();
    test_pull();
    test_image_refused();
    return check_done();
}
