/* SPDX-License-Identifier: BSD-2-Clause */
/* monitor/engine/platform.h for the tests of the engine: `platform` is the world.  A test that
 * brings another platform leaves this file out. */
#include "abi/pluton_call.h"
#include "monitor/engine/world_test.h"
#include "tests/check.h"

int platform_random(void *platform, uint8_t *to, size_t len)
{
    struct world *w = platform;
    if (w->random_fails)
        return E_ENTROPY;
    memset(to, ++w->random, len);
    return 0;
}

int platform_counter_read(void *platform, uint8_t index, uint32_t *value)
{
    struct world *w = platform;
    *value = index == PLUTON_COUNTER_OS         ? w->os_counter
             : index == PLUTON_COUNTER_KEYSTORE ? w->keystore_counter
                                                : UINT32_MAX;
    return 0;
}

/* Pluton's own rule is not here: the engine must keep to it.  Power may be lost in it. */
int platform_counter_raise(void *platform, uint8_t index, uint32_t value)
{
    struct world *w = platform;
    uint32_t *counter = index == PLUTON_COUNTER_OS ? &w->os_counter : &w->keystore_counter;
    REQUIRE(index == PLUTON_COUNTER_OS || index == PLUTON_COUNTER_KEYSTORE);
    REQUIRE(value > *counter);
    if (w->ram.dead)
        return E_IO;
    const bool lost = ram_op_elsewhere(&w->ram);
    if (lost && w->ram.cut == CUT_CLEAN)
        return E_IO;
    *counter = value;
    w->raises++;
    return lost ? E_IO : 0;
}

int platform_capability_read(void *platform, uint16_t number, bool *enabled)
{
    struct world *w = platform;
    *enabled = number < 32 && w->capabilities & UINT32_C(1) << number;
    return w->trust_fails ? E_IO : 0;
}

int platform_lifecycle_read(void *platform, uint32_t *lifecycle)
{
    struct world *w = platform;
    *lifecycle = w->lifecycle;
    return w->trust_fails ? E_IO : 0;
}

int platform_application_hold(void *platform, struct span file, struct span *held)
{
    struct world *w = platform;
    REQUIRE(file.len <= sizeof w->held);
    memcpy(w->held, file.at, file.len);
    if (w->flip_held)
        w->held[file.len / 2] ^= 1;
    *held = span_of(w->held, file.len);
    w->holds++;
    return 0;
}

void platform_application_release(void *platform, bool give) { ((struct world *)platform)->gives += give; }

void platform_reset(void *platform, enum engine_reset how)
{
    struct world *w = platform;
    w->resets++;
    w->reset = how;
}

/* As Pluton does it; a world has no firmware below its engine but `below`. */
int platform_keystore_check(void *platform, struct span file, const struct keystore *next)
{
    struct world *w = platform;
    struct image image;
    uint8_t root[P256_PUBLIC_BYTES];
    world_public(KEY_ROOT, root);
    if (w->trust_fails || image_parse(file, &image) != 0 || image.meta.type != IMAGE_TYPE_TRUSTED_KEYSTORE ||
        image_verify(&image, root) != 0 || image.meta.security_version < w->keystore_counter)
        return E_DENIED;
    return keystore_stays(&w->keystore, next, package_view(&w->below)) ? 0 : E_KEY_UNKNOWN;
}
