/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The service under measurement: a perisphered of our own, in a folder of its
 * own, and what /proc says about it and all its processes.
 */
#ifndef PERI_BENCH_SERVICE_H
#define PERI_BENCH_SERVICE_H

#include <stdbool.h>
#include <sys/types.h>

enum { SERVICE_PROCESSES_MAX = 64 };

struct service {
    pid_t supervisor;
    const char *program, *data;
    unsigned port;
};

struct service_memory {
    unsigned processes;
    double rss_mib, pss_mib; /* sums */
};

/* Executes PROGRAM on DATA, on any free port, and waits for DATA/run/port; its log
 * goes to DATA.log.  It stops when the thread that called this ends, by whatever.  Exits on failure. */
void service_start(struct service *service, const char *program, const char *data);
/* SIGTERM, and waits; SIGKILL after 15 s.  May be called by a signal handler. */
void service_stop(struct service *service);
/* User and system time of all processes so far. */
double service_cpu_s(const struct service *service);
/* One line on stderr: the CPU-seconds of each process. */
void service_cpu_show(const struct service *service);
struct service_memory service_memory(const struct service *service);

#endif
