/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Process daa: start, confinement, loop.
 * It holds the challenge keys in memory and needs no file once they are read.
 */
#include <event2/event.h>
#include <openssl/rand.h>
#include <stdio.h>

#include "lib/ct.h"
#include "service/daa/challenge_keys.h"
#include "service/daa/server.h"
#include "service/ipc/process.h"
#include "service/sandbox/sandbox.h"

/* A minute below the issuer's limit: it reads its own clock, somewhat later or,
 * where that clock is coarser, somewhat earlier. */
enum { CERTIFICATE_MAX_S = 24 * 60 * 60 - 60 };

int daa_run(struct process *self)
{
    const struct sandbox sandbox = {.name = process_name(self->id),
                                    .allow_missing = self->allow_unconfined};
    const struct daa_server_fds fds = {self->peer_fd[PROCESS_FRONT], self->peer_fd[PROCESS_STORE],
                                       self->peer_fd[PROCESS_ISSUER]};
    static struct daa_server server;
    struct challenge_keys keys;
    uint32_t certificate_s = self->config->certificate_s;
    char folder[4096];
    uint8_t random;
    int code = PROCESS_EXIT_CANNOT_START;

    if (snprintf(folder, sizeof folder, "%s/daa", self->data) >= (int)sizeof folder ||
        challenge_keys_load(folder, &keys) != 0)
        return code;
    /* OpenSSL reads its configuration at the first use: not later than here. */
    if (RAND_bytes(&random, 1) != 1 || sandbox_enter(&sandbox) != 0)
        goto out;
    code = 1;
    if (certificate_s > CERTIFICATE_MAX_S)
        certificate_s = CERTIFICATE_MAX_S;
    if (daa_server_init(&server, self->base, fds, &keys, self->config->challenge_s, certificate_s) != 0)
        goto out;
    event_base_dispatch(self->base);
    code = server.failed && !*self->stopping;
    daa_server_log(&server);
    daa_server_release(&server);
out:
    ct_wipe(&keys, sizeof keys);
    return code;
}
