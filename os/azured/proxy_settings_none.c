/* SPDX-License-Identifier: BSD-2-Clause */
/* In the place of proxy_settings.c on the MCU, whose packet filter lets azured reach the service's port alone. */
#include "os/azured/proxy_settings.h"

#include <string.h>

void proxy_settings_init(struct proxy_settings *settings, int folder)
{
    *settings = (struct proxy_settings){.folder = folder};
}

int proxy_settings_set(struct proxy_settings *settings, const struct network_proxy *proxy)
{
    (void)settings;
    (void)proxy;
    return E_UNSUPPORTED;
}

int proxy_settings_delete(struct proxy_settings *settings)
{
    (void)settings;
    return 0;
}

bool proxy_settings_get(struct proxy_settings *settings, struct network_proxy *proxy, uint32_t *generation)
{
    (void)settings;
    memset(proxy, 0, sizeof *proxy);
    if (generation)
        *generation = 0;
    return false;
}

uint32_t proxy_settings_generation(struct proxy_settings *settings)
{
    (void)settings;
    return 0;
}

uint32_t proxy_settings_status(struct proxy_settings *settings)
{
    (void)settings;
    return 0;
}

void proxy_settings_report(struct proxy_settings *settings, uint32_t generation, enum proxy_outcome outcome, int status)
{
    (void)settings;
    (void)generation;
    (void)outcome;
    (void)status;
}
