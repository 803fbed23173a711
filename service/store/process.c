/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store process: one loop, one writer.  Opens its files, confines itself to
 * data/store, then serves api, daa, ota, reports and issuer, each by the rows of the
 * operation table that are its own.
 */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/crypto.h"
#include "service/ipc/dump_ops.h"
#include "service/ipc/process.h"
#include "service/ipc/store_pki_ops.h"
#include "service/sandbox/sandbox.h"
#include "service/store/batch.h"
#include "service/store/database/data_key.h"
#include "service/store/requests.h"

struct server;

struct peer {
    struct server *server;
    struct channel *channel;
    size_t count;
    struct channel_operation *operations;
};

static const struct peer_row {
    enum process_id process;
    enum store_peer bit;
} peer_rows[] = {
    {PROCESS_API, PEER_API},
    {PROCESS_DAA, PEER_DAA},
    {PROCESS_OTA, PEER_OTA},
    {PROCESS_REPORTS, PEER_REPORTS},
    {PROCESS_ISSUER, PEER_ISSUER},
};

enum { ROLLOUT_TICKS = 5, DUMP_TICKS = 600 }; /* seconds between looks at rollouts, at dumps that expire */

enum { PEERS = sizeof peer_rows / sizeof peer_rows[0] };

struct server {
    struct event_base *base;
    struct event *commit, *tick, *request, *checkins;
    struct requests requests;
    struct store store;
    struct batch batch;
    unsigned ticks;
    struct peer peer[PEERS];
};

static void reply_send(void *token, int status, struct span payload)
{
    if (token)
        channel_reply(token, status, payload);
    else if (status)
        fprintf(stderr, "store: a step of its own was not taken: %s\n", err_text(status));
}

/* A failed commit has been answered; the operator has the database's own words. */
static void commit_now(struct server *server)
{
    int err = batch_end(&server->batch);
    if (err)
        fprintf(stderr, "store: commit failed: %s\n", err_text(err));
}

static void on_commit(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    commit_now(context);
}

/* Between transactions, and with room for other work in between. */
static void on_request(evutil_socket_t fd, short what, void *context)
{
    static const struct timeval soon = {0, 2000};
    struct server *server = context;
    (void)fd;
    (void)what;
    commit_now(server);
    if (requests_look(&server->requests))
        event_add(server->request, &soon);
}

/* Once in some seconds: steps of rollouts whose time has come, devices that fell silent in one. */
static int rollouts_run(struct store *store, struct span payload, struct answer *answer)
{
    bool more;
    (void)payload;
    (void)answer;
    return rollouts_step(store, &more);
}

static int dumps_run(struct store *store, struct span payload, struct answer *answer)
{
    (void)payload;
    (void)answer;
    return dumps_expire(store, database_now_ms(&store->db) / 1000);
}

/* Work of the store's own, with what waits or right away. */
static void own_take(struct server *server, const struct store_operation *operation)
{
    if (batch_take(&server->batch, operation, span_of(NULL, 0), NULL))
        commit_now(server);
    else
        event_active(server->commit, EV_TIMEOUT, 0);
}

static void dumps_look(struct server *server)
{
    static const struct store_operation expire = {0, "DUMPS_EXPIRE", 0, 0, ACCESS_WRITE, dumps_run};
    if (server->ticks % DUMP_TICKS == 0)
        own_take(server, &expire);
}

static void rollouts_look(struct server *server)
{
    static const struct store_operation step = {0, "ROLLOUTS_STEP", 0, 0, ACCESS_WRITE, rollouts_run};
    if (server->ticks++ % ROLLOUT_TICKS == 0)
        own_take(server, &step);
}

/* A tenth of a second after the first that waits, and again until none does. */
static void checkins_later(struct server *server)
{
    static const struct timeval tenth = {0, 100000};
    if (server->store.checkin_count && !evtimer_pending(server->checkins, NULL))
        event_add(server->checkins, &tenth);
}

static void on_checkins(evutil_socket_t fd, short what, void *context)
{
    struct server *server = context;
    (void)fd;
    (void)what;
    int err = batch_flush(&server->batch);
    if (err)
        fprintf(stderr, "store: check-ins not written: %s\n", err_text(err));
    checkins_later(server);
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
    struct server *server = context;
    clock_look(&server->store);
    if (what) /* not the last one, at the end */
        on_request(fd, what, server);
    if (what) {
        dumps_look(server);
        rollouts_look(server);
    }
}

/* The commit event runs after all that is ready in this turn of the loop. */
static void take(struct server *server, unsigned bit, uint16_t number, struct channel_request *request,
                 struct span payload)
{
    const struct store_operation *operation;
    if (operation_find(bit, number, &operation) != 0) {
        channel_reply(request, E_DENIED, span_of(NULL, 0));
        return;
    }
    if (batch_take(&server->batch, operation, payload, request))
        commit_now(server);
    else
        event_active(server->commit, EV_TIMEOUT, 0);
    checkins_later(server);
}

/* A channel does not tell its handler which operation was asked for, so each
 * operation has a small function of its own. */
#define HANDLE(name, number)                                                                      \
    static void handle_##name(void *context, struct channel_request *request, struct span payload) \
    {                                                                                             \
        struct peer *peer = context;                                                              \
        take(peer->server, peer_rows[peer - peer->server->peer].bit, (number), request, payload); \
    }
#define STORE_DEVICE_OP_TABLE(X)                    \
    X(DEVICE_GET, STORE_OP_DEVICE_GET)              \
    X(REFERENCE_GET, STORE_OP_REFERENCE_GET)        \
    X(ATTEST_RECORD, STORE_OP_ATTEST_RECORD)        \
    X(WANTED_GET, STORE_OP_WANTED_GET)              \
    X(IMAGE_READ, STORE_OP_IMAGE_READ)              \
    X(REPORT_ADD, STORE_OP_REPORT_ADD)              \
    X(IMAGE_ADDRESS, STORE_OP_IMAGE_ADDRESS)
STORE_DEVICE_OP_TABLE(HANDLE)
STORE_DUMP_OP_TABLE(HANDLE)
STORE_API_OP_TABLE(HANDLE)
STORE_ACCESS_OP_TABLE(HANDLE)
STORE_PKI_OP_TABLE(HANDLE)

static const struct handler_row {
    uint16_t number;
    void (*handle)(void *context, struct channel_request *request, struct span payload);
} handlers[] = {
#define HANDLER_ROW(name, number) {(number), handle_##name},
    STORE_DEVICE_OP_TABLE(HANDLER_ROW) STORE_DUMP_OP_TABLE(HANDLER_ROW) STORE_API_OP_TABLE(HANDLER_ROW)
    STORE_ACCESS_OP_TABLE(HANDLER_ROW) STORE_PKI_OP_TABLE(HANDLER_ROW)
#undef HANDLER_ROW
};

static int peer_operations(struct peer *peer, unsigned bit)
{
    peer->operations = calloc(store_operation_count, sizeof *peer->operations);
    if (!peer->operations)
        return E_NOMEM;
    for (size_t i = 0; i < store_operation_count; i++) {
        const struct store_operation *op = &store_operations[i];
        if (!(op->peers & bit) || (bit == PEER_API && !operation_is_direct(op->number)))
            continue;
        for (size_t h = 0; h < sizeof handlers / sizeof handlers[0]; h++)
            if (handlers[h].number == op->number)
                peer->operations[peer->count++] = (struct channel_operation){
                    op->number, op->name, op->request_max, handlers[h].handle};
    }
    return 0;
}

/* One process gone: the supervisor starts the whole set again. */
static void peer_closed(void *context, struct channel *channel)
{
    struct peer *peer = context;
    (void)channel;
    event_base_loopexit(peer->server->base, NULL);
}

static int peers_connect(struct server *server, struct process *self)
{
    for (size_t i = 0; i < PEERS; i++) {
        struct peer *peer = &server->peer[i];
        int fd = self->peer_fd[peer_rows[i].process];
        peer->server = server;
        if (fd < 0)
            continue;
        int err = peer_operations(peer, peer_rows[i].bit);
        if (err)
            return err;
        peer->channel = channel_new(server->base, fd, peer->operations, peer->count, peer, peer_closed);
        if (!peer->channel)
            return E_NOMEM;
    }
    return 0;
}

static int serve(struct server *server, struct process *self)
{
    static const struct timeval second = {1, 0};
    server->base = self->base;
    batch_init(&server->batch, &server->store, reply_send);
    server->commit = event_new(self->base, -1, 0, on_commit, server);
    server->tick = event_new(self->base, -1, EV_PERSIST, on_tick, server);
    server->request = event_new(self->base, -1, 0, on_request, server);
    server->checkins = event_new(self->base, -1, 0, on_checkins, server);
    if (!server->commit || !server->tick || !server->request || !server->checkins || event_add(server->tick, &second) != 0)
        return E_NOMEM;
    int err = peers_connect(server, self);
    if (!err && !*self->stopping && event_base_dispatch(self->base) < 0)
        err = E_INTERNAL;
    /* What was taken is finished, so that a stop loses nothing. */
    on_tick(-1, 0, server);
    commit_now(server);
    for (size_t left = SIZE_MAX; server->store.checkin_count && server->store.checkin_count < left;) {
        left = server->store.checkin_count;
        on_checkins(-1, 0, server);
    }
    return err;
}

int store_run(struct process *self)
{
    char folder[4096];
    int code = PROCESS_EXIT_CANNOT_START;
    struct server *server = calloc(1, sizeof *server);
    if (!server || snprintf(folder, sizeof folder, "%s/store", self->data) >= (int)sizeof folder)
        goto out;
    const struct service_config *config = self->config;
    const struct data_key_source source = {.key = config->has_data_key ? config->data_key : NULL,
                                           .own = config->data_key_own,
                                           .next = config->has_data_key_next ? config->data_key_next : NULL};
    /* OpenSSL reads its configuration on first use, while files can be read. */
    uint8_t warm[SHA256_BYTES];
    int err = crypto_sha256(NULL, 0, warm);
    if (!err)
        err = store_open_by(&server->store, folder, self->config->database, &source);
    server->store.dump_keep_s = (uint64_t)self->config->crash_dump_days * 86400;
    server->store.audit_keep_ms = (uint64_t)self->config->audit_keep_days * 86400000;
    if (!err)
        err = access_seed(&server->store, self->config->owner);
    if (err == E_NETWORK)
        code = 1; /* a database that is away may come back: the supervisor starts us again */
    if (err)
        goto out;
    server->store.check_interval_s = self->config->check_interval_s;
    clock_open(&server->store, folder);
    const struct sandbox sandbox = {
        .name = process_name(PROCESS_STORE),
        .folder = folder,
        .rights = SANDBOX_FILES_READ | SANDBOX_FILES_WRITE |
                  (database_shared(&server->store.db) ? SANDBOX_CONNECT_UNIX : 0) |
                  (database_port(&server->store.db) ? SANDBOX_CONNECT_TCP : 0),
        .connect_port = database_port(&server->store.db),
        .any_port_may = true, /* a database in the network goes on with Debian 12's kernel */
        .allow_missing = self->allow_unconfined,
    };
    server->requests = (struct requests){.store = &server->store, .folder = folder, .source = source};
    if (sandbox_enter(&sandbox) == 0)
        code = serve(server, self) == 0 ? 0 : 1;
    for (size_t i = 0; i < PEERS; i++) {
        channel_free(server->peer[i].channel);
        free(server->peer[i].operations);
    }
    if (server->commit)
        event_free(server->commit);
    if (server->tick)
        event_free(server->tick);
    if (server->request)
        event_free(server->request);
    if (server->checkins)
        event_free(server->checkins);
    clock_close(&server->store);
    store_close(&server->store);
out:
    free(server);
    return code;
}
