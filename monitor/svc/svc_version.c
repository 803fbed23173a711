/* SPDX-License-Identifier: BSD-2-Clause */
/* GET_VERSION, PING, GET_ABI: who is there, and what it provides. */
#include "monitor/svc/monitor.h"

enum { SMC_VERSION = 1 };

enum monitor_status svc_GET_VERSION(struct monitor *m, struct cursor *in, struct writer *reply)
{
    (void)m;
    (void)in;
    writer_u32le(reply, SMC_VERSION);
    return MONITOR_OK;
}

enum monitor_status svc_PING(struct monitor *m, struct cursor *in, struct writer *reply)
{
    (void)m;
    (void)in;
    (void)reply;
    return MONITOR_OK;
}

enum monitor_status svc_GET_ABI(struct monitor *m, struct cursor *in, struct writer *reply)
{
    (void)in;
    for (uint32_t type = 0; type < MONITOR_ABI_TYPES; type++) {
        if (m->abi[type] == 0)
            continue;
        writer_u32le(reply, m->abi[type]);
        writer_u32le(reply, type);
    }
    return MONITOR_OK;
}
