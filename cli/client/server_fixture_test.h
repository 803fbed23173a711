/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For client_test.c and attached_test.c: a service on a loopback port that says what the test
 * wants, with client certificates required (of a device: none), TLS 1.3, and two CAs.  One connection at a
 * time, one request each, in a thread; it stops with server_stop().
 */
#ifndef PERI_CLI_CLIENT_SERVER_FIXTURE_TEST_H
#define PERI_CLI_CLIENT_SERVER_FIXTURE_TEST_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "cli/run_fixture_test.h"

struct identity {
    X509 *certificate;
    EVP_PKEY *key;
};

/* issuer NULL: a CA of its own. */
static inline struct identity identity_make(const char *name, const struct identity *issuer, const char *san)
{
    static long serial;
    struct identity id = {X509_new(), EVP_EC_gen("P-256")};
    REQUIRE(id.certificate && id.key);
    const struct identity *by = issuer ? issuer : &id;
    X509_NAME *subject = X509_get_subject_name(id.certificate);
    REQUIRE(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0) == 1);
    X509_set_version(id.certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(id.certificate), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(id.certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(id.certificate), 86400);
    X509_set_issuer_name(id.certificate, X509_get_subject_name(by->certificate));
    X509_set_pubkey(id.certificate, id.key);
    const struct {
        int nid;
        const char *value;
    } extensions[] = {{NID_basic_constraints, issuer ? "CA:FALSE" : "critical,CA:TRUE"},
                      {NID_subject_alt_name, san}};
    for (size_t i = 0; i < 2 && extensions[i].value; i++) {
        X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, extensions[i].nid, extensions[i].value);
        REQUIRE(extension && X509_add_ext(id.certificate, extension, -1) == 1);
        X509_EXTENSION_free(extension);
    }
    REQUIRE(X509_sign(id.certificate, by->key, EVP_sha256()) > 0);
    return id;
}

static inline void identity_release(struct identity *id)
{
    X509_free(id->certificate);
    EVP_PKEY_free(id->key);
}

static inline void identity_save(const struct identity *id, const char *certificate, const char *key)
{
    FILE *f = fopen(certificate, "w");
    REQUIRE(f && PEM_write_X509(f, id->certificate) == 1);
    fclose(f);
    if (!key)
        return;
    f = fopen(key, "w");
    REQUIRE(f && PEM_write_PrivateKey(f, id->key, NULL, NULL, 0, NULL, NULL) == 1);
    fclose(f);
    REQUIRE(chmod(key, 0600) == 0);
}

/* What the server says, in order of the rows: the first whose method and path fit
 * and that is not used up answers. */
struct answer {
    const char *request; /* "GET /path": begins so */
    const char *head;    /* "200 OK\r\nLocation: ..."; "$" stands for https://127.0.0.1:PORT */
    const char *body;
    int times;           /* 0: always */
    size_t flood;        /* bytes of 'x' in place of the body, no length */
    bool endless;        /* a length that is not kept; with flood: the flood's own */
};

struct server {
    SSL_CTX *ctx;
    int fd;
    unsigned port;
    pthread_t thread;
    atomic_bool stop;
    const struct answer *answers; /* set between requests only; ends with a NULL request */
    int used[64];
    char seen[64][4096]; /* requests: first line, a newline, the body */
    atomic_uint seen_count;
    atomic_uint connections;
};

static inline void server_write(SSL *ssl, const char *text, size_t len)
{
    size_t done;
    while (len && SSL_write_ex(ssl, text, len, &done) == 1)
        text += done, len -= done;
}

static inline void dollar_expand(const struct server *server, const char *from, char *to, size_t cap)
{
    size_t at_byte = 0;
    for (; *from && at_byte + 64 < cap; from++)
        if (*from == '$')
            at_byte += (size_t)snprintf(to + at_byte, cap - at_byte, "https://127.0.0.1:%u", server->port);
        else
            to[at_byte++] = *from;
    to[at_byte] = 0;
}

static inline void server_answer(struct server *server, SSL *ssl, const char *request)
{
    static const struct answer missing = {"", "599 No row in the test", "", 0, 0, false};
    struct answer answer = missing; /* a copy: the test's rows end when its client has what it wants */
    for (int i = 0; server->answers && server->answers[i].request; i++) {
        const struct answer *row = &server->answers[i];
        if (strncmp(request, row->request, strlen(row->request)) != 0 || (row->times && server->used[i] >= row->times))
            continue;
        server->used[i]++;
        answer = *row;
        break;
    }
    static char head[16384], body[16384];
    dollar_expand(server, answer.head, head, sizeof head - 128);
    dollar_expand(server, answer.body ? answer.body : "", body, sizeof body);
    size_t n = strlen(head);
    if (answer.flood && !answer.endless)
        strcpy(head + n, "\r\nConnection: close\r\n\r\n");
    else
        snprintf(head + n, sizeof head - n, "\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n",
                 answer.flood ? answer.flood : answer.endless ? (size_t)1 << 40 : strlen(body));
    char line[64] = "HTTP/1.1 ";
    server_write(ssl, line, strlen(line));
    server_write(ssl, head, strlen(head));
    server_write(ssl, body, strlen(body));
    static char flood[16384];
    memset(flood, 'x', sizeof flood);
    for (size_t left = answer.flood, done; left && SSL_write_ex(ssl, flood, sizeof flood, &done) == 1;)
        left -= left < done ? left : done;
}

/* First line and body of the request. */
static inline bool server_request(SSL *ssl, char *line, size_t cap)
{
    static char all[65536];
    size_t have = 0, got;
    char *end = NULL;
    while (!end && have + 1 < sizeof all && SSL_read_ex(ssl, all + have, sizeof all - 1 - have, &got) == 1) {
        have += got;
        all[have] = 0;
        end = strstr(all, "\r\n\r\n");
    }
    if (!end)
        return false;
    const char *length = strcasestr(all, "\r\nContent-Length:");
    size_t want = length ? strtoul(length + 17, NULL, 10) : 0, head = (size_t)(end - all) + 4;
    while (have - head < want && have + 1 < sizeof all &&
           SSL_read_ex(ssl, all + have, sizeof all - 1 - have, &got) == 1)
        have += got;
    all[have] = 0;
    static char rest[16384]; /* of what is larger; slowly enough to be watched */
    for (size_t done = have - head; done < want && SSL_read_ex(ssl, rest, sizeof rest, &got) == 1; done += got)
        usleep(1000);
    snprintf(line, cap, "%.*s\n%s", (int)strcspn(all, "\r"), all, all + head);
    return true;
}

static inline void *server_run(void *context)
{
    struct server *server = context;
    while (!server->stop) {
        struct pollfd ready = {server->fd, POLLIN, 0};
        if (poll(&ready, 1, 50) != 1)
            continue;
        int fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        struct timeval limit = {10, 0};
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        server->connections++;
        SSL *ssl = SSL_new(server->ctx);
        SSL_set_fd(ssl, fd);
        unsigned n = server->seen_count;
        if (SSL_accept(ssl) == 1 && n < 64 && server_request(ssl, server->seen[n], sizeof server->seen[n])) {
            server->seen_count++;
            server_answer(server, ssl, server->seen[n]);
            SSL_shutdown(ssl);
        }
        SSL_free(ssl);
        close(fd);
    }
    return NULL;
}

/* ca: of the clients, and of the server's own certificate; NULL: clients have none. */
static inline void server_start(struct server *server, const struct identity *own, const struct identity *ca)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    memset(server, 0, sizeof *server);
    signal(SIGPIPE, SIG_IGN);
    server->ctx = SSL_CTX_new(TLS_server_method());
    REQUIRE(server->ctx && SSL_CTX_use_certificate(server->ctx, own->certificate) == 1 &&
            SSL_CTX_use_PrivateKey(server->ctx, own->key) == 1);
    if (ca) {
        REQUIRE(X509_STORE_add_cert(SSL_CTX_get_cert_store(server->ctx), ca->certificate) == 1);
        SSL_CTX_set_verify(server->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    SSL_CTX_set_min_proto_version(server->ctx, TLS1_3_VERSION);
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(server->fd >= 0 && bind(server->fd, (struct sockaddr *)&address, sizeof address) == 0 &&
            listen(server->fd, 8) == 0 && getsockname(server->fd, (struct sockaddr *)&address, &len) == 0);
    server->port = ntohs(address.sin_port);
    REQUIRE(pthread_create(&server->thread, NULL, server_run, server) == 0);
}

static inline void server_stop(struct server *server)
{
    server->stop = true;
    pthread_join(server->thread, NULL);
    close(server->fd);
    SSL_CTX_free(server->ctx);
}

/* New rows, nothing seen. */
static inline void server_expect(struct server *server, const struct answer *answers)
{
    server->answers = answers;
    memset(server->used, 0, sizeof server->used);
    server->seen_count = 0;
    server->connections = 0;
}

#endif
