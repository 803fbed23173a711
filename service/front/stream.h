/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One TLS connection as a pair of buffers.
 *
 * In place of libevent's bufferevent_openssl: that one changes what epoll waits
 * for around each step, and cannot let OpenSSL read ahead (it would wait for the
 * socket while the bytes stand in OpenSSL's buffer).
 *
 * Callbacks are entered from the event loop only, never from the functions here,
 * and any of them may free the stream.
 */
#ifndef PERI_SERVICE_FRONT_STREAM_H
#define PERI_SERVICE_FRONT_STREAM_H

#include <openssl/ssl.h>
#include <stddef.h>

struct event_base;
struct evbuffer;
struct stream;

struct stream_events {
    void (*opened)(void *context);  /* the handshake is done */
    void (*input)(void *context);   /* more stands in stream_input() */
    void (*drained)(void *context); /* stream_output() has become empty */
    void (*ended)(void *context);   /* the client left, or TLS failed */
};

/* Takes fd and ssl, on failure (NULL) too.  Reads while input_max or less waits. */
struct stream *stream_new(struct event_base *base, int fd, SSL *ssl, size_t input_max,
                          const struct stream_events *events, void *context);
void stream_free(struct stream *stream);

SSL *stream_ssl(const struct stream *stream);

/* To look at; bytes leave it through stream_drain(). */
struct evbuffer *stream_input(const struct stream *stream);
void stream_drain(struct stream *stream, size_t bytes);

/* To fill; stream_send() after that. */
struct evbuffer *stream_output(const struct stream *stream);
void stream_send(struct stream *stream);

/* Says goodbye as far as that needs no waiting. */
void stream_goodbye(struct stream *stream);
/* Goodbye, and no more output: the client sees the end and finishes. */
void stream_shut(struct stream *stream);

#endif
