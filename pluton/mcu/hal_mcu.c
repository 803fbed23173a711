/* SPDX-License-Identifier: BSD-2-Clause */
/* pluton/hal.h over the engines; the runtime's slots are the ECC engine's. */
#include "pluton/mcu/hal_mcu.h"

#include <string.h>

#include "abi/mt3620_reset.h"
#include "pluton/mcu/fuse.h"
#include "pluton/mcu/hsp.h"
#include "pluton/mcu/postcode.h"
#include "pluton/mcu/reg.h"

_Static_assert((int)HAL_SLOTS == (int)HSP_ECC_SLOTS, "slots of the engine");

static int err_of(uint32_t status)
{
    switch (status) {
    case HSP_OK: return 0;
    case HSP_EMPTY_SLOT: return E_NOT_FOUND;
    case HSP_NO_ENTROPY: return E_ENTROPY;
    default: return E_CRYPTO;
    }
}

static bool is_client(unsigned slot)
{
    return slot >= HAL_SLOT_CLIENT && slot < HAL_SLOTS;
}

int hal_key_generate(struct hal *hal, unsigned slot)
{
    uint8_t ignored[P256_PUBLIC_BYTES];
    (void)hal;
    return is_client(slot) ? err_of(hsp_key(HSP_ECC_GENERATE, slot, ignored)) : E_RANGE;
}

int hal_key_public(struct hal *hal, unsigned slot, uint8_t key[static P256_PUBLIC_BYTES])
{
    (void)hal;
    return err_of(hsp_key(HSP_ECC_PUBLIC_OF, slot, key));
}

int hal_key_sign(struct hal *hal, unsigned slot, const uint8_t digest[static SHA256_BYTES],
                 uint8_t signature[static P256_SIGNATURE_BYTES])
{
    (void)hal;
    return err_of(hsp_sign(slot, digest, signature));
}

void hal_key_erase(struct hal *hal, unsigned slot)
{
    (void)hal;
    if (is_client(slot))
        (void)hsp_erase(slot);
}

int hal_noise(struct hal *hal, uint8_t *at, size_t len)
{
    (void)hal;
    return err_of(hsp_noise(at, len));
}

int hal_fuse_read(struct hal *hal, struct fuses *fuses)
{
    (void)hal;
    return fuse_read(fuses);
}

int hal_fuse_program(struct hal *hal, const struct fuses *fuses)
{
    (void)hal;
    return fuse_program(fuses);
}

int hal_root_key(struct hal *hal, uint8_t key[static P256_PUBLIC_BYTES])
{
    memcpy(key, hal->root_key, P256_PUBLIC_BYTES);
    return 0;
}

/* Power-ons are counted by the chip, boots within one by the record in the TCM.
 * Should that be lost in a warm reset, the scratch word knows; the monitor can
 * write there, but the larger of the two is taken, so it can only raise it. */
int hal_boot_count_next(struct hal *hal, uint64_t *count)
{
    const uint32_t scratch = MT3620_PLUTON_RESET + RESET_SCRATCH;
    struct postcode record;
    (void)hal;
    (void)postcode_read(&record);
    uint32_t boots = reg_read(scratch);
    if (boots < record.boots)
        boots = record.boots;
    *count = 0;
    if (boots == UINT32_MAX)
        return E_IO;
    record.boots = boots + 1;
    postcode_write(&record);
    reg_write(scratch, record.boots);
    *count = (uint64_t)reg_read(MT3620_HSP_TRNG + HSP_TRNG_STARTS) << 32 | record.boots;
    return 0;
}
