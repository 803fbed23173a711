/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One process of the service, really started and really confined, with the test
 * at the other end of its channels.  Blocking, so that it needs no loop.
 */
#ifndef PERI_SERVICE_IPC_RUN_FIXTURE_TEST_H
#define PERI_SERVICE_IPC_RUN_FIXTURE_TEST_H

#include <event2/event.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service/ipc/http_message.h"
#include "service/ipc/process.h"
#include "service/sandbox/sandbox.h"
#include "tests/check.h"

struct run_fixture {
    pid_t pid;
    int fd[PROCESS_COUNT]; /* the siblings' ends */
};

static inline void run_fixture_start(struct run_fixture *f, enum process_id id,
                                     int (*run)(struct process *self), const char *data,
                                     const enum process_id *peers, size_t count)
{
    static const struct service_config config = {.check_interval_s = 72000, .certificate_s = 86400,
                                                 .challenge_s = 300};
    static volatile int stopping;
    struct process self = {.id = id, .data = data, .config = &config, .listen_fd = -1,
                           .stopping = &stopping,
                           /* the supervisor gives uids; a test by root has none to give */
                           .allow_unconfined = geteuid() == 0 ? SANDBOX_PART_UID : 0};

    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < PROCESS_COUNT; i++)
        self.peer_fd[i] = f->fd[i] = -1;
    for (size_t i = 0; i < count; i++) {
        int fd[2];
        REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == 0);
        f->fd[peers[i]] = fd[0];
        self.peer_fd[peers[i]] = fd[1];
    }
    f->pid = fork();
    REQUIRE(f->pid >= 0);
    if (f->pid == 0) {
        for (int i = 0; i < PROCESS_COUNT; i++)
            if (f->fd[i] >= 0)
                close(f->fd[i]);
        alarm(60);
        self.base = event_base_new();
        /* _exit: the leak check at exit cannot run inside the confinement */
        _exit(self.base ? run(&self) : 99);
    }
    for (size_t i = 0; i < count; i++)
        close(self.peer_fd[peers[i]]);
}

/* The front leaves; the exit code, or minus the signal. */
static inline int run_fixture_end(struct run_fixture *f)
{
    int status;
    close(f->fd[PROCESS_FRONT]);
    REQUIRE(waitpid(f->pid, &status, 0) == f->pid);
    for (int i = 0; i < PROCESS_COUNT; i++)
        if (i != PROCESS_FRONT && f->fd[i] >= 0)
            close(f->fd[i]);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* As the front asks; the HTTP status, or the error. */
static inline int run_fixture_ask(struct run_fixture *f, const struct http_request *http)
{
    static uint8_t bytes[65536];
    struct writer w = writer_of(bytes, sizeof bytes);
    struct http_response response;
    uint8_t *reply = NULL;
    size_t len = 0;

    REQUIRE(http_request_write(http, &w) == 0);
    int err = channel_call_blocking(f->fd[PROCESS_FRONT], HTTP_OP_REQUEST, writer_view(&w), &reply, &len);
    if (err)
        return err;
    CHECK_INT(http_response_parse(span_of(reply, len), &response), 0);
    free(reply);
    return response.status;
}

#endif
