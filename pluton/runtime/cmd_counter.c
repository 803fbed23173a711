/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Anti-rollback counters.  They never fall, and never rise above the lowest
 * security version of what runs now: a compromised monitor must not be able to make
 * the device refuse the very images it runs.
 */
#include "pluton/runtime/cmd.h"

/* Lowest version measured for the images that the OS counter governs; 0 without one. */
static uint32_t os_version(const struct pluton *p)
{
    uint32_t lowest = UINT32_MAX;
    bool any = false;
    for (unsigned i = 0; i < p->measurement_count; i++) {
        const struct measurement *m = &p->measurement[i];
        const bool os = m->type >= IMAGE_TYPE_NORMAL_WORLD_LOADER && m->type <= IMAGE_TYPE_SERVICES;
        if (os && m->security_version < lowest)
            lowest = m->security_version;
        any |= os;
    }
    return any ? lowest : 0;
}

static uint32_t ceiling(const struct pluton *p, uint8_t index)
{
    switch (index) {
    case PLUTON_COUNTER_MONITOR: return p->monitor_version;
    case PLUTON_COUNTER_OS: return os_version(p);
    case PLUTON_COUNTER_KEYSTORE: return p->keystore_version;
    case PLUTON_COUNTER_PLUTON: return p->pluton_version;
    default: return 0;
    }
}

int cmd_READ_COUNTER(struct pluton *p, struct cursor *in, struct writer *reply)
{
    const uint8_t index = cursor_u8(in);
    if (index >= PLUTON_COUNTERS)
        return E_RANGE;
    writer_u32le(reply, p->fuses.counter[index]);
    return 0;
}

int cmd_RAISE_COUNTER(struct pluton *p, struct cursor *in, struct writer *reply)
{
    (void)reply;
    struct fuses next = p->fuses;
    const uint8_t index = cursor_u8(in);
    const uint32_t value = cursor_u32le(in);
    if (index >= PLUTON_COUNTERS || value < p->fuses.counter[index])
        return E_RANGE;
    if (value == p->fuses.counter[index])
        return 0; /* said twice is said once; spares the fuses */
    if (value > ceiling(p, index))
        return E_RANGE;
    next.counter[index] = value;
    return fuses_replace(p, &next);
}
