/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/engine/place.h"

#include "abi/image.h"
#include "abi/keystore.h"

const struct medium_fixed *place_fixed(const struct medium *medium, uint16_t type)
{
    for (unsigned i = 0; i < medium->fixed_count; i++)
        if (medium->fixed[i].type == type)
            return &medium->fixed[i];
    return NULL;
}

uint32_t place_bytes_max(const struct medium *medium, uint16_t type)
{
    const struct medium_fixed *fixed = place_fixed(medium, type);
    if (type == IMAGE_TYPE_TRUSTED_KEYSTORE)
        return KEYSTORE_FILE_BYTES_MAX;
    return fixed ? fixed->bytes_max : medium->pool_image_bytes_max;
}

/* bytes is not 0. */
static uint32_t blocks_of(const struct medium *medium, uint32_t bytes)
{
    return (bytes - 1) / medium->block_bytes + 1;
}

struct medium_area place_area(const struct medium *medium, uint16_t type, uint16_t first,
                              uint32_t bytes)
{
    const struct medium_area none = {0, 0};
    const struct medium_fixed *fixed = place_fixed(medium, type);
    if (bytes == 0 || bytes > place_bytes_max(medium, type))
        return none;
    for (unsigned i = 0; fixed && i < MEDIUM_SYSTEMS; i++)
        if (fixed->system[i].first == first)
            return fixed->system[i];
    const uint32_t blocks = blocks_of(medium, bytes);
    const struct medium_area pool = medium->pool;
    if (fixed || first < pool.first || first - pool.first >= pool.blocks ||
        blocks > (uint32_t)(pool.blocks - (first - pool.first)))
        return none;
    return (struct medium_area){first, (uint16_t)blocks};
}

/* Blocks from `first` to the next busy one or the pool's end; 0: it is busy. */
static uint32_t gap_at(const struct medium *medium, const struct medium_area *busy, unsigned count,
                       uint32_t first)
{
    uint32_t end = (uint32_t)medium->pool.first + medium->pool.blocks;
    if (first < medium->pool.first || first >= end)
        return 0;
    for (unsigned i = 0; i < count; i++) {
        const uint32_t from = busy[i].first, to = from + busy[i].blocks;
        if (from <= first && first < to)
            return 0;
        if (from > first && from < end)
            end = from;
    }
    return end - first;
}

uint16_t place_find(const struct medium *medium, const struct medium_area *busy, unsigned count,
                    uint32_t bytes)
{
    uint16_t best = BLOCK_NONE;
    uint32_t best_gap = UINT32_MAX;
    if (bytes == 0 || bytes > medium->pool_image_bytes_max)
        return BLOCK_NONE;
    const uint32_t blocks = blocks_of(medium, bytes);
    /* A gap begins where the pool or a busy area ends. */
    for (unsigned i = 0; i <= count; i++) {
        const uint32_t first =
            i == count ? medium->pool.first : (uint32_t)busy[i].first + busy[i].blocks;
        const uint32_t gap = gap_at(medium, busy, count, first);
        if (gap >= blocks && gap < best_gap) {
            best_gap = gap;
            best = (uint16_t)first;
        }
    }
    return best;
}
