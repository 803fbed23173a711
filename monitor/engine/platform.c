/* SPDX-License-Identifier: BSD-2-Clause */
/* One function a row of struct engine_platform: the only places that call through it. */
#include "monitor/engine/platform.h"

int platform_random(const struct engine_platform *p, uint8_t *to, size_t len)
{
    return p->random(p->context, to, len);
}

int platform_counter_read(const struct engine_platform *p, uint8_t index, uint32_t *value)
{
    return p->counter_read(p->context, index, value);
}

int platform_counter_raise(const struct engine_platform *p, uint8_t index, uint32_t value)
{
    return p->counter_raise(p->context, index, value);
}

int platform_capability_read(const struct engine_platform *p, uint16_t number, bool *enabled)
{
    return p->capability_read(p->context, number, enabled);
}

int platform_lifecycle_read(const struct engine_platform *p, uint32_t *lifecycle)
{
    return p->lifecycle_read(p->context, lifecycle);
}

int platform_application_hold(const struct engine_platform *p, struct span file,
                              struct span *held)
{
    return p->application_hold(p->context, file, held);
}

void platform_application_release(const struct engine_platform *p, bool give)
{
    p->application_release(p->context, give);
}

void platform_reset(const struct engine_platform *p, enum engine_reset how)
{
    p->reset(p->context, how);
}
