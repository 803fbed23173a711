/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/identities.h"

#include <string.h>
#include <time.h>

void identities_init(struct identities *ids)
{
    memset(ids, 0, sizeof *ids);
    pthread_mutex_init(&ids->lock, NULL);
    ids->count = 1; /* ROT_TENANT_OS is all zero */
}

void identities_release(struct identities *ids)
{
    pthread_mutex_destroy(&ids->lock);
}

static struct identity *find(struct identities *ids, const uint8_t *tenant)
{
    for (size_t i = 0; i < ids->count; i++)
        if (memcmp(ids->at[i].tenant, tenant, ROT_TENANT_BYTES) == 0)
            return &ids->at[i];
    return NULL;
}

int identities_want(struct identities *ids, const uint8_t tenant[static ROT_TENANT_BYTES])
{
    int err = 0;
    pthread_mutex_lock(&ids->lock);
    if (!find(ids, tenant)) {
        if (ids->count == IDENTITIES_MAX)
            err = E_FULL;
        else
            memcpy(ids->at[ids->count++].tenant, tenant, ROT_TENANT_BYTES);
    }
    pthread_mutex_unlock(&ids->lock);
    return err;
}

size_t identities_count(struct identities *ids)
{
    pthread_mutex_lock(&ids->lock);
    size_t count = ids->count;
    pthread_mutex_unlock(&ids->lock);
    return count;
}

void identities_tenant(struct identities *ids, size_t slot, uint8_t tenant[static ROT_TENANT_BYTES])
{
    pthread_mutex_lock(&ids->lock);
    memcpy(tenant, ids->at[slot].tenant, ROT_TENANT_BYTES);
    pthread_mutex_unlock(&ids->lock);
}

void identities_set(struct identities *ids, size_t slot, uint64_t valid_until_ms, struct span pem)
{
    pthread_mutex_lock(&ids->lock);
    struct identity *id = &ids->at[slot];
    id->valid_until_ms = valid_until_ms;
    id->pem_bytes = pem.len <= sizeof id->pem ? pem.len : 0;
    memcpy(id->pem, pem.at, id->pem_bytes);
    pthread_mutex_unlock(&ids->lock);
}

size_t identities_pem(struct identities *ids, const uint8_t tenant[static ROT_TENANT_BYTES],
                      uint64_t now_ms, uint8_t pem[static OS_PEM_MAX])
{
    pthread_mutex_lock(&ids->lock);
    const struct identity *id = find(ids, tenant);
    size_t len = id && now_ms < id->valid_until_ms ? id->pem_bytes : 0;
    if (len)
        memcpy(pem, id->pem, len);
    pthread_mutex_unlock(&ids->lock);
    return len;
}

bool identities_valid(struct identities *ids, const uint8_t tenant[static ROT_TENANT_BYTES],
                      uint64_t now_ms)
{
    pthread_mutex_lock(&ids->lock);
    const struct identity *id = find(ids, tenant);
    bool valid = id && now_ms < id->valid_until_ms;
    pthread_mutex_unlock(&ids->lock);
    return valid;
}

void identities_set_reached(struct identities *ids)
{
    pthread_mutex_lock(&ids->lock);
    ids->reached = true;
    pthread_mutex_unlock(&ids->lock);
}

bool identities_reached(struct identities *ids)
{
    pthread_mutex_lock(&ids->lock);
    bool reached = ids->reached;
    pthread_mutex_unlock(&ids->lock);
    return reached;
}

uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
