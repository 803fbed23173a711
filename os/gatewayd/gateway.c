/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/gatewayd/gateway.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>


uint64_t gateway_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void broken(struct gateway *g, const char *who, int err)
{
    if (!g->broken)
        fprintf(stderr, "gatewayd: %s: %s: ending\n", who, err_text(err));
    g->broken = true;
}

uint32_t rest_of_monitor(struct gateway *g, int err)
{
    if (g->monitor.broken) {
        broken(g, "monitor", err);
        return REST_INTERNAL;
    }
    switch (g->monitor.status) {
    case MONITOR_PERMISSION_DENIED: return REST_NOT_AUTHORIZED;
    case MONITOR_IMAGE_TOO_LARGE: return REST_TOO_LARGE;
    case MONITOR_IMAGE_NOT_FOUND: return REST_APP_NOT_PRESENT;
    case MONITOR_OK: return REST_INTERNAL; /* err is our own */
    default: return (uint32_t)REST_CATEGORY_MONITOR << 20 | g->monitor.status;
    }
}

uint32_t rest_of_rot(struct gateway *g, int err, uint32_t otherwise)
{
    if (err == E_TIMEOUT || err == E_NETWORK || err == E_IO || err == E_MALFORMED) {
        broken(g, "root of trust", err); /* out of step from now on */
        return REST_INTERNAL;
    }
    return otherwise;
}

int gateway_send(struct gateway *g, const struct os_message *message)
{
    int err = os_channel_send(g->channel, message, 5000);
    if (err)
        broken(g, "application manager", err);
    return err;
}

static void take_state(struct gateway *g, const struct os_app_status *status)
{
    size_t i = 0;
    while (i < g->apps.count && memcmp(g->apps.at[i].component, status->component, 16) != 0)
        i++;
    if (status->state == OS_APP_NOT_PRESENT) {
        if (i < g->apps.count)
            g->apps.at[i] = g->apps.at[--g->apps.count];
    } else if (i < MONITOR_COMPONENTS_MAX) {
        g->apps.at[i] = *status;
        if (i == g->apps.count)
            g->apps.count++;
    }
}

bool gateway_listen(struct gateway *g, int wait_ms)
{
    static uint8_t buffer[OS_MESSAGE_MAX];
    static struct os_message message;
    for (int e; (e = os_channel_receive(g->channel, buffer, &message, wait_ms)) != E_TIMEOUT; wait_ms = 0) {
        if (e || (message.kind != OS_APP_STATE && message.kind != OS_ATTESTED && message.kind != OS_PROXY_STATE &&
                  message.kind != OS_CERT_ANSWER)) {
            if (message.fd >= 0)
                close(message.fd);
            broken(g, "application manager", e ? e : E_MALFORMED);
            return false;
        }
        if (message.kind == OS_ATTESTED)
            g->attested = true;
        else if (message.kind == OS_PROXY_STATE)
            g->proxy = message.u.proxy_state;
        else if (message.kind == OS_CERT_ANSWER)
            g->certificates = message.u.cert_answer;
        else
            take_state(g, &message.u.app_state);
    }
    return true;
}

const struct os_app_status *gateway_app(const struct gateway *g, const uint8_t component[static 16])
{
    for (size_t i = 0; i < g->apps.count; i++)
        if (memcmp(g->apps.at[i].component, component, 16) == 0)
            return &g->apps.at[i];
    return NULL;
}
