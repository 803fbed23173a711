/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Client-authentication keys, a pair a catalog (tenant).
 *
 *            GENERATE            COMMIT
 *   none  ------------> pending ---------> committed
 *                         ^  |                 | GENERATE
 *                         +--+                 v
 *                       GENERATE    committed and pending --COMMIT--> committed
 *
 * The committed key stays in use until a certificate for the pending one has
 * arrived; only then does the attester commit.  All of it is gone after reset.
 */
#include <string.h>

#include "pluton/runtime/cmd.h"

struct pluton_tenant *tenant_find(struct pluton *p, const uint8_t id[static PLUTON_TENANT_BYTES])
{
    for (unsigned i = 0; i < PLUTON_TENANTS_MAX; i++)
        if (p->tenant[i].used && memcmp(p->tenant[i].id, id, sizeof p->tenant[i].id) == 0)
            return &p->tenant[i];
    return NULL;
}

static struct pluton_tenant *tenant_free(struct pluton *p)
{
    for (unsigned i = 0; i < PLUTON_TENANTS_MAX; i++)
        if (!p->tenant[i].used)
            return &p->tenant[i];
    return NULL;
}

/* Of the tenant's two slots the one that the committed key is not in. */
static uint8_t spare_slot(const struct pluton *p, const struct pluton_tenant *t)
{
    const unsigned first = HAL_SLOT_CLIENT + 2 * (unsigned)(t - p->tenant);
    return (uint8_t)(t->committed == first ? first + 1 : first);
}

/* A pair is only made while the noise source is healthy right now. */
static int noise_check(struct pluton *p)
{
    uint8_t discard[1];
    return pluton_random(p, discard, sizeof discard);
}

int cmd_GENERATE_CLIENT_AUTH_KEY(struct pluton *p, struct cursor *in, struct writer *reply)
{
    uint8_t id[PLUTON_TENANT_BYTES], key[P256_PUBLIC_BYTES];
    cursor_copy(in, id, sizeof id);
    struct pluton_tenant *t = tenant_find(p, id);
    if (!t)
        t = tenant_free(p);
    if (!t)
        return E_FULL;
    int err = noise_check(p);
    if (err)
        return err;
    const uint8_t slot = spare_slot(p, t);
    err = hal_key_generate(p->hal, slot);
    if (err)
        return err;
    err = hal_key_public(p->hal, slot, key);
    if (err)
        return E_CRYPTO;
    t->used = true;
    t->pending = slot;
    memcpy(t->id, id, sizeof t->id);
    writer_bytes(reply, key, sizeof key);
    return 0;
}

int cmd_COMMIT_CLIENT_AUTH_KEY(struct pluton *p, struct cursor *in, struct writer *reply)
{
    uint8_t id[PLUTON_TENANT_BYTES];
    (void)reply;
    cursor_copy(in, id, sizeof id);
    struct pluton_tenant *t = tenant_find(p, id);
    if (!t || t->pending == PLUTON_NO_SLOT)
        return E_STATE;
    if (t->committed != PLUTON_NO_SLOT)
        hal_key_erase(p->hal, t->committed);
    t->committed = t->pending;
    t->pending = PLUTON_NO_SLOT;
    return 0;
}

int cmd_GET_TENANT_PUBLIC_KEY(struct pluton *p, struct cursor *in, struct writer *reply)
{
    uint8_t id[PLUTON_TENANT_BYTES], key[P256_PUBLIC_BYTES];
    cursor_copy(in, id, sizeof id);
    const struct pluton_tenant *t = tenant_find(p, id);
    if (!t || t->committed == PLUTON_NO_SLOT)
        return E_NOT_FOUND;
    if (hal_key_public(p->hal, t->committed, key))
        return E_CRYPTO;
    writer_bytes(reply, key, sizeof key);
    return 0;
}

/* TALOS-2020-1139 was memory corruption through this digest: here it is a copy
 * of exactly 32 bytes out of a request of exactly 48. */
int cmd_SIGN_WITH_TENANT_ATTESTATION_KEY(struct pluton *p, struct cursor *in, struct writer *reply)
{
    uint8_t id[PLUTON_TENANT_BYTES], digest[SHA256_BYTES], signature[P256_SIGNATURE_BYTES];
    cursor_copy(in, id, sizeof id);
    cursor_copy(in, digest, sizeof digest);
    const struct pluton_tenant *t = tenant_find(p, id);
    if (!t || t->committed == PLUTON_NO_SLOT)
        return E_NOT_FOUND;
    if (hal_key_sign(p->hal, t->committed, digest, signature))
        return E_CRYPTO;
    writer_bytes(reply, signature, sizeof signature);
    return 0;
}
