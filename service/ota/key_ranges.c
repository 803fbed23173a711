/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/ota/key_ranges.h"

#include <stddef.h>
#include <string.h>

const uint8_t *key_range_find(const struct key_ranges *ranges, uint32_t version)
{
    for (unsigned i = 0; i < ranges->count; i++)
        if (version >= ranges->at[i].first && version <= ranges->at[i].last)
            return ranges->at[i].thumbprint;
    return NULL;
}

static bool contradicted(const struct key_ranges *ranges, const struct key_range *range)
{
    for (unsigned i = 0; i < ranges->count; i++)
        if (&ranges->at[i] != range && range->first <= ranges->at[i].last && ranges->at[i].first <= range->last)
            return true;
    return false;
}

void key_range_learn(struct key_ranges *ranges, uint32_t version,
                     const uint8_t thumbprint[static IMAGE_THUMBPRINT_BYTES])
{
    unsigned i = 0;
    while (i < ranges->count && memcmp(ranges->at[i].thumbprint, thumbprint, IMAGE_THUMBPRINT_BYTES) != 0)
        i++;
    if (i == KEY_RANGES_MAX)
        i = ranges->count = 0;
    struct key_range *range = &ranges->at[i];
    if (i == ranges->count) {
        *range = (struct key_range){.first = version, .last = version};
        memcpy(range->thumbprint, thumbprint, IMAGE_THUMBPRINT_BYTES);
        ranges->count++;
    }
    if (version < range->first)
        range->first = version;
    if (version > range->last)
        range->last = version;
    if (contradicted(ranges, range)) {
        ranges->at[0] = (struct key_range){.first = version, .last = version};
        memcpy(ranges->at[0].thumbprint, thumbprint, IMAGE_THUMBPRINT_BYTES);
        ranges->count = 1;
    }
}
