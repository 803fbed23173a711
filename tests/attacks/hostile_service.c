/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/attacks/hostile_service.h"

#include <openssl/x509.h>
#include <signal.h>
#include <time.h>

#include "abi/device_api.h"
#include "cli/file.h"
#include "lib/cbor.h"
#include "lib/cose.h"
#include "lib/evidence.h"
#include "lib/guid.h"
#include "tests/check.h"

enum { DAY_S = 86400 };

static void sign_package(struct writer *w, uint16_t type, struct signing_key *key)
{
    struct signer signer = signing_key_signer(key);
    struct image_meta meta = {.type = type, .signing_type = IMAGE_SIGNING_ECDSA256};
    memset(meta.component, 0x11, 16);
    memset(meta.id, 0x22, 16);
    REQUIRE(image_thumbprint(key->public_key, meta.thumbprint) == 0);
    REQUIRE(image_meta_write(w, &meta) == 0 && image_sign(w, &signer) == 0);
}

static struct manifest_entry entry_of(const struct stock *s)
{
    struct manifest_entry e = {.type = s->image.meta.type, .partition = PARTITION_APPLICATIONS,
                               .file_bytes = (uint32_t)s->file.len,
                               .uncompressed_bytes = (uint32_t)s->file.len};
    memcpy(e.image, s->image.meta.id, 16);
    memcpy(e.component, s->image.meta.component, 16);
    for (uint32_t i = 0; i < MANIFEST_ABI_SLOTS && i < s->image.meta.depends.count; i++)
        e.depends[i] = s->image.meta.depends.at[i];
    return e;
}

void hostile_set(struct hostile_service *h, const struct set_order *order, struct writer *answer)
{
    static uint8_t room[8192];
    struct writer inner = writer_of(room, sizeof room);
    struct manifest manifest = {.built_s = 1};
    struct manifest_set set = {.sequence = order->sequence, .issued_s = 1, .not_after_s = 2, .check_interval_s = 1};
    memcpy(set.device_id, order->device_id ? order->device_id : h->device_id, 64);
    memcpy(set.nonce, order->nonce ? order->nonce : h->report.nonce, 32);
    for (; order->want[manifest.count]; manifest.count++)
        manifest.at[manifest.count] = entry_of(order->want[manifest.count]);
    if (order->file_bytes)
        manifest.at[0].file_bytes = manifest.at[0].uncompressed_bytes = order->file_bytes;
    if (manifest.count) {
        const uint16_t type = manifest.at[0].type == IMAGE_TYPE_TRUSTED_KEYSTORE
                                  ? IMAGE_TYPE_BASE_SYSTEM_UPDATE_MANIFEST
                                  : IMAGE_TYPE_CUSTOMER_UPDATE_MANIFEST;
        REQUIRE(manifest_write(&manifest, &inner) == 0);
        sign_package(&inner, type, order->manifest_key);
        set.at[set.count].type = type;
        set.at[set.count++].image = writer_view(&inner);
    }
    REQUIRE(manifest_set_write(&set, answer) == 0);
    sign_package(answer, IMAGE_TYPE_MANIFEST_SET, order->set_key);
}

static void answer_challenge(struct writer *w)
{
    static const uint8_t nonce[DEVICE_API_NONCE_BYTES] = {7};
    cbor_put_map(w, 2);
    cbor_put_uint(w, 1);
    cbor_put_bytes(w, nonce, sizeof nonce);
    cbor_put_uint(w, 2);
    cbor_put_uint(w, 300);
}

/* The certificate that the evidence asks for, without a look at the software. */
static void answer_attest(struct hostile_service *h, struct span body, struct writer *w)
{
    struct cose_sign1 cose;
    struct evidence evidence;
    REQUIRE(cose_sign1_parse(body, &cose) == 0 && evidence_parse(cose.payload, &evidence) == 0);
    CHECK_MEM(evidence.device_id, h->device_id, 64);
    EVP_PKEY *key = test_public_key(evidence.client_key);
    X509 *leaf = test_ca_issue(&h->ca, "device", key, NULL);
    unsigned char *der = NULL;
    int len = i2d_X509(leaf, &der);
    REQUIRE(len > 0);
    uint64_t now = (uint64_t)time(NULL);
    cbor_put_map(w, 5);
    cbor_put_uint(w, 1);
    cbor_put_uint(w, DAA_TRUSTED);
    cbor_put_uint(w, 2);
    cbor_put_array(w, 1);
    cbor_put_bytes(w, der, (size_t)len);
    cbor_put_uint(w, 3);
    cbor_put_null(w);
    cbor_put_uint(w, 4);
    cbor_put_uint(w, now);
    cbor_put_uint(w, 5);
    cbor_put_uint(w, now + DAY_S);
    OPENSSL_free(der);
    X509_free(leaf);
    EVP_PKEY_free(key);
}

static void report_take(struct hostile_service *h, struct span body)
{
    struct cursor c = cursor_of(body);
    struct report *r = &h->report;
    REQUIRE(cbor_get_map(&c) >= 2);
    cbor_expect_int(&c, 1);
    cbor_get_exact(&c, r->nonce, sizeof r->nonce);
    cbor_expect_int(&c, 2);
    r->installed_count = cbor_get_array(&c);
    REQUIRE(r->installed_count <= HOSTILE_INSTALLED_MAX);
    for (size_t i = 0; i < r->installed_count; i++) {
        cbor_expect_array(&c, 3);
        cbor_get_exact(&c, r->installed[i].component, 16);
        cbor_get_exact(&c, r->installed[i].image, 16);
        (void)cbor_get_uint(&c);
    }
    cbor_expect_int(&c, 3);
    r->accepted = cbor_get_uint(&c);
    cbor_expect_int(&c, 4);
    if (cbor_is_null(&c))
        cbor_get_null(&c);
    else
        (void)cbor_get_uint(&c);
    cbor_expect_int(&c, 5);
    r->keystore_version = cbor_get_u32(&c);
    REQUIRE(cursor_end(&c) == 0);
    r->count++;
}

/* The events of a batch. */
static void events_take(struct hostile_service *h, struct span body)
{
    struct cursor c = cursor_of(body);
    cbor_expect_map(&c, 2);
    cbor_expect_int(&c, 1);
    (void)cbor_get_item(&c);
    cbor_expect_int(&c, 2);
    for (size_t n = cbor_get_array(&c); n && !c.err; n--) {
        size_t fields = cbor_get_array(&c);
        uint16_t category = cbor_get_u16(&c);
        (void)cbor_get_uint(&c);
        (void)cbor_get_uint(&c);
        uint32_t count = cbor_get_u32(&c);
        (void)cbor_get_item(&c);
        (void)cbor_get_item(&c);
        uint32_t code = cbor_get_u32(&c);
        for (size_t i = 7; i < fields; i++)
            (void)cbor_get_item(&c);
        if (category == EVENT_UPDATE_REFUSED && code < sizeof h->refused / sizeof h->refused[0])
            h->refused[code] += count;
        if (category == EVENT_SERVICE_FAILED && code <= EVENT_SERVICE_CAUSE_MAX)
            h->failed[code] += count;
    }
    REQUIRE(cursor_end(&c) == 0);
}

/* As the real service does: 404 unless it is wanted on this device. */
static bool honest_wants(const struct hostile_service *h, const struct stock *s)
{
    for (size_t i = 0; h->honest.want[i]; i++)
        if (h->honest.want[i] == s)
            return true;
    return false;
}

static void answer_image(struct hostile_service *h, SSL *ssl, const char *uid, uint64_t from)
{
    uint8_t id[16];
    h->images_asked++;
    REQUIRE(guid_parse(span_of(uid, strlen(uid)), id) == 0);
    for (size_t i = 0; i < h->stock_count; i++) {
        const struct stock *s = &h->stock[i];
        if (memcmp(s->image.meta.id, id, 16) != 0)
            continue;
        if (h->attack && h->attack->image)
            h->attack->image(h, ssl, s);
        else if (!h->attack && !honest_wants(h, s))
            break;
        else if (from < s->file.len)
            tls_answer(ssl, from ? 206 : 200, NULL, span_of(s->file.at + from, s->file.len - from));
        else
            tls_answer(ssl, 416, NULL, span_of(NULL, 0));
        return;
    }
    tls_answer(ssl, 404, NULL, span_of(NULL, 0));
}

static void answer(struct hostile_service *h, SSL *ssl, const char *path, const struct tls_request *r)
{
    static uint8_t room[MANIFEST_SET_BYTES_MAX + 4096];
    struct writer w = writer_of(room, sizeof room);
    struct span body = span_of(r->body, r->body_len);
    const size_t prefix = sizeof DEVICE_API_IMAGES - 1;

    if (strncmp(path, DEVICE_API_IMAGES, prefix) == 0) {
        answer_image(h, ssl, path + prefix, r->range_from);
        return;
    }
    if (strcmp(path, DEVICE_API_EVENTS) == 0) {
        events_take(h, body);
        REQUIRE(pthread_cond_broadcast(&h->checked) == 0);
        tls_answer(ssl, 204, NULL, span_of(NULL, 0));
        return;
    }
    if (strcmp(path, DEVICE_API_CHALLENGE) == 0)
        answer_challenge(&w);
    else if (strcmp(path, DEVICE_API_ATTEST) == 0)
        answer_attest(h, body, &w);
    else if (h->attack && h->attack->check)
        h->attack->check(h, &w);
    else
        hostile_set(h, &h->honest, &w);
    tls_answer(ssl, 200, NULL, writer_view(&w));
}

static bool script(void *context, SSL *ssl, int fd, const struct tls_request *r)
{
    struct hostile_service *h = context;
    char path[256];
    (void)fd;
    REQUIRE(sscanf(r->head, "%*s %255[^? ]", path) == 1);
    REQUIRE(pthread_mutex_lock(&h->lock) == 0);
    h->requests++;
    if (strcmp(path, DEVICE_API_CHECK) == 0) {
        CHECK(r->client_certificate);
        report_take(h, span_of(r->body, r->body_len));
        REQUIRE(pthread_cond_broadcast(&h->checked) == 0);
    }
    if (!h->attack || !h->attack->raw || !h->attack->raw(h, ssl, path))
        answer(h, ssl, path, r);
    REQUIRE(pthread_mutex_unlock(&h->lock) == 0);
    return false; /* the next connection may be the one without a certificate */
}

/* In the server's thread, for each handshake. */
static int choose_certificate(SSL *ssl, void *context)
{
    struct hostile_service *h = context;
    REQUIRE(pthread_mutex_lock(&h->lock) == 0);
    bool foreign = h->attack && h->attack->foreign;
    REQUIRE(pthread_mutex_unlock(&h->lock) == 0);
    if (foreign)
        REQUIRE(SSL_use_certificate(ssl, h->foreign_leaf) == 1 && SSL_use_PrivateKey(ssl, h->foreign_key) == 1);
    return 1;
}

void hostile_start(struct hostile_service *h)
{
    REQUIRE(pthread_mutex_init(&h->lock, NULL) == 0 && pthread_cond_init(&h->checked, NULL) == 0);
    signal(SIGPIPE, SIG_IGN); /* a device that goes away is what some plays are about */
    test_ca_make(&h->ca, "stolen service");
    test_ca_make(&h->foreign, "foreign root");
    h->foreign_key = EVP_EC_gen("P-256");
    h->foreign_leaf = test_ca_issue(&h->foreign, "server", h->foreign_key, "DNS:localhost");
    h->server.script = script;
    h->server.script_context = h;
    tls_server_start(&h->server, &h->ca, "DNS:localhost", &h->ca, TLS1_3_VERSION);
    SSL_CTX_set_cert_cb(h->server.context, choose_certificate, h); /* no device has connected yet */
}

void hostile_stop(struct hostile_service *h)
{
    tls_server_stop(&h->server);
    test_ca_release(&h->ca);
    test_ca_release(&h->foreign);
    X509_free(h->foreign_leaf);
    EVP_PKEY_free(h->foreign_key);
    for (size_t i = 0; i < h->stock_count; i++)
        file_release(&h->stock[i].file);
    signing_key_release(&h->update);
    signing_key_release(&h->update2);
    signing_key_release(&h->attacker);
}

const struct stock *hostile_stock(struct hostile_service *h, const char *file)
{
    REQUIRE(h->stock_count < HOSTILE_IMAGES_MAX);
    struct stock *s = &h->stock[h->stock_count++];
    REQUIRE(file_read(file, &s->file) == 0 && image_parse(s->file, &s->image) == 0);
    return s;
}

void hostile_play(struct hostile_service *h, const struct attack *attack)
{
    REQUIRE(pthread_mutex_lock(&h->lock) == 0);
    h->attack = attack;
    REQUIRE(pthread_mutex_unlock(&h->lock) == 0);
}

static unsigned telling(const struct hostile_service *h, const struct attack *attack)
{
    return attack->failed ? h->failed[attack->failed] : h->refused[attack->refused];
}

unsigned hostile_telling(struct hostile_service *h, const struct attack *attack)
{
    REQUIRE(pthread_mutex_lock(&h->lock) == 0);
    unsigned count = telling(h, attack);
    REQUIRE(pthread_mutex_unlock(&h->lock) == 0);
    return count;
}

bool hostile_told(struct hostile_service *h, const struct attack *attack, unsigned before, unsigned seconds)
{
    struct timespec until;
    int err = 0;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += seconds;
    REQUIRE(pthread_mutex_lock(&h->lock) == 0);
    while (telling(h, attack) <= before && err == 0)
        err = pthread_cond_timedwait(&h->checked, &h->lock, &until);
    REQUIRE(pthread_mutex_unlock(&h->lock) == 0);
    return err == 0;
}

bool hostile_wait(struct hostile_service *h, unsigned checks, unsigned seconds, struct report *report)
{
    struct timespec until;
    int err = 0;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += seconds;
    REQUIRE(pthread_mutex_lock(&h->lock) == 0);
    unsigned target = h->report.count + checks;
    while (h->report.count < target && err == 0)
        err = pthread_cond_timedwait(&h->checked, &h->lock, &until);
    *report = h->report;
    REQUIRE(pthread_mutex_unlock(&h->lock) == 0);
    return err == 0;
}
