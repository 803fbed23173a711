/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/perisphered/child.h"

#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static volatile int stopping;

struct stop {
    struct event_base *base;
    bool at_once;
};

static void on_term(evutil_socket_t number, short what, void *context)
{
    struct stop *stop = context;
    (void)number;
    (void)what;
    stopping = 1;
    if (stop->at_once)
        event_base_loopexit(stop->base, NULL);
}

bool child_has_channel(enum process_id a, enum process_id b)
{
#define CHANNEL_ROW(from, to)                                                   \
    if ((a == PROCESS_##from && b == PROCESS_##to) || (a == PROCESS_##to && b == PROCESS_##from)) \
        return true;
    PROCESS_CHANNEL_TABLE(CHANNEL_ROW)
#undef CHANNEL_ROW
    return false;
}

static int config_receive(struct service_config *config)
{
    ssize_t n = pread(CHILD_FD_CONFIG, config, sizeof *config, 0);
    close(CHILD_FD_CONFIG);
    return n == (ssize_t)sizeof *config ? 0 : E_MALFORMED;
}

static int id_of(const char *name)
{
    for (int i = 0; i < PROCESS_COUNT; i++)
        if (strcmp(name, process_name((enum process_id)i)) == 0)
            return i;
    return -1;
}

/* Descriptors that the table promises; one that is missing means that a person
 * started the process by hand. */
static int peers_take(struct process *self)
{
    for (int i = 0; i < PROCESS_COUNT; i++) {
        self->peer_fd[i] = -1;
        if (!child_has_channel(self->id, (enum process_id)i))
            continue;
        self->peer_fd[i] = CHILD_FD_PEER + i;
        if (fcntl(self->peer_fd[i], F_SETFD, FD_CLOEXEC) != 0)
            return E_MISSING;
    }
    self->listen_fd = self->id == PROCESS_FRONT ? CHILD_FD_LISTEN : -1;
    return self->listen_fd >= 0 && fcntl(self->listen_fd, F_SETFD, FD_CLOEXEC) != 0 ? E_MISSING : 0;
}

int child_main(const char *name, const char *data, unsigned allow_unconfined,
               process_run *const runs[PROCESS_COUNT])
{
    struct service_config config;
    struct process self = {.data = data, .config = &config, .stopping = &stopping,
                           .allow_unconfined = allow_unconfined};
    int code = PROCESS_EXIT_CANNOT_START, id = id_of(name);
    if (id < 0 || config_receive(&config) != 0) {
        fprintf(stderr, "perisphered: --process is for the service itself\n");
        return code;
    }
    self.id = (enum process_id)id;
    if (peers_take(&self) != 0) {
        fprintf(stderr, "perisphered: --process is for the service itself\n");
        return code;
    }
    struct stop stop = {.at_once = id != PROCESS_FRONT};
    self.base = stop.base = event_base_new();
    struct event *term = self.base ? evsignal_new(self.base, SIGTERM, on_term, &stop) : NULL;
    if (!term || event_add(term, NULL) != 0)
        goto out;
    /* The supervisor handles the terminal's interrupt for all. */
    signal(SIGINT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    code = runs[id](&self);
out:
    if (term)
        event_free(term);
    if (self.base)
        event_base_free(self.base);
    return code;
}
