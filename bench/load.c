/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/load.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct crowd {
    struct fleet *fleet;
    const char *ca_file;
    unsigned port;
    bool kept; /* one connection each, with a certificate */
    pthread_barrier_t begin;
    atomic_bool over;
};

struct one {
    struct crowd *crowd;
    struct fleet_device *device;
    pthread_t thread;
    unsigned long done, failed;
};

static double wall_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool attest_once(struct one *one, struct client *client)
{
    bool good = client_connect(client) && fleet_attest(one->crowd->fleet, one->device, client);
    client_close(client);
    return good;
}

/* Leaves the client connected with the certificate that it was issued. */
static bool certificate_get(struct one *one, struct client *client)
{
    struct span chain[4];

    if (!client_connect(client) || !fleet_attest(one->crowd->fleet, one->device, client))
        return false;
    unsigned count = fleet_certificates(client, chain);
    client_identity(client, chain, count, one->device->client.pair);
    client_close(client);
    return client_connect(client);
}

static void *one_run(void *context)
{
    struct one *one = context;
    struct client *client = calloc(1, sizeof *client);
    bool ready = client != NULL;

    if (ready)
        client_init(client, one->crowd->port, one->crowd->ca_file);
    if (ready && one->crowd->kept)
        ready = certificate_get(one, client);
    pthread_barrier_wait(&one->crowd->begin);
    while (!atomic_load(&one->crowd->over)) {
        bool good = ready && (one->crowd->kept ? fleet_check(client) : attest_once(one, client));
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
    nanosleep(&(struct timespec){(time_t)seconds, 0}, NULL);
    atomic_store(&crowd->over, true);
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
    struct crowd crowd = {.fleet = fleet, .ca_file = ca_file, .kept = true};
    return crowd_run(&crowd, service, seconds);
}
