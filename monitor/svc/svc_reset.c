/* SPDX-License-Identifier: BSD-2-Clause */
/* GET_VERSION, PING, GET_ABI, RESET. */
#include "abi/mt3620_reset.h"
#include "monitor/svc/monitor.h"
#include "monitor/svc/plat.h"

enum { SMC_VERSION = 1, ACTION_RESTART = 0, ACTION_POWER_OFF = 1 };

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

enum monitor_status svc_RESET(struct monitor *m, struct cursor *in, struct writer *reply)
{
    const uint32_t action = cursor_u32le(in);
    (void)m;
    (void)reply;
    switch (action) {
    case ACTION_RESTART: plat_write(MT3620_INFRA + RESET_CHIP_RESET, RESET_KEY_CHIP_RESET); break;
    case ACTION_POWER_OFF: plat_write(MT3620_INFRA + RESET_POWER, RESET_KEY_POWER); break;
    default: return MONITOR_INVALID_PARAMETER;
    }
    plat_stop();
    return MONITOR_OK;
}
