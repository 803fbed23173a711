/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/appman/health.h"

static bool service_good(const struct service *s, int64_t now_ms)
{
    if (s->unused || (s->asleep && !s->pid))
        return true;
    if (s->pid > 0)
        return s->channel >= 0; /* without one it has been killed, and its end is awaited */
    return s->due_ms != INT64_MAX && s->due_ms > now_ms - HEALTH_LATE_MS;
}

bool health_good(const struct manager *m, int64_t now_ms, int64_t ending_since_ms)
{
    if (m->ending)
        return now_ms - ending_since_ms < HEALTH_END_MS;
    for (unsigned i = 0; i < SERVICES; i++)
        if (!service_good(&m->service[i], now_ms))
            return false;
    for (size_t i = 0; i < MANAGER_APPS_MAX; i++)
        if (m->app[i].used && m->app[i].due_ms < now_ms - HEALTH_LATE_MS)
            return false;
    return true;
}
