/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/load.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct crowd {
    struct fleet *fleet;
    const char *ca_file;
    unsigned port;
    enum { ATTEST, CHECK, CONNECT, CONNECT_NEW } what; /* all but ATTEST with a certificate, CHECK on a kept connection */
    pthread_barrier_t begin;
    atomic_bool over;
};

struct one {
    struct crowd *crowd;
    struct fleet_device *device;
    pthread_t thread;
    unsigned long done, failed;
    struct span unseen[LOAD_NEW]; /* certificates, malloc'd; of CONNECT_NEW */
    unsigned unseen_count;
};

static double wall_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool attest_once(struct one *one, struct client *client)
{
    const struct fleet *fleet = one->crowd->fleet;
    bool good = client_connect(client) && fleet_attest(fleet, one->device, client);
    client_close(client);
    /* Of each thread others: LOAD_FLEET is a multiple of LOAD_DEVICES. */
    one->device = &fleet->at[((size_t)(one->device - fleet->at) + LOAD_DEVICES) % LOAD_FLEET];
    return good;
}

bool load_certificate(const struct fleet *fleet, struct fleet_device *device, struct client *client)
{
    struct span chain[4];

    if (!client_connect(client) || !fleet_attest(fleet, device, client))
        return false;
    unsigned count = fleet_certificates(client, chain);
    client_identity(client, chain, count ? 1 : 0, device->client.pair); /* the leaf, as azured does */
    client_close(client);
    return client_connect(client);
}

static bool connect_once(struct client *client)
{
    return client_connect(client) && client_part(client);
}

static bool unseen_fetch(struct one *one, struct client *client)
{
    for (unsigned i = 0; i < LOAD_NEW; i++) {
        struct span chain[4];
        uint8_t *copy;
        if (!client_connect(client) || !fleet_attest(one->crowd->fleet, one->device, client) ||
            fleet_certificates(client, chain) == 0 || !(copy = malloc(chain[0].len)))
            return false;
        memcpy(copy, chain[0].at, chain[0].len);
        one->unseen[one->unseen_count++] = span_of(copy, chain[0].len);
        client_close(client);
    }
    return true;
}

static bool connect_unseen_once(struct one *one, struct client *client)
{
    struct span *leaf = &one->unseen[--one->unseen_count];
    client_identity(client, leaf, 1, one->device->client.pair);
    free((void *)(uintptr_t)leaf->at);
    return connect_once(client);
}

static bool work_once(struct one *one, struct client *client)
{
    switch (one->crowd->what) {
    case ATTEST: return attest_once(one, client);
    case CHECK: return fleet_check(client);
    case CONNECT: return connect_once(client);
    case CONNECT_NEW: return connect_unseen_once(one, client);
    }
    return false;
}

static void *one_run(void *context)
{
    struct one *one = context;
    struct client *client = calloc(1, sizeof *client);
    bool ready = client != NULL;

    if (ready)
        client_init(client, one->crowd->port, one->crowd->ca_file);
    if (ready && one->crowd->what == CONNECT_NEW)
        ready = unseen_fetch(one, client);
    else if (ready && one->crowd->what != ATTEST)
        ready = load_certificate(one->crowd->fleet, one->device, client);
    if (ready && one->crowd->what == CONNECT)
        client_close(client);
    pthread_barrier_wait(&one->crowd->begin);
    while (!atomic_load(&one->crowd->over) && !(one->crowd->what == CONNECT_NEW && ready && one->unseen_count == 0)) {
        bool good = ready && work_once(one, client);
        if (good) {
            one->done++;
            continue;
        }
        /* A refusal is not retried at full speed: the figure is void anyway. */
        one->failed++;
        nanosleep(&(struct timespec){0, 50 * 1000000}, NULL);
    }
    if (client)
        client_release(client);
    free(client);
    return NULL;
}

static struct load_result crowd_run(struct crowd *crowd, const struct service *service, double seconds)
{
    struct one ones[LOAD_DEVICES] = {0};
    struct load_result result = {0};

    crowd->port = service->port;
    pthread_barrier_init(&crowd->begin, NULL, LOAD_DEVICES + 1);
    for (unsigned i = 0; i < LOAD_DEVICES; i++) {
        ones[i].crowd = crowd;
        ones[i].device = &crowd->fleet->at[i % crowd->fleet->count];
        if (pthread_create(&ones[i].thread, NULL, one_run, &ones[i]) != 0) {
            fprintf(stderr, "bench: no thread\n");
            exit(1);
        }
    }
    pthread_barrier_wait(&crowd->begin);
    double wall = wall_s(), cpu = service_cpu_s(service);
    if (crowd->what != CONNECT_NEW) { /* which ends when all are used up */
        nanosleep(&(struct timespec){(time_t)seconds, 0}, NULL);
        atomic_store(&crowd->over, true);
    }
    for (unsigned i = 0; i < LOAD_DEVICES; i++) {
        pthread_join(ones[i].thread, NULL);
        result.done += ones[i].done;
        result.failed += ones[i].failed;
    }
    /* After the last one has ended, so that its work is in both numbers. */
    result.wall_s = wall_s() - wall;
    result.service_cpu_s = service_cpu_s(service) - cpu;
    pthread_barrier_destroy(&crowd->begin);
    return result;
}

struct load_result load_attest(struct fleet *fleet, const struct service *service,
                               const char *ca_file, double seconds)
{
    struct crowd crowd = {.fleet = fleet, .ca_file = ca_file};
    return crowd_run(&crowd, service, seconds);
}

struct load_result load_poll(struct fleet *fleet, const struct service *service,
                             const char *ca_file, double seconds)
{
    struct crowd crowd = {.fleet = fleet, .ca_file = ca_file, .what = CHECK};
    return crowd_run(&crowd, service, seconds);
}

struct load_result load_connect(struct fleet *fleet, const struct service *service,
                                const char *ca_file, double seconds)
{
    struct crowd crowd = {.fleet = fleet, .ca_file = ca_file, .what = CONNECT};
    return crowd_run(&crowd, service, seconds);
}

struct load_result load_connect_new(struct fleet *fleet, const struct service *service, const char *ca_file)
{
    struct crowd crowd = {.fleet = fleet, .ca_file = ca_file, .what = CONNECT_NEW};
    return crowd_run(&crowd, service, 0);
}

/* -- at a fixed rate ------------------------------------------------------------ */

enum { PACED_THREADS = 128 }; /* so many checks may be late at once before one delays another */

struct lane {
    struct fleet *fleet;
    const struct service *service;
    const char *ca_file;
    unsigned number;
    double per_second, seconds; /* of all lanes together */
    pthread_barrier_t *begin; /* of attesting's end, of checks, of their end */
    pthread_t thread;
    double *late_ms; /* of each check done */
    unsigned long done, failed, room;
};

static void sleep_until(double when)
{
    struct timespec t = {(time_t)when, (long)((when - (double)(time_t)when) * 1e9)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) != 0)
        ;
}

static void *lane_run(void *context)
{
    struct lane *lane = context;
    unsigned mine = (lane->fleet->count - lane->number + PACED_THREADS - 1) / PACED_THREADS, ready = 0;
    struct client *clients = calloc(mine, sizeof *clients);
    for (unsigned i = 0; clients && i < mine; i++) {
        client_init(&clients[i], lane->service->port, lane->ca_file);
        ready += load_certificate(lane->fleet, &lane->fleet->at[lane->number + i * PACED_THREADS], &clients[i]);
    }
    if (!clients || ready != mine)
        lane->failed++;
    pthread_barrier_wait(lane->begin); /* all have their certificates */
    pthread_barrier_wait(lane->begin);
    double begin = wall_s(), step = PACED_THREADS / lane->per_second;
    for (unsigned long i = 0; !lane->failed && i < lane->room; i++) {
        double due = begin + step * ((double)i + (double)lane->number / PACED_THREADS);
        sleep_until(due);
        if (!fleet_check(&clients[i % mine]))
            lane->failed++;
        else
            lane->late_ms[lane->done++] = (wall_s() - due) * 1000;
    }
    pthread_barrier_wait(lane->begin); /* all have measured: four thousand connections' ends are no part of it */
    for (unsigned i = 0; clients && i < mine; i++)
        client_release(&clients[i]);
    free(clients);
    return NULL;
}

static int double_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct load_latency load_paced(struct fleet *fleet, const struct service *service, const char *ca_file,
                               double per_second, double seconds)
{
    static struct lane lanes[PACED_THREADS];
    struct load_latency out = {0};
    unsigned long room = (unsigned long)(per_second * seconds / PACED_THREADS);
    double *all = calloc(room * PACED_THREADS, sizeof *all);
    pthread_barrier_t begin;
    pthread_barrier_init(&begin, NULL, PACED_THREADS + 1);
    for (unsigned i = 0; i < PACED_THREADS; i++) {
        lanes[i] = (struct lane){.fleet = fleet, .service = service, .ca_file = ca_file, .number = i, .room = room,
                                 .per_second = per_second, .seconds = seconds, .begin = &begin,
                                 .late_ms = calloc(room, sizeof(double))};
        if (!all || !lanes[i].late_ms || pthread_create(&lanes[i].thread, NULL, lane_run, &lanes[i]) != 0) {
            fprintf(stderr, "bench: no thread\n");
            exit(1);
        }
    }
    pthread_barrier_wait(&begin);
    double wall = wall_s(), cpu = service_cpu_s(service);
    pthread_barrier_wait(&begin);
    pthread_barrier_wait(&begin);
    out.result.wall_s = wall_s() - wall;
    out.result.service_cpu_s = service_cpu_s(service) - cpu;
    for (unsigned i = 0; i < PACED_THREADS; i++) {
        pthread_join(lanes[i].thread, NULL);
        for (unsigned long k = 0; k < lanes[i].done; k++)
            all[out.result.done++] = lanes[i].late_ms[k];
        out.result.failed += lanes[i].failed;
        free(lanes[i].late_ms);
    }
    if (out.result.done) {
        qsort(all, out.result.done, sizeof *all, double_compare);
        out.p50_ms = all[out.result.done / 2];
        out.p99_ms = all[out.result.done * 99 / 100];
        out.max_ms = all[out.result.done - 1];
    }
    free(all);
    pthread_barrier_destroy(&begin);
    return out;
}
