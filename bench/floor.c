/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/floor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/floor_parts.h"
#include "bench/load.h"

enum { TIMEOUT_S = 20, FINISHED_BYTES = 64, GOODBYE_BYTES = 24 };

static void need(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "bench: floor: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double clock_s(clockid_t clock)
{
    struct timespec now;
    need(clock_gettime(clock, &now) == 0, "clock");
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* -- the processes ------------------------------------------------------------------- */

struct stand {
    pid_t pid[FLOOR_PROCESSES];
    struct sockaddr_in address;
};

static int listener_make(struct stand *stand)
{
    socklen_t len = sizeof stand->address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    stand->address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    need(fd >= 0 && bind(fd, (struct sockaddr *)&stand->address, len) == 0 && listen(fd, 512) == 0 &&
             getsockname(fd, (struct sockaddr *)&stand->address, &len) == 0,
         "listening socket");
    return fd;
}

static void stand_start(struct stand *stand, const char *folder, enum floor_what what)
{
    static const enum floor_process pairs[][2] = {
        {FLOOR_FRONT, FLOOR_DAA}, {FLOOR_DAA, FLOOR_STORE}, {FLOOR_DAA, FLOOR_ISSUER}};
    int end[FLOOR_PROCESSES][FLOOR_PROCESSES];
    memset(end, -1, sizeof end);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        int fd[2];
        need(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == 0, "socket pair");
        end[pairs[i][0]][pairs[i][1]] = fd[0];
        end[pairs[i][1]][pairs[i][0]] = fd[1];
    }
    int listener = listener_make(stand);
    pid_t parent = getpid();
    for (int p = 0; p < FLOOR_PROCESSES; p++) {
        struct floor_ends ends = {.self = (enum floor_process)p, .what = what, .folder = folder, .listener = listener};
        memcpy(ends.peer, end[p], sizeof ends.peer);
        stand->pid[p] = fork();
        need(stand->pid[p] >= 0, "process");
        if (stand->pid[p] != 0)
            continue;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
        floor_serve(&ends);
    }
    close(listener);
    for (int p = 0; p < FLOOR_PROCESSES; p++)
        for (int q = 0; q < FLOOR_PROCESSES; q++)
            if (end[p][q] >= 0)
                close(end[p][q]);
}

static double stand_cpu_s(const struct stand *stand)
{
    double sum = 0;
    for (int p = 0; p < FLOOR_PROCESSES; p++) {
        clockid_t clock;
        need(clock_getcpuclockid(stand->pid[p], &clock) == 0, "a process has ended");
        sum += clock_s(clock);
    }
    return sum;
}

static void stand_stop(const struct stand *stand)
{
    for (int p = 0; p < FLOOR_PROCESSES; p++)
        kill(stand->pid[p], SIGKILL);
    for (int p = 0; p < FLOOR_PROCESSES; p++)
        waitpid(stand->pid[p], NULL, 0);
}

/* -- the clients ---------------------------------------------------------------------- */

struct floor_client {
    const struct stand *stand;
    enum floor_what what;
    atomic_bool *over;
    double due_s, step_s; /* of the next exchange, and from each to the one after it */
    pthread_t thread;
    unsigned long done, failed;
};

static bool give(int fd, size_t len)
{
    static const uint8_t bytes[FLOOR_BYTES_MAX];
    return send(fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static bool take(int fd, size_t len)
{
    uint8_t bytes[FLOOR_BYTES_MAX];
    return recv(fd, bytes, len, MSG_WAITALL) == (ssize_t)len;
}

static bool turns_play(int fd, enum floor_what what)
{
    const struct floor_turn *turn = floor_turns[what];
    bool good = give(fd, turn[0].in) && take(fd, turn[0].out);
    if (what == FLOOR_CONNECT) /* and waits for front's goodbye */
        return good && give(fd, turn[1].in - GOODBYE_BYTES) && give(fd, GOODBYE_BYTES) && take(fd, turn[1].out);
    /* The end of the handshake and the first request are two writes of one. */
    return good && give(fd, FINISHED_BYTES) && give(fd, turn[1].in - FINISHED_BYTES) && take(fd, turn[1].out) &&
           give(fd, turn[2].in) && take(fd, turn[2].out) && give(fd, turn[3].in);
}

static bool client_once(const struct floor_client *client)
{
    struct timeval timeout = {TIMEOUT_S, 0};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    need(fd >= 0, "socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    bool good = connect(fd, (const struct sockaddr *)&client->stand->address, sizeof client->stand->address) == 0 &&
                turns_play(fd, client->what);
    close(fd);
    return good;
}

static void *client_run(void *context)
{
    struct floor_client *client = context;
    for (; !atomic_load(client->over) && client->failed == 0; client->due_s += client->step_s) {
        struct timespec due = {(time_t)client->due_s, (long)((client->due_s - (double)(time_t)client->due_s) * 1e9)};
        if (client->step_s > 0)
            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
        if (client_once(client))
            client->done++;
        else
            client->failed++;
    }
    return NULL;
}

struct floor_result floor_measure(const char *folder, enum floor_what what, double per_second, double seconds)
{
    struct stand stand;
    struct floor_client clients[LOAD_DEVICES] = {0}, first = {.stand = &stand, .what = what};
    struct floor_result result = {0};
    double step = per_second > 0 ? LOAD_DEVICES / per_second : 0;
    atomic_bool over = false;

    floor_store_remove(folder);
    stand_start(&stand, folder, what);
    need(client_once(&first), "no answer"); /* all are up */
    double wall = clock_s(CLOCK_MONOTONIC), cpu = stand_cpu_s(&stand);
    for (unsigned i = 0; i < LOAD_DEVICES; i++) {
        clients[i] = (struct floor_client){.stand = &stand, .what = what, .over = &over,
                                           .due_s = wall + step * i / LOAD_DEVICES, .step_s = step};
        need(pthread_create(&clients[i].thread, NULL, client_run, &clients[i]) == 0, "thread");
    }
    nanosleep(&(struct timespec){(time_t)seconds, 0}, NULL);
    atomic_store(&over, true);
    for (unsigned i = 0; i < LOAD_DEVICES; i++) {
        pthread_join(clients[i].thread, NULL);
        result.done += clients[i].done;
        result.failed += clients[i].failed;
    }
    result.wall_s = clock_s(CLOCK_MONOTONIC) - wall;
    result.cpu_s = stand_cpu_s(&stand) - cpu;
    stand_stop(&stand);
    floor_store_remove(folder);
    return result;
}
