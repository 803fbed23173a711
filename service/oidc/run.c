/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Process oidc: start, confinement, loop.  The only process that opens connections
 * to the outside, and the one that has nothing to lose: no key, no data, no file.
 */
#include <event2/event.h>
#include <jansson.h>
#include <limits.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "service/oidc/server.h"
#include "service/sandbox/sandbox.h"

static struct oidc_server server;

static void on_closed(void *context, struct channel *channel)
{
    struct oidc_server *s = context;
    (void)channel;
    event_base_loopexit(s->base, NULL);
}

/* With a provider: its CA from the own folder, else the system's. */
static int fetcher_make(struct process *self, struct fetcher **fetcher, uint16_t *port)
{
    char path[PATH_MAX];
    *fetcher = NULL;
    *port = 0;
    if (!self->config->oidc_issuer[0])
        return 0;
    if (fetch_port(self->config->oidc_issuer, port) != 0 || !self->config->oidc_audience[0]) {
        fprintf(stderr, "oidc: \"oidc_issuer\" must be https://HOST[:PORT][/PATH], and \"oidc_audience\" must be set with it\n");
        return E_RANGE;
    }
    snprintf(path, sizeof path, "%s/oidc/ca.pem", self->data);
    *fetcher = fetcher_new(self->base, access(path, R_OK) == 0 ? path : NULL, *port);
    return *fetcher ? 0 : E_IO;
}

int oidc_run(struct process *self)
{
    struct fetcher *fetcher;
    uint16_t port;
    struct sandbox sandbox = {.name = process_name(self->id), .rights = SANDBOX_CONNECT_TCP | SANDBOX_CONNECT_UDP,
                              .any_port_may = true, /* it holds no secret */
                              .allow_missing = self->allow_unconfined};
    int code = PROCESS_EXIT_CANNOT_START;
    /* What libraries read from files on first use. */
    tzset();
    json_object_seed(0);
    if (!OPENSSL_init_ssl(OPENSSL_INIT_LOAD_CONFIG, NULL) || fetcher_make(self, &fetcher, &port) != 0)
        return code;
    sandbox.connect_port = port;
    if (sandbox_enter(&sandbox) == 0) {
        code = 1;
        if (oidc_server_init(&server, self->base, self->config, fetcher, self->peer_fd[PROCESS_FRONT], on_closed) == 0)
            code = *self->stopping || event_base_dispatch(self->base) >= 0 ? 0 : 1;
        oidc_server_release(&server);
    }
    fetcher_free(fetcher);
    return code;
}
