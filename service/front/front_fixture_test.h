/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests of front: a real front process, confined, over loopback, with certificates of every kind that it
 * meets; behind it a backend that answers what it was asked; and a client.
 */
#ifndef PERI_SERVICE_FRONT_FRONT_FIXTURE_TEST_H
#define PERI_SERVICE_FRONT_FRONT_FIXTURE_TEST_H

#include <arpa/inet.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "service/api/routes.h"
#include "service/ipc/process.h"
#include "service/sandbox/sandbox.h"
#include "tests/check.h"

enum { STREAM_BYTES = 3000000, WAIT_MS = 20000, CONNECTIONS_MAX = 24 };

static char top[64];
static uint16_t port;
static pid_t front_pid, backend_pid;

/* -- certificates -------------------------------------------------------- */

struct pair {
    X509 *certificate;
    EVP_PKEY *key;
};

static const char *client_groups; /* NULL: OpenSSL's own */
static const char *client_protocols; /* ALPN, each with its length in front; NULL: none */
static struct pair root, operator_ca, os_ca, update_ca, catalog_ca, server, foreign_root;
static struct pair op, os, update, application, expired, self_signed, foreign, late, wrong_name;

static void extension(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    REQUIRE(e && X509_add_ext(x, e, -1) == 1);
    X509_EXTENSION_free(e);
}

static struct pair pair_make(const char *cn, const struct pair *issuer, bool ca, const char *usage,
                             long from_s, long to_s)
{
    static long serial = 1;
    struct pair p = {X509_new(), EVP_EC_gen("P-256")};
    X509_NAME *name = X509_NAME_new();
    REQUIRE(p.certificate && p.key && name);
    ASN1_STRING *text = ASN1_STRING_type_new(V_ASN1_UTF8STRING);
    ASN1_STRING_set(text, cn, -1);
    X509_NAME_ENTRY *entry = X509_NAME_ENTRY_create_by_NID(NULL, NID_commonName, V_ASN1_UTF8STRING,
                                                           (const unsigned char *)"x", 1);
    X509_NAME_ENTRY_set_data(entry, V_ASN1_UTF8STRING, ASN1_STRING_get0_data(text),
                             ASN1_STRING_length(text));
    X509_NAME_add_entry(name, entry, -1, 0);
    X509_NAME_ENTRY_free(entry);
    ASN1_STRING_free(text);
    X509_set_version(p.certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(p.certificate), serial++);
    X509_gmtime_adj(X509_getm_notBefore(p.certificate), from_s);
    X509_gmtime_adj(X509_getm_notAfter(p.certificate), to_s);
    X509_set_subject_name(p.certificate, name);
    X509_NAME_free(name);
    X509 *by = issuer ? issuer->certificate : p.certificate;
    X509_set_issuer_name(p.certificate, X509_get_subject_name(by));
    X509_set_pubkey(p.certificate, p.key);
    if (ca) {
        extension(p.certificate, by, NID_basic_constraints, "critical,CA:TRUE");
        extension(p.certificate, by, NID_key_usage, "critical,keyCertSign");
    }
    if (usage)
        extension(p.certificate, by, NID_ext_key_usage, usage);
    REQUIRE(X509_sign(p.certificate, issuer ? issuer->key : p.key, EVP_sha256()) > 0);
    return p;
}

static void pem_write(const char *name, const struct pair *p, bool key)
{
    char path[160];
    snprintf(path, sizeof path, "%s/front/%s", top, name);
    FILE *f = fopen(path, "w");
    REQUIRE(f != NULL);
    REQUIRE(key ? PEM_write_PrivateKey(f, p->key, NULL, NULL, 0, NULL, NULL)
                : PEM_write_X509(f, p->certificate));
    fclose(f);
}

static char device_id[129];

static void certificates_make(void)
{
    const long day = 86400;
    for (int i = 0; i < 128; i++)
        device_id[i] = "0123456789abcdef"[i * 7 % 16];
    root = pair_make("root", NULL, true, NULL, -day, day);
    foreign_root = pair_make("root", NULL, true, NULL, -day, day); /* same name, another key */
    operator_ca = pair_make("operators", &root, true, NULL, -day, day);
    os_ca = pair_make("os", &root, true, NULL, -day, day);
    update_ca = pair_make("update", &root, true, NULL, -day, day);
    catalog_ca = pair_make("catalog", &root, true, NULL, -day, day);
    server = pair_make("localhost", &root, false, "serverAuth", -day, day);
    op = pair_make("ada", &operator_ca, false, "clientAuth", -day, day);
    os = pair_make(device_id, &os_ca, false, "clientAuth", -day, day);
    update = pair_make(device_id, &update_ca, false, "clientAuth", -day, day);
    application = pair_make(device_id, &catalog_ca, false, "clientAuth", -day, day);
    expired = pair_make("ada", &operator_ca, false, "clientAuth", -2 * day, -day);
    late = pair_make("ada", &operator_ca, false, "clientAuth", day, 2 * day);
    self_signed = pair_make("ada", NULL, false, "clientAuth", -day, day);
    foreign = pair_make("ada", &foreign_root, false, "clientAuth", -day, day);
    wrong_name = pair_make("not a device id", &os_ca, false, "clientAuth", -day, day);
    pem_write("cert.pem", &server, false);
    pem_write("key.pem", &server, true);
    pem_write("anchors/root.pem", &root, false);
    pem_write("anchors/operator.pem", &operator_ca, false);
    pem_write("anchors/os.pem", &os_ca, false);
    pem_write("anchors/update-only.pem", &update_ca, false);
}

static void certificates_free(void)
{
    struct pair *all[] = {&root, &operator_ca, &os_ca, &update_ca, &catalog_ca, &server, &foreign_root,
                          &op, &os, &update, &application, &expired, &self_signed, &foreign, &late,
                          &wrong_name};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        X509_free(all[i]->certificate);
        EVP_PKEY_free(all[i]->key);
    }
}

/* -- the backend --------------------------------------------------------- */

static struct event_base *backend_base;
static struct channel_request *held;

static uint8_t stream_byte(uint64_t offset) { return (uint8_t)(offset * 31 ^ offset >> 8); }

static void answer_held(evutil_socket_t fd, short what, void *context)
{
    struct http_response r = {.status = 200, .content_type = span_of("text/plain", 10),
                              .body = span_of("held", 4)};
    (void)fd;
    (void)what;
    (void)context;
    http_reply(held, &r);
    held = NULL;
}

static bool has(struct span s, const char *text)
{
    return s.len >= strlen(text) && memmem(s.at, s.len, text, strlen(text)) != NULL;
}

static void backend_request(void *context, struct channel_request *request, struct span payload)
{
    struct http_request q;
    char text[1024];
    (void)context;
    if (http_request_parse(payload, &q) != 0)
        _exit(9);
    if (has(q.query, "hold")) {
        struct timeval soon = {0, 400000};
        held = request;
        event_base_once(backend_base, -1, EV_TIMEOUT, answer_held, NULL, &soon);
        return;
    }
    if (has(q.query, "never"))
        return; /* leaks on purpose: the deadline must answer */
    if (has(q.query, "busy")) {
        channel_reply(request, E_BUSY, span_of(NULL, 0));
        return;
    }
    if (has(q.query, "broken")) {
        channel_reply(request, 0, span_of("xx", 2));
        return;
    }
    if (q.route == ROUTE_ID_Update_Image) {
        struct http_response r = {.status = q.range.len ? 206 : 200,
                                  .content_type = span_of("application/octet-stream", 24),
                                  .stream_length = STREAM_BYTES, .stream_token = {42}};
        if (q.range.len) {
            r.stream_offset = 1000;
            r.stream_length = 500;
            r.content_range = span_of("bytes 1000-1499/3000000", 23);
        }
        http_reply(request, &r);
        return;
    }
    int len = snprintf(text, sizeof text, "%s|%u|%.*s|%u|%.*s|%.*s|%zu|%02x", route_table[q.route].id,
                       q.identity, (int)q.identity_name.len, (const char *)q.identity_name.at,
                       q.param_count, (int)q.param[0].len,
                       q.param_count ? (const char *)q.param[0].at : "", (int)q.query.len,
                       (const char *)q.query.at, q.body.len, q.body.len ? q.body.at[0] : 0);
    struct http_response r = {.status = 200, .content_type = span_of("text/plain", 10),
                              .body = span_of(text, (size_t)len)};
    if (has(q.query, "file")) {
        r.etag = span_of("\"f1\"", 4);
        r.cache_control = span_of("public, max-age=9", 17);
    }
    http_reply(request, &r);
}

static void backend_pull(void *context, struct channel_request *request, struct span payload)
{
    struct http_pull p;
    static uint8_t bytes[HTTP_PULL_MAX];
    (void)context;
    if (http_pull_parse(payload, &p) != 0 || p.token[0] != 42)
        _exit(9);
    if (p.length > STREAM_BYTES - p.offset) /* what is asked for may end behind it */
        p.length = (uint32_t)(STREAM_BYTES - p.offset);
    for (uint32_t i = 0; i < p.length; i++)
        bytes[i] = stream_byte(p.offset + i);
    channel_reply(request, 0, span_of(bytes, p.length));
}

static void backend_closed(void *context, struct channel *channel)
{
    (void)context;
    (void)channel;
    event_base_loopexit(backend_base, NULL);
}

static int backend_run(const int fd[PROCESS_COUNT])
{
    static const struct channel_operation operations[] = {
        {HTTP_OP_REQUEST, "request", CHANNEL_PAYLOAD_MAX, backend_request},
        {HTTP_OP_PULL, "pull", 64, backend_pull},
    };
    backend_base = event_base_new();
    for (int i = 0; i < PROCESS_COUNT; i++)
        if (fd[i] >= 0)
            (void)channel_new(backend_base, fd[i], operations, 2, NULL, backend_closed);
    event_base_dispatch(backend_base);
    return 0;
}

/* -- the front ----------------------------------------------------------- */

static volatile int stopping;
static void on_term(int number) { (void)number; stopping = 1; }

static void start(void)
{
    int far[PROCESS_COUNT], ready[2], log_fd;
    char path[128];
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof any;
    struct service_config config = {.base_url = "https://localhost", .connections_max = CONNECTIONS_MAX,
                                    .header_timeout_s = 1, .request_timeout_s = 2,
                                    .idle_timeout_s = 5, .drain_s = 3};
    struct process self = {.id = PROCESS_FRONT, .data = top, .config = &config, .stopping = &stopping,
                           .allow_unconfined = geteuid() == 0 ? SANDBOX_PART_UID : 0};
    self.listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    REQUIRE(bind(self.listen_fd, (struct sockaddr *)&any, sizeof any) == 0 &&
            listen(self.listen_fd, 64) == 0 &&
            getsockname(self.listen_fd, (struct sockaddr *)&any, &len) == 0);
    port = ntohs(any.sin_port);
    for (int i = 0; i < PROCESS_COUNT; i++) {
        int pair[2] = {-1, -1};
        if (i == PROCESS_API || i == PROCESS_DAA || i == PROCESS_OTA || i == PROCESS_REPORTS)
            REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
        self.peer_fd[i] = pair[0];
        far[i] = pair[1];
    }
    REQUIRE(pipe(ready) == 0);
    snprintf(path, sizeof path, "%s/log", top);
    log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    REQUIRE(log_fd >= 0);
    backend_pid = fork();
    if (backend_pid == 0) {
        for (int i = 0; i < PROCESS_COUNT; i++)
            if (self.peer_fd[i] >= 0)
                close(self.peer_fd[i]);
        close(self.listen_fd);
        close(ready[1]);
        _exit(backend_run(far));
    }
    front_pid = fork();
    if (front_pid == 0) {
        signal(SIGPIPE, SIG_IGN);
        signal(SIGTERM, on_term);
        dup2(ready[1], 1);
        dup2(log_fd, 2);
        close(ready[0]);
        for (int i = 0; i < PROCESS_COUNT; i++)
            if (far[i] >= 0)
                close(far[i]);
        self.base = event_base_new();
        int code = front_run(&self);
        event_base_free(self.base);
        _exit(code);
    }
    for (int i = 0; i < PROCESS_COUNT; i++) {
        if (far[i] >= 0) {
            close(far[i]);
            close(self.peer_fd[i]);
        }
    }
    close(self.listen_fd);
    close(ready[1]);
    close(log_fd);
    char line[128] = "";
    REQUIRE(read(ready[0], line, sizeof line - 1) > 0);
    REQUIRE(strstr(line, "perisphered: ready on https://localhost") != NULL);
    close(ready[0]);
}

/* -- a client ------------------------------------------------------------ */

struct client {
    int fd;
    SSL_CTX *ctx;
    SSL *ssl;
    SSL_SESSION *session;
};

static int tcp_open(void)
{
    struct timeval limit = {WAIT_MS / 1000, 0};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static SSL_SESSION *kept;

static int session_keep(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    SSL_SESSION_free(kept);
    kept = session;
    return 1;
}

static bool client_open_as(struct client *c, const struct pair *who, int version, SSL_SESSION *session)
{
    memset(c, 0, sizeof *c);
    c->ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(c->ctx, version);
    if (client_groups)
        REQUIRE(SSL_CTX_set1_groups_list(c->ctx, client_groups) == 1);
    if (client_protocols)
        REQUIRE(SSL_CTX_set_alpn_protos(c->ctx, (const unsigned char *)client_protocols, (unsigned)strlen(client_protocols)) == 0);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(c->ctx), root.certificate);
    SSL_CTX_set_verify(c->ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_session_cache_mode(c->ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(c->ctx, session_keep);
    if (who)
        REQUIRE(SSL_CTX_use_certificate(c->ctx, who->certificate) == 1 &&
                SSL_CTX_use_PrivateKey(c->ctx, who->key) == 1);
    if (who == &application) /* the service need not know a catalog's CA beforehand */
        SSL_CTX_add1_chain_cert(c->ctx, catalog_ca.certificate);
    c->ssl = SSL_new(c->ctx);
    c->fd = tcp_open();
    SSL_set_fd(c->ssl, c->fd);
    if (session)
        SSL_set_session(c->ssl, session);
    return SSL_connect(c->ssl) == 1;
}

static void client_close(struct client *c)
{
    SSL_shutdown(c->ssl); /* or OpenSSL would not resume the session */
    SSL_free(c->ssl);
    SSL_CTX_free(c->ctx);
    close(c->fd);
    ERR_clear_error();
}

static void client_send(struct client *c, const char *text)
{
    (void)!SSL_write(c->ssl, text, (int)strlen(text));
}

/* Reads one answer: status, and its text; 0 when the connection ended first. */
static char answer[16384];
static uint8_t *answer_body;
static size_t answer_bytes;

static int client_read(struct client *c, bool head_only)
{
    size_t len = 0, length = 0;
    char *end = NULL;
    free(answer_body);
    answer_body = NULL;
    answer_bytes = 0;
    while (!end) {
        if (len == sizeof answer - 1 || SSL_read(c->ssl, answer + len, 1) != 1)
            return 0;
        answer[++len] = '\0';
        end = len >= 4 && memcmp(answer + len - 4, "\r\n\r\n", 4) == 0 ? answer + len : NULL;
    }
    int status = atoi(answer + 9);
    char *at = strcasestr(answer, "\r\nContent-Length: ");
    if (at && !head_only)
        length = strtoul(at + 18, NULL, 10);
    answer_body = calloc(1, length + 1);
    while (answer_bytes < length) {
        int n = SSL_read(c->ssl, answer_body + answer_bytes, (int)(length - answer_bytes));
        if (n <= 0)
            return 0;
        answer_bytes += (size_t)n;
    }
    return status;
}

static bool client_ended(struct client *c)
{
    char byte;
    return SSL_read(c->ssl, &byte, 1) <= 0;
}

static int ask(const struct pair *who, const char *request)
{
    struct client c;
    REQUIRE(client_open_as(&c, who, 0, NULL));
    client_send(&c, request);
    int status = client_read(&c, strncmp(request, "HEAD", 4) == 0);
    client_close(&c);
    return status;
}

#define CATALOG "/subscriptions/s/resourceGroups/g/providers/Microsoft.AzureSphere/catalogs/c"
#define HOST " HTTP/1.1\r\nHost: localhost\r\n"
#define IMAGE "/update/v1/images/00000000-0000-0000-0000-000000000000"

#endif
