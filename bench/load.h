/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Load: a number of devices at it at the same moment, for a fixed time, each on
 * a thread and a connection of its own.
 */
#ifndef PERI_BENCH_LOAD_H
#define PERI_BENCH_LOAD_H

#include "bench/fleet.h"
#include "bench/service.h"

enum {
    LOAD_DEVICES = 32, /* at the same moment */
    LOAD_FLEET = 128,  /* that attest in turns: no device may hold more than 1,000 certificates, so for a minute or more */
    LOAD_NEW = 64,
};

struct load_result {
    unsigned long done, failed;
    double wall_s, service_cpu_s;
};

/* Attests, and leaves the client connected with the certificate that it was issued. */
bool load_certificate(const struct fleet *fleet, struct fleet_device *device, struct client *client);

/* Connect with a full handshake, challenge, attest, close; over and over, the devices of LOAD_FLEET in turns. */
struct load_result load_attest(struct fleet *fleet, const struct service *service,
                               const char *ca_file, double seconds);
/* Connect with the certificate that it has, a full handshake with both sides' certificates, and close. */
struct load_result load_connect(struct fleet *fleet, const struct service *service,
                                const char *ca_file, double seconds);
/* The same, LOAD_NEW times for each device, each time with a certificate that the service has not been shown before. */
struct load_result load_connect_new(struct fleet *fleet, const struct service *service, const char *ca_file);
/* Attest once, connect with the certificate, then check over and over. */
struct load_result load_poll(struct fleet *fleet, const struct service *service,
                             const char *ca_file, double seconds);

struct load_latency {
    struct load_result result;
    double p50_ms, p99_ms, max_ms; /* from when a check was due to its answer */
};
/*
 * Checks at a fixed rate over all devices of the fleet, each on its kept connection, in turn; a
 * check that is late does not delay those after it.  Attests all devices first.
 */
struct load_latency load_paced(struct fleet *fleet, const struct service *service, const char *ca_file,
                               double per_second, double seconds);

#endif
