/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The update engine's calls (docs/spec/monitor.md) as SMCs.  The kernel divides them
 * among processes; here the normal world has every right.
 */
#include "monitor/svc/monitor.h"

/* room: what the answer takes at least, so that nothing is done for an answer that is lost. */
static enum monitor_status serve(struct monitor *m, uint32_t number, struct cursor *in, size_t room,
                                 struct writer *reply)
{
    if (reply->cap < room)
        return MONITOR_INVALID_PARAMETER;
    return engine_dispatch(&m->engine, UINT32_MAX, number, cursor_bytes(in, in->left), reply);
}

#define HANDLER(name, room)                                                                        \
    enum monitor_status svc_##name(struct monitor *m, struct cursor *in, struct writer *reply)     \
    {                                                                                              \
        return serve(m, MONITOR_CALL_##name, in, room, reply);                                     \
    }
SVC_UPDATE_TABLE(HANDLER)
