/* SPDX-License-Identifier: BSD-2-Clause */
#include "pluton/rom/factory.h"

#include "pluton/mcu/fuse.h"
#include "pluton/mcu/hsp.h"
#include "pluton/mcu/uart.h"
#include "pluton/rom/rom.h"

/* A loader that is right in itself, signed by the key in its own header; it
 * stays in memory. */
static const char *loader_find(void)
{
    volatile struct verdict v;
    for (unsigned slot = 0; slot < ROM_COPIES; slot++) {
        rom_copy(slot);
        rom_look(&v, slot);
        if (verdict_wrong_itself(&v) == 0)
            return NULL;
    }
    return "no loader with a good signature";
}

static int keys_make(void)
{
    static const struct {
        uint8_t slot;
        uint8_t lock;
    } rows[] = {{HAL_SLOT_ATTESTATION, FUSE_LOCK_ATTESTATION}, {HAL_SLOT_GENERAL, FUSE_LOCK_GENERAL}};
    uint8_t key[P256_PUBLIC_BYTES];
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (fuse_locks() & rows[i].lock)
            continue;
        const uint32_t status = hsp_key(HSP_ECC_GENERATE, rows[i].slot, key);
        if (status != HSP_OK)
            return status == HSP_NO_ENTROPY ? E_ENTROPY : E_CRYPTO;
    }
    return 0;
}

const char *factory_start(void)
{
    uint8_t digest[SHA256_BYTES];
    const char *reason = loader_find();
    if (reason)
        return reason;
    uart_text("[ROM] FACTORY\r\n");
    int err = keys_make();
    if (!err) {
        const struct span part = span_of(rom_root_key(), P256_PUBLIC_BYTES);
        err = crypto_sha256(&part, 1, digest);
    }
    if (!err)
        err = fuse_burn_root(digest);
    return err ? err_text(err) : NULL;
}
