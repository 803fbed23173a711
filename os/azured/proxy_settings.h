/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network proxy of the device as azured keeps and uses it (docs/spec/proxy.md).
 * Who: the main thread changes it (local interface, applications with NetworkConfig), the worker
 * reads it before each connection and says what came of it; one lock between them.
 * Stored in azured's own folder as abi/network_proxy.h has it, replaced by rename: after a cut there
 * is the old one or the new one.  The password leaves it to the proxy, and to applications that may read it.
 * proxy_settings_none.c stands in its place where the packet filter lets azured reach the service alone (MCU).
 */
#ifndef PERI_OS_AZURED_PROXY_SETTINGS_H
#define PERI_OS_AZURED_PROXY_SETTINGS_H

#include <pthread.h>

#include "lib/network_proxy.h"

/* What came of a connection by way of the proxy. */
enum proxy_outcome {
    PROXY_UNTRIED,
    PROXY_LET_THROUGH,
    PROXY_UNRESOLVED,   /* its name has no address */
    PROXY_UNREACHABLE,  /* nobody answers there, or it broke off */
    PROXY_SLOW,
    PROXY_REFUSED,      /* it answers another status than 2xx */
    PROXY_NO_PROXY,     /* what it answers is no HTTP, or too long */
};

struct proxy_settings {
    pthread_mutex_t lock;
    int folder;
    bool present;
    struct network_proxy proxy;
    uint32_t generation; /* rises with each change: connections by way of an older one are over */
    enum proxy_outcome outcome;
    int status; /* that it answered last; 0: none */
};

/* Reads what is stored.  A damaged file is said on standard error, and is no proxy. */
void proxy_settings_init(struct proxy_settings *settings, int folder);
/* Stored when it returns 0.  A basic one without password keeps the one that is stored for the same server and user;
 * E_MISSING: there is none.  E_MALFORMED, E_IO: nothing changed.  E_UNSUPPORTED: this device uses none. */
int proxy_settings_set(struct proxy_settings *settings, const struct network_proxy *proxy) MUST_CHECK;
/* None any more; 0 too when there was none. */
int proxy_settings_delete(struct proxy_settings *settings) MUST_CHECK;
/* A copy; false: none is set.  generation may be NULL. */
bool proxy_settings_get(struct proxy_settings *settings, struct network_proxy *proxy, uint32_t *generation);
uint32_t proxy_settings_generation(struct proxy_settings *settings);
/* Bits of enum network_proxy_status. */
uint32_t proxy_settings_status(struct proxy_settings *settings);
/* What came of a connection by that generation; said on standard error when it is new.  status: the proxy's answer, or 0. */
void proxy_settings_report(struct proxy_settings *settings, uint32_t generation, enum proxy_outcome outcome, int status);

#endif
