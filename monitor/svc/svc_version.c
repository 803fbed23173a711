/* SPDX-License-Identifier: BSD-2-Clause */
/* GET_VERSION: of these calls. */
#include "monitor/svc/monitor.h"

enum { SMC_VERSION = 1 };

enum monitor_status svc_GET_VERSION(struct monitor *m, struct cursor *in, struct writer *reply)
{
    (void)m;
    (void)in;
    writer_u32le(reply, SMC_VERSION);
    return MONITOR_OK;
}
