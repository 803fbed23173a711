/* SPDX-License-Identifier: BSD-2-Clause */
/* Clauses of service/ipc/channel.h, played against a raw peer and a real one. */
#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "service/ipc/channel.h"
#include "tests/check.h"

enum { OP_ECHO = 1, OP_HOLD = 2, OP_BIG = 3, OP_FREE = 4, ECHO_MAX = 1000 };

/* -- a serving end ------------------------------------------------------- */

struct server {
    struct event_base *base;
    struct channel *channel;
    struct channel_request *held[CHANNEL_PENDING_MAX + 8];
    size_t held_count, seen, closed;
};

static void echo(void *context, struct channel_request *request, struct span payload)
{
    struct server *s = context;
    s->seen++;
    CHECK(channel_of(request) == s->channel);
    channel_reply(request, 0, payload);
}

static void hold(void *context, struct channel_request *request, struct span payload)
{
    struct server *s = context;
    (void)payload;
    s->held[s->held_count++] = request;
}

static void big(void *context, struct channel_request *request, struct span payload)
{
    (void)context;
    uint8_t *bytes = malloc(CHANNEL_PAYLOAD_MAX + 1);
    REQUIRE(bytes != NULL);
    memset(bytes, payload.at[0], CHANNEL_PAYLOAD_MAX + 1);
    /* One byte over is the handler's bug: E_INTERNAL, not a broken channel. */
    channel_reply(request, 0, span_of(bytes, CHANNEL_PAYLOAD_MAX + (payload.at[0] == 'x')));
    free(bytes);
}

static void free_self(void *context, struct channel_request *request, struct span payload)
{
    struct server *s = context;
    (void)payload;
    channel_free(s->channel);
    s->channel = NULL;
    channel_reply(request, 0, span_of(NULL, 0)); /* after the end: harmless */
}

static const struct channel_operation operations[] = {
    {OP_ECHO, "echo", ECHO_MAX, echo},
    {OP_HOLD, "hold", 16, hold},
    {OP_BIG, "big", 1, big},
    {OP_FREE, "free", 0, free_self},
};

static void on_closed(void *context, struct channel *channel)
{
    struct server *s = context;
    CHECK(channel == s->channel);
    s->closed++;
}

static int server_init(struct server *s)
{
    int fd[2];
    memset(s, 0, sizeof *s);
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
    s->base = event_base_new();
    s->channel = channel_new(s->base, fd[0], operations, 4, s, on_closed);
    REQUIRE(s->channel != NULL);
    return fd[1];
}

static void server_release(struct server *s)
{
    channel_free(s->channel);
    for (size_t i = 0; i < s->held_count; i++)
        if (s->held[i])
            channel_reply(s->held[i], 0, span_of(NULL, 0));
    event_base_loop(s->base, EVLOOP_NONBLOCK);
    event_base_free(s->base);
}

/* Runs until nothing is ready any more: no clock involved. */
static void settle(struct event_base *base)
{
    for (int i = 0; i < 200; i++)
        event_base_loop(base, EVLOOP_NONBLOCK);
}

/* -- a raw peer ---------------------------------------------------------- */

static void raw_send(int fd, uint32_t bytes, uint32_t id, uint16_t op, uint16_t flags,
                     int32_t status, const void *payload, size_t len)
{
    uint8_t frame[CHANNEL_HEADER_BYTES];
    struct writer w = writer_of(frame, sizeof frame);
    writer_u32le(&w, bytes);
    writer_u32le(&w, id);
    writer_u16le(&w, op);
    writer_u16le(&w, flags);
    writer_u32le(&w, (uint32_t)status);
    REQUIRE(write(fd, frame, sizeof frame) == (ssize_t)sizeof frame);
    REQUIRE(len == 0 || write(fd, payload, len) == (ssize_t)len);
}

struct raw_reply {
    uint32_t bytes, id;
    uint16_t op, flags;
    int32_t status;
    uint8_t payload[ECHO_MAX];
};

/* false: nothing there, or the end. */
static bool raw_receive(int fd, struct raw_reply *r)
{
    uint8_t head[CHANNEL_HEADER_BYTES];
    if (recv(fd, head, sizeof head, MSG_DONTWAIT) != (ssize_t)sizeof head)
        return false;
    struct cursor c = cursor_of(span_of(head, sizeof head));
    r->bytes = cursor_u32le(&c);
    r->id = cursor_u32le(&c);
    r->op = cursor_u16le(&c);
    r->flags = cursor_u16le(&c);
    r->status = (int32_t)cursor_u32le(&c);
    REQUIRE(r->bytes <= sizeof r->payload);
    return r->bytes == 0 || recv(fd, r->payload, r->bytes, MSG_DONTWAIT) == (ssize_t)r->bytes;
}

static void test_layout_and_fragments(void)
{
    struct server s;
    struct raw_reply r;
    int fd = server_init(&s);
    static const uint8_t frame[] = {3, 0, 0, 0, 0x78, 0x56, 0x34, 0x12, 1, 0, 0, 0, 0, 0, 0, 0,
                                    'a', 'b', 'c'};
    for (size_t i = 0; i < sizeof frame; i++) {
        CHECK(!raw_receive(fd, &r));
        REQUIRE(write(fd, frame + i, 1) == 1);
        settle(s.base);
    }
    REQUIRE(raw_receive(fd, &r));
    CHECK_INT(r.id, 0x12345678);
    CHECK_INT(r.op, OP_ECHO);
    CHECK_INT(r.flags, 1);
    CHECK_INT(r.status, 0);
    CHECK_INT(r.bytes, 3);
    CHECK_MEM(r.payload, "abc", 3);
    /* Two whole frames and a part in one write. */
    uint8_t many[3 * sizeof frame];
    for (size_t i = 0; i < 3; i++)
        memcpy(many + i * sizeof frame, frame, sizeof frame);
    REQUIRE(write(fd, many, sizeof many - 1) == (ssize_t)sizeof many - 1);
    settle(s.base);
    CHECK(raw_receive(fd, &r) && raw_receive(fd, &r) && !raw_receive(fd, &r));
    REQUIRE(write(fd, "c", 1) == 1);
    settle(s.base);
    CHECK(raw_receive(fd, &r));
    CHECK_INT(s.seen, 4);
    server_release(&s);
    close(fd);
}

static void test_refused_requests(void)
{
    struct server s;
    struct raw_reply r;
    uint8_t payload[ECHO_MAX + 1] = {0};
    int fd = server_init(&s);
    raw_send(fd, 4, 7, 99, 0, 0, "oops", 4); /* unknown operation */
    raw_send(fd, ECHO_MAX + 1, 8, OP_ECHO, 0, 0, payload, sizeof payload);
    raw_send(fd, ECHO_MAX, 9, OP_ECHO, 0, 0, payload, ECHO_MAX); /* the limit itself is fine */
    settle(s.base);
    REQUIRE(raw_receive(fd, &r));
    CHECK(r.id == 7 && r.status == E_DENIED && r.bytes == 0);
    REQUIRE(raw_receive(fd, &r));
    CHECK(r.id == 8 && r.status == E_DENIED && r.bytes == 0);
    REQUIRE(raw_receive(fd, &r));
    CHECK(r.id == 9 && r.status == 0 && r.bytes == ECHO_MAX);
    CHECK_INT(s.seen, 1);
    CHECK_INT(s.closed, 0);
    server_release(&s);
    close(fd);
}

static void test_broken_framing(void)
{
    static const struct {
        uint32_t bytes;
        uint16_t op, flags;
        int32_t status;
        const char *what;
    } rows[] = {
        {CHANNEL_PAYLOAD_MAX + 1, OP_ECHO, 0, 0, "too long"},
        {UINT32_MAX, 99, 0, 0, "too long for an unknown operation"},
        {0, OP_ECHO, 2, 0, "unknown flag"},
        {0, OP_ECHO, 0, -1, "status in a request"},
        {0, OP_ECHO, 1, 0, "reply to nothing"},
        {0, OP_ECHO, 1, 1, "positive status"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct server s;
        struct raw_reply r;
        int fd = server_init(&s);
        raw_send(fd, rows[i].bytes, 1, rows[i].op, rows[i].flags, rows[i].status, NULL, 0);
        raw_send(fd, 1, 2, OP_ECHO, 0, 0, "x", 1); /* nothing after it is read */
        settle(s.base);
        CHECK_INT(s.closed, 1);
        CHECK_INT(s.seen, 0);
        CHECK(!raw_receive(fd, &r));
        if (s.closed != 1)
            fprintf(stderr, "row: %s\n", rows[i].what);
        server_release(&s);
        close(fd);
    }
}

static void test_served_limit(void)
{
    struct server s;
    struct raw_reply r;
    int fd = server_init(&s);
    for (uint32_t i = 0; i < CHANNEL_PENDING_MAX; i++) {
        raw_send(fd, 0, i, OP_HOLD, 0, 0, NULL, 0);
        if (i % 64 == 0)
            settle(s.base);
    }
    settle(s.base);
    CHECK_INT(s.held_count, CHANNEL_PENDING_MAX);
    raw_send(fd, 0, 77, OP_HOLD, 0, 0, NULL, 0);
    settle(s.base);
    REQUIRE(raw_receive(fd, &r));
    CHECK(r.id == 77 && r.status == E_BUSY);
    channel_reply(s.held[5], E_STALE, span_of(NULL, 0));
    s.held[5] = NULL;
    settle(s.base);
    REQUIRE(raw_receive(fd, &r));
    CHECK(r.id == 5 && r.status == E_STALE);
    raw_send(fd, 0, 78, OP_HOLD, 0, 0, NULL, 0);
    settle(s.base);
    CHECK_INT(s.held_count, CHANNEL_PENDING_MAX + 1);
    server_release(&s); /* answers to a channel that is gone are harmless */
    close(fd);
}

static void test_free_in_handler(void)
{
    struct server s;
    struct raw_reply r;
    int fd = server_init(&s);
    raw_send(fd, 0, 1, OP_FREE, 0, 0, NULL, 0);
    raw_send(fd, 1, 2, OP_ECHO, 0, 0, "x", 1);
    settle(s.base);
    CHECK(s.channel == NULL);
    CHECK_INT(s.seen, 0);
    CHECK(!raw_receive(fd, &r));
    server_release(&s);
    close(fd);
}

/* -- an asking end ------------------------------------------------------- */

struct asker {
    struct channel *channel;
    size_t done, bytes;
    int last;
    size_t failed_network;
    uint8_t first;
};

static void on_done(void *context, int status, struct span payload)
{
    struct asker *a = context;
    a->done++;
    a->last = status;
    a->bytes = payload.len;
    a->first = payload.len ? payload.at[0] : 0;
    a->failed_network += status == E_NETWORK;
}

static void free_on_done(void *context, int status, struct span payload)
{
    struct asker *a = context;
    on_done(context, status, payload);
    channel_free(a->channel);
    a->channel = NULL;
}

static void test_calls(void)
{
    struct server s;
    struct asker a = {0};
    int fd = server_init(&s);
    a.channel = channel_new(s.base, fd, NULL, 0, NULL, NULL);
    REQUIRE(a.channel != NULL);
    for (int i = 0; i < CHANNEL_PENDING_MAX; i++)
        REQUIRE(channel_call(a.channel, OP_ECHO, span_of("hello", 5), on_done, &a) == 0);
    CHECK_INT(channel_pending(a.channel), CHANNEL_PENDING_MAX);
    CHECK_INT(channel_call(a.channel, OP_ECHO, span_of("hello", 5), on_done, &a), E_BUSY);
    for (int i = 0; i < 20; i++)
        settle(s.base);
    CHECK_INT(a.done, CHANNEL_PENDING_MAX);
    CHECK_INT(channel_pending(a.channel), 0);
    CHECK_INT(a.bytes, 5);
    CHECK_INT(a.last, 0);

    /* The largest payload, and one byte more. */
    a.done = 0;
    REQUIRE(channel_call(a.channel, OP_BIG, span_of("b", 1), on_done, &a) == 0);
    for (int i = 0; i < 100000 && a.done == 0; i++)
        event_base_loop(s.base, EVLOOP_NONBLOCK);
    CHECK(a.done == 1 && a.last == 0 && a.bytes == CHANNEL_PAYLOAD_MAX && a.first == 'b');
    REQUIRE(channel_call(a.channel, OP_BIG, span_of("x", 1), on_done, &a) == 0);
    settle(s.base);
    CHECK(a.done == 2 && a.last == E_INTERNAL && a.bytes == 0);
    CHECK_INT(channel_call(a.channel, OP_ECHO, span_of("x", (size_t)CHANNEL_PAYLOAD_MAX + 1),
                           on_done, &a), E_RANGE);
    CHECK_INT(s.closed, 0);

    /* Freed inside its own callback with another call under way. */
    REQUIRE(channel_call(a.channel, OP_ECHO, span_of("1", 1), free_on_done, &a) == 0);
    REQUIRE(channel_call(a.channel, OP_HOLD, span_of("2", 1), on_done, &a) == 0);
    settle(s.base);
    CHECK(a.channel == NULL);
    CHECK_INT(a.done, 4);
    CHECK_INT(a.failed_network, 1);
    CHECK_INT(s.closed, 1);
    server_release(&s);
}

static void on_asker_closed(void *context, struct channel *channel)
{
    struct asker *a = context;
    CHECK(channel == a->channel);
    CHECK_INT(channel_pending(channel), 0);
    a->bytes = 4711;
}

static void test_peer_death(void)
{
    int fd[2];
    struct asker a = {0};
    struct event_base *base = event_base_new();
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
    a.channel = channel_new(base, fd[0], NULL, 0, &a, on_asker_closed);
    for (int i = 0; i < 10; i++)
        REQUIRE(channel_call(a.channel, OP_ECHO, span_of("x", 1), on_done, &a) == 0);
    settle(base);
    close(fd[1]);
    settle(base);
    CHECK_INT(a.done, 10);
    CHECK_INT(a.failed_network, 10);
    CHECK_INT(a.bytes, 4711);
    CHECK_INT(channel_call(a.channel, OP_ECHO, span_of("x", 1), on_done, &a), E_NETWORK);
    channel_free(a.channel);
    CHECK_INT(a.done, 10); /* exactly once */
    event_base_free(base);
}

/* An end that only asks takes a request, or a reply out of nothing, as the end. */
static void test_hostile_server(void)
{
    for (int kind = 0; kind < 3; kind++) {
        int fd[2];
        struct asker a = {0};
        struct event_base *base = event_base_new();
        REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
        a.channel = channel_new(base, fd[0], NULL, 0, &a, on_asker_closed);
        REQUIRE(channel_call(a.channel, OP_ECHO, span_of("x", 1), on_done, &a) == 0);
        settle(base);
        uint8_t sent[CHANNEL_HEADER_BYTES + 1];
        REQUIRE(read(fd[1], sent, sizeof sent) == (ssize_t)sizeof sent);
        struct cursor c = cursor_of(span_of(sent + 4, 4));
        uint32_t id = cursor_u32le(&c);
        if (kind == 0)
            raw_send(fd[1], 0, 1, OP_ECHO, 0, 0, NULL, 0);
        if (kind == 1)
            raw_send(fd[1], 0, id + 1, OP_ECHO, 1, 0, NULL, 0);
        if (kind == 2) { /* the right answer, twice */
            raw_send(fd[1], 0, id, OP_ECHO, 1, 0, NULL, 0);
            raw_send(fd[1], 0, id, OP_ECHO, 1, 0, NULL, 0);
        }
        settle(base);
        CHECK_INT(a.bytes, 4711);
        CHECK_INT(a.done, 1);
        CHECK_INT(a.last, kind == 2 ? 0 : E_NETWORK);
        channel_free(a.channel);
        close(fd[1]);
        event_base_free(base);
    }
}

static void *serve(void *base)
{
    event_base_dispatch(base);
    return NULL;
}

static void test_blocking(void)
{
    struct server s;
    pthread_t thread;
    uint8_t *reply;
    size_t bytes;
    int fd = server_init(&s);
    REQUIRE(pthread_create(&thread, NULL, serve, s.base) == 0);
    CHECK_INT(channel_call_blocking(fd, OP_ECHO, span_of("ping", 4), &reply, &bytes), 0);
    CHECK(bytes == 4 && memcmp(reply, "ping", 4) == 0);
    free(reply);
    CHECK_INT(channel_call_blocking(fd, 99, span_of("ping", 4), &reply, &bytes), E_DENIED);
    CHECK(reply == NULL && bytes == 0);
    CHECK_INT(channel_call_blocking(fd, OP_FREE, span_of(NULL, 0), &reply, &bytes), E_NETWORK);
    close(fd);
    pthread_join(thread, NULL);
    server_release(&s);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    test_layout_and_fragments();
    test_refused_requests();
    test_broken_framing();
    test_served_limit();
    test_free_in_handler();
    test_calls();
    test_peer_death();
    test_hostile_server();
    test_blocking();
    return check_done();
}
