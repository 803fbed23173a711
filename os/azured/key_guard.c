/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/key_guard.h"

#include <stdio.h>
#include <unistd.h>

void key_guard_init(struct key_guard *keys, struct rot *rot)
{
    pthread_mutex_init(&keys->lock, NULL);
    keys->rot = rot;
}

void key_guard_release(struct key_guard *keys)
{
    rot_free(keys->rot);
    keys->rot = NULL;
    pthread_mutex_destroy(&keys->lock);
}

static struct rot *enter(struct key_guard *keys)
{
    pthread_mutex_lock(&keys->lock);
    return keys->rot;
}

static int leave(struct key_guard *keys, int err)
{
    pthread_mutex_unlock(&keys->lock);
    switch (err) {
    case E_TIMEOUT:
    case E_NETWORK:
    case E_IO:
    case E_MALFORMED:
        fprintf(stderr, "azured: root of trust: %s: ending\n", err_text(err));
        _exit(1); /* not exit(): the other thread may hold anything */
    default:
        return err;
    }
}

int key_random_bytes(struct key_guard *keys, void *to, size_t len)
{
    return leave(keys, rot_random(enter(keys), to, len));
}

uint64_t key_random(struct key_guard *keys)
{
    uint64_t value = 0; /* jitter only: without it we merely wait the shortest time */
    return key_random_bytes(keys, &value, sizeof value) ? 0 : value;
}

int key_generate(struct key_guard *keys, const uint8_t tenant[static ROT_TENANT_BYTES],
                 uint8_t key[static ROT_KEY_BYTES])
{
    return leave(keys, rot_client_key_generate(enter(keys), tenant, key));
}

int key_commit(struct key_guard *keys, const uint8_t tenant[static ROT_TENANT_BYTES])
{
    return leave(keys, rot_client_key_commit(enter(keys), tenant));
}

int key_sign(struct key_guard *keys, const uint8_t tenant[static ROT_TENANT_BYTES],
             const uint8_t digest[static ROT_DIGEST_BYTES], uint8_t signature[static ROT_SIGNATURE_BYTES])
{
    return leave(keys, rot_sign_digest(enter(keys), tenant, digest, signature));
}

int key_evidence(struct key_guard *keys, const uint8_t tenant[static ROT_TENANT_BYTES],
                 struct span nonce, struct writer *to)
{
    return leave(keys, rot_evidence(enter(keys), tenant, nonce, to));
}

int key_sign_os(void *context, const uint8_t digest[static ROT_DIGEST_BYTES],
                uint8_t signature[static ROT_SIGNATURE_BYTES])
{
    return key_sign(context, ROT_TENANT_OS, digest, signature);
}
