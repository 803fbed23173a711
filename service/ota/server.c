/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/ota/server.h"

#include <event2/event.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "abi/image.h"
#include "lib/ct.h"
#include "lib/guid.h"
#include "lib/hex.h"
#include "lib/image.h"
#include "service/api/routes.h"
#include "service/ipc/issuer_ops.h"
#include "service/ota/check.h"
#include "service/ota/range.h"

enum {
    HTTP_REQUEST_BYTES_MAX = 65536,
    PULL_BYTES_MAX = 128,
    TOKEN_ROW_BYTES = 8, /* little-endian; the MAC follows */
    TOKEN_MAC_BYTES = HTTP_STREAM_TOKEN_BYTES - TOKEN_ROW_BYTES,
    SIGN_HEAD_BYTES = 32, /* CBOR around the body to be signed */
    INNER_COUNT = 3,
};

static const char octet_type[] = "application/octet-stream";

static void refuse(struct ota_server *server, struct channel_request *request, uint16_t status,
                   const char *title, const char *detail)
{
    server->count.refused++;
    http_reply_problem(request, status, title, detail, 0);
}

static void unavailable(struct ota_server *server, struct channel_request *request)
{
    server->count.unavailable++;
    http_reply_problem(request, 503, "service is not available", "try again later", OTA_RETRY_S);
}

static void sibling_broken(struct ota_server *server, const char *sibling, int err)
{
    fprintf(stderr, "ota: reply of \"%s\": %s\n", sibling, err_text(err));
    server->failed = true;
    event_base_loopbreak(server->base);
}

/* -- check ------------------------------------------------------------------- */

/* One manifest inside the set, in the order of the image types. */
static const struct inner {
    uint16_t type;
    bool (*wanted)(const struct store_wanted *wanted);
    int (*write)(const struct store_wanted *wanted, struct writer *w);
} inners[INNER_COUNT] = {
    {IMAGE_TYPE_BASE_SYSTEM_UPDATE_MANIFEST, update_wants_base, update_base_write},
    {IMAGE_TYPE_FIRMWARE_UPDATE_MANIFEST, update_wants_firmware, update_firmware_write},
    {IMAGE_TYPE_CUSTOMER_UPDATE_MANIFEST, update_wants_customer, update_customer_write},
};

/* One update check under way. */
struct check {
    struct ota_server *server;
    struct channel_request *request;
    struct update_answer answer;
    struct store_wanted wanted;
    uint32_t keystore_version; /* of the device */
    unsigned step; /* the inner manifest being signed; INNER_COUNT: the set */
    uint8_t digest[SHA256_BYTES]; /* of its type and body */
    uint8_t *inner[INNER_COUNT];
    size_t inner_bytes[INNER_COUNT];
};

static void check_go_on(struct check *check);

static void check_free(struct check *check)
{
    for (unsigned i = 0; i < INNER_COUNT; i++)
        free(check->inner[i]);
    free(check);
}

static void check_unavailable(struct check *check)
{
    unavailable(check->server, check->request);
    check_free(check);
}

/* The cache may drop its copy before the set is written. */
static int inner_keep(struct check *check, struct span image)
{
    check->inner[check->step] = malloc(image.len);
    if (!check->inner[check->step])
        return E_NOMEM;
    memcpy(check->inner[check->step], image.at, image.len);
    check->inner_bytes[check->step] = image.len;
    return 0;
}

/* Its place in the cache: the same manifest of another key is another image. */
static int place_of(const struct check *check, const uint8_t thumbprint[static IMAGE_THUMBPRINT_BYTES],
                    uint8_t place[static SHA256_BYTES])
{
    const struct span parts[] = {span_of(check->digest, sizeof check->digest), span_of(thumbprint, IMAGE_THUMBPRINT_BYTES)};
    return crypto_sha256(parts, 2, place);
}

/* Not kept for want of memory: signed again next time. */
static void signed_keep(struct check *check, struct span bytes)
{
    struct image image;
    uint8_t place[SHA256_BYTES];
    int err = image_parse(bytes, &image);
    if (!err)
        err = place_of(check, image.meta.thumbprint, place);
    if (!err)
        err = signed_cache_put(&check->server->signed_manifests, place, bytes);
    if (!err)
        key_range_learn(&check->server->keys, check->keystore_version, image.meta.thumbprint);
}

static void signed_done(void *context, int status, struct span image)
{
    struct check *check = context;
    struct ota_server *server = check->server;

    if (status == 0 && (image.len == 0 || image.len > MANIFEST_SET_BYTES_MAX * 2)) {
        sibling_broken(server, "issuer", E_LENGTH);
        status = E_INTERNAL;
    }
    if (status != 0) {
        check_unavailable(check);
        return;
    }
    if (check->step == INNER_COUNT) {
        server->count.checks++;
        http_reply(check->request, &(struct http_response){
                                       .status = 200,
                                       .content_type = span_of(octet_type, sizeof octet_type - 1),
                                       .body = image});
        check_free(check);
        return;
    }
    if (inner_keep(check, image) != 0) {
        check_unavailable(check);
        return;
    }
    signed_keep(check, image);
    check->step++;
    check_go_on(check);
}

static int sign(struct check *check, uint16_t type, struct span body)
{
    struct issuer_manifest_request ask = {.keystore_version = check->keystore_version, .type = type, .body = body};
    uint8_t bytes[MANIFEST_SET_BYTES_MAX + SIGN_HEAD_BYTES];
    struct writer w = writer_of(bytes, sizeof bytes);
    int err = issuer_manifest_request_write(&ask, &w);

    if (err)
        return err;
    return channel_call(check->server->issuer, ISSUER_OP_SIGN_MANIFEST, writer_view(&w),
                        signed_done, check);
}

/* Sends the inner manifest of this step to be signed, or takes it from the
 * cache: then *done is set. */
static int inner_sign(struct check *check, const struct inner *inner, bool *done)
{
    uint8_t body[UPDATE_BODY_MAX], head[2], place[SHA256_BYTES];
    struct writer h = writer_of(head, sizeof head);
    struct writer w = writer_of(body, sizeof body);
    int err = inner->write(&check->wanted, &w);

    *done = false;
    if (err)
        return err;
    writer_u16le(&h, inner->type); /* two manifests of different types may have one body: an empty one */
    const struct span parts[] = {writer_view(&h), writer_view(&w)};
    err = crypto_sha256(parts, 2, check->digest);
    const uint8_t *key = key_range_find(&check->server->keys, check->keystore_version);
    struct span image = span_of(NULL, 0);
    if (!err && key)
        err = place_of(check, key, place);
    if (err)
        return err;
    if (key)
        image = signed_cache_get(&check->server->signed_manifests, place);
    if (image.len == 0)
        return sign(check, inner->type, writer_view(&w));
    *done = true;
    return inner_keep(check, image);
}

static int set_sign(struct check *check)
{
    uint8_t body[MANIFEST_SET_BYTES_MAX];
    struct writer w = writer_of(body, sizeof body);

    check->answer.base = span_of(check->inner[0], check->inner_bytes[0]);
    check->answer.firmware = span_of(check->inner[1], check->inner_bytes[1]);
    check->answer.customer = span_of(check->inner[2], check->inner_bytes[2]);
    int err = update_set_write(&check->wanted, &check->answer, &w);
    return err ? err : sign(check, IMAGE_TYPE_MANIFEST_SET, writer_view(&w));
}

/* From step to step until one waits for the issuer. */
static void check_go_on(struct check *check)
{
    int err = 0;
    bool done = true;

    for (; !err && check->step < INNER_COUNT; check->step++) {
        if (!inners[check->step].wanted(&check->wanted))
            continue;
        err = inner_sign(check, &inners[check->step], &done);
        if (!err && !done)
            return;
    }
    if (!err)
        err = set_sign(check);
    if (err)
        check_unavailable(check);
}

static void wanted_got(void *context, int status, struct span payload)
{
    struct check *check = context;

    if (status == E_NOT_FOUND) {
        refuse(check->server, check->request, 404, "device is not registered",
               "register the device id with this service");
        check_free(check);
        return;
    }
    if (status == E_LIFECYCLE) {
        refuse(check->server, check->request, 403, "device is revoked by its owner",
               "have the owner reinstate it (peri device reinstate)");
        check_free(check);
        return;
    }
    if (status == E_STALE) {
        refuse(check->server, check->request, 403, "certificate is revoked", "attest again: the device is not revoked any more");
        check_free(check);
        return;
    }
    if (status == 0) {
        status = store_wanted_parse(payload, &check->wanted);
        if (status != 0)
            sibling_broken(check->server, "store", status);
    }
    if (status != 0)
        check_unavailable(check);
    else
        check_go_on(check);
}

static void check_handle(struct ota_server *server, struct channel_request *request,
                         const struct http_request *http, const uint8_t device_id[static 64])
{
    struct update_check question;
    struct store_wanted_request ask = {.now_s = server->now_s()};
    uint8_t bytes[2048];
    struct writer w = writer_of(bytes, sizeof bytes);

    if (update_check_parse(http->body, &question) != 0) {
        refuse(server, request, 400, "update check is malformed",
               "send one CBOR map as docs/spec/device-api.md describes it");
        return;
    }
    struct check *check = calloc(1, sizeof *check);
    if (!check) {
        unavailable(server, request);
        return;
    }
    check->server = server;
    check->request = request;
    check->answer.now_s = ask.now_s;
    check->answer.check_interval_s = server->told.check_interval_s;
    check->answer.deferral = server->told.deferral;
    memcpy(check->answer.device_id, device_id, sizeof check->answer.device_id);
    memcpy(check->answer.nonce, question.nonce, sizeof check->answer.nonce);
    memcpy(ask.device_id, device_id, sizeof ask.device_id);
    memcpy(ask.serial, http->identity_serial, sizeof ask.serial);
    check->answer.accepted = question.accepted;
    check->keystore_version = ask.keystore_version = question.keystore_version;
    ask.count = question.count;
    memcpy(ask.at, question.installed, question.count * sizeof ask.at[0]);
    if (store_wanted_request_write(&ask, &w) != 0 ||
        channel_call(server->store, STORE_OP_WANTED_GET, writer_view(&w), wanted_got, check) != 0)
        check_unavailable(check);
}

/* -- images -------------------------------------------------------------------- */

static int token_mac(const struct ota_server *server, const uint8_t row[static TOKEN_ROW_BYTES],
                     uint8_t mac[static TOKEN_MAC_BYTES])
{
    uint8_t whole[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (!HMAC(EVP_sha256(), server->token_key, sizeof server->token_key, row, TOKEN_ROW_BYTES, whole,
              &len) ||
        len < TOKEN_MAC_BYTES)
        return E_CRYPTO;
    memcpy(mac, whole, TOKEN_MAC_BYTES);
    return 0;
}

static int token_make(const struct ota_server *server, uint64_t row,
                      uint8_t token[static HTTP_STREAM_TOKEN_BYTES])
{
    struct writer w = writer_of(token, TOKEN_ROW_BYTES);
    writer_u64le(&w, row);
    return w.err ? w.err : token_mac(server, token, token + TOKEN_ROW_BYTES);
}

/* An image request or a pull under way. */
struct download {
    struct ota_server *server;
    struct channel_request *request;
    uint32_t length; /* of a pull */
    bool elsewhere;  /* the device would download from there */
    size_t range_bytes;
    uint8_t range[];
};

static int image_read(struct ota_server *server, const struct store_image_read *ask,
                      channel_done *done, struct download *download)
{
    uint8_t bytes[256];
    struct writer w = writer_of(bytes, sizeof bytes);
    int err = store_image_read_write(ask, &w);
    return err ? err : channel_call(server->store, STORE_OP_IMAGE_READ, writer_view(&w), done, download);
}

static void image_found(void *context, int status, struct span payload)
{
    struct download *download = context;
    struct ota_server *server = download->server;
    struct store_image_bytes image = {0};
    struct http_response response = {0};
    char content_range[RANGE_TEXT_BYTES];

    if (status == 0) {
        status = store_image_bytes_parse(payload, &image);
        if (status != 0)
            sibling_broken(server, "store", status);
    }
    if (status == E_NOT_FOUND || status == E_DENIED || status == E_LIFECYCLE || status == E_STALE) {
        /* One answer for both: what others have is nobody's business. */
        refuse(server, download->request, 404, "image is not for this device", "check for updates again");
        goto out;
    }
    if (status == 0 && download->elsewhere) {
        char hex[2 * sizeof image.address + 1], location[512];
        hex_encode(image.address, sizeof image.address, hex);
        snprintf(location, sizeof location, "%s/images/v1/%s", server->told.image_base, hex);
        response = (struct http_response){.status = 307, .location = span_of(location, strlen(location))};
        server->count.images++;
        http_reply(download->request, &response);
        goto out;
    }
    if (status != 0 || token_make(server, image.row, response.stream_token) != 0) {
        unavailable(server, download->request);
        goto out;
    }
    struct range range = range_parse(span_of(download->range, download->range_bytes), image.total);
    range_format(&range, image.total, content_range);
    response.status = (uint16_t)range.kind;
    response.content_range = span_of(content_range, strlen(content_range));
    if (range.length) {
        response.content_type = span_of(octet_type, sizeof octet_type - 1);
        response.stream_length = range.length;
        response.stream_offset = range.offset;
    } else {
        ct_wipe(response.stream_token, sizeof response.stream_token);
    }
    server->count.images++;
    http_reply(download->request, &response);
out:
    free(download);
}

static void image_handle(struct ota_server *server, struct channel_request *request,
                         const struct http_request *http, const uint8_t device_id[static 64])
{
    struct store_image_read ask = {.length = 0};

    if (http->param_count != 1 || guid_parse(http->param[0], ask.image) != 0) {
        refuse(server, request, 404, "image is not for this device", "an image id is a GUID");
        return;
    }
    struct download *download = calloc(1, sizeof *download + http->range.len);
    if (!download) {
        unavailable(server, request);
        return;
    }
    download->server = server;
    download->request = request;
    download->range_bytes = http->range.len;
    download->elsewhere = server->told.image_base && server->told.image_base[0] &&
                          span_equal(http->query, span_of("elsewhere", 9));
    if (http->range.len)
        memcpy(download->range, http->range.at, http->range.len);
    memcpy(ask.device_id, device_id, sizeof ask.device_id);
    memcpy(ask.serial, http->identity_serial, sizeof ask.serial);
    if (image_read(server, &ask, image_found, download) != 0) {
        unavailable(server, request);
        free(download);
    }
}

/* -- images by address ------------------------------------------------------------ */

/* A download by address under way. */
struct visit {
    struct ota_server *server;
    struct channel_request *request;
    struct span range, if_none_match, if_range; /* views into text */
    uint8_t text[];
};

enum { ETAG_BYTES = 2 * 32 + 3 };

static void visit_answer(struct visit *visit, const struct store_image_found *image)
{
    struct ota_server *server = visit->server;
    char etag[ETAG_BYTES] = "\"", cache[64], content_range[RANGE_TEXT_BYTES];
    uint64_t now_s = server->now_s();
    hex_encode(image->digest, sizeof image->digest, etag + 1);
    strcat(etag, "\"");
    snprintf(cache, sizeof cache, "public, max-age=%llu, immutable",
             (unsigned long long)(image->expires_s > now_s ? image->expires_s - now_s : 0));
    struct http_response response = {
        .status = 304, .etag = span_of(etag, strlen(etag)), .cache_control = span_of(cache, strlen(cache))};
    if (!http_etag_listed(visit->if_none_match, response.etag)) {
        /* A part of something else is of no use: then the whole. */
        bool whole = visit->if_range.len && !span_equal(visit->if_range, response.etag);
        struct range range = range_parse(whole ? span_of(NULL, 0) : visit->range, image->total);
        range_format(&range, image->total, content_range);
        response.status = (uint16_t)range.kind;
        response.content_range = span_of(content_range, strlen(content_range));
        if (range.length) {
            response.content_type = span_of(octet_type, sizeof octet_type - 1);
            response.stream_length = range.length;
            response.stream_offset = range.offset;
            if (token_make(server, image->row, response.stream_token) != 0) {
                unavailable(server, visit->request);
                return;
            }
        }
    }
    server->count.images++;
    http_reply(visit->request, &response);
}

static void address_found(void *context, int status, struct span payload)
{
    struct visit *visit = context;
    struct store_image_found image = {0};
    if (status == 0) {
        status = store_image_found_parse(payload, &image);
        if (status != 0)
            sibling_broken(visit->server, "store", status);
    }
    if (status == E_NOT_FOUND)
        refuse(visit->server, visit->request, 404, "there is no image at this address",
               "addresses end after some hours: the image's resource shows a new one");
    else if (status != 0)
        unavailable(visit->server, visit->request);
    else
        visit_answer(visit, &image);
    free(visit);
}

static struct span text_keep(struct visit *visit, size_t *used, struct span text)
{
    uint8_t *to = visit->text + *used;
    if (text.len)
        memcpy(to, text.at, text.len);
    *used += text.len;
    return span_of(to, text.len);
}

static void address_handle(struct ota_server *server, struct channel_request *request, const struct http_request *http)
{
    struct store_image_address ask;
    uint8_t bytes[64];
    size_t used = 0;
    struct writer w = writer_of(bytes, sizeof bytes);
    if (http->param_count != 1 || hex_decode(http->param[0], ask.address, sizeof ask.address) != 0) {
        refuse(server, request, 404, "there is no image at this address", "an address is what an image's uri says");
        return;
    }
    struct visit *visit = calloc(1, sizeof *visit + http->range.len + http->if_none_match.len + http->if_range.len);
    if (!visit) {
        unavailable(server, request);
        return;
    }
    visit->server = server;
    visit->request = request;
    visit->range = text_keep(visit, &used, http->range);
    visit->if_none_match = text_keep(visit, &used, http->if_none_match);
    visit->if_range = text_keep(visit, &used, http->if_range);
    if (store_image_address_write(&ask, &w) != 0 ||
        channel_call(server->store, STORE_OP_IMAGE_ADDRESS, writer_view(&w), address_found, visit) != 0) {
        unavailable(server, request);
        free(visit);
    }
}

static void pull_done(void *context, int status, struct span payload)
{
    struct download *download = context;
    struct store_image_bytes image = {0};

    if (status == 0) {
        status = store_image_bytes_parse(payload, &image);
        if (status == 0 && image.bytes.len > download->length)
            status = E_LENGTH;
        if (status != 0)
            sibling_broken(download->server, "store", status);
    }
    channel_reply(download->request, status, status ? (struct span){NULL, 0} : image.bytes);
    free(download);
}

static void pull_handle(void *context, struct channel_request *request, struct span payload)
{
    struct ota_server *server = context;
    struct http_pull pull;
    struct download *download = NULL;
    uint8_t mac[TOKEN_MAC_BYTES];
    int err = http_pull_parse(payload, &pull);

    if (!err)
        err = token_mac(server, pull.token, mac);
    if (!err && !ct_equal(mac, pull.token + TOKEN_ROW_BYTES, sizeof mac))
        err = E_DENIED;
    if (err)
        goto fail;
    download = calloc(1, sizeof *download);
    err = E_NOMEM;
    if (!download)
        goto fail;
    download->server = server;
    download->request = request;
    download->length = pull.length;
    /* Whether the device may have it was decided when the token was made. */
    struct cursor row = cursor_of(span_of(pull.token, TOKEN_ROW_BYTES));
    struct store_image_read ask = {.row = cursor_u64le(&row), .offset = pull.offset, .length = pull.length};
    err = image_read(server, &ask, pull_done, download);
    if (!err)
        return;
fail:
    free(download);
    channel_reply(request, err, (struct span){NULL, 0});
}

/* -- channels -------------------------------------------------------------------- */

static const struct ota_route {
    uint16_t route;
    void (*handle)(struct ota_server *server, struct channel_request *request,
                   const struct http_request *http, const uint8_t device_id[static 64]);
} routes[] = {
    {ROUTE_ID_Update_Check, check_handle},
    {ROUTE_ID_Update_Image, image_handle},
};

static void request_handle(void *context, struct channel_request *request, struct span payload)
{
    struct http_request http;
    uint8_t device_id[64];
    int err = http_request_parse(payload, &http);

    /* By address, anybody: the address is the right. */
    if (!err && http.route == ROUTE_ID_Update_Download) {
        address_handle(context, request, &http);
        return;
    }
    /* Else the route table admits devices alone; that is looked at again here. */
    if (!err && http.identity != HTTP_IDENTITY_OS && http.identity != HTTP_IDENTITY_UPDATE_ONLY)
        err = E_DENIED;
    if (!err)
        err = hex_decode(http.identity_name, device_id, sizeof device_id);
    for (size_t i = 0; !err && i < sizeof routes / sizeof routes[0]; i++) {
        if (routes[i].route == http.route) {
            routes[i].handle(context, request, &http, device_id);
            return;
        }
    }
    channel_reply(request, err ? err : E_DENIED, (struct span){NULL, 0});
}

static const struct channel_operation operations[] = {
    {HTTP_OP_REQUEST, "request", HTTP_REQUEST_BYTES_MAX, request_handle},
    {HTTP_OP_PULL, "pull", PULL_BYTES_MAX, pull_handle},
};

static void closed(void *context, struct channel *channel)
{
    struct ota_server *server = context;
    if (channel != server->front)
        server->failed = true;
    event_base_loopbreak(server->base);
}

static uint64_t wall_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec;
}

int ota_server_init(struct ota_server *server, struct event_base *base, struct ota_server_fds fds,
                    struct ota_told told)
{
    int err = 0;

    memset(server, 0, sizeof *server);
    server->base = base;
    server->told = told;
    server->now_s = wall_s;
    if (RAND_bytes(server->token_key, sizeof server->token_key) != 1)
        err = E_ENTROPY;
    server->front = channel_new(base, fds.front, operations, sizeof operations / sizeof operations[0],
                                server, closed);
    server->store = channel_new(base, fds.store, NULL, 0, server, closed);
    server->issuer = channel_new(base, fds.issuer, NULL, 0, server, closed);
    if (!err && (!server->front || !server->store || !server->issuer))
        err = E_NOMEM;
    if (err)
        ota_server_release(server);
    return err;
}

void ota_server_release(struct ota_server *server)
{
    channel_free(server->store);
    channel_free(server->issuer);
    channel_free(server->front);
    signed_cache_release(&server->signed_manifests);
    ct_wipe(server, sizeof *server);
}
