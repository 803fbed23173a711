/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { TIMEOUT_S = 20, HEAD_MAX = 4096 };

static void need(int ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "bench: client: %s\n", what);
    exit(1);
}

const char *client_group(void)
{
    const char *group = getenv("BENCH_GROUP");
    return group ? group : "P-256";
}

void client_init(struct client *client, unsigned port, const char *ca_file)
{
    memset(client, 0, sizeof *client);
    client->port = port;
    client->context = SSL_CTX_new(TLS_client_method());
    need(client->context != NULL, "no TLS");
    SSL_CTX_set_min_proto_version(client->context, TLS1_3_VERSION);
    SSL_CTX_set_session_cache_mode(client->context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(client->context, SSL_VERIFY_PEER, NULL);
    need(SSL_CTX_load_verify_locations(client->context, ca_file, NULL) == 1, ca_file);
    /* The CA that signs servers is anchor itself: the root's P-384 signature on it costs
     * more than all the service does, on the same cores and caches. */
    need(X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(client->context),
                                     X509_V_FLAG_PARTIAL_CHAIN) == 1, "no partial chains");
    need(SSL_CTX_set1_groups_list(client->context, client_group()) == 1, client_group());
}

void client_release(struct client *client)
{
    client_close(client);
    SSL_CTX_free(client->context);
    client->context = NULL;
}

void client_identity_files(struct client *client, const char *certificate, const char *key)
{
    need(SSL_CTX_use_certificate_chain_file(client->context, certificate) == 1, certificate);
    need(SSL_CTX_use_PrivateKey_file(client->context, key, SSL_FILETYPE_PEM) == 1, key);
}

void client_identity(struct client *client, const struct span *chain, unsigned count, EVP_PKEY *key)
{
    for (unsigned i = 0; i < count; i++) {
        const unsigned char *at = chain[i].at;
        X509 *certificate = d2i_X509(NULL, &at, (long)chain[i].len);
        need(certificate != NULL, "certificate does not parse");
        if (i == 0) {
            need(SSL_CTX_use_certificate(client->context, certificate) == 1, "certificate");
            X509_free(certificate);
        } else {
            need(SSL_CTX_add0_chain_cert(client->context, certificate) == 1, "chain");
        }
    }
    need(SSL_CTX_use_PrivateKey(client->context, key) == 1, "key does not fit the certificate");
}

bool client_connect(struct client *client)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)client->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval timeout = {TIMEOUT_S, 0};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    need(fd >= 0, "no socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        close(fd);
        return false;
    }
    client->tls = SSL_new(client->context);
    need(client->tls != NULL && SSL_set_fd(client->tls, fd) == 1, "no memory");
    need(SSL_set1_host(client->tls, "localhost") == 1 &&
             SSL_set_tlsext_host_name(client->tls, "localhost") == 1,
         "no memory");
    if (SSL_connect(client->tls) == 1)
        return true;
    client_close(client);
    return false;
}

void client_close(struct client *client)
{
    if (!client->tls)
        return;
    int fd = SSL_get_fd(client->tls);
    SSL_shutdown(client->tls);
    SSL_free(client->tls);
    close(fd);
    client->tls = NULL;
}

bool client_part(struct client *client)
{
    bool good = false;
    if (client->tls && SSL_shutdown(client->tls) >= 0) {
        int end = SSL_shutdown(client->tls);
        good = end == 1 || SSL_get_error(client->tls, end) != SSL_ERROR_SSL;
    }
    if (client->tls) {
        int fd = SSL_get_fd(client->tls);
        SSL_free(client->tls);
        close(fd);
        client->tls = NULL;
    }
    return good;
}

/* The value of Content-Length in a head; -1 without. */
static long length_find(const char *head, const char *end)
{
    static const char name[] = "\r\ncontent-length:";
    for (const char *at = head; at + sizeof name - 1 < end; at++)
        if (strncasecmp(at, name, sizeof name - 1) == 0)
            return strtol(at + sizeof name - 1, NULL, 10);
    return -1;
}

int client_ask(struct client *client, const char *method, const char *path, const char *type,
               struct span body)
{
    char head[HEAD_MAX];
    size_t have = 0;
    long length = -1;
    char *end = NULL;
    int status = 0;

    /* One write, so that head and body share a TLS record. */
    int head_bytes = snprintf(head, sizeof head,
                              "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n%s%s%s\r\n",
                              method, path, body.len, type ? "Content-Type: " : "", type ? type : "",
                              type ? "\r\n" : "");
    char *request = malloc((size_t)head_bytes + body.len);
    need(head_bytes > 0 && (size_t)head_bytes < sizeof head && request != NULL, "request too long");
    memcpy(request, head, (size_t)head_bytes);
    if (body.len)
        memcpy(request + head_bytes, body.at, body.len);
    int sent = SSL_write(client->tls, request, head_bytes + (int)body.len);
    free(request);
    client->body = (struct span){NULL, 0};
    if (sent <= 0)
        return 0;
    for (;;) {
        int got = SSL_read(client->tls, client->answer + have, (int)(CLIENT_ANSWER_MAX - 1 - have));
        if (got <= 0)
            return 0;
        have += (size_t)got;
        client->answer[have] = '\0';
        if (!end) {
            end = strstr(client->answer, "\r\n\r\n");
            if (!end)
                continue;
            end += 4;
            length = length_find(client->answer, end);
            if (length < 0)
                length = 0;
        }
        if (client->answer + have >= end + length)
            break;
    }
    if (sscanf(client->answer, "HTTP/1.1 %d", &status) != 1)
        return 0;
    client->body = span_of(end, (size_t)length);
    return status;
}

uint64_t client_drain(struct client *client, const char *path)
{
    char head[HEAD_MAX], *end = NULL;
    size_t have = 0;
    int status = 0, n = snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
    need(n > 0 && (size_t)n < sizeof head, "path too long");
    if (SSL_write(client->tls, head, n) <= 0)
        return 0;
    while (!end) {
        int got = SSL_read(client->tls, client->answer + have, (int)(CLIENT_ANSWER_MAX - 1 - have));
        if (got <= 0)
            return 0;
        have += (size_t)got;
        client->answer[have] = '\0';
        end = strstr(client->answer, "\r\n\r\n");
    }
    end += 4;
    long length = length_find(client->answer, end);
    if (length <= 0 || sscanf(client->answer, "HTTP/1.1 %d", &status) != 1 || status != 200)
        return 0;
    uint64_t whole = (uint64_t)length, done = (uint64_t)(client->answer + have - end);
    while (done < whole) {
        int got = SSL_read(client->tls, client->answer, CLIENT_ANSWER_MAX);
        if (got <= 0)
            return 0;
        done += (uint64_t)got;
    }
    return whole;
}
