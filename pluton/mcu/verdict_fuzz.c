/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whatever stands in memory: a verdict says yes to the one image that was signed, and to nothing
 * else; two looks agree.
 * An input is one byte what, then: 0 changes to the signed image, each u16le offset and u8 to XOR;
 * 1 a whole file; 2 as 0, with a key that is not the root key.
 */
#include <stdlib.h>
#include <string.h>

#include "abi/image.h"
#include "abi/mcu_boot.h"
#include "abi/pluton_call.h"
#include "pluton/mcu/reg.h"
#include "pluton/testing/chip.h"
#include "pluton/testing/mcu_flash.h"

#define STAGE(name) fuzz_##name
#include "pluton/testing/stage_names.h"

#include "pluton/mcu/verdict.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct claim loader = {.type = IMAGE_TYPE_ONE_BL, .counter = PLUTON_COUNTER_PLUTON,
                                    .exact_bytes = BOOT_1BL_BYTES, .stranger = "stranger"};
static struct fixture keys;
static uint8_t good[MCU_IMAGE_MAX];
static size_t good_bytes;

static void must(bool ok)
{
    if (!ok)
        abort();
}

/* A chip whose factory burned the root key. */
static void start(void)
{
    static uint8_t image[MCU_IMAGE_MAX];
    const struct span none = {NULL, 0};
    struct writer w = writer_of(good, sizeof good);
    fixture_init(&keys);
    chip_new();
    mcu_loader(&keys, FIXTURE_ROOT, FIXTURE_ROOT, 1, none, 0, &w);
    good_bytes = w.len;
    must(!w.err && good_bytes == BOOT_1BL_BYTES);
    mcu_slot_put(chip.flash, FLASH_BOOTLOADER_ONE_AT, FLASH_BOOTLOADER_ONE_BYTES, writer_view(&w));
    w = writer_of(image, sizeof image);
    fixture_keystore(&keys, FIXTURE_ROOT, 1, &w);
    mcu_slot_put(chip.flash, FLASH_KEYSTORE_AT, FLASH_KEYSTORE_BYTES, writer_view(&w));
    (void)chip_boot(0);
}

static void look(volatile struct verdict *v, struct span file, const uint8_t *key)
{
    static struct image image;
    if (!verdict_parse(v, &loader, file, &image))
        return;
    verdict_root(v, key);
    verdict_signature(v, file, key);
}

static void changes(uint8_t *at, const uint8_t *data, size_t size)
{
    for (; size >= 3; data += 3, size -= 3)
        at[(data[0] | data[1] << 8) % good_bytes] ^= data[2];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    volatile struct verdict seen[2];
    static const struct verdict nothing;
    if (good_bytes == 0)
        start();
    if (size == 0 || size > BOOT_1BL_BYTES)
        return 0;
    uint8_t *at = (uint8_t *)reg_memory(BOOT_1BL_AT);
    const uint8_t *root = keys.key[data[0] == 2 ? FIXTURE_STRANGER : FIXTURE_ROOT].public_key;
    uint8_t *key = at + BOOT_1BL_HEADER_AT + 8; /* as ROM takes it: out of what it looks at */
    struct span file = span_of(at, good_bytes);
    memcpy(at, good, good_bytes);
    if (data[0] == 1) {
        memcpy(at, data + 1, size - 1);
        file.len = size - 1;
    } else {
        changes(at, data + 1, size - 1);
    }
    const bool same = span_equal(file, span_of(good, good_bytes)) && data[0] != 2;
    if (data[0] == 2)
        memcpy(key, root, P256_PUBLIC_BYTES);
    for (unsigned i = 0; i < 2; i++) {
        seen[i] = nothing;
        look(&seen[i], file, key);
    }
    must((verdict_wrong(seen, 2) == 0) == same);
    must(same || verdict_wrong(&seen[0], 1) != 0);
    must(verdict_wrong(seen, 0) != 0); /* no look is no yes */
    must(same || verdict_text(seen, 2, &loader) != NULL);
    return 0;
}
