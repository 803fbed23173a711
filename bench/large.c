/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/large.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/load.h"
#include "lib/hex.h"

enum { FILLERS = 16, BATCH = 1000, TRIES = 100, PATH_BYTES = 1024, ID_HEX = 128 };

#define VERSION "api-version=2024-04-01"
#define SUBSCRIPTION "00000000-0000-4000-8000-000000000001"
#define CATALOG "/subscriptions/" SUBSCRIPTION "/resourceGroups/bench/providers/Microsoft.AzureSphere/catalogs/bench"
#define PRODUCT CATALOG "/products/bench"
#define GROUP PRODUCT "/deviceGroups/bench"

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1e6;
}

unsigned large_wanted(void)
{
    const char *text = getenv("BENCH_DEVICES");
    unsigned long count = text ? strtoul(text, NULL, 10) : 1000000;
    return count < LARGE_SMALL ? LARGE_SMALL : (unsigned)count;
}

static struct client *operator_connect(const struct large *large)
{
    struct client *client = calloc(1, sizeof *client);
    if (client) {
        client_init(client, large->service->port, large->ca);
        client_identity_files(client, large->certificate, large->key);
    }
    if (!client || !client_connect(client)) {
        fprintf(stderr, "bench: cannot connect as operator\n");
        exit(1);
    }
    return client;
}

static void must(struct client *client, const char *method, const char *path, const char *body, int least, int most)
{
    int status = client_ask(client, method, path, "application/json", span_of(body, strlen(body)));
    if (status >= least && status <= most)
        return;
    fprintf(stderr, "bench: %s %s: %d %.*s\n", method, path, status, (int)client->body.len,
            client->body.len ? (const char *)client->body.at : "");
    exit(1);
}

/* Real work stands behind a 201 or a 202: asks until it is done. */
static void until(struct client *client, const char *path, int status)
{
    for (int i = 0; i < 100000; i++) {
        if (client_ask(client, "GET", path, NULL, (struct span){NULL, 0}) == status)
            return;
        nanosleep(&(struct timespec){0, 200000}, NULL);
    }
    fprintf(stderr, "bench: %s does not come\n", path);
    exit(1);
}

/* Device number n: 64 bytes that look random, the same in each run. */
static void id_write(unsigned n, char id[static ID_HEX + 1])
{
    uint64_t x = ((uint64_t)n + 1) * 0x9e3779b97f4a7c15u;
    for (int i = 0; i < 8; i++) {
        x ^= x >> 31;
        x *= 0xbf58476d1ce4e5b9u;
        x ^= x >> 27;
        snprintf(id + i * 16, 17, "%016llx", (unsigned long long)x);
    }
}

void large_open(struct large *large)
{
    large->operator = operator_connect(large);
    must(large->operator, "PUT", CATALOG "?" VERSION, "{\"location\":\"global\"}", 200, 201);
    until(large->operator, CATALOG "?" VERSION, 200);
    must(large->operator, "PUT", PRODUCT "?" VERSION, "{\"properties\":{}}", 200, 201);
    until(large->operator, PRODUCT "?" VERSION, 200);
    must(large->operator, "PUT", GROUP "?" VERSION, "{\"properties\":{}}", 200, 201);
    until(large->operator, GROUP "?" VERSION, 200);
}

struct filler {
    const struct large *large;
    unsigned from, to, step;
    pthread_t thread;
};

static void device_register(struct client *client, unsigned n)
{
    char path[PATH_BYTES], id[ID_HEX + 1];
    id_write(n, id);
    snprintf(path, sizeof path, "/providers/Perisphere/devices/%s?" VERSION, id);
    must(client, "PUT", path, "{\"properties\":{}}", 200, 201);
}

static void *filler_run(void *context)
{
    struct filler *f = context;
    struct client *client = operator_connect(f->large);
    char *body = malloc(BATCH * (ID_HEX + 4) + 64), id[ID_HEX + 1];
    for (unsigned first = f->from; body && first < f->to; first += f->step) {
        unsigned last = first + BATCH < f->to ? first + BATCH : f->to;
        char *at = body + sprintf(body, "{\"deviceIdentifiers\":[");
        for (unsigned n = first; n < last; n++) {
            device_register(client, n);
            id_write(n, id);
            at += sprintf(at, "%s\"%s\"", n > first ? "," : "", id);
        }
        sprintf(at, "]}");
        must(client, "POST", GROUP "/claimDevices?" VERSION, body, 200, 202);
    }
    client_release(client);
    free(client);
    free(body);
    return NULL;
}

static unsigned long counted(struct large *large)
{
    must(large->operator, "POST", CATALOG "/countDevices?" VERSION, "", 200, 200);
    const char *value = memmem(large->operator->body.at, large->operator->body.len, "\"value\":", 8);
    return value ? strtoul(value + 8, NULL, 10) : 0;
}

void large_fill(struct large *large, unsigned count)
{
    struct filler fillers[FILLERS];
    double begin = now_ms();
    unsigned from = large->count;
    for (unsigned i = 0; i < FILLERS; i++) {
        fillers[i] = (struct filler){large, from + i * BATCH, count, FILLERS * BATCH, 0};
        if (pthread_create(&fillers[i].thread, NULL, filler_run, &fillers[i]) != 0)
            exit(1);
    }
    for (unsigned i = 0; i < FILLERS; i++)
        pthread_join(fillers[i].thread, NULL);
    client_close(large->operator); /* the service has closed it meanwhile: it was idle */
    if (!client_connect(large->operator)) {
        fprintf(stderr, "bench: cannot connect as operator\n");
        exit(1);
    }
    large->count = count;
    for (int i = 0; counted(large) < count; i++) {
        nanosleep(&(struct timespec){0, 100000000}, NULL);
        if (i == 600) {
            fprintf(stderr, "bench: %lu of %u devices are claimed\n", counted(large), count);
            exit(1);
        }
    }
    large->fill_s = (now_ms() - begin) / 1000;
    fprintf(stderr, "bench: %u devices registered and claimed in %.1f s\n", count - from, large->fill_s);
}

/* After each of steps devices, the one with keys whose turn has come, so that they lie evenly. */
static void keyed_write(const struct large *large, uint64_t step, uint64_t steps, FILE *to)
{
    char id[ID_HEX + 1];
    uint64_t keyed = large->fleet->count - LOAD_FLEET, k = step * keyed / steps;
    if (k == (step + 1) * keyed / steps)
        return;
    hex_encode(large->fleet->at[LOAD_FLEET + k].attestation.public, ID_HEX / 2, id);
    fprintf(to, "%s\n", id);
}

/* Writes the ids of devices to peri-store-fill, which stands beside the service's program. */
static void store_fill(const struct large *large, unsigned count, bool keyed)
{
    const char *database = getenv("BENCH_DATABASE_URL");
    char program[PATH_BYTES], store[PATH_BYTES], id[ID_HEX + 1];
    int fd[2], status;
    snprintf(program, sizeof program, "%.*s/peri-store-fill", (int)(strrchr(large->service->program, '/') - large->service->program),
             large->service->program);
    snprintf(store, sizeof store, "%s/store", large->service->data);
    pid_t pid = pipe(fd) == 0 ? fork() : -1;
    if (pid == 0) {
        dup2(fd[0], 0);
        close(fd[0]);
        close(fd[1]);
        execl(program, program, store, database ? database : "", SUBSCRIPTION, "bench", "bench", "bench", "bench", (char *)NULL);
        _exit(127);
    }
    FILE *ids = pid > 0 ? fdopen(fd[1], "w") : NULL;
    close(fd[0]);
    for (unsigned n = large->count; ids && n < count; n++) {
        id_write(n, id);
        fprintf(ids, "%s\n", id);
        if (keyed)
            keyed_write(large, n - large->count, count - large->count, ids);
    }
    if (!ids || fclose(ids) != 0 || waitpid(pid, &status, 0) != pid || status != 0) {
        fprintf(stderr, "bench: peri-store-fill failed\n");
        exit(1);
    }
}

void large_load(struct large *large, unsigned count, bool keyed)
{
    const char *program = large->service->program, *data = large->service->data;
    double begin = now_ms();
    large_close(large);
    service_stop(large->service);
    store_fill(large, count, keyed);
    large->fill_s = (now_ms() - begin) / 1000;
    begin = now_ms();
    service_start(large->service, program, data);
    large->operator = operator_connect(large);
    large->count = count;
    large->keyed = keyed ? large->fleet->count - LOAD_FLEET : 0;
    if (counted(large) != count + large->keyed) {
        fprintf(stderr, "bench: %lu of %u devices are there\n", counted(large), count + large->keyed);
        exit(1);
    }
    large->start_ms = now_ms() - begin;
    fprintf(stderr, "bench: %u devices in %.1f s, started in %.0f ms\n", count, large->fill_s, large->start_ms);
}

static void claim_one(struct large *large)
{
    char body[ID_HEX + 64], path[PATH_BYTES], id[ID_HEX + 1];
    id_write(large->count, id);
    snprintf(body, sizeof body, "{\"deviceIdentifiers\":[\"%s\"]}", id);
    must(large->operator, "POST", GROUP "/claimDevices?" VERSION, body, 200, 202);
    snprintf(path, sizeof path, GROUP "/devices/%s?" VERSION, id);
    until(large->operator, path, 200);
    large->count++;
}

/* The path of the nextLink of the answer in hand. */
static void next_path(const struct client *client, char path[static PATH_BYTES])
{
    const char *link = memmem(client->body.at, client->body.len, "\"nextLink\":\"", 12);
    const char *begin = link ? strstr(link + 20, "/subscriptions") : NULL;
    if (!begin || strcspn(begin, "\"") >= PATH_BYTES) {
        fprintf(stderr, "bench: a list without nextLink\n");
        exit(1);
    }
    snprintf(path, PATH_BYTES, "%.*s", (int)strcspn(begin, "\""), begin);
}

static void ask_next(struct large *large)
{
    char next[PATH_BYTES];
    next_path(large->operator, next);
    must(large->operator, "GET", next, "", 200, 200);
}

static void ask_list(struct large *large) { must(large->operator, "GET", GROUP "/devices?$maxpagesize=50&" VERSION, "", 200, 200); }
static void ask_count(struct large *large) { (void)counted(large); }
static void ask_count_group(struct large *large) { must(large->operator, "POST", GROUP "/countDevices?" VERSION, "", 200, 200); }
static void ask_insights(struct large *large) { must(large->operator, "POST", CATALOG "/listDeviceInsights?" VERSION, "", 200, 200); }
static void ask_metrics(struct large *large) { must(large->operator, "GET", "/metrics", "", 200, 200); }

/* One that the index finds, from the middle of the fleet. */
static void ask_one(struct large *large)
{
    char path[PATH_BYTES], id[ID_HEX + 1];
    id_write(large->count / 2, id);
    snprintf(path, sizeof path, GROUP "/devices?$filter=deviceId%%20eq%%20'%s'&" VERSION, id);
    must(large->operator, "GET", path, "", 200, 200);
}

/* One request of a walk that finds nothing. */
static void ask_scan(struct large *large)
{
    must(large->operator, "GET", GROUP "/devices?$filter=chipSku%20eq%20'none'&" VERSION, "", 200, 200);
}

/* In this order: the next page is that of the list before it. */
static void (*const asks[LARGE_WHAT])(struct large *large) = {
    [LARGE_LIST] = ask_list, [LARGE_NEXT] = ask_next, [LARGE_COUNT] = ask_count, [LARGE_COUNT_GROUP] = ask_count_group,
    [LARGE_CLAIM] = claim_one, [LARGE_ONE] = ask_one, [LARGE_SCAN] = ask_scan, [LARGE_INSIGHTS] = ask_insights,
    [LARGE_METRICS] = ask_metrics,
};

static int double_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct large_times large_measure(struct large *large)
{
    static double ms[LARGE_WHAT][TRIES];
    struct large_times out;
    for (int i = 0; i < TRIES; i++) {
        device_register(large->operator, large->count);
        for (unsigned w = 0; w < LARGE_WHAT; w++) {
            double begin = now_ms();
            asks[w](large);
            ms[w][i] = now_ms() - begin;
        }
    }
    for (unsigned w = 0; w < LARGE_WHAT; w++) {
        qsort(ms[w], TRIES, sizeof ms[w][0], double_compare);
        out.ms[w] = ms[w][TRIES / 2];
    }
    return out;
}

void large_close(struct large *large)
{
    client_release(large->operator);
    free(large->operator);
    large->operator = NULL;
}
