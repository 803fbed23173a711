/* SPDX-License-Identifier: BSD-2-Clause */
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include "os/gatewayd/server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int server_init(struct server *s, struct gateway *g, const struct identity *identity)
{
    *s = (struct server){.gateway = g, .head_ms = SERVER_HEAD_MS, .silence_ms = SERVER_SILENCE_MS,
                         .total_ms = SERVER_TOTAL_MS};
    WOLFSSL_CTX *context = wolfSSL_CTX_new(wolfTLSv1_3_server_method());
    if (!context)
        return E_CRYPTO;
    s->context = context;
    if (wolfSSL_CTX_use_certificate_buffer(context, identity->certificate, (long)identity->certificate_len,
                                           WOLFSSL_FILETYPE_ASN1) != WOLFSSL_SUCCESS ||
        wolfSSL_CTX_use_PrivateKey_buffer(context, identity->key, (long)identity->key_len,
                                          WOLFSSL_FILETYPE_ASN1) != WOLFSSL_SUCCESS) {
        server_release(s);
        return E_MALFORMED;
    }
    return 0;
}

void server_release(struct server *s)
{
    if (s->context)
        wolfSSL_CTX_free(s->context);
    s->context = NULL;
}

struct connection {
    struct server *server;
    int fd;
    WOLFSSL *tls;
    uint64_t end_ms, head_end_ms; /* monotonic; head_end_ms 0 once the head is there */
};

/* 0, E_TIMEOUT, E_STATE (asked to end), E_NETWORK. */
static int wait_for(struct connection *c, short events)
{
    uint64_t now = gateway_now_ms(), until = c->head_end_ms && c->head_end_ms < c->end_ms ? c->head_end_ms : c->end_ms;
    if (now >= until)
        return E_TIMEOUT;
    int left = until - now < (uint64_t)c->server->silence_ms ? (int)(until - now) : c->server->silence_ms;
    struct pollfd p[2] = {{.fd = c->fd, .events = events}, {.fd = c->server->gateway->signals, .events = POLLIN}};
    int n = poll(p, 2, left);
    if (n == 0)
        return E_TIMEOUT;
    if (n < 0)
        return errno == EINTR ? 0 : E_NETWORK;
    return p[1].revents ? E_STATE : 0;
}

/* 0 to call again. */
static int tls_wait(struct connection *c, int result)
{
    switch (wolfSSL_get_error(c->tls, result)) {
    case WOLFSSL_ERROR_WANT_READ: return wait_for(c, POLLIN);
    case WOLFSSL_ERROR_WANT_WRITE: return wait_for(c, POLLOUT);
    default: return E_NETWORK;
    }
}

static int handshake(struct connection *c)
{
    for (;;) {
        int result = wolfSSL_accept(c->tls);
        if (result == WOLFSSL_SUCCESS)
            return 0;
        int err = tls_wait(c, result);
        if (err)
            return err;
    }
}

/* A refused request is read no further; what comes behind it is nobody's. */
static int read_request(struct connection *c, struct exchange *x)
{
    uint8_t bytes[4096];
    while (!x->request.complete) {
        int n = wolfSSL_read(c->tls, bytes, sizeof bytes);
        if (n <= 0) {
            int err = tls_wait(c, n);
            if (err)
                return err;
            continue;
        }
        int err = request_feed(&x->request, span_of(bytes, (size_t)n));
        if (err == E_MALFORMED)
            return 0; /* answered with what was wrong */
        if (err)
            return err;
        if (x->request.head_done)
            c->head_end_ms = 0;
        if (gateway_now_ms() >= c->end_ms)
            return E_TIMEOUT;
    }
    return 0;
}

static int write_all(struct connection *c, struct span bytes)
{
    while (bytes.len) {
        int n = wolfSSL_write(c->tls, bytes.at, bytes.len > 16384 ? 16384 : (int)bytes.len);
        if (n > 0) {
            bytes = span_of(bytes.at + n, bytes.len - (size_t)n);
            continue;
        }
        int err = tls_wait(c, n);
        if (err)
            return err;
    }
    return 0;
}

/* Bytes that were on their way when the request was refused would make the kernel
 * answer with a reset, and the client would not see why: they are taken, for a while. */
static void linger(struct connection *c)
{
    uint8_t bytes[4096];
    (void)shutdown(c->fd, SHUT_WR);
    c->head_end_ms = gateway_now_ms() + 1000;
    for (ssize_t n = 1; n > 0;) {
        if (wait_for(c, POLLIN))
            return;
        n = recv(c->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    }
}

static int run(struct connection *c, struct exchange *x)
{
    uint8_t text[512];
    struct writer head = writer_of(text, sizeof text);
    int err = handshake(c);
    if (!err)
        err = read_request(c, x);
    if (err) {
        update_stage_end(c->server->gateway);
        return err;
    }
    exchange_finish(x, &head);
    err = write_all(c, writer_view(&head));
    if (!err)
        err = write_all(c, writer_view(&x->answer.body));
    (void)wolfSSL_shutdown(c->tls);
    if (!err && !x->request.complete)
        linger(c);
    return err;
}

void server_serve(struct server *s, int fd)
{
    static uint8_t room[GATEWAY_ANSWER_MAX];
    static struct exchange x;
    uint64_t now = gateway_now_ms();
    struct connection c = {.server = s, .fd = fd, .end_ms = now + (uint64_t)s->total_ms,
                           .head_end_ms = now + (uint64_t)s->head_ms};
    exchange_init(&x, s->gateway, room);
    int flags = fcntl(fd, F_GETFL);
    c.tls = flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) ? NULL : wolfSSL_new(s->context);
    int err = E_NOMEM;
    if (c.tls && wolfSSL_set_fd(c.tls, fd) == WOLFSSL_SUCCESS) {
        wolfSSL_set_using_nonblock(c.tls, 1);
        err = run(&c, &x);
    }
    if (err == E_STATE)
        s->gateway->ending = true;
    else if (err && err != E_NETWORK)
        fprintf(stderr, "gatewayd: connection given up: %s\n", err_text(err));
    if (c.tls)
        wolfSSL_free(c.tls);
    close(fd);
    if (!err && x.answer.restart && x.error == 0) {
        struct os_message restart = {.kind = OS_RESTART, .fd = -1};
        fprintf(stderr, "gatewayd: restart, as asked\n");
        (void)!gateway_send(s->gateway, &restart);
    }
}
