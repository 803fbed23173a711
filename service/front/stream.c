/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/front/stream.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <openssl/err.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READ_BYTES = 4096,   /* a request of a device */
    RECORD_BYTES = 16384, /* the most that one TLS record carries */
};

struct stream {
    int fd;
    SSL *ssl;
    struct event *readable, *writable;
    struct evbuffer *in, *out;
    size_t input_max;
    const struct stream_events *events;
    void *context;
    bool open, paused, sending; /* sending: writable will run */
    bool entered, freed;        /* a callback is on the stack; free after it */
};

static void stream_destroy(struct stream *s)
{
    if (s->readable)
        event_free(s->readable);
    if (s->writable)
        event_free(s->writable);
    if (s->in)
        evbuffer_free(s->in);
    if (s->out)
        evbuffer_free(s->out);
    SSL_free(s->ssl);
    close(s->fd);
    free(s);
}

/* What OpenSSL wants before it goes on; false: nothing will help. */
static bool wait_for(struct stream *s, int result)
{
    switch (SSL_get_error(s->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return true; /* which is always waited for */
    case SSL_ERROR_WANT_WRITE:
        s->sending = event_add(s->writable, NULL) == 0;
        return s->sending;
    default:
        return false;
    }
}

/* Each step is false when the stream came to its end; all stop at freed. */

static bool handshake(struct stream *s)
{
    int result = SSL_do_handshake(s->ssl);
    if (result != 1)
        return wait_for(s, result);
    s->open = true;
    s->events->opened(s->context);
    return true;
}

/* As long as OpenSSL holds something; then the socket says when there is more. */
static bool receive(struct stream *s)
{
    bool good = true;
    size_t before = evbuffer_get_length(s->in), have = before;
    do {
        struct evbuffer_iovec room;
        if (evbuffer_reserve_space(s->in, READ_BYTES, &room, 1) < 1)
            return false;
        int n = SSL_read(s->ssl, room.iov_base, (int)room.iov_len);
        if (n <= 0) {
            good = wait_for(s, n);
            break;
        }
        room.iov_len = (size_t)n;
        if (evbuffer_commit_space(s->in, &room, 1) != 0)
            return false;
        have += (size_t)n;
    } while (have < s->input_max && SSL_has_pending(s->ssl));
    if (have >= s->input_max && good) {
        s->paused = true;
        event_del(s->readable);
    }
    if (have > before)
        s->events->input(s->context);
    return good;
}

static bool transmit(struct stream *s)
{
    size_t left;
    while ((left = evbuffer_get_length(s->out)) > 0) {
        /* Head and body of an answer share a record. */
        size_t len = left < RECORD_BYTES ? left : RECORD_BYTES;
        const unsigned char *bytes = evbuffer_pullup(s->out, (ev_ssize_t)len);
        if (!bytes)
            return false;
        int n = SSL_write(s->ssl, bytes, (int)len);
        if (n <= 0)
            return wait_for(s, n);
        evbuffer_drain(s->out, (size_t)n);
    }
    s->events->drained(s->context);
    return true;
}

static void enter(struct stream *s)
{
    s->entered = true;
    ERR_clear_error(); /* SSL_get_error() looks there first */
}

static void leave(struct stream *s, bool good)
{
    if (!good && !s->freed)
        s->events->ended(s->context);
    s->entered = false;
    if (s->freed)
        stream_destroy(s);
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct stream *s = context;
    bool good = true;
    (void)fd;
    (void)what;
    enter(s);
    if (s->open)
        good = s->paused || receive(s);
    else if ((good = handshake(s)) && s->open && !s->freed && SSL_has_pending(s->ssl))
        good = receive(s); /* a request came together with the end of the handshake */
    leave(s, good);
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
    struct stream *s = context;
    (void)fd;
    (void)what;
    enter(s);
    s->sending = false;
    leave(s, s->open ? transmit(s) : handshake(s));
}

struct stream *stream_new(struct event_base *base, int fd, SSL *ssl, size_t input_max,
                          const struct stream_events *events, void *context)
{
    struct stream *s = calloc(1, sizeof *s);
    if (!s) {
        SSL_free(ssl);
        close(fd);
        return NULL;
    }
    *s = (struct stream){.fd = fd, .ssl = ssl, .input_max = input_max, .events = events,
                         .context = context};
    s->in = evbuffer_new();
    s->out = evbuffer_new();
    s->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, s);
    s->writable = event_new(base, fd, EV_WRITE, on_writable, s);
    if (!s->in || !s->out || !s->readable || !s->writable || SSL_set_fd(ssl, fd) != 1 ||
        event_add(s->readable, NULL) != 0) {
        stream_destroy(s);
        return NULL;
    }
    SSL_set_read_ahead(ssl, 1); /* a record's head and body in one read */
    return s;
}

void stream_free(struct stream *s)
{
    s->freed = true;
    event_del(s->readable);
    event_del(s->writable);
    if (!s->entered)
        stream_destroy(s);
}

SSL *stream_ssl(const struct stream *s) { return s->ssl; }
struct evbuffer *stream_input(const struct stream *s) { return s->in; }
struct evbuffer *stream_output(const struct stream *s) { return s->out; }

void stream_drain(struct stream *s, size_t bytes)
{
    evbuffer_drain(s->in, bytes);
    if (!s->paused || s->freed || evbuffer_get_length(s->in) >= s->input_max ||
        event_add(s->readable, NULL) != 0)
        return;
    s->paused = false;
    /* The rest may stand in OpenSSL already, where no socket will tell of it. */
    event_active(s->readable, EV_READ, 0);
}

/* After the callbacks that are due now. */
void stream_send(struct stream *s)
{
    if (s->sending || s->freed)
        return;
    s->sending = true;
    event_active(s->writable, EV_WRITE, 0);
}

void stream_goodbye(struct stream *s)
{
    if (s->open)
        SSL_shutdown(s->ssl);
    ERR_clear_error();
}

void stream_shut(struct stream *s)
{
    stream_goodbye(s);
    shutdown(s->fd, SHUT_WR);
}
