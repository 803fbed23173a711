/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/floor_parts.h"

enum { LINE_BYTES = 1 << 18, EVENTS = 32, CONNECTIONS = 1024, LOG_LINE_BYTES = 211 };

/* Messages between the processes, and what comes of each: the sum of a turn goes in one write. */
enum floor_message {
    NOTHING, CHALLENGE, CHALLENGED, ATTEST, DEVICE, DEVICE_FOUND, ISSUE, ISSUED, RECORD, RECORDED, ATTESTED, MESSAGES,
};
static const struct hop {
    uint32_t bytes; /* of this message, head included */
    uint8_t next;   /* NOTHING: front answers its client */
    uint8_t to;     /* where the next one goes */
} hops[MESSAGES] = {
    [CHALLENGE] = {117, CHALLENGED, FLOOR_FRONT},
    [CHALLENGED] = {129, NOTHING, 0},
    [ATTEST] = {708, DEVICE, FLOOR_STORE},
    [DEVICE] = {83, DEVICE_FOUND, FLOOR_DAA},
    [DEVICE_FOUND] = {54, ISSUE, FLOOR_ISSUER},
    [ISSUE] = {396, ISSUED, FLOOR_DAA},
    [ISSUED] = {1325, RECORD, FLOOR_STORE},
    [RECORD] = {195, RECORDED, FLOOR_DAA},
    [RECORDED] = {16, ATTESTED, FLOOR_FRONT},
    [ATTESTED] = {1381, NOTHING, 0},
};

/* TLS records as bytes: ClientHello; the server's flight; Finished, and a request; ... ; goodbye. */
const struct floor_turn floor_turns[][FLOOR_TURNS] = {
    [FLOOR_ATTEST] = {{258, 0, 1413}, {187, CHALLENGE, 422}, {713, ATTEST, 1675}, {24, 0, 24}},
    [FLOOR_CONNECT] = {{258, 0, 1411}, {1014, 0, 24}}, /* certificate, proof and goodbye come together */
};

struct head {
    uint32_t bytes, id, message, unused;
};
_Static_assert(sizeof(struct head) == 16, "as a channel's");

struct line {
    int fd;
    size_t have, owe;
    uint8_t in[LINE_BYTES], out[LINE_BYTES];
};

static struct station {
    const struct floor_ends *ends;
    int epoll, log;
    struct line line[FLOOR_PROCESSES];
    struct {
        unsigned turn, have;
    } connection[CONNECTIONS]; /* by descriptor */
} at;

static void need(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "bench: floor: %s: %s\n", what, strerror(errno));
    _exit(1);
}

static void watch(int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    need(epoll_ctl(at.epoll, EPOLL_CTL_ADD, fd, &event) == 0, "epoll");
}

static void write_all(int fd, const void *bytes, size_t len)
{
    need(write(fd, bytes, len) == (ssize_t)len, "write");
}

static void message_queue(enum floor_process to, uint32_t message, uint32_t id)
{
    struct line *line = &at.line[to];
    struct head head = {hops[message].bytes, id, message, 0};
    need(line->owe + head.bytes <= sizeof line->out, "room");
    memcpy(line->out + line->owe, &head, sizeof head);
    line->owe += head.bytes;
}

/* -- front's clients ----------------------------------------------------------------------- */

static void clients_accept(void)
{
    int fd;
    while ((fd = accept4(at.ends->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        need(fd < CONNECTIONS, "descriptors");
        at.connection[fd].turn = at.connection[fd].have = 0;
        watch(fd);
    }
}

static void client_answer(int fd)
{
    static const uint8_t bytes[FLOOR_BYTES_MAX];
    const struct floor_turn *turns = floor_turns[at.ends->what];
    unsigned turn = at.connection[fd].turn++;
    (void)!write(fd, bytes, turns[turn].out); /* the goodbye may find nobody */
    if (turn + 1 == FLOOR_TURNS || turns[turn + 1].in == 0)
        close(fd);
}

static void client_take(int fd)
{
    uint8_t bytes[FLOOR_BYTES_MAX];
    const struct floor_turn *turn = &floor_turns[at.ends->what][at.connection[fd].turn];
    ssize_t n = read(fd, bytes, sizeof bytes);
    if (n <= 0) {
        close(fd);
        return;
    }
    at.connection[fd].have += (unsigned)n;
    if (at.connection[fd].have < turn->in)
        return;
    at.connection[fd].have -= turn->in;
    if (turn->ask)
        message_queue(FLOOR_DAA, turn->ask, (uint32_t)fd);
    else
        client_answer(fd);
}

/* -- messages --------------------------------------------------------------------------------- */

static void message_take(uint32_t message, uint32_t id)
{
    static const uint8_t log_line[LOG_LINE_BYTES];
    const struct hop *hop = &hops[message];
    if (message == ISSUE)
        write_all(at.log, log_line, sizeof log_line);
    else if (message == DEVICE)
        floor_store_look(id);
    else if (message == RECORD)
        floor_store_record(id);
    if (hop->next == NOTHING)
        client_answer((int)id);
    else
        message_queue(hop->to, hop->next, id);
}

static void line_take(struct line *line)
{
    struct head head;
    size_t used = 0;
    ssize_t n = read(line->fd, line->in + line->have, sizeof line->in - line->have);
    if (n <= 0)
        _exit(0); /* the others are gone */
    line->have += (size_t)n;
    while (line->have - used >= sizeof head) {
        memcpy(&head, line->in + used, sizeof head);
        if (line->have - used < head.bytes)
            break;
        used += head.bytes;
        message_take(head.message, head.id);
    }
    line->have -= used;
    memmove(line->in, line->in + used, line->have);
}

static void fd_take(int fd)
{
    for (unsigned i = 0; i < FLOOR_PROCESSES; i++)
        if (fd == at.line[i].fd) {
            line_take(&at.line[i]);
            return;
        }
    if (fd == at.ends->listener)
        clients_accept();
    else
        client_take(fd);
}

static void turn_end(void)
{
    if (at.ends->self == FLOOR_STORE)
        floor_store_commit();
    for (unsigned i = 0; i < FLOOR_PROCESSES; i++)
        if (at.line[i].owe) {
            write_all(at.line[i].fd, at.line[i].out, at.line[i].owe);
            at.line[i].owe = 0;
        }
}

void floor_serve(const struct floor_ends *ends)
{
    char path[4096];
    at.ends = ends;
    at.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (ends->self == FLOOR_STORE)
        floor_store_open(ends->folder);
    if (ends->self == FLOOR_ISSUER) {
        snprintf(path, sizeof path, "%s.floor.log", ends->folder);
        at.log = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    }
    need(at.epoll >= 0 && at.log >= 0, "set-up");
    if (ends->self == FLOOR_FRONT)
        watch(ends->listener);
    for (unsigned i = 0; i < FLOOR_PROCESSES; i++)
        if ((at.line[i].fd = ends->peer[i]) >= 0)
            watch(at.line[i].fd);
    for (;;) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(at.epoll, events, EVENTS, -1);
        for (int i = 0; i < count; i++)
            fd_take(events[i].data.fd);
        turn_end();
    }
}
