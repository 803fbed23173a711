/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * peri-bench: figures of the service, one JSON line each on standard output;
 * everything else goes to standard error.  Started by bench/run.
 * It takes a data folder that was just made by perisphered --init.
 */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "abi/device_api.h"
#include "bench/crypto.h"
#include "bench/download.h"
#include "bench/floor.h"
#include "bench/large.h"
#include "bench/load.h"

enum { PATH_BYTES = 4096, FILE_BYTES = PATH_BYTES + 32 };

/* Of the crypto limit. */
#define ATTEST_ASKED 0.7
#define CONNECT_ASKED 0.8
#define CRYPTO_S 0.5 /* CPU time of each operation on each core */

static struct bench {
    const char *program, *data, *database; /* "", or BENCH_DATABASE: stands behind the names */
    double seconds; /* of each load */
    unsigned devices; /* with keys */
    char ca[FILE_BYTES], certificate[FILE_BYTES], key[FILE_BYTES];
    struct service service;
    struct crypto_limit limit;
    struct fleet fleet;
    double first_reply_ms;
    struct large_times small; /* of LARGE_SMALL devices */
    bool failed;
} bench;

/* A limit of 0: none is set. */
static void figure(const char *name, double value, const char *unit, double limit, const char *how)
{
    printf("{\"name\":\"%s%s%s\",\"value\":%.2f,\"unit\":\"%s\",", name, *bench.database ? "_" : "", bench.database, value, unit);
    if (limit > 0)
        printf("\"limit\":%.2f,\"ratio\":%.3f,", limit, value / limit);
    else
        printf("\"limit\":null,\"ratio\":null,");
    printf("\"how\":\"%s\"}\n", how);
    fflush(stdout);
}

static void load_check(const char *name, const struct load_result *result)
{
    fprintf(stderr, "bench: %s: %lu done, %lu failed in %.1f s, service %.1f CPU-s\n", name,
            result->done, result->failed, result->wall_s, result->service_cpu_s);
    service_cpu_show(&bench.service);
    if (result->failed || !result->done)
        bench.failed = true;
}

/* -- figures --------------------------------------------------------------------- */

static struct crypto_limit limit_measure(void)
{
    return crypto_limit_measure(CRYPTO_S, strcmp(client_group(), "X25519") == 0);
}

static void run_crypto(void)
{
    bench.limit = limit_measure();
    figure("p256_sign", bench.limit.p256_sign, "1/cpu-s", 0, "EVP_PKEY_sign; mean of one core, all at work");
    figure("p256_verify", bench.limit.p256_verify, "1/cpu-s", 0, "EVP_PKEY_verify; mean of one core, all at work");
    figure("p256_exchange", bench.limit.p256_exchange, "1/cpu-s", 0, "new key and shared secret, EC_POINT_mul; mean of one core, all at work");
    figure("x25519", bench.limit.x25519, "1/cpu-s", 0, "new key and shared secret; mean of one core, all at work");
}

static void run_start(void)
{
    figure("first_reply", bench.first_reply_ms, "ms", 50,
           "exec of perisphered to the first challenge answered over TLS 1.3");
}

static void run_memory(void)
{
    nanosleep(&(struct timespec){1, 0}, NULL);
    struct service_memory memory = service_memory(&bench.service);
    fprintf(stderr, "bench: %u processes\n", memory.processes);
    figure("idle_pss", memory.pss_mib, "MiB", 32,
           "sum of Pss over all processes a second after start: memory really taken");
    figure("idle_rss", memory.rss_mib, "MiB", 32,
           "sum of Rss over all processes: pages shared by several count several times");
}

/* A machine that others use changes its speed: the limit is taken right before
 * and right after the load. */
static void run_attest(void)
{
    struct crypto_limit before = limit_measure();
    struct load_result r = load_attest(&bench.fleet, &bench.service, bench.ca, bench.seconds);
    struct crypto_limit after = limit_measure();
    bench.limit = crypto_limit_mean(&before, &after);
    load_check("attest", &r);
    figure("attest_per_cpu", r.service_cpu_s > 0 ? (double)r.done / r.service_cpu_s : 0, "1/cpu-s",
           bench.limit.attest,
           "full TLS 1.3 handshake, challenge, attest, durable record; CPU time of all service processes");
    figure("attest_per_second", (double)r.done / r.wall_s, "1/s", 0,
           "the same in wall time; the load generator shares the cores");
}

static void run_poll(void)
{
    struct load_result r = load_poll(&bench.fleet, &bench.service, bench.ca, bench.seconds);
    load_check("poll", &r);
    figure("poll_per_cpu", r.service_cpu_s > 0 ? (double)r.done / r.service_cpu_s : 0, "1/cpu-s", 0,
           "update checks on kept connections with client certificates; CPU time of all service processes");
    figure("poll_per_second", (double)r.done / r.wall_s, "1/s", 0,
           "the same in wall time; the load generator shares the cores");
}

static void connect_figures(const char *name, const struct load_result *r, double limit, const char *how)
{
    char full[64];
    load_check(name, r);
    snprintf(full, sizeof full, "%s_per_cpu", name);
    figure(full, r->service_cpu_s > 0 ? (double)r->done / r->service_cpu_s : 0, "1/cpu-s", limit, how);
    snprintf(full, sizeof full, "%s_per_second", name);
    figure(full, (double)r->done / r->wall_s, "1/s", 0, "the same in wall time; the load generator shares the cores");
}

static void run_connect(void)
{
    struct crypto_limit before = limit_measure();
    struct load_result unseen = load_connect_new(&bench.fleet, &bench.service, bench.ca);
    struct load_result known = load_connect(&bench.fleet, &bench.service, bench.ca, bench.seconds);
    struct crypto_limit after = limit_measure();
    bench.limit = crypto_limit_mean(&before, &after);
    connect_figures("connect_new", &unseen, bench.limit.connect_new,
                    "full TLS 1.3 handshake with both sides' certificates, the client's never shown before, and close; "
                    "CPU time of all service processes");
    connect_figures("connect", &known, bench.limit.connect,
                    "the same by devices that come back with the certificate that they showed before; limit: without "
                    "that certificate's signature");
}

/* What it costs without TLS and cryptography, and how much of the limit that leaves at most. */
static double floor_each_s(const char *name, enum floor_what what, double per_second)
{
    struct floor_result r = floor_measure(bench.data, what, per_second, bench.seconds);
    fprintf(stderr, "bench: floor of %s: %lu done, %lu failed in %.1f s, %.2f CPU-s\n", name, r.done, r.failed, r.wall_s, r.cpu_s);
    if (r.failed || !r.done)
        bench.failed = true;
    return r.done ? r.cpu_s / (double)r.done : 0;
}

static void floor_show(const char *name, enum floor_what what, double limit, double asked)
{
    double full = floor_each_s(name, what, 0), paced = floor_each_s(name, what, asked * limit);
    char text[64];
    snprintf(text, sizeof text, "floor_%s", name);
    figure(text, full * 1e6, "cpu-us", 0,
           "the same bytes, turns, processes and commits without TLS, cryptography or parsing, as many as go; CPU time of all "
           "processes for one");
    snprintf(text, sizeof text, "floor_%s_paced", name);
    figure(text, paced * 1e6, "cpu-us", 0, "the same, as many a second as one core would serve at the ratio that is asked");
    snprintf(text, sizeof text, "most_%s_per_cpu", name);
    figure(text, 1 / (1 / limit + full), "1/cpu-s", limit, "1 / (1 / limit + floor): no TLS library can give more");
    snprintf(text, sizeof text, "most_%s_paced_per_cpu", name);
    figure(text, 1 / (1 / limit + paced), "1/cpu-s", limit, "1 / (1 / limit + paced floor)");
}

static void run_floor(void)
{
    bench.limit = limit_measure();
    floor_show("attest", FLOOR_ATTEST, bench.limit.attest, ATTEST_ASKED);
    floor_show("connect", FLOOR_CONNECT, bench.limit.connect, CONNECT_ASKED);
}

static void run_download(void)
{
    struct download_result r = download_measure(&bench.fleet, &bench.service, bench.ca, bench.certificate, bench.key,
                                                bench.seconds);
    if (r.failed)
        bench.failed = true;
    figure("download_per_cpu", r.service_mib_per_cpu_s, "MiB/cpu-s", r.nginx_mib_per_cpu_s,
           "an OS image of 1 MiB, whole, on a kept connection with a device's certificate; CPU time of all service "
           "processes; limit: nginx with the same file, certificate and cipher");
    figure("download_per_second", r.service_mib_per_s, "MiB/s", r.nginx_mib_per_s,
           "the same in wall time; the load generator shares the cores");
}

/* With so many devices: each request in the middle of a hundred, and its ratio to a small fleet's. */
static void large_show(struct large *large, const struct large_times *small)
{
    static const struct {
        const char *name, *how;
    } rows[LARGE_WHAT] = {
        [LARGE_LIST] = {"list", "first page of 50 of the group's devices"},
        [LARGE_NEXT] = {"next", "the page behind it, by nextLink"},
        [LARGE_COUNT] = {"count", "countDevices of the catalog"},
        [LARGE_COUNT_GROUP] = {"count_group", "countDevices of the group"},
        [LARGE_CLAIM] = {"claim", "claim of one device, from the request to its being there"},
        [LARGE_ONE] = {"filter_one", "$filter=deviceId eq ..."},
        [LARGE_SCAN] = {"filter_none", "one page of a $filter that no device fits"},
        [LARGE_INSIGHTS] = {"insights", "listDeviceInsights of a catalog without any"},
        [LARGE_METRICS] = {"metrics", "/metrics"},
    };
    struct large_times times = large_measure(large);
    char name[64];
    for (unsigned i = 0; i < LARGE_WHAT; i++) {
        snprintf(name, sizeof name, "large_%s_%u", rows[i].name, large->count / 1000 * 1000);
        figure(name, times.ms[i], "ms", small->ms[i], rows[i].how);
    }
    if (small->ms[0] == 0)
        bench.small = times;
}

static void large_check(const struct large *large)
{
    struct load_latency l = load_paced(&bench.fleet, &bench.service, bench.ca, large->count / 300.0, bench.seconds);
    load_check("large", &l.result);
    figure("large_check_p50", l.p50_ms, "ms", 0, "as large_check_p99");
    figure("large_check_p99", l.p99_ms, "ms", 50,
           "update checks at the rate of all devices each 5 minutes, on kept connections of those with keys; from when it was due");
    figure("large_check_cpu", l.result.service_cpu_s / l.result.wall_s, "cores", 0, "CPU time of all service processes under it");
    figure("large_check_max", l.max_ms, "ms", 0, "as large_check_p99");
    figure("large_pss", service_memory(&bench.service).pss_mib, "MiB", 1024, "sum of Pss over all processes of the service after it");
}

/* Several sizes, so that what grows with the fleet shows. */
static void run_large(void)
{
    static const unsigned sizes[] = {LARGE_MIDDLE, UINT_MAX};
    struct large large = {.fleet = &bench.fleet, .service = &bench.service, .ca = bench.ca, .certificate = bench.certificate, .key = bench.key};
    unsigned most = large_wanted();
    large_open(&large);
    large_fill(&large, LARGE_SMALL);
    figure("large_fill", large.count / large.fill_s, "devices/s", 0,
           "registered one by one over 16 connections, claimed by the thousand; to the last being there");
    large_show(&large, &bench.small);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0] && large.count < most; i++) {
        large_load(&large, sizes[i] < most ? sizes[i] : most, sizes[i] >= most);
        large_show(&large, &bench.small);
    }
    large_close(&large);
    figure("large_start", large.start_ms, "ms", 0, "start of the service with all of them, to the operator's first answer");
    large_check(&large);
    figure("large_devices", (double)large.count, "devices", 0, "BENCH_DEVICES, 1,000,000 without it");
}

static const struct bench_row {
    const char *name;
    bool needs_fleet;
    void (*run)(void);
    const char *help;
} rows[] = {
    /* Memory first: before any load has grown a buffer. */
    {"start", false, run_start, "start to first reply"},
    {"memory", false, run_memory, "idle memory"},
    {"crypto", false, run_crypto, "crypto limit of this machine"},
    {"attest", true, run_attest, "attest and issue"},
    {"poll", true, run_poll, "update checks"},
    {"connect", true, run_connect, "new mutually authenticated connections"},
    {"floor", false, run_floor, "the least that attest and connect cost beside cryptography"},
    {"download", true, run_download, "images, beside nginx if it is installed"},
    {"large", true, run_large, "a million devices: minutes, so only when it is named"},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

/* -- set-up -------------------------------------------------------------------------- */

static double wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1e6;
}

static bool challenge_once(void)
{
    struct client *client = calloc(1, sizeof *client);
    if (!client)
        return false;
    client_init(client, bench.service.port, bench.ca);
    bool good = client_connect(client) &&
                client_ask(client, "POST", DEVICE_API_CHALLENGE, NULL, (struct span){NULL, 0}) == 200;
    client_release(client);
    free(client);
    return good;
}

static void start_timed(void)
{
    double begin = wall_ms();
    service_start(&bench.service, bench.program, bench.data);
    for (int i = 0; i < 2000 && !challenge_once(); i++)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    bench.first_reply_ms = wall_ms() - begin;
}

static void fleet_make(void)
{
    struct client *operator = calloc(1, sizeof *operator);
    if (!operator) {
        bench.failed = true;
        return;
    }
    client_init(operator, bench.service.port, bench.ca);
    client_identity_files(operator, bench.certificate, bench.key);
    if (client_connect(operator)) {
        fleet_init(&bench.fleet, bench.devices, LOAD_FLEET, operator);
    } else {
        fprintf(stderr, "bench: cannot connect as operator\n");
        bench.failed = true;
    }
    client_release(operator);
    free(operator);
}

static bool selected(const struct bench_row *row, char **names, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], row->name) == 0)
            return true;
    return count == 0 && row->run != run_large;
}

static int usage(void)
{
    fprintf(stderr, "usage: peri-bench PERISPHERED DATA SECONDS [NAME...]\n");
    for (size_t i = 0; i < ROWS; i++)
        fprintf(stderr, "  %-8s %s\n", rows[i].name, rows[i].help);
    return 2;
}

static void stop_service(void)
{
    service_stop(&bench.service);
}

/* Ended from outside: the service first, so that whoever removes its folder next finds nobody in it.  In any thread; once. */
static void on_end(int number)
{
    stop_service();
    raise(number);
}

static void signals_take(void)
{
    const struct sigaction end = {.sa_handler = on_end, .sa_flags = SA_RESETHAND};
    const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sigaction(numbers[i], &end, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv)
{
    bool fleet = false;

    if (argc < 4 || strlen(argv[2]) >= PATH_BYTES)
        return usage();
    bench.program = argv[1];
    bench.data = argv[2];
    bench.database = getenv("BENCH_DATABASE") ? getenv("BENCH_DATABASE") : "";
    bench.seconds = atof(argv[3]);
    bench.devices = LOAD_FLEET;
    for (int i = 4; i < argc; i++) {
        bool known = false;
        for (size_t k = 0; k < ROWS; k++)
            known |= strcmp(argv[i], rows[k].name) == 0;
        if (strcmp(argv[i], "large") == 0)
            bench.devices = LARGE_WITH_KEYS;
        if (!known)
            return usage();
    }
    snprintf(bench.ca, sizeof bench.ca, "%s/issuer/server.pem", bench.data);
    snprintf(bench.certificate, sizeof bench.certificate, "%s/operator/cert.pem", bench.data);
    snprintf(bench.key, sizeof bench.key, "%s/operator/key.pem", bench.data);
    signals_take();

    atexit(stop_service); /* whatever ends us, the service goes too */
    start_timed();
    for (size_t i = 0; i < ROWS && !bench.failed; i++) {
        if (!selected(&rows[i], argv + 4, argc - 4))
            continue;
        if (rows[i].needs_fleet && !fleet) {
            fleet_make();
            fleet = true;
        }
        if (!bench.failed)
            rows[i].run();
    }
    fleet_release(&bench.fleet);
    return bench.failed ? 1 : 0;
}
