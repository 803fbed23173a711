/* SPDX-License-Identifier: BSD-2-Clause */
#include "pluton/testing/hal_memory.h"

#include <stdlib.h>
#include <string.h>


void hal_memory_init(struct hal *hal, const uint8_t root_key[static P256_PUBLIC_BYTES])
{
    struct fuses fuses;
    const struct span part = span_of(root_key, P256_PUBLIC_BYTES);
    memset(hal, 0, sizeof *hal);
    memset(&fuses, 0, sizeof fuses);
    hal->noise_state = 1;
    memcpy(hal->root_key, root_key, sizeof hal->root_key);
    if (crypto_sha256(&part, 1, fuses.root_digest) || fuse_row_write(&fuses, hal->row) ||
        key_generate(&hal->key[HAL_SLOT_ATTESTATION]) || key_generate(&hal->key[HAL_SLOT_GENERAL]))
        abort();
}

void hal_memory_release(struct hal *hal)
{
    for (unsigned i = 0; i < HAL_SLOTS; i++)
        key_release(&hal->key[i]);
}

bool hal_memory_leaks(const struct hal *hal, struct span bytes)
{
    if (bytes.len < 16)
        return false; /* too short for what is looked for */
    for (unsigned i = 0; i < HAL_SLOTS; i++) {
        uint8_t scalar[KEY_PRIVATE_BYTES], turned[KEY_PRIVATE_BYTES];
        if (!hal->key[i].pair)
            continue;
        if (key_export(&hal->key[i], scalar))
            abort();
        for (unsigned k = 0; k < KEY_PRIVATE_BYTES; k++)
            turned[k] = scalar[KEY_PRIVATE_BYTES - 1 - k];
        /* Half a scalar is a leak too. */
        if (memmem(bytes.at, bytes.len, scalar, 16) || memmem(bytes.at, bytes.len, scalar + 16, 16) ||
            memmem(bytes.at, bytes.len, turned, 16) || memmem(bytes.at, bytes.len, turned + 16, 16))
            return true;
    }
    return false;
}

static bool is_client(unsigned slot)
{
    return slot >= HAL_SLOT_CLIENT && slot < HAL_SLOTS;
}

int hal_key_generate(struct hal *hal, unsigned slot)
{
    if (hal->keys_fail)
        return E_CRYPTO;
    return is_client(slot) ? key_generate(&hal->key[slot]) : E_RANGE;
}

int hal_key_public(struct hal *hal, unsigned slot, uint8_t key[static P256_PUBLIC_BYTES])
{
    memset(key, 0, P256_PUBLIC_BYTES);
    if (slot >= HAL_SLOTS || !hal->key[slot].pair)
        return E_NOT_FOUND;
    memcpy(key, hal->key[slot].public_key, P256_PUBLIC_BYTES);
    return 0;
}

int hal_key_sign(struct hal *hal, unsigned slot, const uint8_t digest[static SHA256_BYTES],
                 uint8_t signature[static P256_SIGNATURE_BYTES])
{
    if (hal->keys_fail)
        return E_CRYPTO;
    return slot < HAL_SLOTS ? key_sign(&hal->key[slot], digest, signature) : E_NOT_FOUND;
}

void hal_key_erase(struct hal *hal, unsigned slot)
{
    if (is_client(slot))
        key_release(&hal->key[slot]);
}

/* xorshift64*: good enough to be random to the health tests, and repeatable. */
static uint8_t sample_next(struct hal *hal)
{
    hal->noise_state ^= hal->noise_state >> 12;
    hal->noise_state ^= hal->noise_state << 25;
    hal->noise_state ^= hal->noise_state >> 27;
    return (uint8_t)((hal->noise_state * 0x2545F4914F6CDD1Du) >> 56);
}

int hal_noise(struct hal *hal, uint8_t *at, size_t len)
{
    if (hal->noise == NOISE_DEAD)
        return E_ENTROPY;
    for (size_t i = 0; i < len; i++) {
        at[i] = sample_next(hal);
        if (hal->noise == NOISE_STUCK || (hal->noise == NOISE_BIASED && sample_next(hal) % 4))
            at[i] = 0x5a;
    }
    return 0;
}

int hal_fuse_read(struct hal *hal, struct fuses *fuses)
{
    return fuse_row_read(hal->row, fuses);
}

int hal_fuse_program(struct hal *hal, const struct fuses *fuses)
{
    if (hal->fuses_fail)
        return E_IO;
    hal->programmed++;
    return fuse_row_write(fuses, hal->row);
}

int hal_root_key(struct hal *hal, uint8_t key[static P256_PUBLIC_BYTES])
{
    memcpy(key, hal->root_key, P256_PUBLIC_BYTES);
    return 0;
}

int hal_boot_count_next(struct hal *hal, uint64_t *count)
{
    *count = 0;
    if (hal->fuses_fail)
        return E_IO;
    *count = ++hal->boot_count;
    return 0;
}
