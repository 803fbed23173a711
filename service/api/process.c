/* SPDX-License-Identifier: BSD-2-Clause */
/* The api process: front asks, store and issuer answer.  No files, no network. */
#include <event2/event.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "service/api/api.h"
#include "service/ipc/process.h"
#include "service/sandbox/sandbox.h"

enum { JOBS_LOOK_S = 2 }; /* between looks for operations that were left behind */

struct server {
    struct api api;
    struct event_base *base;
    struct channel *front;
    struct event *seal, *jobs;
};

static void handle_request(void *context, struct channel_request *request, struct span payload)
{
    struct server *server = context;
    api_request(&server->api, request, payload);
}

static const struct channel_operation operations[] = {
    {HTTP_OP_REQUEST, "REQUEST", CHANNEL_PAYLOAD_MAX, handle_request},
};

/* One process gone: the supervisor starts the whole set again. */
static void peer_closed(void *context, struct channel *channel)
{
    struct server *server = context;
    (void)channel;
    event_base_loopexit(server->base, NULL);
}

static void on_seal(evutil_socket_t fd, short what, void *context)
{
    struct server *server = context;
    (void)fd;
    (void)what;
    api_seal(&server->api);
}

static void on_jobs(evutil_socket_t fd, short what, void *context)
{
    struct server *server = context;
    (void)fd;
    (void)what;
    api_jobs_look(&server->api);
}

/* What libraries read from files on first use, while files can be read. */
static int libraries_warm(void)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    unsigned char random;
    tzset();             /* /etc/localtime, for gmtime_r() too */
    json_object_seed(0); /* /dev/urandom: hash tables that nobody can aim at */
    return OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL) &&
                   EVP_Digest("", 0, digest, &len, EVP_sha1(), NULL) && RAND_bytes(&random, 1) == 1
               ? 0
               : E_CRYPTO;
}

int api_run(struct process *self)
{
    char base_url[sizeof self->config->base_url];
    struct server server = {.base = self->base, .api = {.base_url = base_url}};
    if (*self->config->oidc_issuer) {
        server.api.login_url = self->config->oidc_issuer;
        server.api.audience = self->config->oidc_audience;
    }
    const struct sandbox sandbox = {
        .name = process_name(PROCESS_API),
        .allow_missing = self->allow_unconfined,
    };
    int code = 1;

    snprintf(base_url, sizeof base_url, "%s", self->config->base_url);
    for (size_t n = strlen(base_url); n && base_url[n - 1] == '/'; n--)
        base_url[n - 1] = '\0';
    if (libraries_warm() != 0 || sandbox_enter(&sandbox) != 0)
        return PROCESS_EXIT_CANNOT_START;
    server.api.store = channel_new(self->base, self->peer_fd[PROCESS_STORE], NULL, 0, &server, peer_closed);
    server.api.issuer = channel_new(self->base, self->peer_fd[PROCESS_ISSUER], NULL, 0, &server, peer_closed);
    server.front = channel_new(self->base, self->peer_fd[PROCESS_FRONT], operations,
                               sizeof operations / sizeof operations[0], &server, peer_closed);
    const struct timeval interval = {self->config->audit_seal_s, 0};
    server.seal = event_new(self->base, -1, EV_PERSIST, on_seal, &server);
    static const struct timeval look = {JOBS_LOOK_S, 0};
    server.jobs = event_new(self->base, -1, EV_PERSIST, on_jobs, &server);
    bool ready = server.api.store && server.api.issuer && server.front && server.seal && server.jobs &&
                 event_add(server.jobs, &look) == 0 &&
                 (interval.tv_sec == 0 || event_add(server.seal, &interval) == 0);
    if (ready)
        api_jobs_look(&server.api); /* what was cut off by a restart goes on at once */
    if (ready)
        code = *self->stopping || event_base_dispatch(self->base) >= 0 ? 0 : 1;
    /* Calls under way get E_NETWORK from these and answer through front, which
     * is freed last. */
    struct channel *store = server.api.store, *issuer = server.api.issuer;
    server.api.store = server.api.issuer = NULL; /* what ends may not ask again */
    channel_free(store);
    channel_free(issuer);
    channel_free(server.front);
    if (server.seal)
        event_free(server.seal);
    if (server.jobs)
        event_free(server.jobs);
    return code;
}
