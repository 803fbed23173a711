/* SPDX-License-Identifier: BSD-2-Clause */
/* Manifests and sets are built on hosts alone: firmware has the readers. */
#include "lib/manifest.h"

static void abi_write(struct writer *w, const struct abi_identity at[static MANIFEST_ABI_SLOTS])
{
    for (int i = 0; i < MANIFEST_ABI_SLOTS; i++) {
        writer_u32le(w, at[i].version);
        writer_u32le(w, at[i].type);
    }
}

int manifest_write(const struct manifest *manifest, struct writer *w)
{
    if (manifest->count > MANIFEST_IMAGES_MAX)
        return E_RANGE;
    for (uint16_t i = 0; i < manifest->count; i++) {
        int err = manifest_entry_check(manifest, i);
        if (err)
            return err == E_MALFORMED ? E_RANGE : err;
    }
    writer_u16le(w, MANIFEST_VERSION);
    writer_u16le(w, manifest->count);
    writer_u16le(w, MANIFEST_HEADER_BYTES);
    writer_u16le(w, MANIFEST_ENTRY_BYTES);
    writer_u64le(w, manifest->built_s);
    for (uint16_t i = 0; i < manifest->count; i++) {
        const struct manifest_entry *entry = &manifest->at[i];
        writer_bytes(w, entry->image, IMAGE_UID_BYTES);
        writer_bytes(w, entry->component, IMAGE_UID_BYTES);
        writer_u16le(w, entry->type);
        writer_u16le(w, entry->partition);
        writer_u32le(w, entry->file_bytes);
        writer_u32le(w, entry->uncompressed_bytes);
        abi_write(w, entry->provides);
        abi_write(w, entry->depends);
    }
    return w->err;
}

int manifest_set_write(const struct manifest_set *set, struct writer *w)
{
    if (!manifest_set_valid(set))
        return E_RANGE;
    size_t at = MANIFEST_SET_HEADER_BYTES + (size_t)set->count * MANIFEST_SET_ENTRY_BYTES;
    size_t bytes = at;
    for (uint16_t i = 0; i < set->count; i++) {
        if (set->at[i].image.len > MANIFEST_SET_BYTES_MAX - bytes)
            return E_LIMIT;
        bytes += set->at[i].image.len;
    }
    writer_u32le(w, MANIFEST_SET_MAGIC);
    writer_u16le(w, MANIFEST_SET_VERSION);
    writer_u16le(w, MANIFEST_SET_HEADER_BYTES);
    writer_u32le(w, (uint32_t)bytes);
    writer_u16le(w, set->count);
    writer_u16le(w, set->flags);
    writer_bytes(w, set->device_id, sizeof set->device_id);
    writer_bytes(w, set->nonce, sizeof set->nonce);
    writer_u64le(w, set->sequence);
    writer_u64le(w, set->issued_s);
    writer_u64le(w, set->not_after_s);
    writer_u32le(w, set->check_interval_s);
    writer_u16le(w, set->app_deferral_minutes);
    writer_u16le(w, set->os_deferral_minutes);
    writer_bytes(w, set->group, sizeof set->group);
    writer_bytes(w, set->catalog, sizeof set->catalog);
    for (uint16_t i = 0; i < set->count; i++) {
        writer_u16le(w, set->at[i].type);
        writer_u16le(w, 0);
        writer_u32le(w, (uint32_t)at);
        writer_u32le(w, (uint32_t)set->at[i].image.len);
        at += set->at[i].image.len;
    }
    for (uint16_t i = 0; i < set->count; i++)
        writer_bytes(w, set->at[i].image.at, set->at[i].image.len);
    return w->err;
}
