/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From power-on to the start of the monitor: what runs before there is any
 * caller.  Each image is a "no" until its signature and its security version
 * passed, and it is measured before it is used.
 */
#include <string.h>

#include "pluton/runtime/pluton.h"

static int noise_start(struct pluton *p)
{
    uint8_t sample[64];
    for (unsigned done = 0; done < HEALTH_STARTUP_SAMPLES; done += sizeof sample) {
        int err = hal_noise(p->hal, sample, sizeof sample);
        if (err)
            return err;
        for (unsigned i = 0; i < sizeof sample; i++)
            if (!health_sample(&p->health, sample[i]))
                return E_ENTROPY;
    }
    return 0;
}

int pluton_boot(struct pluton *p, struct hal *hal)
{
    uint8_t ignored[P256_PUBLIC_BYTES];

    memset(p, 0, sizeof *p);
    p->hal = hal;
    p->hardware_failed = true; /* until everything below passed */
    health_init(&p->health);
    for (unsigned slot = HAL_SLOT_CLIENT; slot < HAL_SLOTS; slot++)
        hal_key_erase(hal, slot);

    int err = hal_fuse_read(hal, &p->fuses);
    if (err)
        p->fuses.lifecycle = LIFECYCLE_DEVICE_COMPLETE; /* unknown: the most closed one */
    if (!err)
        err = hal_key_public(hal, HAL_SLOT_ATTESTATION, p->device_id);
    if (!err)
        err = hal_key_public(hal, HAL_SLOT_GENERAL, ignored);
    if (!err)
        err = noise_start(p);
    if (!err)
        err = hal_boot_count_next(hal, &p->boot_count);
    if (!err)
        p->hardware_failed = false;
    return err;
}

int pluton_measure_image(struct pluton *p, const struct image *image)
{
    struct measurement m = {.type = image->meta.type,
                            .security_version = image->meta.security_version};
    memcpy(m.component, image->meta.component, sizeof m.component);
    int err = image_digest(image, m.digest);
    return err ? err : pluton_measure(p, &m);
}

int pluton_boot_monitor(struct pluton *p, struct span file, struct image *image)
{
    struct image got;
    memset(image, 0, sizeof *image);
    if (!p->keystore_trusted)
        return E_STATE;
    int err = image_parse(file, &got);
    if (err)
        return err;
    /* Type 4 is signed with KEYSTORE_USE_OS; the keystore demands that use. */
    if (got.meta.type != IMAGE_TYPE_SECURITY_MONITOR)
        return E_RANGE;
    /* Twice: one skipped instruction must not start unsigned code. */
    err = keystore_verify(&p->keystore, &got, false);
    if (err)
        return err;
    err = keystore_verify(&p->keystore, &got, false);
    if (err)
        return err;
    if (got.meta.security_version < p->fuses.counter[PLUTON_COUNTER_MONITOR])
        return E_ROLLBACK;
    err = pluton_measure_image(p, &got);
    if (err)
        return err;
    p->monitor_version = got.meta.security_version;
    *image = got;
    return 0;
}
