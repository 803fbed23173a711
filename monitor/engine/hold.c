/* SPDX-License-Identifier: BSD-2-Clause */
/* Images that are executed in place: their areas are nobody else's until they are released. */
#include "monitor/engine/engine.h"

enum monitor_status engine_hold(struct engine *e, const struct component *c)
{
    struct engine_hold *free = NULL;
    for (unsigned i = 0; i < MONITOR_COMPONENTS_MAX; i++) {
        struct engine_hold *h = &e->hold[i];
        if (h->count == 0 && h->cores == 0)
            free = h;
        else if (h->is.first == c->first && h->is.file_bytes == c->file_bytes) {
            if (h->count == UINT16_MAX)
                return MONITOR_NO_FREE_SPACE;
            h->count++;
            return MONITOR_OK;
        }
    }
    if (!free)
        return MONITOR_NO_FREE_SPACE;
    *free = (struct engine_hold){*c, 1, 0};
    return MONITOR_OK;
}

enum monitor_status engine_release(struct engine *e, uint16_t first, uint32_t bytes)
{
    for (unsigned i = 0; i < MONITOR_COMPONENTS_MAX; i++) {
        struct engine_hold *h = &e->hold[i];
        if (h->count && h->is.first == first && h->is.file_bytes == bytes) {
            h->count--;
            return MONITOR_OK;
        }
    }
    return MONITOR_INVALID_PARAMETER;
}
