/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small HTTPS client for load: TLS 1.3 with the service's trust anchor, one
 * connection at a time, blocking.  Messages as abi/device_api.h has them.
 * Not a general client: it needs Content-Length and takes no redirects.
 */
#ifndef PERI_BENCH_CLIENT_H
#define PERI_BENCH_CLIENT_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "lib/cursor.h"

enum { CLIENT_ANSWER_MAX = 65536 };

struct client {
    SSL_CTX *context;
    SSL *tls;
    unsigned port;
    char answer[CLIENT_ANSWER_MAX];
    struct span body; /* of the last answer, in answer */
};

/* Which key share is sent: P-256 as azured does (wolfSSL's first, and on the MCU the only
 * one); with BENCH_GROUP=X25519 in the environment, that. */
const char *client_group(void);
/* CA certificates of file; tickets are never used: each handshake is a full one. */
void client_init(struct client *client, unsigned port, const char *ca_file);
void client_release(struct client *client);
/* Who we are: PEM files, or a chain in DER and its key. */
void client_identity_files(struct client *client, const char *certificate, const char *key);
void client_identity(struct client *client, const struct span *chain, unsigned count, EVP_PKEY *key);
bool client_connect(struct client *client);
void client_close(struct client *client);
/* Closes, and waits until the service has taken our certificate and closed as well:
 * false when it refused us. */
bool client_part(struct client *client);
/* The HTTP status, or 0: the connection failed. */
int client_ask(struct client *client, const char *method, const char *path, const char *type,
               struct span body);

/* GET, with the body thrown away: its bytes, or 0 without a 200. */
uint64_t client_drain(struct client *client, const char *path);

#endif
