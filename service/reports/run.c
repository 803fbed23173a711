/* SPDX-License-Identifier: BSD-2-Clause */
/* Process reports: start, confinement, loop.  It opens no file at all. */
#include <event2/event.h>

#include "service/ipc/process.h"
#include "service/reports/server.h"
#include "service/sandbox/sandbox.h"

int reports_run(struct process *self)
{
    const struct sandbox sandbox = {.name = process_name(self->id),
                                    .allow_missing = self->allow_unconfined};
    const struct reports_server_fds fds = {self->peer_fd[PROCESS_FRONT], self->peer_fd[PROCESS_STORE],
                                             self->peer_fd[PROCESS_ISSUER]};
    static struct reports_server server;

    if (sandbox_enter(&sandbox) != 0)
        return PROCESS_EXIT_CANNOT_START;
    if (reports_server_init(&server, self->base, fds) != 0)
        return 1;
    event_base_dispatch(self->base);
    int code = server.failed && !*self->stopping;
    reports_server_release(&server);
    return code;
}
