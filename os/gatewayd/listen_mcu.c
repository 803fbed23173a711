/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/gatewayd/listen.h"

#include <fcntl.h>

/* The program that it is handed to at the start makes no socket of its own, and needs no right for it. */
void listen_open(const char *conf_path, struct listen *to)
{
    (void)conf_path;
    int flags = fcntl(LISTEN_FD, F_GETFL);
    *to = (struct listen){.fd = flags < 0 ? -1 : LISTEN_FD, .idle_ms = flags < 0 ? 0 : LISTEN_IDLE_MS};
    if (to->fd >= 0 && (fcntl(to->fd, F_SETFD, FD_CLOEXEC) || fcntl(to->fd, F_SETFL, flags | O_NONBLOCK)))
        to->fd = -1;
}
