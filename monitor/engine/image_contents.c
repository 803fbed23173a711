/* SPDX-License-Identifier: BSD-2-Clause */
/* What a body must hold, on the host: file systems and the application's manifest. */
#include <string.h>

#include "lib/app_manifest.h"
#include "lib/asxipfs.h"
#include "monitor/engine/image_rule.h"

static enum monitor_status application_check(const struct asxipfs *fs, const struct image *image)
{
    static struct app_manifest manifest; /* one call at a time, too large for the stack */
    struct asxipfs_entry entry;
    if (asxipfs_find(fs, "/app_manifest.json", &entry) != 0 || entry.directory)
        return MONITOR_VERIFICATION_FAILED;
    if (app_manifest_parse(entry.data, &manifest) != 0)
        return MONITOR_VERIFICATION_FAILED;
    if (memcmp(manifest.component, image->meta.component, sizeof manifest.component) != 0)
        return MONITOR_IDENTITY_INCONSISTENT;
    if (asxipfs_find(fs, app_manifest_text(&manifest, manifest.entry_point), &entry) != 0 ||
        entry.directory)
        return MONITOR_VERIFICATION_FAILED;
    return MONITOR_OK;
}

enum monitor_status image_contents_check(const struct image *image)
{
    struct asxipfs fs;
    if (image->meta.type != IMAGE_TYPE_SERVICES && image->meta.type != IMAGE_TYPE_APPLICATIONS)
        return MONITOR_OK;
    if (asxipfs_open(image->body, &fs) != 0)
        return MONITOR_VERIFICATION_FAILED;
    return image->meta.type == IMAGE_TYPE_APPLICATIONS ? application_check(&fs, image) : MONITOR_OK;
}
