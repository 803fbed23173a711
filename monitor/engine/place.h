/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where on the medium an image may stand, and which run of the pool a new one
 * gets.
 * Source: docs/spec/monitor.md "Medium".
 */
#ifndef PERI_MONITOR_ENGINE_PLACE_H
#define PERI_MONITOR_ENGINE_PLACE_H

#include "monitor/medium.h"

enum { BLOCK_NONE = 0xFFFF };

/* The row of a type that stands in a system; NULL: it shares the pool. */
const struct medium_fixed *place_fixed(const struct medium *medium, uint16_t type);
/* Largest image of that type. */
uint32_t place_bytes_max(const struct medium *medium, uint16_t type);
/* What an image takes that begins at block `first`; no blocks if it cannot stand there. */
struct medium_area place_area(const struct medium *medium, uint16_t type, uint16_t first,
                              uint32_t bytes);

static inline bool place_overlap(struct medium_area a, struct medium_area b)
{
    return a.first < b.first + b.blocks && b.first < a.first + a.blocks;
}

/* First block of the smallest gap of the pool that takes the image; BLOCK_NONE.
 * busy: areas that may not be touched. */
uint16_t place_find(const struct medium *medium, const struct medium_area *busy, unsigned count,
                    uint32_t bytes);

#endif
