/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Certificates in hand, one per tenant, shared by both threads.
 * Writer: the worker.  Reader: app_server, which signs only for a tenant whose
 * certificate is valid now.
 * Times are milliseconds of the boot clock (clock_ms()): a wrong date on the
 * device neither prolongs nor ends a certificate here.
 * Invariants: slot 0 is the OS's own tenant; a tenant has one slot at most; a
 * slot, once used, is never given away: the root of trust has as many.
 */
#ifndef PERI_OS_AZURED_IDENTITIES_H
#define PERI_OS_AZURED_IDENTITIES_H

#include <pthread.h>

#include "os/ipc/os_channel.h"
#include "os/ipc/trust.h"

enum { IDENTITIES_MAX = ROT_TENANTS_MAX };

struct identities {
    pthread_mutex_t lock;
    size_t count;
    struct identity {
        uint8_t tenant[ROT_TENANT_BYTES];
        uint64_t valid_until_ms; /* 0: none */
        size_t pem_bytes;
        uint8_t pem[OS_PEM_MAX]; /* leaf and chain, for applications that start later */
    } at[IDENTITIES_MAX];
    bool reached; /* the service has answered since boot */
};

void identities_init(struct identities *ids);
void identities_release(struct identities *ids);
/* The tenant's slot, added when it is new; E_FULL. */
int identities_want(struct identities *ids, const uint8_t tenant[static ROT_TENANT_BYTES]) MUST_CHECK;
size_t identities_count(struct identities *ids);
void identities_tenant(struct identities *ids, size_t slot, uint8_t tenant[static ROT_TENANT_BYTES]);
/* pem: at most OS_PEM_MAX, copied. */
void identities_set(struct identities *ids, size_t slot, uint64_t valid_until_ms, struct span pem);
bool identities_valid(struct identities *ids, const uint8_t tenant[static ROT_TENANT_BYTES],
                      uint64_t now_ms);
/* The tenant's valid certificate, copied; its length, 0 when there is none. */
size_t identities_pem(struct identities *ids, const uint8_t tenant[static ROT_TENANT_BYTES],
                      uint64_t now_ms, uint8_t pem[static OS_PEM_MAX]);
void identities_set_reached(struct identities *ids);
bool identities_reached(struct identities *ids);

/* CLOCK_BOOTTIME: goes on while the device sleeps. */
uint64_t clock_ms(void);

#endif
