/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The root of trust, used by both threads: one call at a time.
 * Errors: those of os/ipc/trust.h, but for a channel that is broken or out of
 * step: the process ends (exit code 1), its supervisor starts it again.
 */
#ifndef PERI_OS_AZURED_KEY_GUARD_H
#define PERI_OS_AZURED_KEY_GUARD_H

#include <pthread.h>

#include "os/ipc/trust.h"

struct key_guard {
    pthread_mutex_t lock;
    struct rot *rot;
};

/* Takes rot. */
void key_guard_init(struct key_guard *keys, struct rot *rot);
void key_guard_release(struct key_guard *keys);
uint64_t key_random(struct key_guard *keys);
int key_random_bytes(struct key_guard *keys, void *to, size_t len) MUST_CHECK;
int key_generate(struct key_guard *keys, const uint8_t tenant[static ROT_TENANT_BYTES],
                 uint8_t key[static ROT_KEY_BYTES]) MUST_CHECK;
int key_commit(struct key_guard *keys, const uint8_t tenant[static ROT_TENANT_BYTES]) MUST_CHECK;
int key_sign(struct key_guard *keys, const uint8_t tenant[static ROT_TENANT_BYTES],
             const uint8_t digest[static ROT_DIGEST_BYTES],
             uint8_t signature[static ROT_SIGNATURE_BYTES]) MUST_CHECK;
int key_evidence(struct key_guard *keys, const uint8_t tenant[static ROT_TENANT_BYTES],
                 struct span nonce, struct writer *to) MUST_CHECK;
/* For struct signer: context is the guard, the key the OS's own. */
int key_sign_os(void *context, const uint8_t digest[static ROT_DIGEST_BYTES],
                uint8_t signature[static ROT_SIGNATURE_BYTES]);

#endif
