/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One connection of the local interface: TLS 1.3 by wolfSSL, one request, one answer,
 * closed.  A second client waits in the kernel's queue meanwhile.
 * Trust: the client is hostile until a route's gate has let it through, and after it.
 * Limits: SERVER_HEAD_MS for handshake and head together, SERVER_SILENCE_MS between two
 * pieces, SERVER_TOTAL_MS for all; SIGTERM ends it between two pieces.
 */
#ifndef PERI_OS_GATEWAYD_SERVER_H
#define PERI_OS_GATEWAYD_SERVER_H

#include "os/gatewayd/gateway.h"
#include "os/gatewayd/identity.h"

enum {
    SERVER_HEAD_MS = 10000,
    SERVER_SILENCE_MS = 5000,
    SERVER_TOTAL_MS = 300000, /* a package of 1 MiB takes 12 s over a serial line of 921,600 baud */
};

struct server {
    struct gateway *gateway;
    void *context; /* WOLFSSL_CTX */
    int head_ms, silence_ms, total_ms; /* the limits; tests make them shorter */
};

/* E_CRYPTO; E_MALFORMED: key or certificate is none. */
int server_init(struct server *s, struct gateway *g, const struct identity *identity) MUST_CHECK;
void server_release(struct server *s);
/* Takes fd.  What the client did wrong is logged here. */
void server_serve(struct server *s, int fd);

/* One request from bytes to answer, without a connection: the head is answered by
 * the route table, the body goes where the route says.  What server_serve() runs. */
struct exchange {
    struct gateway *gateway;
    const struct route *route;
    struct request request;
    struct answer answer;
    uint32_t error;
};
void exchange_init(struct exchange *x, struct gateway *g, uint8_t room[static GATEWAY_ANSWER_MAX]);
/* When the request is complete or refused: runs the handler, writes status and headers. */
void exchange_finish(struct exchange *x, struct writer *head);

#endif
