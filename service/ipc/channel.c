/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A call's id is its slot in a fixed table plus a generation above it, so a
 * reply is matched in one step and a late or invented one is seen as such.
 *
 * In PROCESS_CHANNEL_TABLE the end that asks is always the less trusted one.
 * So an end that serves answers E_DENIED to a request outside its table, and
 * an end that asks takes any oddity of its peer as the end of the channel.
 * Broken framing ends the channel for both: there is no next frame to find.
 */
#include "service/ipc/channel.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/util.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    FLAG_REPLY = 1,
    SLOT_BITS = 12,
    SLOT_MASK = (1 << SLOT_BITS) - 1,
    /* Above this much unsent output no further call is taken, and a serving end
     * stops reading until its peer has drained the replies. */
    OUTPUT_MAX = 2 * (CHANNEL_PAYLOAD_MAX + CHANNEL_HEADER_BYTES),
    READ_BYTES = 16384, /* what one read takes, unless a longer frame has begun */
};
_Static_assert(CHANNEL_PENDING_MAX == 1 << SLOT_BITS, "a slot fits its bits");

struct frame {
    uint32_t bytes, id;
    uint16_t operation, flags;
    int32_t status;
};

struct call {
    channel_done *done; /* NULL: free */
    void *context;
    uint32_t id;
};

struct channel_request {
    struct channel *channel; /* NULL: the channel ended before the answer */
    struct channel_request *next, *previous;
    uint32_t id;
    uint16_t operation;
};

/* Events rather than a bufferevent: that one would ask the kernel twice about
 * each write, which nearly always is possible at once. */
struct channel {
    int fd;
    struct event *readable, *writable;
    struct evbuffer *in, *out;
    bool reading, writing; /* writing: writable will run */
    size_t frame_bytes;    /* of the frame that has begun, 0: not known yet */
    const struct channel_operation *operations;
    size_t operation_count;
    void *context;
    void (*closed)(void *context, struct channel *channel);
    struct call *calls; /* CHANNEL_PENDING_MAX */
    uint16_t *free_slots;
    size_t free_count, fresh; /* slots never used start at fresh */
    uint32_t generation;
    size_t pending;
    struct channel_request *requests; /* being served */
    size_t request_count;
    size_t skip; /* bytes of a refused payload still to come */
    unsigned entered; /* callbacks of ours on the stack */
    bool ended, freed;
};

static struct frame frame_read(const uint8_t bytes[static CHANNEL_HEADER_BYTES])
{
    struct cursor c = cursor_of(span_of(bytes, CHANNEL_HEADER_BYTES));
    struct frame frame = {.bytes = cursor_u32le(&c), .id = cursor_u32le(&c)};
    frame.operation = cursor_u16le(&c);
    frame.flags = cursor_u16le(&c);
    frame.status = (int32_t)cursor_u32le(&c);
    return frame;
}

static void frame_write(const struct frame *frame, uint8_t bytes[static CHANNEL_HEADER_BYTES])
{
    struct writer w = writer_of(bytes, CHANNEL_HEADER_BYTES);
    writer_u32le(&w, frame->bytes);
    writer_u32le(&w, frame->id);
    writer_u16le(&w, frame->operation);
    writer_u16le(&w, frame->flags);
    writer_u32le(&w, (uint32_t)frame->status);
}

/* Room first, so that half a frame is never queued. */
static int frame_send(struct channel *ch, const struct frame *frame, struct span payload)
{
    uint8_t header[CHANNEL_HEADER_BYTES];
    frame_write(frame, header);
    if (evbuffer_expand(ch->out, sizeof header + payload.len) != 0)
        return E_NOMEM;
    if (evbuffer_add(ch->out, header, sizeof header) != 0 ||
        (payload.len && evbuffer_add(ch->out, payload.at, payload.len) != 0))
        return E_NOMEM;
    /* After the callbacks that are due now: what they send goes in one write. */
    if (!ch->writing)
        event_active(ch->writable, EV_WRITE, 0);
    ch->writing = true;
    return 0;
}

/* -- end of a channel ---------------------------------------------------- */

static void calls_fail(struct channel *ch)
{
    for (size_t i = 0; i < ch->fresh && ch->pending; i++) {
        struct call call = ch->calls[i];
        if (!call.done)
            continue;
        ch->calls[i].done = NULL;
        ch->free_slots[ch->free_count++] = (uint16_t)i;
        ch->pending--;
        call.done(call.context, E_NETWORK, span_of(NULL, 0));
    }
}

static void requests_orphan(struct channel *ch)
{
    for (struct channel_request *r = ch->requests; r; r = r->next)
        r->channel = NULL;
    ch->requests = NULL;
    ch->request_count = 0;
}

static void events_stop(struct channel *ch)
{
    event_del(ch->readable);
    event_del(ch->writable);
}

static void channel_destroy(struct channel *ch)
{
    if (ch->readable)
        event_free(ch->readable);
    if (ch->writable)
        event_free(ch->writable);
    if (ch->in)
        evbuffer_free(ch->in);
    if (ch->out)
        evbuffer_free(ch->out);
    if (ch->fd >= 0)
        close(ch->fd);
    free(ch->calls);
    free(ch->free_slots);
    free(ch);
}

static void enter(struct channel *ch) { ch->entered++; }

static void leave(struct channel *ch)
{
    if (--ch->entered == 0 && ch->freed)
        channel_destroy(ch);
}

/* The peer is gone or not to be talked to; the object stays until it is freed. */
static void channel_end(struct channel *ch, const char *why)
{
    if (ch->ended)
        return;
    ch->ended = true;
    if (why)
        fprintf(stderr, "channel: %s\n", why);
    events_stop(ch);
    calls_fail(ch);
    requests_orphan(ch);
    if (ch->closed && !ch->freed)
        ch->closed(ch->context, ch);
}

void channel_free(struct channel *ch)
{
    if (!ch || ch->freed)
        return;
    ch->freed = true;
    enter(ch);
    events_stop(ch);
    ch->ended = true;
    calls_fail(ch);
    requests_orphan(ch);
    leave(ch);
}

/* -- asking -------------------------------------------------------------- */

static struct call *call_take(struct channel *ch)
{
    size_t slot;
    if (ch->free_count)
        slot = ch->free_slots[--ch->free_count];
    else if (ch->fresh < CHANNEL_PENDING_MAX)
        slot = ch->fresh++;
    else
        return NULL;
    ch->generation += 1u << SLOT_BITS;
    ch->calls[slot].id = ch->generation | (uint32_t)slot;
    ch->pending++;
    return &ch->calls[slot];
}

static void call_give(struct channel *ch, struct call *call)
{
    call->done = NULL;
    ch->free_slots[ch->free_count++] = (uint16_t)(call->id & SLOT_MASK);
    ch->pending--;
}

int channel_call(struct channel *ch, uint16_t operation, struct span payload, channel_done *done,
                 void *context)
{
    if (payload.len > CHANNEL_PAYLOAD_MAX || !done)
        return E_RANGE;
    if (ch->ended)
        return E_NETWORK;
    if (evbuffer_get_length(ch->out) > OUTPUT_MAX)
        return E_BUSY;
    struct call *call = call_take(ch);
    if (!call)
        return E_BUSY;
    struct frame frame = {(uint32_t)payload.len, call->id, operation, 0, 0};
    int err = frame_send(ch, &frame, payload);
    if (err) {
        call_give(ch, call);
        return err;
    }
    call->done = done;
    call->context = context;
    return 0;
}

size_t channel_pending(const struct channel *ch) { return ch->pending; }

static void reply_take(struct channel *ch, const struct frame *frame, struct span payload)
{
    struct call *call = &ch->calls[frame->id & SLOT_MASK];
    if (!call->done || call->id != frame->id) {
        channel_end(ch, "reply to no call");
        return;
    }
    struct call taken = *call;
    call_give(ch, call);
    taken.done(taken.context, frame->status, payload);
}

/* -- serving ------------------------------------------------------------- */

struct channel *channel_of(const struct channel_request *request) { return request->channel; }

static void answer(struct channel *ch, uint32_t id, uint16_t operation, int status,
                   struct span payload)
{
    struct frame frame = {(uint32_t)payload.len, id, operation, FLAG_REPLY, status};
    if (payload.len > CHANNEL_PAYLOAD_MAX) { /* a handler's bug, not the peer's fault */
        frame.bytes = 0;
        frame.status = E_INTERNAL;
        payload = span_of(NULL, 0);
    }
    int err = frame_send(ch, &frame, payload);
    if (err) {
        frame.bytes = 0;
        frame.status = err;
        if (frame_send(ch, &frame, span_of(NULL, 0)) != 0)
            channel_end(ch, "no memory for a reply");
    }
}

void channel_reply(struct channel_request *request, int status, struct span payload)
{
    struct channel *ch = request->channel;
    if (ch) {
        if (request->previous)
            request->previous->next = request->next;
        else
            ch->requests = request->next;
        if (request->next)
            request->next->previous = request->previous;
        ch->request_count--;
        enter(ch);
        answer(ch, request->id, request->operation, status, payload);
        leave(ch);
    }
    free(request);
}

static const struct channel_operation *operation_find(const struct channel *ch, uint16_t number)
{
    for (size_t i = 0; i < ch->operation_count; i++)
        if (ch->operations[i].number == number)
            return &ch->operations[i];
    return NULL;
}

static void request_take(struct channel *ch, const struct frame *frame, struct span payload)
{
    const struct channel_operation *op = operation_find(ch, frame->operation);
    struct channel_request *request = NULL;
    if (ch->request_count < CHANNEL_PENDING_MAX)
        request = calloc(1, sizeof *request);
    if (!request) {
        answer(ch, frame->id, frame->operation,
               ch->request_count < CHANNEL_PENDING_MAX ? E_NOMEM : E_BUSY, span_of(NULL, 0));
        return;
    }
    request->channel = ch;
    request->id = frame->id;
    request->operation = frame->operation;
    request->next = ch->requests;
    if (ch->requests)
        ch->requests->previous = request;
    ch->requests = request;
    ch->request_count++;
    op->handle(ch->context, request, payload);
}

/* NULL, or why the channel cannot go on. */
static const char *frame_fault(const struct channel *ch, const struct frame *frame)
{
    if (frame->bytes > CHANNEL_PAYLOAD_MAX)
        return "frame too long";
    if (frame->flags & ~FLAG_REPLY)
        return "unknown frame flags";
    if (frame->flags & FLAG_REPLY)
        return frame->status > 0 ? "impossible reply status" : NULL;
    if (frame->status != 0)
        return "status in a request";
    if (!ch->operations)
        return "request to an end that serves nothing";
    return NULL;
}

static bool request_allowed(const struct channel *ch, const struct frame *frame)
{
    const struct channel_operation *op = operation_find(ch, frame->operation);
    return op && frame->bytes <= op->request_max;
}

static bool output_full(const struct channel *ch)
{
    return ch->operations && evbuffer_get_length(ch->out) > OUTPUT_MAX;
}

/* One frame; false when more input is needed or the channel ended. */
static bool frame_take(struct channel *ch)
{
    uint8_t header[CHANNEL_HEADER_BYTES];
    struct evbuffer *in = ch->in;
    size_t have = evbuffer_get_length(in);
    if (ch->skip) {
        size_t drop = have < ch->skip ? have : ch->skip;
        evbuffer_drain(in, drop);
        ch->skip -= drop;
        return drop > 0;
    }
    if (evbuffer_copyout(in, header, sizeof header) != (ev_ssize_t)sizeof header)
        return false;
    struct frame frame = frame_read(header);
    const char *fault = frame_fault(ch, &frame);
    if (fault) {
        channel_end(ch, fault);
        return false;
    }
    if (!(frame.flags & FLAG_REPLY) && !request_allowed(ch, &frame)) {
        /* Refused by its head: the payload is never held in memory. */
        fprintf(stderr, "channel: refused request %u of %u bytes\n", frame.operation, frame.bytes);
        evbuffer_drain(in, sizeof header);
        ch->skip = frame.bytes;
        answer(ch, frame.id, frame.operation, E_DENIED, span_of(NULL, 0));
        return !ch->ended;
    }
    size_t whole = sizeof header + frame.bytes;
    if (have < whole) {
        ch->frame_bytes = whole;
        return false;
    }
    const uint8_t *bytes = evbuffer_pullup(in, (ev_ssize_t)whole);
    if (!bytes) {
        channel_end(ch, "no memory for a frame");
        return false;
    }
    struct span payload = span_of(bytes + sizeof header, frame.bytes);
    if (frame.flags & FLAG_REPLY)
        reply_take(ch, &frame, payload);
    else
        request_take(ch, &frame, payload);
    evbuffer_drain(in, whole);
    return !ch->ended;
}

static void input_take(struct channel *ch)
{
    ch->frame_bytes = 0;
    while (!ch->ended && !output_full(ch) && frame_take(ch))
        ;
    if (!ch->ended && ch->reading && output_full(ch)) {
        event_del(ch->readable);
        ch->reading = false;
    }
}

/* Bytes read; 0: none yet; -1: the peer is gone. */
static ssize_t input_read(struct channel *ch)
{
    struct evbuffer_iovec room;
    size_t have = evbuffer_get_length(ch->in), want = READ_BYTES;
    if (ch->frame_bytes > have && ch->frame_bytes - have > want)
        want = ch->frame_bytes - have;
    if (evbuffer_reserve_space(ch->in, (ev_ssize_t)want, &room, 1) < 1)
        return -1;
    ssize_t n = read(ch->fd, room.iov_base, room.iov_len);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    room.iov_len = (size_t)n;
    return n == 0 || evbuffer_commit_space(ch->in, &room, 1) != 0 ? -1 : n;
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct channel *ch = context;
    (void)fd;
    (void)what;
    enter(ch);
    ssize_t n = input_read(ch);
    if (n > 0)
        input_take(ch);
    else if (n < 0)
        channel_end(ch, NULL);
    leave(ch);
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
    struct channel *ch = context;
    (void)what;
    enter(ch);
    ch->writing = false;
    if (evbuffer_get_length(ch->out) && evbuffer_write(ch->out, fd) < 0 && errno != EAGAIN &&
        errno != EINTR) {
        channel_end(ch, NULL);
    } else if (evbuffer_get_length(ch->out)) {
        ch->writing = event_add(ch->writable, NULL) == 0;
        if (!ch->writing)
            channel_end(ch, "no memory to wait");
    } else if (!ch->ended && !ch->reading) {
        /* The output is drained: go on with what waits in the input. */
        ch->reading = event_add(ch->readable, NULL) == 0;
        if (ch->reading)
            input_take(ch);
        else
            channel_end(ch, "no memory to wait");
    }
    leave(ch);
}

struct channel *channel_new(struct event_base *base, int fd,
                            const struct channel_operation *operations, size_t count,
                            void *context, void (*closed)(void *context, struct channel *channel))
{
    struct channel *ch = calloc(1, sizeof *ch);
    if (!ch || evutil_make_socket_nonblocking(fd) != 0) {
        close(fd);
        free(ch);
        return NULL;
    }
    ch->fd = fd;
    ch->operations = operations;
    ch->operation_count = operations ? count : 0;
    ch->context = context;
    ch->closed = closed;
    ch->calls = calloc(CHANNEL_PENDING_MAX, sizeof *ch->calls);
    ch->free_slots = calloc(CHANNEL_PENDING_MAX, sizeof *ch->free_slots);
    ch->in = evbuffer_new();
    ch->out = evbuffer_new();
    /* Callbacks are never entered from inside channel_call() or channel_reply():
     * all begin at one of these two. */
    ch->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, ch);
    ch->writable = event_new(base, fd, EV_WRITE, on_writable, ch);
    if (!ch->calls || !ch->free_slots || !ch->in || !ch->out || !ch->readable || !ch->writable ||
        event_add(ch->readable, NULL) != 0) {
        channel_destroy(ch);
        return NULL;
    }
    ch->reading = true;
    return ch;
}

/* -- before the loop runs ------------------------------------------------ */

static int write_all(int fd, const uint8_t *at, size_t len)
{
    while (len) {
        ssize_t n = write(fd, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return E_NETWORK;
        at += n;
        len -= (size_t)n;
    }
    return 0;
}

static int read_all(int fd, uint8_t *at, size_t len)
{
    while (len) {
        ssize_t n = read(fd, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return E_NETWORK;
        at += n;
        len -= (size_t)n;
    }
    return 0;
}

int channel_call_blocking(int fd, uint16_t operation, struct span payload, uint8_t **reply,
                          size_t *reply_bytes)
{
    uint8_t header[CHANNEL_HEADER_BYTES];
    struct frame frame = {(uint32_t)payload.len, 0, operation, 0, 0};
    uint8_t *bytes = NULL;
    int err;

    *reply = NULL;
    *reply_bytes = 0;
    if (payload.len > CHANNEL_PAYLOAD_MAX)
        return E_RANGE;
    frame_write(&frame, header);
    if ((err = write_all(fd, header, sizeof header)) != 0 ||
        (err = write_all(fd, payload.at, payload.len)) != 0 ||
        (err = read_all(fd, header, sizeof header)) != 0)
        return err;
    frame = frame_read(header);
    if (frame.flags != FLAG_REPLY || frame.id != 0 || frame.operation != operation ||
        frame.status > 0 || frame.bytes > CHANNEL_PAYLOAD_MAX)
        return E_MALFORMED;
    bytes = malloc(frame.bytes ? frame.bytes : 1);
    if (!bytes)
        return E_NOMEM;
    err = read_all(fd, bytes, frame.bytes);
    if (!err)
        err = frame.status;
    if (err) {
        free(bytes);
        return err;
    }
    *reply = bytes;
    *reply_bytes = frame.bytes;
    return 0;
}
