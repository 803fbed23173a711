/* SPDX-License-Identifier: BSD-2-Clause */
#include "pluton/host/hal_host.h"

#include <string.h>

#include "lib/ct.h"
#include "pluton/host/noise.h"
#include "pluton/host/fuse_row.h"

int hal_open(struct hal *hal, int folder, uid_t owner)
{
    memset(hal, 0, sizeof *hal);
    hal->folder = folder;
    int err = fuse_file_read(folder, owner, &hal->fuses);
    for (unsigned i = 0; !err && i < HAL_SLOTS_FUSED; i++)
        err = key_import(&hal->key[i], hal->fuses.scalar[i]);
    if (err)
        hal_close(hal);
    return err;
}

void hal_close(struct hal *hal)
{
    for (unsigned i = 0; i < HAL_SLOTS; i++)
        key_release(&hal->key[i]);
    ct_wipe(hal, sizeof *hal);
}

int hal_manufacture(int folder, uid_t owner, const uint8_t root_key[static P256_PUBLIC_BYTES],
                    uint8_t device_id[static P256_PUBLIC_BYTES])
{
    struct fuse_file file;
    struct fuses fuses;
    struct key key = {0};
    memset(&file, 0, sizeof file);
    memset(&fuses, 0, sizeof fuses);
    fuses.lifecycle = LIFECYCLE_BLANK;
    memcpy(file.root_key, root_key, sizeof file.root_key);
    const struct span part = span_of(root_key, P256_PUBLIC_BYTES);
    int err = crypto_sha256(&part, 1, fuses.root_digest);
    if (!err)
        err = fuse_row_write(&fuses, file.row);
    for (unsigned i = 0; !err && i < HAL_SLOTS_FUSED; i++) {
        err = key_generate(&key);
        if (!err)
            err = key_export(&key, file.scalar[i]);
        if (!err && i == HAL_SLOT_ATTESTATION)
            memcpy(device_id, key.public_key, P256_PUBLIC_BYTES);
        key_release(&key);
    }
    if (!err)
        err = fuse_file_create(folder, owner, &file);
    ct_wipe(&file, sizeof file);
    return err;
}

static bool is_client(unsigned slot)
{
    return slot >= HAL_SLOT_CLIENT && slot < HAL_SLOTS;
}

int hal_key_generate(struct hal *hal, unsigned slot)
{
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
    return slot < HAL_SLOTS ? key_sign(&hal->key[slot], digest, signature) : E_NOT_FOUND;
}

void hal_key_erase(struct hal *hal, unsigned slot)
{
    if (is_client(slot))
        key_release(&hal->key[slot]);
}

int hal_noise(struct hal *hal, uint8_t *at, size_t len)
{
    (void)hal;
    return noise_read(at, len);
}

int hal_fuse_read(struct hal *hal, struct fuses *fuses)
{
    return fuse_row_read(hal->fuses.row, fuses);
}

/* Memory follows the file, never the other way round. */
static int file_replace(struct hal *hal, struct fuse_file *next)
{
    const int err = fuse_file_write(hal->folder, next);
    if (!err)
        hal->fuses = *next;
    ct_wipe(next, sizeof *next);
    return err;
}

int hal_fuse_program(struct hal *hal, const struct fuses *fuses)
{
    struct fuse_file next = hal->fuses;
    const int err = fuse_row_write(fuses, next.row);
    return err ? err : file_replace(hal, &next);
}

int hal_root_key(struct hal *hal, uint8_t key[static P256_PUBLIC_BYTES])
{
    memcpy(key, hal->fuses.root_key, P256_PUBLIC_BYTES);
    return 0;
}

int hal_boot_count_next(struct hal *hal, uint64_t *count)
{
    struct fuse_file next = hal->fuses;
    *count = 0;
    next.boot_count++;
    const int err = file_replace(hal, &next);
    if (!err)
        *count = hal->fuses.boot_count;
    return err;
}
