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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct medium_ops ops = {
        .state_read = state_read, .state_write = state_write, .sync = sync_nothing};
    const struct medium medium = {&ops, NULL, 16, 1 << 25};
    static struct record record;
    unsigned which;

    memset(states, 0, sizeof states);
    memcpy(states[0], data, size < RECORD_BYTES ? size : RECORD_BYTES);
    const struct span part = {states[0], RECORD_BYTES - SHA256_BYTES};
    if (crypto_sha256(&part, 1, states[0] + RECORD_BYTES - SHA256_BYTES) != 0)
        abort();
    if (record_load(&medium, &record, &which) != 0)
        return 0;
    if (which != 0 || record.generation == 0 || record.count > MONITOR_COMPONENTS_MAX)
        abort();
    for (unsigned i = 0; i < record.count; i++) {
        if (record.at[i].slot >= medium.slots || record.at[i].file_bytes > medium.slot_bytes)
            abort();
        for (unsigned k = 0; k < i; k++)
            if (record.at[i].slot == record.at[k].slot ||
                memcmp(record.at[i].component, record.at[k].component, IMAGE_UID_BYTES) == 0)
                abort();
    }
    if (record_commit(&medium, &record, 1) != 0 || memcmp(states[0], states[1], RECORD_BYTES) != 0)
        abort();
    return 0;
}
