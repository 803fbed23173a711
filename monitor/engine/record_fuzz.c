/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * State record: the input stands as record A, its digest mended so that the
 * fields behind it are reached.  What loads keeps the header's invariants and is
 * written back as the same bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "monitor/engine/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t states[MEDIUM_STATES][RECORD_BYTES];

static int state_read(void *context, unsigned which, uint8_t *to, size_t len)
{
    (void)context;
    if (len != RECORD_BYTES)
        abort();
    memcpy(to, states[which], len);
    return 0;
}

static int state_write(void *context, unsigned which, struct span bytes)
{
    (void)context;
    memcpy(states[which], bytes.at, bytes.len);
    return 0;
}

static int sync_nothing(void *context)
{
    (void)context;
    return 0;
}

static void set_check(const struct medium *medium, const struct image_set *set)
{
    if (set->count > MONITOR_COMPONENTS_MAX || set->system >= MEDIUM_SYSTEMS)
        abort();
    for (unsigned i = 0; i < set->count; i++) {
        const struct medium_area area = component_area(medium, &set->at[i]);
        if (area.blocks == 0 || area.first + area.blocks > 20)
            abort();
        for (unsigned k = 0; k < i; k++)
            if (place_overlap(area, component_area(medium, &set->at[k])) ||
                memcmp(set->at[i].component, set->at[k].component, IMAGE_UID_BYTES) == 0)
                abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct medium_ops ops = {
        .state_read = state_read, .state_write = state_write, .sync = sync_nothing};
    static const struct medium_fixed fixed[] = {
        {IMAGE_TYPE_NORMAL_WORLD_KERNEL, 3000, {{0, 1}, {2, 1}}},
        {IMAGE_TYPE_SERVICES, 3000, {{1, 1}, {3, 1}}}};
    const struct medium medium = {.ops = &ops, .block_bytes = 4096, .pool_image_bytes_max = 16 * 4096,
                                  .pool = {4, 16}, .fixed = fixed, .fixed_count = 2};
    static struct record record;
    unsigned which;

    memset(states, 0, sizeof states);
    memcpy(states[0], data, size < RECORD_BYTES ? size : RECORD_BYTES);
    const struct span part = {states[0], RECORD_BYTES - SHA256_BYTES};
    if (crypto_sha256(&part, 1, states[0] + RECORD_BYTES - SHA256_BYTES) != 0)
        abort();
    if (record_load(&medium, &record, &which) != 0)
        return 0;
    if (which != 0 || record.generation == 0 || record.tries > RECORD_TRIES)
        abort();
    set_check(&medium, &record.kept);
    set_check(&medium, &record.next);
    if (record_commit(&medium, &record, 1) != 0 || memcmp(states[0], states[1], RECORD_BYTES) != 0)
        abort();
    return 0;
}
