/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The front process: the only one that reads bytes from the network.
 * Confinement: no files, no sockets but those it accepts on the one listening
 * socket that the supervisor made.
 */
#include <event2/event.h>
#include <event2/listener.h>
#include <malloc.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "service/front/access_log.h"
#include "service/front/block_cache.h"
#include "service/front/connection.h"
#include "service/sandbox/sandbox.h"

enum { TICK_MS = 50, HEAP_KEEP_BYTES = 1 << 20 };

struct front {
    struct process *self;
    struct door door;
    struct evconnlistener *listener;
    struct event *tick;
    bool accepting;
    uint32_t drain_ticks;
    int code;
};

static void accepting_set(struct front *f, bool on)
{
    if (!f->listener || f->accepting == on)
        return;
    f->accepting = on;
    if (on)
        evconnlistener_enable(f->listener);
    else
        evconnlistener_disable(f->listener);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                      int len, void *context)
{
    struct front *f = context;
    (void)listener;
    (void)address;
    (void)len;
    connection_open(&f->door, fd);
    /* At the limit the rest waits in the kernel's queue. */
    if (f->door.count >= f->self->config->connections_max)
        accepting_set(f, false);
}

/* Out of descriptors, say: the tick tries again. */
static void on_accept_error(struct evconnlistener *listener, void *context)
{
    (void)listener;
    accepting_set(context, false);
}

static void on_left(struct door *door)
{
    struct front *f = (struct front *)((char *)door - offsetof(struct front, door));
    if (door->draining) {
        if (door->count == 0)
            event_base_loopexit(door->base, NULL);
        return;
    }
    accepting_set(f, door->count < f->self->config->connections_max);
}

static void drain_begin(struct front *f)
{
    evconnlistener_free(f->listener);
    f->listener = NULL;
    f->drain_ticks = f->self->config->drain_s * 1000 / TICK_MS;
    connections_drain(&f->door);
    if (f->door.count == 0)
        event_base_loopexit(f->door.base, NULL);
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
    struct front *f = context;
    (void)fd;
    (void)what;
    access_log_flush();
    if (*f->self->stopping && !f->door.draining)
        drain_begin(f);
    else if (f->door.draining && f->drain_ticks-- == 0)
        event_base_loopexit(f->door.base, NULL);
    else if (!f->door.draining)
        accepting_set(f, f->door.count < f->self->config->connections_max);
}

static void on_backend_gone(void *context, struct channel *channel)
{
    struct front *f = context;
    (void)channel;
    if (!*f->self->stopping)
        f->code = 1;
    event_base_loopexit(f->door.base, NULL);
}

static int channels_open(struct front *f)
{
    for (int i = 0; i < PROCESS_COUNT; i++) {
        if (f->self->peer_fd[i] < 0)
            continue;
        f->door.channel[i] = channel_new(f->door.base, f->self->peer_fd[i], NULL, 0, f, on_backend_gone);
        if (!f->door.channel[i])
            return E_NOMEM;
    }
    return 0;
}

int front_run(struct process *self)
{
    static const struct timeval often = {0, TICK_MS * 1000};
    struct front f = {.self = self, .code = 1};
    struct sandbox sandbox = {.name = "front", .rights = SANDBOX_ACCEPT,
                              .allow_missing = self->allow_unconfined};
    /* Connections come and go: pages need not go back to the kernel each time. */
    (void)mallopt(M_TRIM_THRESHOLD, HEAP_KEEP_BYTES);
    /* Each TLS buffer that is given back would collect the small blocks of all lists. */
    (void)mallopt(M_MXFAST, 0);
    f.door = (struct door){.base = self->base, .config = self->config, .left = on_left};
    f.door.tls = tls_new(self->data);
    f.door.blocks = block_cache_new();
    if (!f.door.tls || !f.door.blocks || sandbox_enter(&sandbox) != 0) {
        f.code = PROCESS_EXIT_CANNOT_START;
        goto out;
    }
    f.tick = event_new(self->base, -1, EV_PERSIST, on_tick, &f);
    f.listener = evconnlistener_new(self->base, on_accept, &f, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC,
                                    0, self->listen_fd);
    if (!f.tick || !f.listener || event_add(f.tick, &often) != 0 || channels_open(&f) != 0)
        goto out;
    f.accepting = true;
    evconnlistener_set_error_cb(f.listener, on_accept_error);
    printf("perisphered: ready on %s\n", self->config->base_url);
    fflush(stdout);
    f.code = 0;
    event_base_dispatch(self->base);
out:
    f.door.left = NULL;
    connections_close(&f.door);
    access_log_flush();
    for (int i = 0; i < PROCESS_COUNT; i++)
        channel_free(f.door.channel[i]);
    if (f.listener)
        evconnlistener_free(f.listener);
    if (f.tick)
        event_free(f.tick);
    block_cache_free(f.door.blocks);
    tls_free(f.door.tls);
    return f.code;
}
