/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A keystore that an update brings (docs/update.md, "Keys").  It is signed by the root key,
 * which the root of trust alone knows, and is newer than the one in use.  The device must start
 * under it: what the root of trust and this monitor verify at a start verifies under it as well.
 * It comes into force at the next start, before anything else is verified.
 */
#include "monitor/engine/staging.h"

bool keystore_stays(const struct keystore *now, const struct keystore *next, struct span file)
{
    struct image image;
    return image_parse(file, &image) != 0 || keystore_verify(now, &image, false) != 0 ||
           keystore_verify(next, &image, false) == 0;
}

enum monitor_status keystore_judge(struct engine *e, struct span file, struct image *image,
                                   uint8_t digest[static SHA256_BYTES])
{
    struct keystore *next = &e->scratch->keystore;
    const struct image_set *set = &e->live.kept;
    struct span view;
    if (image_parse(file, image) != 0 || image->meta.type != IMAGE_TYPE_TRUSTED_KEYSTORE ||
        keystore_parse(image->body, next) != 0 || image_digest(image, digest) != 0)
        return MONITOR_VERIFICATION_FAILED;
    if (image->meta.security_version <= e->keystore_version)
        return MONITOR_SECURITY_VERSION;
    if (platform_keystore_check(e->platform, file, next) != 0)
        return MONITOR_VERIFICATION_FAILED;
    for (unsigned i = 0; i < set->count; i++) {
        const struct component *c = &set->at[i];
        const struct image_rule *rule = image_rule_of(e->medium, c->type);
        if (rule && rule->os &&
            (medium_view(e->medium, component_area(e->medium, c), c->file_bytes, &view) != 0 ||
             !keystore_stays(e->keystore, next, view)))
            return MONITOR_VERIFICATION_FAILED;
    }
    return MONITOR_OK;
}

const struct component *keystore_installed(const struct engine *e)
{
    for (unsigned i = 0; i < e->live.kept.count; i++)
        if (e->live.kept.at[i].type == IMAGE_TYPE_TRUSTED_KEYSTORE)
            return &e->live.kept.at[i];
    return NULL;
}
