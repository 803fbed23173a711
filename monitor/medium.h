/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The medium that the engine keeps images and its state on.
 * Source: docs/spec/monitor.md, docs/decisions/medium.md.
 * Caller: monitor/engine and the boot code of the monitor, one at a time.
 * Behind it: files (monitor/host/medium_files.c) or NOR flash in the secure world.
 *
 * Shape: `slots` image slots of slot_bytes each, and two state records, A and B.
 * What every implementation promises:
 *   - before sync() returned 0, any write or erase may be lost, kept in part or
 *     kept without an earlier one, should power fail; after it, none;
 *   - slots and records do not share an erase unit: a torn operation damages
 *     only the slot or record it was made on;
 *   - what a never written byte reads as is not defined.
 * What every caller promises: slot_erase() before the first slot_write(), then
 * ascending offsets, each byte once.
 * Errors: 0, E_IO (failed, contents undefined), E_RANGE (outside the medium,
 * nothing done), slot_view() also E_CORRUPT (the bytes are not there).
 */
#ifndef PERI_MONITOR_MEDIUM_H
#define PERI_MONITOR_MEDIUM_H

#include "lib/cursor.h"

enum {
    MEDIUM_SLOTS_MAX = 32, /* bits of the mask that picks a free one */
    MEDIUM_STATES = 2,
};

struct medium_ops {
    /* Whole record; shorter than len on the medium is E_CORRUPT. */
    int (*state_read)(void *context, unsigned which, uint8_t *to, size_t len);
    /* Replaces the whole record. */
    int (*state_write)(void *context, unsigned which, struct span bytes);
    int (*slot_erase)(void *context, unsigned slot);
    int (*slot_write)(void *context, unsigned slot, uint32_t offset, struct span bytes);
    /* The first len bytes as mapped memory, until the slot's next erase. */
    int (*slot_view)(void *context, unsigned slot, uint32_t len, struct span *view);
    int (*sync)(void *context);
};

struct medium {
    const struct medium_ops *ops;
    void *context;
    unsigned slots; /* 1..MEDIUM_SLOTS_MAX */
    uint32_t slot_bytes;
};

static inline int medium_state_read(const struct medium *m, unsigned which, uint8_t *to, size_t len)
{
    return m->ops->state_read(m->context, which, to, len);
}

static inline int medium_state_write(const struct medium *m, unsigned which, struct span bytes)
{
    return m->ops->state_write(m->context, which, bytes);
}

static inline int medium_slot_erase(const struct medium *m, unsigned slot)
{
    return m->ops->slot_erase(m->context, slot);
}

static inline int medium_slot_write(const struct medium *m, unsigned slot, uint32_t offset,
                                    struct span bytes)
{
    return m->ops->slot_write(m->context, slot, offset, bytes);
}

static inline int medium_slot_view(const struct medium *m, unsigned slot, uint32_t len,
                                   struct span *view)
{
    return m->ops->slot_view(m->context, slot, len, view);
}

static inline int medium_sync(const struct medium *m)
{
    return m->ops->sync(m->context);
}

#endif
