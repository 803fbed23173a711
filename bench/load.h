/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Load: a number of devices at it at the same moment, for a fixed time, each on
 * a thread and a connection of its own.
 */
#ifndef PERI_BENCH_LOAD_H
#define PERI_BENCH_LOAD_H

#include "bench/fleet.h"
#include "bench/service.h"

enum { LOAD_DEVICES = 32 };

struct load_result {
    unsigned long done, failed;
    double wall_s, service_cpu_s;
};

/* Connect with a full handshake, challenge, attest, close; over and over. */
struct load_result load_attest(struct fleet *fleet, const struct service *service,
                               const char *ca_file, double seconds);
/* Attest once, connect with the certificate, then check over and over. */
struct load_result load_poll(struct fleet *fleet, const struct service *service,
                             const char *ca_file, double seconds);

#endif
