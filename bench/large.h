/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A catalog with very many devices.  The first come through the management API: each registered,
 * then claimed in batches; the hundred thousands by peri-store-fill, into the database of the
 * service while that is stopped.  They have ids and no keys; devices with keys are fleet.h's.
 */
#ifndef PERI_BENCH_LARGE_H
#define PERI_BENCH_LARGE_H

#include "bench/fleet.h"
#include "bench/service.h"

enum { LARGE_SMALL = 1000, LARGE_MIDDLE = 200000, LARGE_WITH_KEYS = 4096 };

enum large_what {
    LARGE_LIST, LARGE_NEXT, LARGE_COUNT, LARGE_COUNT_GROUP, LARGE_CLAIM, LARGE_ONE, LARGE_SCAN, LARGE_INSIGHTS, LARGE_METRICS,
    LARGE_WHAT
};

struct large {
    const struct fleet *fleet; /* devices with keys, which come among the others, so that a check of each finds a page of its own */
    struct service *service;
    const char *ca, *certificate, *key; /* files: the operator's */
    struct client *operator;
    unsigned count;  /* devices without keys, claimed so far */
    unsigned keyed;  /* devices with keys, the same */
    double fill_s;  /* of the last large_fill() or large_load() */
    double start_ms; /* of the last large_load(): from the service's start to its first answer to the operator */
};

struct large_times {
    double ms[LARGE_WHAT]; /* medians */
};

/* $BENCH_DEVICES, or 1,000,000. */
unsigned large_wanted(void);
/* All exit on failure. */
void large_open(struct large *large);
void large_fill(struct large *large, unsigned count);
void large_load(struct large *large, unsigned count, bool keyed); /* keyed: those with keys among them */
struct large_times large_measure(struct large *large);
void large_close(struct large *large);

#endif
