/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/fake_device_test.h"

#include <openssl/ecdsa.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/socket.h>
#include <unistd.h>

#include "abi/pluton_call.h"
#include "abi/smc.h"
#include "lib/cbor.h"
#include "lib/guid.h"
#include "os/ipc/message.h"
#include "tests/check.h"
#include "tests/p256_signer.h"

static int channel_pair(int *mine)
{
    int pair[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
    *mine = pair[0];
    return pair[1];
}

/* -- root of trust --------------------------------------------------------------- */

static void public_of(EVP_PKEY *key, uint8_t to[static 64])
{
    uint8_t point[65];
    size_t len;
    REQUIRE(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point, sizeof point, &len) == 1);
    if (point[0] != 4) /* compressed by default: ask for both coordinates */
        REQUIRE(false);
    memcpy(to, point + 1, 64);
}

static void sign(EVP_PKEY *key, const uint8_t *digest, uint8_t *signature)
{
    uint8_t der[80];
    const unsigned char *from = der;
    size_t len = sizeof der;
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    REQUIRE(c && EVP_PKEY_sign_init(c) == 1 && EVP_PKEY_sign(c, der, &len, digest, 32) == 1);
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &from, (long)len);
    REQUIRE(sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), signature, 32) == 32);
    REQUIRE(BN_bn2binpad(ECDSA_SIG_get0_s(sig), signature + 32, 32) == 32);
    ECDSA_SIG_free(sig);
    EVP_PKEY_CTX_free(c);
}

static uint16_t pluton_answer(struct fake_pluton *p, uint16_t command, struct cursor *in, struct writer *out)
{
    uint8_t random[256], key[64], tenant[16];
    if (command == p->refuse_command)
        return p->refuse_status;
    if (command == PLUTON_READ_RNG) {
        uint16_t n = cursor_u16le(in);
        REQUIRE(n <= sizeof random && RAND_bytes(random, n) == 1);
        writer_bytes(out, random, n);
        return PLUTON_OK;
    }
    cursor_copy(in, tenant, 16);
    size_t i = 0;
    while (i < p->count && memcmp(p->at[i].tenant, tenant, 16) != 0)
        i++;
    if (i == p->count) {
        if (p->count == 4)
            return PLUTON_FULL;
        memcpy(p->at[p->count++].tenant, tenant, 16);
    }
    switch (command) {
    case PLUTON_GENERATE_CLIENT_AUTH_KEY:
        EVP_PKEY_free(p->at[i].pending);
        p->at[i].pending = EVP_EC_gen("P-256");
        public_of(p->at[i].pending, key);
        writer_bytes(out, key, 64);
        return PLUTON_OK;
    case PLUTON_PROCESS_ATTESTATION:
        if (!p->at[i].pending)
            return PLUTON_BAD_STATE;
        public_of(p->at[i].pending, key);
        writer_bytes(out, tenant, 16);
        writer_bytes(out, key, 64);
        return PLUTON_OK;
    case PLUTON_COMMIT_CLIENT_AUTH_KEY:
        if (!p->at[i].pending)
            return PLUTON_BAD_STATE;
        EVP_PKEY_free(p->at[i].committed);
        p->at[i].committed = p->at[i].pending;
        p->at[i].pending = NULL;
        p->commits++;
        return PLUTON_OK;
    case PLUTON_SIGN_WITH_TENANT_ATTESTATION_KEY:
        if (!p->at[i].committed)
            return PLUTON_BAD_STATE;
        sign(p->at[i].committed, in->at, key);
        writer_bytes(out, key, 64);
        return PLUTON_OK;
    default:
        return PLUTON_UNKNOWN_COMMAND;
    }
}

static void *pluton_run(void *context)
{
    struct fake_pluton *p = context;
    uint8_t request[8192], reply[8192], payload[8000];
    size_t len;
    while (message_receive(p->fd, request, sizeof request, &len, NULL, -1) == 0) {
        struct cursor in = cursor_of(span_of(request, len));
        struct writer out = writer_of(payload, sizeof payload), w = writer_of(reply, sizeof reply);
        uint16_t command = cursor_u16le(&in);
        cursor_skip(&in, 6);
        uint16_t status = pluton_answer(p, command, &in, &out);
        writer_u16le(&w, command);
        writer_u16le(&w, status);
        writer_u32le(&w, (uint32_t)out.len);
        writer_bytes(&w, out.at, out.len);
        if (message_send(p->fd, writer_view(&w), -1, 1000))
            break;
    }
    return NULL;
}

int fake_pluton_start(struct fake_pluton *p)
{
    memset(p, 0, sizeof *p);
    int theirs = channel_pair(&p->fd);
    REQUIRE(pthread_create(&p->thread, NULL, pluton_run, p) == 0);
    return theirs;
}

void fake_pluton_stop(struct fake_pluton *p)
{
    shutdown(p->fd, SHUT_RDWR);
    REQUIRE(pthread_join(p->thread, NULL) == 0);
    close(p->fd);
    for (size_t i = 0; i < p->count; i++) {
        EVP_PKEY_free(p->at[i].pending);
        EVP_PKEY_free(p->at[i].committed);
    }
}

/* -- monitor ------------------------------------------------------------------------- */

static bool is_installed(const struct fake_monitor *m, const struct manifest_entry *e)
{
    for (size_t i = 0; i < m->installed.count; i++)
        if (memcmp(m->installed.at[i].image, e->image, 16) == 0)
            return true;
    return false;
}

static size_t missing(const struct fake_monitor *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->wanted.count; i++)
        n += !m->had[i];
    return n;
}

/* Staged by the set before. */
static bool was_staged(const struct fake_monitor *m, const struct manifest_entry *e)
{
    for (size_t i = 0; m->staged && i < m->wanted.count; i++)
        if (memcmp(m->wanted.at[i].image, e->image, 16) == 0)
            return m->had[i];
    return false;
}

static uint32_t stage(struct fake_monitor *m, struct span package, struct writer *out)
{
    struct image image, inner;
    struct manifest_set set;
    struct manifest wanted;
    m->stages++;
    if (image_parse(package, &image) || manifest_set_parse(image.body, &set) || set.count != 1 ||
        image_parse(set.at[0].image, &inner) || manifest_parse(inner.body, &wanted))
        return MONITOR_MALFORMED_MANIFEST;
    bool had[MANIFEST_IMAGES_MAX];
    for (size_t i = 0; i < wanted.count; i++)
        had[i] = is_installed(m, &wanted.at[i]) || was_staged(m, &wanted.at[i]);
    memcpy(m->had, had, wanted.count * sizeof *had);
    m->wanted = wanted;
    m->sequence = set.sequence;
    m->staged = true;
    writer_u32le(out, (uint32_t)missing(m));
    return MONITOR_OK;
}

static uint32_t write_block(struct fake_monitor *m, struct cursor *in)
{
    uint32_t handle = cursor_u32le(in), offset = cursor_u32le(in);
    const struct manifest_entry *e = &m->wanted.at[m->open];
    if (handle != 7)
        return MONITOR_BAD_HANDLE;
    if (offset != m->written)
        return MONITOR_BAD_OFFSET;
    if (in->left > e->file_bytes - m->written)
        return MONITOR_IMAGE_TOO_LARGE;
    for (size_t i = 0; i < in->left; i++)
        if (in->at[i] != fake_image_byte(e->image, offset + (uint32_t)i))
            return MONITOR_WRITE_FAILED;
    m->written += (uint32_t)in->left;
    return MONITOR_OK;
}

static void install(struct fake_monitor *m)
{
    m->installed.count = m->wanted.count;
    for (size_t i = 0; i < m->wanted.count; i++) {
        struct monitor_component *c = &m->installed.at[i];
        *c = (struct monitor_component){.type = m->wanted.at[i].type, .file_bytes = m->wanted.at[i].file_bytes};
        memcpy(c->component, m->wanted.at[i].component, 16);
        memcpy(c->image, m->wanted.at[i].image, 16);
    }
    m->staged = false;
    m->installs++;
}

static uint32_t event_end(const struct fake_monitor *m, uint32_t at)
{
    struct cursor c = cursor_of(span_of(m->telemetry + at, m->telemetry_bytes - at));
    cursor_skip(&c, 8);
    uint32_t len = cursor_u32le(&c);
    REQUIRE(c.err == 0 && len <= c.left);
    return at + 12 + len;
}

void fake_telemetry(struct fake_monitor *m, uint32_t id, uint32_t time_s, struct span bytes)
{
    struct writer w = writer_of(m->telemetry, sizeof m->telemetry);
    w.len = m->telemetry_bytes;
    writer_u32le(&w, id);
    writer_u32le(&w, time_s);
    writer_u32le(&w, (uint32_t)bytes.len);
    writer_bytes(&w, bytes.at, bytes.len);
    REQUIRE(!w.err);
    m->telemetry_bytes = (uint32_t)w.len;
}

static void drop(struct fake_monitor *m, uint32_t bytes)
{
    memmove(m->telemetry, m->telemetry + bytes, m->telemetry_bytes - bytes);
    m->telemetry_bytes -= bytes;
    m->telemetry_read = m->telemetry_read > bytes ? m->telemetry_read - bytes : 0;
}

void fake_telemetry_drop_oldest(struct fake_monitor *m)
{
    drop(m, event_end(m, 0));
}

static uint32_t telemetry_read(struct fake_monitor *m, struct cursor *in, struct writer *out)
{
    uint32_t offset = cursor_u32le(in), len = cursor_u32le(in), end = 0;
    if (offset > m->telemetry_bytes)
        return MONITOR_BAD_OFFSET;
    if (len > m->telemetry_bytes - offset)
        len = m->telemetry_bytes - offset;
    while (len && end < offset + len)
        end = event_end(m, end);
    if (end > m->telemetry_read)
        m->telemetry_read = end;
    writer_bytes(out, m->telemetry + offset, len);
    return MONITOR_OK;
}

static uint32_t telemetry_answer(struct fake_monitor *m, uint32_t call, struct cursor *in, struct writer *out)
{
    uint32_t status = MONITOR_OK;
    if (!m->keeps_telemetry)
        return MONITOR_NOT_IMPLEMENTED;
    m->telemetry_calls++;
    if (m->telemetry_calls == m->fail_before)
        return MONITOR_WRITE_FAILED;
    if (call == SMC_GET_TELEMETRY)
        status = telemetry_read(m, in, out);
    else if (call == SMC_RETAIN_TELEMETRY)
        m->telemetry_read = 0;
    else {
        if (m->telemetry_late_bytes)
            fake_telemetry(m, 45, 0, span_of(m->telemetry_late, m->telemetry_late_bytes));
        m->telemetry_late_bytes = 0;
        drop(m, m->telemetry_read);
    }
    return m->telemetry_calls == m->fail_after ? (uint32_t)MONITOR_WRITE_FAILED : status;
}

static uint32_t monitor_answer(struct fake_monitor *m, uint32_t call, struct cursor *in, struct writer *out)
{
    uint8_t uid[16];
    if (call == m->refuse_call)
        return m->refuse_status;
    switch (call) {
    case MONITOR_CALL_GET_COMPONENTS:
        for (size_t i = 0; i < m->installed.count; i++) {
            const struct monitor_component *c = &m->installed.at[i];
            writer_bytes(out, c->component, 16);
            writer_bytes(out, c->image, 16);
            writer_u16le(out, c->type);
            writer_u16le(out, 0);
            writer_u32le(out, c->file_bytes);
            writer_bytes(out, c->digest, 32);
        }
        return MONITOR_OK;
    case SMC_GET_TELEMETRY:
    case SMC_RESET_TELEMETRY:
    case SMC_RETAIN_TELEMETRY:
        return telemetry_answer(m, call, in, out);
    case MONITOR_CALL_GET_ROLLBACK:
        writer_u64le(out, m->sequence);
        writer_u8(out, 0);
        writer_u64le(out, 0);
        writer_u32le(out, 1);
        return MONITOR_OK;
    case MONITOR_CALL_NEW_UPDATE_NONCE:
        writer_zero(out, 32);
        return MONITOR_OK;
    case MONITOR_CALL_STAGE_MANIFESTS:
        return stage(m, span_of(in->at, in->left), out);
    case MONITOR_CALL_GET_MISSING:
        for (size_t i = 0; i < m->wanted.count; i++)
            if (!m->had[i]) {
                writer_bytes(out, m->wanted.at[i].image, 16);
                writer_u32le(out, m->wanted.at[i].file_bytes);
            }
        return MONITOR_OK;
    case MONITOR_CALL_OPEN_STAGING:
        cursor_copy(in, uid, 16);
        m->written = 0;
        for (m->open = 0; m->open < m->wanted.count; m->open++)
            if (memcmp(m->wanted.at[m->open].image, uid, 16) == 0) {
                writer_u32le(out, 7);
                return MONITOR_OK;
            }
        return MONITOR_IMAGE_NOT_FOUND;
    case MONITOR_CALL_WRITE_BLOCK:
        return write_block(m, in);
    case MONITOR_CALL_COMMIT_STAGING:
        if (m->written != m->wanted.at[m->open].file_bytes)
            return MONITOR_IDENTITY_INCONSISTENT;
        m->had[m->open] = true;
        return MONITOR_OK;
    case MONITOR_CALL_ABORT_STAGING:
        m->aborts++;
        return MONITOR_OK;
    case MONITOR_CALL_INSTALL:
        if (!m->staged)
            return MONITOR_NO_UPDATE_IN_PROGRESS;
        if (missing(m))
            return MONITOR_MUST_DOWNLOAD_MISSING;
        install(m);
        writer_u32le(out, m->restart);
        return MONITOR_OK;
    default:
        return MONITOR_NOT_IMPLEMENTED;
    }
}

static void *monitor_run(void *context)
{
    struct fake_monitor *m = context;
    static uint8_t request[MONITOR_PAYLOAD_MAX + MONITOR_HEADER_BYTES];
    uint8_t reply[4096], payload[4000];
    size_t len;
    while (message_receive(m->fd, request, sizeof request, &len, NULL, -1) == 0) {
        struct cursor in = cursor_of(span_of(request, len));
        struct writer out = writer_of(payload, sizeof payload), w = writer_of(reply, sizeof reply);
        uint32_t call = cursor_u32le(&in);
        cursor_skip(&in, 4);
        uint32_t status = monitor_answer(m, call, &in, &out);
        writer_u32le(&w, call);
        writer_u32le(&w, status);
        writer_u32le(&w, status ? 0 : (uint32_t)out.len);
        writer_bytes(&w, out.at, status ? 0 : out.len);
        if (message_send(m->fd, writer_view(&w), -1, 1000))
            break;
    }
    return NULL;
}

int fake_monitor_start(struct fake_monitor *m)
{
    memset(m, 0, sizeof *m);
    int theirs = channel_pair(&m->fd);
    REQUIRE(pthread_create(&m->thread, NULL, monitor_run, m) == 0);
    return theirs;
}

void fake_monitor_stop(struct fake_monitor *m)
{
    shutdown(m->fd, SHUT_RDWR);
    REQUIRE(pthread_join(m->thread, NULL) == 0);
    close(m->fd);
}

/* -- service ----------------------------------------------------------------------------- */

uint8_t fake_image_byte(const uint8_t image[static 16], uint32_t at)
{
    return (uint8_t)(image[0] + at * 7 + at / 251);
}

void fake_app(struct manifest *m, uint8_t component, uint8_t image)
{
    struct manifest_entry *e = &m->at[m->count++];
    *e = (struct manifest_entry){.type = IMAGE_TYPE_APPLICATIONS, .partition = PARTITION_APPLICATIONS,
                                 .file_bytes = FAKE_IMAGE_BYTES, .uncompressed_bytes = FAKE_IMAGE_BYTES};
    memset(e->component, component, 16);
    memset(e->image, image, 16);
}

void fake_service_init(struct fake_service *s)
{
    memset(s, 0, sizeof *s);
    test_ca_make(&s->device_ca, "catalog CA");
    s->result = DAA_TRUSTED;
    s->life_s = 86400;
    s->check_interval_s = 3600;
}

void fake_service_release(struct fake_service *s)
{
    test_ca_release(&s->device_ca);
}

static void answer_attest(struct fake_service *s, struct span evidence, struct writer *w)
{
    uint8_t key[64] = {0};
    REQUIRE(evidence.len == 80);
    memcpy(key, evidence.at + 16, 64);
    EVP_PKEY *pkey = s->wrong_key ? EVP_EC_gen("P-256") : test_public_key(key);
    X509 *leaf = test_ca_issue(&s->device_ca, "device", pkey, NULL);
    unsigned char *der = NULL;
    int len = i2d_X509(leaf, &der);
    REQUIRE(len > 0);
    cbor_put_map(w, 5);
    cbor_put_uint(w, 1);
    cbor_put_uint(w, s->result);
    cbor_put_uint(w, 2);
    cbor_put_array(w, 1);
    cbor_put_bytes(w, der, (size_t)len);
    cbor_put_uint(w, 3);
    cbor_put_null(w);
    uint64_t time_s = s->time_s ? s->time_s : 1800000000;
    cbor_put_uint(w, 4);
    cbor_put_uint(w, time_s);
    cbor_put_uint(w, 5);
    cbor_put_uint(w, time_s + s->life_s);
    OPENSSL_free(der);
    X509_free(leaf);
    EVP_PKEY_free(pkey);
}

static void package(struct writer *w, uint16_t type)
{
    static uint8_t scalar = 5;
    struct signer signer = test_key_signer(&scalar);
    struct image_meta meta = {.type = type, .signing_type = IMAGE_SIGNING_ECDSA256};
    memset(meta.component, 0x11, 16);
    memset(meta.id, 0x22, 16);
    REQUIRE(image_meta_write(w, &meta) == 0 && image_sign(w, &signer) == 0);
}

static void answer_check(const struct fake_service *s, struct span question, struct writer *w)
{
    static uint8_t room[8192];
    struct writer inner = writer_of(room, sizeof room);
    struct manifest_set set = {.sequence = s->sequence, .issued_s = 1, .not_after_s = 2,
                               .check_interval_s = s->check_interval_s, .count = 1,
                               .app_deferral_minutes = s->app_deferral_minutes,
                               .os_deferral_minutes = s->os_deferral_minutes};
    uint16_t type = s->as_firmware ? IMAGE_TYPE_FIRMWARE_UPDATE_MANIFEST : IMAGE_TYPE_CUSTOMER_UPDATE_MANIFEST;
    struct cursor c = cursor_of(question);
    cbor_expect_map(&c, 5);
    cbor_expect_int(&c, 1);
    cbor_get_exact(&c, set.nonce, 32);
    REQUIRE(c.err == 0);
    REQUIRE(manifest_write(&s->wanted, &inner) == 0);
    package(&inner, type);
    set.at[0].type = type;
    set.at[0].image = writer_view(&inner);
    REQUIRE(manifest_set_write(&set, w) == 0);
    package(w, IMAGE_TYPE_MANIFEST_SET);
}

static void take_events(struct fake_service *s, struct span body)
{
    struct cursor c = cursor_of(body);
    cbor_expect_map(&c, 2);
    cbor_expect_int(&c, 1);
    cbor_get_exact(&c, s->last_batch, 16);
    cbor_expect_int(&c, 2);
    size_t n = cbor_get_array(&c);
    s->events += (unsigned)n;
    for (size_t i = 0; i < n; i++) {
        size_t fields = cbor_get_array(&c);
        s->last_category = (unsigned)cbor_get_uint(&c);
        bool registers = s->last_category == EVENT_APP_CRASH_REGISTERS;
        REQUIRE(s->last_category <= EVENT_CATEGORY_MAX &&
                fields == EVENT_FIELDS + (registers ? (size_t)EVENT_REGISTER_FIELDS : 0));
        (void)cbor_get_uint(&c);
        (void)cbor_get_uint(&c);
        s->last_count = (unsigned)cbor_get_uint(&c);
        (void)cbor_get_item(&c);
        cbor_get_exact(&c, s->last_image, 16);
        uint32_t code = cbor_get_u32(&c);
        s->last_code = code;
        (void)cbor_get_uint(&c);
        s->category[s->last_category] += s->last_count;
        if (s->last_category == EVENT_SERVICE_FAILED && code <= EVENT_SERVICE_CAUSE_MAX)
            s->cause[code] += s->last_count;
        if (!registers)
            continue;
        (void)cbor_get_uint(&c);
        s->last_pc = cbor_get_uint(&c);
        for (int k = 0; k < 4; k++)
            (void)cbor_get_item(&c);
    }
    REQUIRE(cursor_end(&c) == 0);
}

static void answer_image(struct fake_service *s, const char *uid, uint64_t from, struct fake_answer *a)
{
    uint8_t image[16];
    REQUIRE(guid_parse(span_of(uid, strlen(uid)), image) == 0);
    a->status = from ? 206 : 200;
    if (from >= FAKE_IMAGE_BYTES) {
        a->status = 416;
        return;
    }
    a->len = FAKE_IMAGE_BYTES - from;
    if (s->cut_image && a->len > s->cut_image) {
        a->len = s->cut_image;
        a->broken = true;
    }
    for (size_t i = 0; i < a->len; i++)
        a->body[i] = fake_image_byte(image, (uint32_t)(from + i)) ^ (s->lies && from + i > 20000);
}

void fake_service_answer(struct fake_service *s, const char *whole, struct span body, uint64_t range_from,
                         struct fake_answer *a)
{
    char path[128];
    snprintf(path, sizeof path, "%.*s", (int)strcspn(whole, "?"), whole);
    struct writer w = writer_of(a->body, sizeof a->body);
    a->status = 200;
    a->broken = false;
    a->error = 0;
    a->len = 0;
    bool image = strncmp(path, DEVICE_API_IMAGES, sizeof DEVICE_API_IMAGES - 1) == 0;
    s->asked_challenge += strcmp(path, DEVICE_API_CHALLENGE) == 0;
    s->asked_attest += strcmp(path, DEVICE_API_ATTEST) == 0;
    s->asked_check += strcmp(path, DEVICE_API_CHECK) == 0;
    s->asked_events += strcmp(path, DEVICE_API_EVENTS) == 0;
    s->asked_image += image;
    if (s->fail_path && s->fail_times && strncmp(path, s->fail_path, strlen(s->fail_path)) == 0) {
        s->fail_times--;
        if (s->fail_status == -1)
            writer_bytes(&w, "garbage that is no message", 26);
        else if (s->fail_status == -2)
            a->broken = true;
        else if (s->fail_status == -3)
            a->error = E_TIMEOUT;
        else if (s->fail_status == -4)
            a->error = E_DENIED;
        else if (s->fail_status == -5)
            a->error = E_LIMIT;
        else
            a->status = s->fail_status;
    } else if (strcmp(path, DEVICE_API_CHALLENGE) == 0) {
        uint8_t nonce[DEVICE_API_NONCE_BYTES] = {1};
        cbor_put_map(&w, 2);
        cbor_put_uint(&w, 1);
        cbor_put_bytes(&w, nonce, sizeof nonce);
        cbor_put_uint(&w, 2);
        cbor_put_uint(&w, 300);
    } else if (strcmp(path, DEVICE_API_ATTEST) == 0) {
        answer_attest(s, body, &w);
    } else if (strcmp(path, DEVICE_API_CHECK) == 0) {
        answer_check(s, body, &w);
    } else if (strcmp(path, DEVICE_API_EVENTS) == 0) {
        take_events(s, body);
        a->status = 204;
    } else if (image) {
        answer_image(s, path + sizeof DEVICE_API_IMAGES - 1, range_from, a);
        return;
    } else {
        a->status = 404;
    }
    a->len = w.len;
}

static struct fake_service *asked_last;

int fake_service_run_at(const char *address, struct http_exchange *x)
{
    static char path[128];
    static const char prefix[] = "https://cache.example";
    struct fake_service *s = asked_last;
    bool moves = s->moves;
    if (strncmp(address, prefix, sizeof prefix - 1) != 0 || strlen(address) >= sizeof path)
        abort();
    s->asked_elsewhere++;
    x->status = 0;
    if (s->elsewhere_error < 0)
        return s->elsewhere_error;
    if (s->elsewhere_error) {
        x->status = s->elsewhere_error;
        return 0;
    }
    snprintf(path, sizeof path, "%s", address + sizeof prefix - 1);
    x->path = path;
    s->moves = false;
    s->lies = s->elsewhere_lies;
    int err = fake_service_run(s, x);
    s->moves = moves;
    s->lies = false;
    return err;
}

int fake_service_run(void *context, struct http_exchange *x)
{
    static struct fake_answer a; /* the worker's thread alone */
    asked_last = context;
    const char *query = strchr(x->path, '?');
    x->location[0] = '\0';
    if (query && asked_last->moves && strcmp(query, DEVICE_API_ELSEWHERE) == 0) {
        x->status = 307;
        snprintf(x->location, sizeof x->location, "https://cache.example%.*s", (int)(query - x->path), x->path);
        return 0;
    }
    fake_service_answer(context, x->path, x->body, x->ranged ? x->range_from : 0, &a);
    x->retry_after_s = 0;
    x->status = 0;
    if (a.error)
        return a.error;
    if (a.broken && a.len == 0)
        return E_NETWORK;
    x->status = a.status;
    if (x->sink && a.status >= 200 && a.status < 300) {
        for (size_t done = 0; done < a.len; done += 5000) { /* not the blocks of the monitor */
            size_t n = a.len - done < 5000 ? a.len - done : 5000;
            int err = x->sink(x->sink_context, span_of(a.body + done, n));
            if (err)
                return err;
        }
    } else {
        writer_bytes(&x->body_room, a.body, a.len);
        if (x->body_room.err)
            return E_LIMIT;
    }
    return a.broken ? E_NETWORK : 0;
}
