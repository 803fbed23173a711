/* SPDX-License-Identifier: BSD-2-Clause */
/* Process ota: start, confinement, loop.  It opens no file at all. */
#include <event2/event.h>

#include "service/ipc/process.h"
#include "service/ota/server.h"
#include "service/sandbox/sandbox.h"

int ota_run(struct process *self)
{
    const struct sandbox sandbox = {.name = process_name(self->id),
                                    .allow_missing = self->allow_unconfined};
    const struct ota_server_fds fds = {self->peer_fd[PROCESS_FRONT], self->peer_fd[PROCESS_STORE],
                                       self->peer_fd[PROCESS_ISSUER]};
    static struct ota_server server;

    /* First the server, which reads nothing yet: OpenSSL opens its configuration
     * when the token key is made. */
    const struct ota_told told = {
        self->config->check_interval_s,
        {self->config->app_deferral_minutes, self->config->os_deferral_minutes},
        self->config->image_base_address,
    };
    if (ota_server_init(&server, self->base, fds, told) != 0)
        return 1;
    int code = PROCESS_EXIT_CANNOT_START;
    if (sandbox_enter(&sandbox) == 0) {
        event_base_dispatch(self->base);
        code = server.failed && !*self->stopping;
    }
    ota_server_release(&server);
    return code;
}
