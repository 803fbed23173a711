/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * monitor/engine/sideload.h on the MCU: there is no sideloading yet, so no image under
 * development is ever installed, and the calls answer NOT_IMPLEMENTED.
 */
#include "monitor/engine/sideload.h"

bool sideload_development(const struct engine *e)
{
    (void)e;
    return false;
}

bool sideload_is_development(const struct engine *e, const struct component *component)
{
    (void)e, (void)component;
    return false;
}

void sideload_boot(struct engine *e)
{
    (void)e;
}

#define REFUSED(name)                                                                             \
    enum monitor_status sideload_##name(struct engine *e, struct cursor *in, struct writer *out)  \
    {                                                                                             \
        (void)e, (void)in, (void)out;                                                             \
        return MONITOR_NOT_IMPLEMENTED;                                                           \
    }
REFUSED(open)
REFUSED(write)
REFUSED(commit)
REFUSED(install)
REFUSED(remove)
