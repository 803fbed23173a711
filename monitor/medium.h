/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The medium that the engine keeps images and its state on.
 * Source: docs/spec/monitor.md, docs/decisions/medium.md.
 * Caller: monitor/engine and the boot code of the monitor, one at a time.
 * Behind it: files (monitor/host/medium_files.c) or NOR flash in the secure world
 * (monitor/svc/medium_flash.c).
 *
 * Shape: blocks of block_bytes each, and two state records, A and B.  An image
 * stands in an area, a run of blocks, from its first byte on.
 *   - A type that has a row in `fixed` stands in one of two areas, one for each of
 *     the two systems; where it runs in place, the address is part of the image.
 *   - All other types share the pool: any run of blocks in it.
 * What every implementation promises:
 *   - before sync() returned 0, any write or erase may be lost, kept in part or
 *     kept without an earlier one, should power fail; after it, none;
 *   - blocks and records do not share an erase unit: a torn operation damages
 *     only the area or record it was made on;
 *   - what a never written byte reads as is not defined.
 * What every caller promises: areas lie in the pool or are one of `fixed`;
 * medium_erase() before the first medium_write(), then ascending offsets, each
 * byte once.
 * Errors: 0, E_IO (failed, contents undefined), E_RANGE (outside the area,
 * nothing done), medium_view() also E_CORRUPT (the bytes are not there).
 */
#ifndef PERI_MONITOR_MEDIUM_H
#define PERI_MONITOR_MEDIUM_H

#include "lib/cursor.h"

enum { MEDIUM_STATES = 2, MEDIUM_SYSTEMS = 2 };

struct medium_area {
    uint16_t first, blocks;
};

struct medium_fixed {
    uint16_t type;      /* enum image_type */
    uint32_t bytes_max; /* of an image there */
    struct medium_area system[MEDIUM_SYSTEMS];
};

struct medium_ops {
    /* Whole record; shorter than len on the medium is E_CORRUPT. */
    int (*state_read)(void *context, unsigned which, uint8_t *to, size_t len);
    /* Replaces the whole record. */
    int (*state_write)(void *context, unsigned which, struct span bytes);
    int (*erase)(void *context, struct medium_area area);
    int (*write)(void *context, struct medium_area area, uint32_t offset, struct span bytes);
    /* The area holds a whole image of len bytes: leaves what a boot without a
     * record finds it by.  May be said again of the same bytes. */
    int (*finish)(void *context, struct medium_area area, uint32_t len);
    /* The first len bytes as mapped memory, until the area's next erase. */
    int (*view)(void *context, struct medium_area area, uint32_t len, struct span *view);
    int (*sync)(void *context);
};

struct medium {
    const struct medium_ops *ops;
    void *context;
    uint32_t block_bytes;
    uint32_t pool_image_bytes_max;
    struct medium_area pool;
    const struct medium_fixed *fixed;
    unsigned fixed_count;
};

int medium_state_read(const struct medium *m, unsigned which, uint8_t *to, size_t len) MUST_CHECK;
int medium_state_write(const struct medium *m, unsigned which, struct span bytes) MUST_CHECK;
int medium_erase(const struct medium *m, struct medium_area area) MUST_CHECK;
int medium_write(const struct medium *m, struct medium_area area, uint32_t offset,
                 struct span bytes) MUST_CHECK;
int medium_finish(const struct medium *m, struct medium_area area, uint32_t len) MUST_CHECK;
int medium_view(const struct medium *m, struct medium_area area, uint32_t len,
                struct span *view) MUST_CHECK;
int medium_sync(const struct medium *m) MUST_CHECK;

#endif
