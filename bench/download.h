/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Download of an OS image by devices, and the same file from nginx with the same
 * certificate, cipher and demand for a client's certificate.
 */
#ifndef PERI_BENCH_DOWNLOAD_H
#define PERI_BENCH_DOWNLOAD_H

#include "bench/fleet.h"
#include "bench/service.h"

struct download_result {
    double service_mib_per_cpu_s, service_mib_per_s;
    double nginx_mib_per_cpu_s, nginx_mib_per_s; /* 0: nginx is not installed */
    bool failed;
};

/* Publishes a release with an image of 1 MiB first. */
struct download_result download_measure(struct fleet *fleet, const struct service *service, const char *ca,
                                        const char *certificate, const char *key, double seconds);

#endif
