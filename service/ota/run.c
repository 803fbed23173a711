/* SPDX-License-Identifier: BSD-2-Clause */
/* Process ota: start, confinement, loop.  It opens no file at all. */
#include <event2/event.h>

#include "service/ipc/process.h"
#include "service/ota/server.h"
#include "service/sandbox/sandbox.h"

int ota_run(struct process *self)
{
    const struct sandbox sandbox = {.name = process_name(self->id)};
    const struct ota_server_fds fds = {self->peer_fd[PROCESS_FRONT], self->peer_fd[PROCESS_STORE],
                                       self->peer_fd[PROCESS_ISSUER]};
    static struct ota_server server;

    if (sandbox_enter(&sandbox) != 0 ||
        ota_server_init(&server, self->base, fds, self->config->check_interval_s) != 0)
        return 1;
    /* A SIGTERM alone does not end it: the front drains first, and then leaves. */
    event_base_dispatch(self->base);
    int code = server.failed && !*self->stopping;
    ota_server_release(&server);
    return code;
}
