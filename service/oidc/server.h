/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The oidc process: fetches a provider's keys and verifies tokens with them.
 * Source: docs/spec/tokens.md.
 *
 *   state      keys      a fetch begins                             a token
 *   nothing    none      at the start, then every retry_s           waits for the fetch, else E_NETWORK
 *   fresh      in use    every refresh_s; for a key that nobody      is verified; waits when its key is
 *                        knows, at most every retry_s               not known and a fetch is under way
 *   old        dropped   as nothing                                 after OLD_S without a good fetch
 *
 * New keys replace the whole set: a key that the provider withdrew is gone with
 * the next fetch.
 */
#ifndef PERI_SERVICE_OIDC_SERVER_H
#define PERI_SERVICE_OIDC_SERVER_H

#include "service/ipc/process.h"
#include "service/oidc/fetch.h"
#include "service/oidc/token.h"

enum { OIDC_OLD_S = 86400, OIDC_WAITING_MAX = 256 };

struct oidc_server {
    const struct service_config *config;
    struct event_base *base;
    struct fetcher *fetcher; /* NULL: no provider is configured */
    struct channel *front;
    struct event *timer;
    struct keys *keys;
    uint64_t began_s, fetched_s; /* monotonic; 0: never */
    bool fetching;
    size_t waiting_count;
    struct oidc_waiting {
        struct channel_request *request;
        uint8_t *token;
        size_t len;
    } waiting[OIDC_WAITING_MAX];
};

int oidc_server_init(struct oidc_server *server, struct event_base *base, const struct service_config *config,
                     struct fetcher *fetcher, int front_fd,
                     void (*closed)(void *context, struct channel *channel)) MUST_CHECK;
void oidc_server_release(struct oidc_server *server);

#endif
