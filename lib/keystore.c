/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/keystore.h"

#include <string.h>

enum { ENTRY_ZERO_BYTES = 12 };

static void zero_read(struct cursor *c, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (cursor_u8(c) != 0)
            cursor_fail(c, E_MALFORMED);
}

static void u16_expect(struct cursor *c, uint16_t want)
{
    if (cursor_u16le(c) != want)
        cursor_fail(c, E_MALFORMED);
}

static void u32_expect(struct cursor *c, uint32_t want)
{
    if (cursor_u32le(c) != want)
        cursor_fail(c, E_MALFORMED);
}

bool keystore_usage_valid(uint32_t usage)
{
    return usage != 0 && (usage & ~(uint32_t)KEYSTORE_USE_ALL) == 0;
}

const struct keystore_key *keystore_find(const struct keystore *keystore,
                                         const uint8_t thumbprint[static IMAGE_THUMBPRINT_BYTES])
{
    for (size_t i = 0; i < keystore->count; i++)
        if (memcmp(keystore->at[i].thumbprint, thumbprint, IMAGE_THUMBPRINT_BYTES) == 0)
            return &keystore->at[i];
    return NULL;
}

int keystore_parse(struct span body, struct keystore *keystore)
{
    struct cursor c = cursor_of(body);
    memset(keystore, 0, sizeof *keystore);

    const uint16_t count = cursor_u16le(&c);
    u16_expect(&c, 0);
    if (count > KEYSTORE_KEYS_MAX)
        cursor_fail(&c, E_LIMIT);
    if (count == 0)
        cursor_fail(&c, E_MALFORMED);
    for (uint16_t i = 0; i < count && !c.err; i++) {
        struct keystore_key *key = &keystore->at[i];
        zero_read(&c, ENTRY_ZERO_BYTES);
        u16_expect(&c, P256_PUBLIC_BYTES);
        u16_expect(&c, IMAGE_THUMBPRINT_BYTES);
        cursor_copy(&c, key->key, P256_PUBLIC_BYTES);
        cursor_copy(&c, key->thumbprint, IMAGE_THUMBPRINT_BYTES);
        if (!c.err && keystore_find(keystore, key->thumbprint))
            cursor_fail(&c, E_DUPLICATE);
        keystore->count++; /* so many have a name already */
    }
    u32_expect(&c, KEYSTORE_USAGE_MAGIC);
    u32_expect(&c, count);
    for (uint16_t i = 0; i < count && !c.err; i++) {
        keystore->at[i].usage = cursor_u32le(&c);
        if (!keystore_usage_valid(keystore->at[i].usage))
            cursor_fail(&c, E_MALFORMED);
    }
    int err = cursor_end(&c);
    if (err)
        memset(keystore, 0, sizeof *keystore);
    return err;
}

/* A type without a row is signed by nobody in the keystore: the keystore itself
 * (19) is verified with the root key in fuses. */
static const struct use_row {
    uint16_t type;
    uint32_t use;
} uses[] = {
    {IMAGE_TYPE_ONE_BL, KEYSTORE_USE_OS},
    {IMAGE_TYPE_PLUTON_RUNTIME, KEYSTORE_USE_OS},
    {IMAGE_TYPE_WIFI_FIRMWARE, KEYSTORE_USE_OS},
    {IMAGE_TYPE_SECURITY_MONITOR, KEYSTORE_USE_OS},
    {IMAGE_TYPE_NORMAL_WORLD_LOADER, KEYSTORE_USE_OS},
    {IMAGE_TYPE_NORMAL_WORLD_DTB, KEYSTORE_USE_OS},
    {IMAGE_TYPE_NORMAL_WORLD_KERNEL, KEYSTORE_USE_OS},
    {IMAGE_TYPE_ROOT_FS, KEYSTORE_USE_OS},
    {IMAGE_TYPE_SERVICES, KEYSTORE_USE_OS},
    {IMAGE_TYPE_APPLICATIONS, KEYSTORE_USE_APPLICATION},
    {IMAGE_TYPE_FW_CONFIG, KEYSTORE_USE_CAPABILITY},
    {IMAGE_TYPE_BOOT_MANIFEST, KEYSTORE_USE_OS},
    {IMAGE_TYPE_NWFS, KEYSTORE_USE_OS},
    {IMAGE_TYPE_POLICY, KEYSTORE_USE_OS},
    {IMAGE_TYPE_CUSTOMER_BOARD_CONFIG, KEYSTORE_USE_APPLICATION},
    {IMAGE_TYPE_UPDATE_CERT_STORE, KEYSTORE_USE_OS},
    {IMAGE_TYPE_BASE_SYSTEM_UPDATE_MANIFEST, KEYSTORE_USE_UPDATE},
    {IMAGE_TYPE_FIRMWARE_UPDATE_MANIFEST, KEYSTORE_USE_UPDATE},
    {IMAGE_TYPE_CUSTOMER_UPDATE_MANIFEST, KEYSTORE_USE_UPDATE},
    {IMAGE_TYPE_RECOVERY_MANIFEST, KEYSTORE_USE_UPDATE},
    {IMAGE_TYPE_MANIFEST_SET, KEYSTORE_USE_UPDATE},
};

uint32_t keystore_use_of(const struct image_meta *meta)
{
    /* Instead of the application bit, not besides it: a development image must
     * not start on a closed device, whoever signed it. */
    if (meta->type == IMAGE_TYPE_APPLICATIONS && meta->has_temporary &&
        (meta->temporary & IMAGE_TEMPORARY_UNDER_DEVELOPMENT))
        return KEYSTORE_USE_DEVELOPMENT;
    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++)
        if (uses[i].type == meta->type)
            return uses[i].use;
    return 0;
}

int keystore_verify(const struct keystore *keystore, const struct image *image, bool development)
{
    const uint32_t use = keystore_use_of(&image->meta);
    const struct keystore_key *key =
        keystore_find(keystore, image->meta.thumbprint);

    if (!key || use == 0 || (key->usage & use) != use)
        return E_KEY_UNKNOWN;
    if (use == KEYSTORE_USE_DEVELOPMENT && !development)
        return E_KEY_UNKNOWN;
    return image_verify(image, key->key);
}
