/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The update engine's calls (docs/spec/monitor.md) as SMCs.  The kernel divides them
 * among processes; here the normal world has every right.
 */
#include <string.h>

#include "monitor/svc/monitor.h"

/* A package that was set apart but is not installed any more may be written over:
 * it is not set apart either. */
static void apart_follow(struct monitor *m)
{
    const struct image_set *set = engine_set(&m->engine);
    unsigned kept = 0;
    for (unsigned i = 0; i < m->apart_count; i++) {
        bool stays = m->apart[i].range.at < FLASH_APPLICATIONS_AT;
        for (unsigned k = 0; k < set->count; k++)
            stays |= m->apart[i].range.at == (uint32_t)set->at[k].first * FLASH_SECTOR_BYTES &&
                     m->apart[i].range.bytes == set->at[k].file_bytes;
        if (stays)
            m->apart[kept++] = m->apart[i];
    }
    m->apart_count = (uint16_t)kept;
}

/* room: what the answer takes at least, so that nothing is done for an answer that is lost. */
static enum monitor_status serve(struct monitor *m, uint32_t number, struct cursor *in, size_t room,
                                 struct writer *reply)
{
    if (reply->cap < room)
        return MONITOR_INVALID_PARAMETER;
    const enum monitor_status status =
        engine_dispatch(&m->engine, UINT32_MAX, number, cursor_bytes(in, in->left), reply);
    apart_follow(m);
    return status;
}

#define HANDLER(name, room)                                                                        \
    enum monitor_status svc_##name(struct monitor *m, struct cursor *in, struct writer *reply)     \
    {                                                                                              \
        return serve(m, MONITOR_CALL_##name, in, room, reply);                                     \
    }
SVC_UPDATE_TABLE(HANDLER)
