/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A service to play with: OpenSSL behind a loopback port, one thread, one
 * connection after the other.  A script decides what is answered, byte by byte.
 * Certificates are made anew for each test program.
 */
#ifndef PERI_TESTS_TLS_SERVER_H
#define PERI_TESTS_TLS_SERVER_H

#include <openssl/ssl.h>
#include <pthread.h>

#include "lib/cursor.h"

struct test_ca {
    EVP_PKEY *key;
    X509 *certificate;
};

struct tls_request {
    char head[4096];
    uint8_t body[16384];
    size_t body_len;
    unsigned long long range_from; /* 0 when there is none */
    unsigned connection, number;   /* from 1; number counts within the connection */
    bool client_certificate;
    char client_name[256];
};

struct tls_server {
    SSL_CTX *context;
    int listener;
    unsigned port;
    char url[64];
    pthread_t thread;
    unsigned connections;
    bool plain; /* no TLS: script gets a NULL ssl and the descriptor */
    /* Answers one request; false ends the connection. */
    bool (*script)(void *script_context, SSL *ssl, int fd, const struct tls_request *request);
    void *script_context;
};

void test_ca_make(struct test_ca *ca, const char *name);
void test_ca_release(struct test_ca *ca);
/* A leaf for key; alt is a subject alternative name or NULL.  Caller frees. */
X509 *test_ca_issue(const struct test_ca *ca, const char *name, EVP_PKEY *key, const char *alt);
EVP_PKEY *test_public_key(const uint8_t key[static 64]);
void test_write_pem(const char *path, X509 *certificate);

/* client_ca NULL: clients are not asked for a certificate. */
void tls_server_start(struct tls_server *server, const struct test_ca *ca, const char *alt,
                      const struct test_ca *client_ca, int max_version);
void tls_server_stop(struct tls_server *server);
void tls_send(SSL *ssl, const void *bytes, size_t len);
void tls_text(SSL *ssl, const char *text);
/* Status line, Content-Length, body. */
void tls_answer(SSL *ssl, int status, const char *headers, struct span body);

#endif
