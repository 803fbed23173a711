/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Application channels: networking ready, device certificate ready, sign, system
 * events and what may be done about them, restart of the device.
 * Source: abi/app_channel.h.
 * Trust: every application is hostile.  For whom a channel speaks was fixed by
 * the application manager; nothing in a request can change it.  A request that
 * is malformed, or an application that does not take its answers, loses the
 * channel.  One request of each ready channel is served before the next round,
 * so a flood takes only its own share.  What an application may is its manifest's
 * business, as the manager read it.  Events go to a socket apart, of which nothing
 * is ever read; what an application does not take is lost for it.
 * Main thread only.
 */
#ifndef PERI_OS_AZURED_APP_SERVER_H
#define PERI_OS_AZURED_APP_SERVER_H

#include "os/azured/cert_store.h"
#include "os/azured/deferral.h"
#include "os/azured/identities.h"
#include "os/azured/key_guard.h"
#include "os/azured/proxy_settings.h"
#include "os/ipc/os_channel.h"

enum { APP_SERVER_MAX = 16 }; /* MONITOR_COMPONENTS_MAX */

/* What azured does for applications beyond what is shared. */
struct app_host {
    bool (*networking_ready)(void *context);
    int (*restart)(void *context); /* of the device; 0 or an errno value */
    void (*proxy_changed)(void *context);
};

struct app_server {
    struct identities *ids;
    struct key_guard *keys;
    struct deferral *deferral;
    struct proxy_settings *proxy; /* the owner's to set, after init */
    struct cert_store *certificates; /* the same */
    const struct app_host *host;
    void *context;
    size_t count;
    struct app {
        struct os_app_channel who;
        int fd;       /* -1: to be swept */
        int events; /* our end of its event socket; -1: none */
    } at[APP_SERVER_MAX];
};

void app_server_init(struct app_server *server, struct identities *ids, struct key_guard *keys,
                     struct deferral *deferral, const struct app_host *host, void *context);
void app_server_release(struct app_server *server);
/* Takes fd, even on failure; replaces the component's former channel.  E_FULL. */
int app_server_add(struct app_server *server, const struct os_app_channel *who, int fd) MUST_CHECK;
/* Serves one request of the channel, without waiting. */
void app_server_serve(struct app_server *server, size_t index);
/* Closes what serve gave up; call between rounds, indices change. */
void app_server_sweep(struct app_server *server);

/* Takes fd: where the component's events go.  Closed when there is no such application. */
void app_server_events(struct app_server *server, const uint8_t component[static 16], int fd);
/* To every application that may hear of it and is not being replaced. */
void app_server_notify(struct app_server *server, const struct system_notice *notice);

/* The pure half: reply to one request of who.  false: close the channel.  listens: it
 * wants to hear what it can still act on. */
bool app_server_answer(struct app_server *server, const struct os_app_channel *who, struct span request,
                       uint64_t now_ms, struct writer *reply, bool *listens);

#endif
