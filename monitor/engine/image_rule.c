/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/engine/image_rule.h"

#include <string.h>

#include "lib/asxipfs.h"

/* The types that this slice installs.  The monitor itself and the keystore are
 * Pluton's to verify and come with the A/B update of the whole device. */
static const struct image_rule rules[] = {
    {IMAGE_TYPE_SERVICES, IMAGE_TYPE_FIRMWARE_UPDATE_MANIFEST, .os = true, .file_system = true},
    {IMAGE_TYPE_APPLICATIONS, IMAGE_TYPE_CUSTOMER_UPDATE_MANIFEST, .file_system = true,
     .application = true},
    {IMAGE_TYPE_CUSTOMER_BOARD_CONFIG, IMAGE_TYPE_CUSTOMER_UPDATE_MANIFEST},
};

const struct image_rule *image_rule_of(uint16_t type)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (rules[i].type == type)
            return &rules[i];
    return NULL;
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

static enum monitor_status application_check(const struct asxipfs *fs, const struct image *image,
                                             struct app_manifest *manifest)
{
    struct asxipfs_entry entry;
    if (asxipfs_find(fs, "/app_manifest.json", &entry) != 0 || entry.directory)
        return MONITOR_VERIFICATION_FAILED;
    if (app_manifest_parse(entry.data, manifest) != 0)
        return MONITOR_VERIFICATION_FAILED;
    if (memcmp(manifest->component, image->meta.component, sizeof manifest->component) != 0)
        return MONITOR_IDENTITY_INCONSISTENT;
    if (asxipfs_find(fs, app_manifest_text(manifest, manifest->entry_point), &entry) != 0 ||
        entry.directory)
        return MONITOR_VERIFICATION_FAILED;
    return MONITOR_OK;
}

static enum monitor_status contents_check(const struct image_checker *checker,
                                          const struct image_rule *rule, const struct image *image)
{
    struct asxipfs fs;
    if (rule->os && image->meta.security_version < checker->os_counter)
        return MONITOR_SECURITY_VERSION;
    if (rule->file_system && asxipfs_open(image->body, &fs) != 0)
        return MONITOR_VERIFICATION_FAILED;
    if (rule->application)
        return application_check(&fs, image, checker->manifest);
    return MONITOR_OK;
}

enum monitor_status image_check(const struct image_checker *checker, struct span file,
                                struct image *image, uint8_t digest[static SHA256_BYTES])
{
    enum monitor_status status = MONITOR_VERIFICATION_FAILED;
    const struct image_rule *rule = NULL;

    memset(digest, 0, SHA256_BYTES);
    if (image_parse(file, image) != 0)
        goto out;
    rule = image_rule_of(image->meta.type);
    if (!rule || keystore_verify(checker->keystore, image, checker->development) != 0)
        goto out;
    status = contents_check(checker, rule, image);
    if (status == MONITOR_OK && image_digest(image, digest) != 0)
        status = MONITOR_VERIFICATION_FAILED;
out:
    if (status != MONITOR_OK) {
        memset(image, 0, sizeof *image);
        memset(digest, 0, SHA256_BYTES);
    }
    return status;
}
