/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The supervisor around processes that only check what they were given: the
 * program that supervisor_test drives.  A file DIR/<name>/die makes a process
 * exit with the number in it.
 */
#include <event2/event.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "service/perisphered/supervisor.h"

static int given_check(const struct process *self)
{
    for (int i = 0; i < PROCESS_COUNT; i++) {
        int type;
        socklen_t len = sizeof type;
        bool want = child_has_channel(self->id, (enum process_id)i);
        if (want != (self->peer_fd[i] >= 0))
            return E_MISSING;
        if (want && getsockopt(self->peer_fd[i], SOL_SOCKET, SO_TYPE, &type, &len) != 0)
            return E_MISSING;
    }
    for (int fd = CHILD_FD_END; fd < 256; fd++) /* libevent's own are close-on-exec */
        if (fcntl(fd, F_GETFD) >= 0 && !(fcntl(fd, F_GETFD) & FD_CLOEXEC))
            return E_TRAILING;
    if ((self->id == PROCESS_FRONT) != (self->listen_fd >= 0))
        return E_MISSING;
    /* what connections that wait already have: an answer of several records goes out at once */
    int at_once = 0;
    socklen_t len = sizeof at_once;
    return self->id != PROCESS_FRONT ||
                   (getsockopt(self->listen_fd, IPPROTO_TCP, TCP_NODELAY, &at_once, &len) == 0 && at_once)
               ? 0
               : E_MISSING;
}

static int die_code(const struct process *self)
{
    char path[PATH_MAX];
    int code = 0;
    snprintf(path, sizeof path, "%s/%s/die", self->data, process_name(self->id));
    FILE *f = fopen(path, "r");
    if (f) {
        if (fscanf(f, "%d", &code) != 1)
            code = 1;
        fclose(f);
        if (code == 99) /* once */
            unlink(path);
    }
    return code;
}

static void stop_check(evutil_socket_t fd, short what, void *context)
{
    struct process *self = context;
    (void)fd;
    (void)what;
    if (*self->stopping)
        event_base_loopexit(self->base, NULL);
}

static int run(struct process *self)
{
    struct timeval often = {0, 10000};
    int err = given_check(self);
    if (err) {
        fprintf(stderr, "%s: %s\n", process_name(self->id), err_text(err));
        return PROCESS_EXIT_CANNOT_START;
    }
    int code = die_code(self);
    if (code)
        return code;
    struct event *tick = event_new(self->base, -1, EV_PERSIST, stop_check, self);
    event_add(tick, &often);
    if (self->id == PROCESS_FRONT) {
        printf("perisphered: ready on %s\n", self->config->base_url);
        fflush(stdout);
    }
    event_base_dispatch(self->base);
    event_free(tick);
    return 0;
}

int main(int argc, char **argv)
{
    process_run *runs[PROCESS_COUNT];
    struct options options;
    for (int i = 0; i < PROCESS_COUNT; i++)
        runs[i] = run;
    return options_parse(argc, argv, &options) == 0 ? supervisor_run(&options, runs) : 2;
}
