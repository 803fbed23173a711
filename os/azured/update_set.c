/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/update_set.h"

#include <string.h>

#include "lib/cbor.h"
#include "lib/image.h"

int update_check_write(const uint8_t nonce[static 32], const struct monitor_components *installed,
                       const struct monitor_rollback *rollback, struct writer *w)
{
    cbor_put_map(w, 5);
    cbor_put_uint(w, 1);
    cbor_put_bytes(w, nonce, 32);
    cbor_put_uint(w, 2);
    cbor_put_array(w, installed->count);
    for (size_t i = 0; i < installed->count; i++) {
        cbor_put_array(w, 3);
        cbor_put_bytes(w, installed->at[i].component, 16);
        cbor_put_bytes(w, installed->at[i].image, 16);
        cbor_put_uint(w, installed->at[i].type);
    }
    cbor_put_uint(w, 3);
    cbor_put_uint(w, rollback->accepted_sequence);
    cbor_put_uint(w, 4);
    if (rollback->undone)
        cbor_put_uint(w, rollback->undone_sequence);
    else
        cbor_put_null(w);
    cbor_put_uint(w, 5);
    cbor_put_uint(w, rollback->keystore_version);
    return w->err;
}

/* Which manifest lists an image of this type: docs/spec/monitor.md. */
static uint16_t manifest_of(uint16_t type)
{
    switch (type) {
    case IMAGE_TYPE_APPLICATIONS:
    case IMAGE_TYPE_CUSTOMER_BOARD_CONFIG:
        return IMAGE_TYPE_CUSTOMER_UPDATE_MANIFEST;
    case IMAGE_TYPE_NORMAL_WORLD_DTB:
    case IMAGE_TYPE_NORMAL_WORLD_KERNEL:
    case IMAGE_TYPE_ROOT_FS:
    case IMAGE_TYPE_SERVICES:
        return IMAGE_TYPE_FIRMWARE_UPDATE_MANIFEST;
    default:
        return IMAGE_TYPE_BASE_SYSTEM_UPDATE_MANIFEST;
    }
}

static bool is_installed(const struct manifest_entry *entry, const struct monitor_components *installed)
{
    for (size_t i = 0; i < installed->count; i++)
        if (memcmp(entry->component, installed->at[i].component, 16) == 0 &&
            memcmp(entry->image, installed->at[i].image, 16) == 0)
            return true;
    return false;
}

/* What the set says, 0 being the device's own limit. */
static uint32_t limit_of(uint16_t minutes, uint32_t own)
{
    return minutes == MANIFEST_SET_DEFERRAL_DEFAULT ? own : minutes == MANIFEST_SET_DEFERRAL_NONE ? 0 : minutes;
}

int update_set_parse(struct span package, const struct monitor_components *installed,
                     struct update_set *out)
{
    struct image image;
    struct manifest_set set;
    struct update_set got = {0};
    memset(out, 0, sizeof *out);
    int err = image_parse(package, &image);
    if (!err && image.meta.type != IMAGE_TYPE_MANIFEST_SET)
        err = E_MALFORMED;
    if (!err)
        err = manifest_set_parse(image.body, &set);
    if (err)
        return err;
    got.check_interval_s = set.check_interval_s;
    got.sequence = set.sequence;
    got.dumps.allowed = set.flags & MANIFEST_SET_FLAG_CRASH_DUMPS;
    memcpy(got.dumps.device_id, set.device_id, sizeof got.dumps.device_id);
    memcpy(got.dumps.catalog, set.catalog, sizeof got.dumps.catalog);
    memcpy(got.dumps.group, set.group, sizeof got.dumps.group);
    got.limits.app_minutes = limit_of(set.app_deferral_minutes, DEFERRAL_APP_MINUTES);
    got.limits.system_minutes = limit_of(set.os_deferral_minutes, DEFERRAL_OS_MINUTES);
    for (size_t i = 0; i < set.count; i++) {
        struct image inner;
        struct manifest manifest;
        err = image_parse(set.at[i].image, &inner);
        if (!err)
            err = manifest_parse(inner.body, &manifest);
        if (err)
            return err;
        /* Entries are unique, so equal counts and inclusion mean equal sets. */
        size_t there = 0;
        for (size_t k = 0; k < installed->count; k++)
            there += manifest_of(installed->at[k].type) == set.at[i].type;
        if (there != manifest.count && set.at[i].type != IMAGE_TYPE_BASE_SYSTEM_UPDATE_MANIFEST)
            got.differs = true;
        for (size_t k = 0; k < manifest.count; k++)
            if (!is_installed(&manifest.at[k], installed)) {
                got.differs = true;
                got.system |= set.at[i].type != IMAGE_TYPE_CUSTOMER_UPDATE_MANIFEST;
            }
    }
    *out = got;
    return 0;
}
