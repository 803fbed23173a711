/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/engine/image_rule.h"

#include <string.h>

static const struct image_rule rules[] = {
    {IMAGE_TYPE_TRUSTED_KEYSTORE, IMAGE_TYPE_BASE_SYSTEM_UPDATE_MANIFEST}, /* image_check() refuses it: keystore.c */
    {IMAGE_TYPE_NORMAL_WORLD_DTB, IMAGE_TYPE_FIRMWARE_UPDATE_MANIFEST, .os = true, .fixed = true},
    {IMAGE_TYPE_NORMAL_WORLD_KERNEL, IMAGE_TYPE_FIRMWARE_UPDATE_MANIFEST, .os = true, .fixed = true},
    {IMAGE_TYPE_ROOT_FS, IMAGE_TYPE_FIRMWARE_UPDATE_MANIFEST, .os = true, .fixed = true},
    {IMAGE_TYPE_SERVICES, IMAGE_TYPE_FIRMWARE_UPDATE_MANIFEST, .os = true},
    {IMAGE_TYPE_APPLICATIONS, IMAGE_TYPE_CUSTOMER_UPDATE_MANIFEST},
    {IMAGE_TYPE_CUSTOMER_BOARD_CONFIG, IMAGE_TYPE_CUSTOMER_UPDATE_MANIFEST},
};
enum { RULES = sizeof rules / sizeof rules[0] };

static bool rule_fits(const struct image_rule *rule, const struct medium *medium)
{
    return !rule->fixed || place_fixed(medium, rule->type);
}

const struct image_rule *image_rule_of(const struct medium *medium, uint16_t type)
{
    for (size_t i = 0; i < RULES; i++)
        if (rules[i].type == type)
            return rule_fits(&rules[i], medium) ? &rules[i] : NULL;
    return NULL;
}

uint16_t image_rule_os_type(const struct medium *medium, unsigned i)
{
    for (size_t k = 0; k < RULES; k++)
        if (rules[k].os && rule_fits(&rules[k], medium) && i-- == 0)
            return rules[k].type;
    return 0;
}

void abi_offer_add(struct abi_offer *offer, const struct abi_identity *at, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (at[i].type != IMAGE_IDENTITY_NONE && at[i].type < ABI_TYPES &&
            at[i].version > offer->version[at[i].type])
            offer->version[at[i].type] = at[i].version;
}

bool abi_offer_meets(const struct abi_offer *offer, const struct abi_identity *needs,
                     unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (needs[i].type == IMAGE_IDENTITY_NONE)
            continue;
        if (needs[i].type >= ABI_TYPES || offer->version[needs[i].type] == 0 ||
            needs[i].version > offer->version[needs[i].type])
            return false;
    }
    return true;
}

bool image_is_component(const struct image *image, const struct component *c)
{
    return image->meta.type == c->type && image->file.len == c->file_bytes &&
           memcmp(image->meta.component, c->component, sizeof c->component) == 0 &&
           memcmp(image->meta.id, c->image, sizeof c->image) == 0;
}

enum monitor_status image_check(const struct image_checker *checker, struct span file,
                                struct image *image, uint8_t digest[static SHA256_BYTES])
{
    enum monitor_status status = MONITOR_VERIFICATION_FAILED;
    const struct image_rule *rule = NULL;

    memset(digest, 0, SHA256_BYTES);
    if (image_parse(file, image) != 0)
        goto out;
    rule = image_rule_of(checker->medium, image->meta.type);
    if (!rule || keystore_verify(checker->keystore, image, checker->development) != 0)
        goto out;
    status = rule->os && image->meta.security_version < checker->os_counter
                 ? MONITOR_SECURITY_VERSION
                 : image_contents_check(image);
    if (status == MONITOR_OK && image_digest(image, digest) != 0)
        status = MONITOR_VERIFICATION_FAILED;
out:
    if (status != MONITOR_OK) {
        memset(image, 0, sizeof *image);
        memset(digest, 0, SHA256_BYTES);
    }
    return status;
}

struct component image_component(const struct image *image, const uint8_t digest[static SHA256_BYTES],
                                 uint16_t first)
{
    struct component c = {.type = image->meta.type, .first = first, .file_bytes = (uint32_t)image->file.len};
    memcpy(c.component, image->meta.component, sizeof c.component);
    memcpy(c.image, image->meta.id, sizeof c.image);
    memcpy(c.digest, digest, sizeof c.digest);
    return c;
}
