/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/api/harness_test.h"

#include <event2/event.h>
#include <ftw.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base64.h"
#include "lib/image.h"
#include "service/ipc/audit_ops.h"
#include "service/ipc/authority_ops.h"
#include "service/ipc/dump_ops.h"
#include "service/ipc/issuer_ops.h"
#include "service/ipc/process.h"
#include "service/sandbox/sandbox.h"
#include "tests/check.h"

static struct {
    char folder[64];
    struct event_base *base;
    pid_t store, process; /* process: of the api, when it is one of its own */
    bool separate;
    int store_fd;
    int daa, ota, reports; /* our ends, to ask the store as others do */
    struct api api;
    struct channel *front, *served, *issuer;
    int issuer_error;
    bool issuer_holds;
    struct channel_request *issuer_held;
    EVP_PKEY *key;
    struct harness_answer answer;
    bool answered;
    const char *name;
} h = {.name = "olga"};

#define BASE "https://service.test:8443"

/* -- the issuer that is played ------------------------------------------------- */

static struct span certificate_make(const char *name, uint8_t der[static 2048])
{
    X509 *x = X509_new();
    REQUIRE(x != NULL);
    X509_set_version(x, 2);
    BIGNUM *serial = NULL;
    REQUIRE(BN_hex2bn(&serial, "0A1B2C3D4E5F60718293A4B5C6D7E8F9") != 0);
    BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(x));
    BN_free(serial);
    X509_gmtime_adj(X509_getm_notBefore(x), 0);
    X509_gmtime_adj(X509_getm_notAfter(x), 86400);
    X509_set_pubkey(x, h.key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                               (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    REQUIRE(X509_sign(x, h.key, EVP_sha256()) > 0);
    unsigned char *at = der;
    int len = i2d_X509(x, NULL);
    REQUIRE(len > 0 && len <= 2048);
    i2d_X509(x, &at);
    X509_free(x);
    return span_of(der, (size_t)len);
}

static void leaf_answer(struct channel_request *request, const char *name)
{
    static uint8_t der[2048], bytes[4096];
    struct issuer_certificates reply = {.count = 1, .not_before_s = 1, .not_after_s = 2};
    reply.der[0] = certificate_make(name, der);
    struct writer w = writer_of(bytes, sizeof bytes);
    int err = issuer_certificates_write(&reply, &w);
    channel_reply(request, h.issuer_error ? h.issuer_error : err, h.issuer_error ? span_of(NULL, 0) : writer_view(&w));
}

/* Two CAs: the next one waits. */
static void issuer_answer(struct channel_request *request, const char *name)
{
    static const uint8_t serial[] = {0x0a, 0x1b, 0x2c, 0x3d, 0x4e, 0x5f, 0x60, 0x71,
                                     0x82, 0x93, 0xa4, 0xb5, 0xc6, 0xd7, 0xe8, 0xf9};
    static uint8_t der[2][2048], root[2048], bytes[16384];
    struct issuer_authorities reply = {.root = certificate_make("Root", root), .count = 2};
    for (uint32_t i = 0; i < 2; i++) {
        struct issuer_authority *a = &reply.at[i];
        a->status = i ? ISSUER_CA_ACTIVE : ISSUER_CA_INACTIVE;
        a->certificate = a->anchor = certificate_make(name, der[i]);
        memcpy(a->anchor_serial, serial, sizeof serial);
        memcpy(a->serial, serial, sizeof serial);
        a->anchor_serial[0] = (uint8_t)(i ? 0x0a : 0x0b);
        a->serial[0] = (uint8_t)(i ? 0x1a : 0x1b);
    }
    struct writer w = writer_of(bytes, sizeof bytes);
    int err = record_write(&issuer_authorities_type, &reply, &w);
    channel_reply(request, h.issuer_error ? h.issuer_error : err, h.issuer_error ? span_of(NULL, 0) : writer_view(&w));
}

static void on_catalog(void *context, struct channel_request *request, struct span payload)
{
    struct issuer_catalog_request ask;
    (void)context;
    REQUIRE(issuer_catalog_request_parse(payload, &ask) == 0);
    if (h.issuer_holds) {
        h.issuer_holds = false;
        h.issuer_held = request;
        return;
    }
    issuer_answer(request, "Catalog");
}

static void on_possession(void *context, struct channel_request *request, struct span payload)
{
    struct issuer_possession_request ask;
    char name[128] = "";
    (void)context;
    REQUIRE(issuer_possession_request_parse(payload, &ask) == 0);
    memcpy(name, ask.code.at, ask.code.len);
    leaf_answer(request, name);
}

static void on_capability(void *context, struct channel_request *request, struct span payload)
{
    struct issuer_capability_request ask;
    (void)context;
    REQUIRE(issuer_capability_request_parse(payload, &ask) == 0);
    channel_reply(request, 0, span_of("capability", 10));
}

/* The key of one dump, to nobody in particular. */
static void on_dump(void *context, struct channel_request *request, struct span payload)
{
    struct issuer_dump_open ask;
    static const uint8_t key[2 * CRASH_DUMP_KEY_BYTES] = {4, [CRASH_DUMP_KEY_BYTES] = 5}; /* by the key of now, and by a former one */
    (void)context;
    REQUIRE(record_parse(&issuer_dump_open_type, payload, &ask) == 0);
    channel_reply(request, h.issuer_error, h.issuer_error ? span_of(NULL, 0) : span_of(key, sizeof key));
}

static void on_checkpoint(void *context, struct channel_request *request, struct span payload)
{
    struct issuer_audit_head head;
    struct issuer_checkpoint reply = {.time_ms = 1700000000000, .signature = {5}};
    uint8_t bytes[128];
    struct writer w = writer_of(bytes, sizeof bytes);
    (void)context;
    REQUIRE(record_parse(&issuer_audit_head_type, payload, &head) == 0);
    REQUIRE(record_write(&issuer_checkpoint_type, &reply, &w) == 0);
    /* of numbers that end in 9 it has no seal, those that end in 8 are too young */
    int err = head.sequence % 10 == 9 ? E_NOT_FOUND : head.sequence % 10 == 8 ? E_STATE : 0;
    channel_reply(request, err, err ? span_of(NULL, 0) : writer_view(&w));
}

static const struct channel_operation issuer_operations[] = {
    {ISSUER_OP_AUDIT_CHECKPOINT, "AUDIT_CHECKPOINT", 64, on_checkpoint},
    {ISSUER_OP_DUMP_OPEN, "DUMP_OPEN", 1024, on_dump},
    {ISSUER_OP_CATALOG_CREATE, "CATALOG_CREATE", 1024, on_catalog},
    {ISSUER_OP_CATALOG_LIST, "CATALOG_LIST", 1024, on_catalog},
    {ISSUER_OP_CATALOG_RENEW, "CATALOG_RENEW", 1024, on_catalog},
    {ISSUER_OP_PROVE_POSSESSION, "PROVE_POSSESSION", 1024, on_possession},
    {ISSUER_OP_SIGN_CAPABILITY, "SIGN_CAPABILITY", 1024, on_capability},
};

void harness_issuer_fails(bool fails) { h.issuer_error = fails ? E_IO : 0; }
void harness_issuer_busy(bool busy) { h.issuer_error = busy ? E_BUSY : 0; }
void harness_issuer_holds(void) { h.issuer_holds = true; }

void harness_jobs_look(void)
{
    api_jobs_look(&h.api);
    do
        event_base_loop(h.base, EVLOOP_ONCE);
    while (h.api.looking);
}

uint64_t harness_holds(void) { return h.api.holds; }

void harness_issuer_lets_go(void)
{
    REQUIRE(h.issuer_held != NULL);
    issuer_answer(h.issuer_held, "Catalog");
    h.issuer_held = NULL;
}

/* -- processes ------------------------------------------------------------------- */

static void on_request(void *context, struct channel_request *request, struct span payload)
{
    api_request(context, request, payload);
}

static const struct channel_operation front_operations[] = {
    {HTTP_OP_REQUEST, "REQUEST", CHANNEL_PAYLOAD_MAX, on_request},
};

static void pair(int fd[2])
{
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == 0);
}

static void store_start(void)
{
    static volatile int stopping;
    static const struct service_config config = {.owner = "olga"};
    int api[2], daa[2], ota[2], reports[2];
    pair(api);
    pair(daa);
    pair(ota);
    pair(reports);
    h.store = fork();
    REQUIRE(h.store >= 0);
    if (h.store == 0) {
        close(api[0]);
        close(daa[0]);
        close(ota[0]);
        close(reports[0]);
        struct process self = {
            .id = PROCESS_STORE, .data = h.folder, .config = &config, .base = event_base_new(),
            .listen_fd = -1, .stopping = &stopping,
            .allow_unconfined = SANDBOX_PART_UID, /* a test may run as root */
        };
        for (int i = 0; i < PROCESS_COUNT; i++)
            self.peer_fd[i] = -1;
        self.peer_fd[PROCESS_API] = api[1];
        self.peer_fd[PROCESS_DAA] = daa[1];
        self.peer_fd[PROCESS_OTA] = ota[1];
        self.peer_fd[PROCESS_REPORTS] = reports[1];
        _exit(store_run(&self));
    }
    close(api[1]);
    close(daa[1]);
    close(ota[1]);
    close(reports[1]);
    h.daa = daa[0];
    h.ota = ota[0];
    h.reports = reports[0];
    h.store_fd = api[0];
    if (h.separate)
        return;
    h.api.store = channel_new(h.base, api[0], NULL, 0, NULL, NULL);
    REQUIRE(h.api.store != NULL);
}

/* api_run() as the supervisor would start it, confined. */
static void process_start(const int front_pair[2], const int issuer_pair[2])
{
    static volatile int stopping;
    static const struct service_config config = {.base_url = BASE "/"};
    int front = front_pair[1], issuer = issuer_pair[0];
    h.process = fork();
    REQUIRE(h.process >= 0);
    if (h.process == 0) {
        close(front_pair[0]);
        close(issuer_pair[1]);
        close(h.daa);
        close(h.ota);
        close(h.reports);
        struct process self = {
            .id = PROCESS_API, .data = h.folder, .config = &config, .base = event_base_new(),
            .listen_fd = -1, .stopping = &stopping, .allow_unconfined = SANDBOX_PART_UID,
        };
        for (int i = 0; i < PROCESS_COUNT; i++)
            self.peer_fd[i] = -1;
        self.peer_fd[PROCESS_FRONT] = front;
        self.peer_fd[PROCESS_STORE] = h.store_fd;
        self.peer_fd[PROCESS_ISSUER] = issuer;
        _exit(api_run(&self));
    }
    close(front);
    close(issuer);
    close(h.store_fd);
}

static void store_stop(void)
{
    struct channel *asked = h.api.store;
    h.api.store = NULL;
    channel_free(asked);
    close(h.daa);
    close(h.ota);
    close(h.reports);
    int status;
    REQUIRE(kill(h.store, SIGKILL) == 0 && waitpid(h.store, &status, 0) == h.store);
}

void harness_store_restart(void)
{
    store_stop();
    store_start();
}

void harness_start(bool separate)
{
    int front[2], issuer[2];
    h.separate = separate;
    signal(SIGPIPE, SIG_IGN);
    strcpy(h.folder, "/tmp/perisphere-api-XXXXXX");
    REQUIRE(mkdtemp(h.folder) != NULL);
    h.base = event_base_new();
    h.key = EVP_EC_gen("P-256");
    REQUIRE(h.base && h.key);
    h.api.base_url = BASE;
    store_start();
    pair(front);
    pair(issuer);
    if (separate)
        process_start(front, issuer);
    h.front = channel_new(h.base, front[0], NULL, 0, NULL, NULL);
    h.issuer = channel_new(h.base, issuer[1], issuer_operations,
                           sizeof issuer_operations / sizeof issuer_operations[0], NULL, NULL);
    REQUIRE(h.front && h.issuer);
    if (separate)
        return;
    h.served = channel_new(h.base, front[1], front_operations, 1, &h.api, NULL);
    h.api.issuer = channel_new(h.base, issuer[0], NULL, 0, NULL, NULL);
    REQUIRE(h.served && h.api.issuer);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

void harness_stop(void)
{
    json_decref(h.answer.json);
    channel_free(h.front);
    if (h.separate) { /* its peer is gone: it ends by itself */
        int status;
        event_base_loop(h.base, EVLOOP_NONBLOCK); /* libevent closes a freed socket in its loop */
        REQUIRE(waitpid(h.process, &status, 0) == h.process);
        REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    store_stop();
    channel_free(h.served);
    struct channel *asked = h.api.issuer;
    h.api.issuer = h.api.store = NULL;
    channel_free(asked);
    channel_free(h.issuer);
    event_base_free(h.base);
    EVP_PKEY_free(h.key);
    nftw(h.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int harness_store(uint16_t operation, struct span payload, uint8_t *reply, size_t cap, size_t *len)
{
    uint8_t *bytes;
    int fd = operation <= STORE_OP_ATTEST_RECORD ? h.daa : operation == STORE_OP_REPORT_ADD || operation == STORE_OP_DUMP_ADD ||
                     operation == STORE_OP_DUMP_CONSENT ? h.reports : h.ota;
    int err = channel_call_blocking(fd, operation, payload, &bytes, len);
    if (!err && *len <= cap && *len)
        memcpy(reply, bytes, *len);
    free(bytes);
    return err;
}

void harness_as(const char *name) { h.name = name; }

/* -- requests ------------------------------------------------------------------------ */

static void on_answer(void *context, int status, struct span payload)
{
    struct http_response response;
    (void)context;
    h.answered = true;
    h.answer.channel = status;
    if (status)
        return;
    REQUIRE(http_response_parse(payload, &response) == 0);
    h.answer.status = response.status;
    h.answer.retry_after_s = response.retry_after_s;
    memcpy(h.answer.async_operation, response.async_operation.at ? response.async_operation.at : (const uint8_t *)"",
           response.async_operation.len);
    memcpy(h.answer.location, response.location.at ? response.location.at : (const uint8_t *)"", response.location.len);
    if (response.body.len && response.content_type.len > 5 && memcmp(response.content_type.at, "text/", 5) == 0) {
        REQUIRE(response.body.len < sizeof h.answer.text);
        memcpy(h.answer.text, response.body.at, response.body.len);
    } else if (response.body.len) {
        h.answer.json = json_loadb((const char *)response.body.at, response.body.len, JSON_REJECT_DUPLICATES, NULL);
        REQUIRE(h.answer.json != NULL);
    }
}

static enum route_method method_of(const char *text)
{
    static const char *const names[] = {"GET", "PUT", "PATCH", "POST", "DELETE", "HEAD"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(text, names[i]) == 0)
            return (enum route_method)i;
    REQUIRE(!"a method");
    return ROUTE_GET;
}

static void encode_spaces(const char *from, char *to, size_t cap)
{
    size_t n = 0;
    for (; *from && n + 4 < cap; from++) {
        if (*from == ' ')
            n += (size_t)snprintf(to + n, cap - n, "%%20");
        else
            to[n++] = *from;
    }
    to[n] = '\0';
}

const struct harness_answer *harness_request_bytes(const char *method, const char *path,
                                                   const void *body, size_t len)
{
    static struct route_match match;
    char target[8192];
    struct http_request http = {.identity = HTTP_IDENTITY_OPERATOR, .identity_serial = {1}};
    if (strncmp(path, BASE, strlen(BASE)) == 0)
        path += strlen(BASE);
    encode_spaces(path, target, sizeof target);
    char *query = strchr(target, '?');
    if (query)
        *query++ = '\0';
    else
        query = target + strlen(target);
    json_decref(h.answer.json);
    h.answer = (struct harness_answer){0};
    h.answered = false;
    int err = route_find(method_of(method), span_of(target, strlen(target)), &match);
    if (err) {
        h.answer.status = match.path_known ? 405 : 404;
        return &h.answer;
    }
    http.route = (uint16_t)(match.route - route_table);
    http.identity_name = span_of(h.name, strlen(h.name));
    http.param_count = match.param_count;
    for (uint16_t i = 0; i < match.param_count; i++)
        http.param[i] = span_of(match.param[i], strlen(match.param[i]));
    bool bare = strchr(path, '?') == NULL;
    http.query = bare ? span_of("api-version=2024-04-01", 22) : span_of(query, strlen(query));
    http.request_id = span_of("test", 4);
    http.body = span_of(body, len);
    size_t cap = http_request_bytes(&http);
    uint8_t *bytes = malloc(cap);
    REQUIRE(bytes != NULL);
    struct writer w = writer_of(bytes, cap);
    REQUIRE(http_request_write(&http, &w) == 0);
    REQUIRE(channel_call(h.front, HTTP_OP_REQUEST, writer_view(&w), on_answer, NULL) == 0);
    free(bytes);
    while (!h.answered)
        event_base_loop(h.base, EVLOOP_ONCE);
    return &h.answer;
}

const struct harness_answer *harness_request(const char *method, const char *path, const char *body)
{
    return harness_request_bytes(method, path, body, body ? strlen(body) : 0);
}

/* -- images ---------------------------------------------------------------------------- */

size_t harness_package(uint16_t type, uint8_t component, uint8_t image, uint8_t filling, size_t body_len,
                       uint8_t *to, size_t cap)
{
    struct image_meta meta = {.type = type, .signing_type = IMAGE_SIGNING_ECDSA256, .has_debug = true,
                              .built_s = 1, .name = "test_image"};
    meta.component[0] = component;
    meta.component[15] = 1;
    meta.id[0] = image;
    meta.id[15] = 1;
    struct writer w = writer_of(to, cap);
    if (type == 2 && body_len > 20) { /* a root of trust on a host is a program: this one of x86-64 */
        writer_bytes(&w, "\177ELF\2\1\1", 7);
        writer_zero(&w, 9);
        writer_bytes(&w, "\3\0\x3e\0", 4);
    }
    while (w.len < body_len)
        writer_u8(&w, filling);
    REQUIRE(image_meta_write(&w, &meta) == 0);
    writer_zero(&w, IMAGE_SIGNATURE_BYTES);
    REQUIRE(w.err == 0);
    return w.len;
}

char *harness_image_body(uint16_t type, uint8_t component, uint8_t image, uint8_t filling, size_t body_len)
{
    size_t cap = body_len + 1024;
    uint8_t *package = malloc(cap);
    REQUIRE(package != NULL);
    size_t len = harness_package(type, component, image, filling, body_len, package, cap);
    char *body = malloc(base64_encoded_bytes(len) + 64);
    REQUIRE(body != NULL);
    strcpy(body, "{\"properties\":{\"image\":\"");
    size_t at = strlen(body);
    struct writer w = writer_of(body + at, base64_encoded_bytes(len));
    base64_encode(span_of(package, len), &w);
    REQUIRE(w.err == 0);
    strcpy(body + at + w.len, "\"}}");
    free(package);
    return body;
}
