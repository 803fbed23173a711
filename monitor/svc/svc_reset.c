/* SPDX-License-Identifier: BSD-2-Clause */
/* RESET: the chip starts again, or powers down. */
#include "abi/mt3620_reset.h"
#include "monitor/svc/monitor.h"
#include "monitor/svc/plat.h"

enum { ACTION_RESTART = 0, ACTION_POWER_OFF = 1 };

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
