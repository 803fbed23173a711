/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/manifest.h"

#include <string.h>

static void abi_read(struct cursor *c, struct abi_identity at[static MANIFEST_ABI_SLOTS])
{
    for (int i = 0; i < MANIFEST_ABI_SLOTS; i++) {
        at[i].version = cursor_u32le(c);
        at[i].type = cursor_u32le(c);
    }
}

int manifest_entry_check(const struct manifest *manifest, uint16_t index)
{
    const struct manifest_entry *entry = &manifest->at[index];
    if (entry->file_bytes == 0)
        return E_MALFORMED;
    for (uint16_t i = 0; i < index; i++)
        if (memcmp(manifest->at[i].image, entry->image, IMAGE_UID_BYTES) == 0 ||
            memcmp(manifest->at[i].component, entry->component, IMAGE_UID_BYTES) == 0)
            return E_DUPLICATE;
    return 0;
}

int manifest_parse(struct span body, struct manifest *manifest)
{
    struct cursor c = cursor_of(body);

    memset(manifest, 0, sizeof *manifest);
    if (cursor_u16le(&c) != MANIFEST_VERSION)
        cursor_fail(&c, E_VERSION);
    const uint16_t count = cursor_u16le(&c);
    if (count > MANIFEST_IMAGES_MAX)
        cursor_fail(&c, E_LIMIT);
    if (cursor_u16le(&c) != MANIFEST_HEADER_BYTES)
        cursor_fail(&c, E_MALFORMED);
    if (cursor_u16le(&c) != MANIFEST_ENTRY_BYTES)
        cursor_fail(&c, E_MALFORMED);
    manifest->built_s = cursor_u64le(&c);
    for (uint16_t i = 0; i < count && !c.err; i++) {
        struct manifest_entry *entry = &manifest->at[i];
        cursor_copy(&c, entry->image, IMAGE_UID_BYTES);
        cursor_copy(&c, entry->component, IMAGE_UID_BYTES);
        entry->type = cursor_u16le(&c);
        entry->partition = cursor_u16le(&c);
        entry->file_bytes = cursor_u32le(&c);
        entry->uncompressed_bytes = cursor_u32le(&c);
        abi_read(&c, entry->provides);
        abi_read(&c, entry->depends);
        int err = c.err ? c.err : manifest_entry_check(manifest, i);
        if (err)
            cursor_fail(&c, err);
    }
    int err = cursor_end(&c);
    if (err)
        memset(manifest, 0, sizeof *manifest);
    else
        manifest->count = count;
    return err;
}
