/* SPDX-License-Identifier: BSD-2-Clause */
/* Manifest set: declared in lib/manifest.h. */
#include <string.h>

#include "lib/manifest.h"

enum {
    TYPE_FIRST = IMAGE_TYPE_BASE_SYSTEM_UPDATE_MANIFEST,
    TYPE_LAST = IMAGE_TYPE_CUSTOMER_UPDATE_MANIFEST,
    FLAGS_KNOWN = MANIFEST_SET_FLAG_CRASH_DUMPS,
};

bool manifest_set_valid(const struct manifest_set *set)
{
    if (set->count > MANIFEST_SET_MAX || (set->flags & ~FLAGS_KNOWN) != 0 ||
        set->not_after_s < set->issued_s)
        return false;
    for (uint16_t i = 0; i < set->count; i++) {
        const uint16_t type = set->at[i].type;
        if (type < TYPE_FIRST || type > TYPE_LAST || set->at[i].image.len == 0 ||
            (i > 0 && type <= set->at[i - 1].type))
            return false;
    }
    return true;
}

static void header_read(struct cursor *c, struct manifest_set *set)
{
    cursor_copy(c, set->device_id, sizeof set->device_id);
    cursor_copy(c, set->nonce, sizeof set->nonce);
    set->sequence = cursor_u64le(c);
    set->issued_s = cursor_u64le(c);
    set->not_after_s = cursor_u64le(c);
    set->check_interval_s = cursor_u32le(c);
    set->app_deferral_minutes = cursor_u16le(c);
    set->os_deferral_minutes = cursor_u16le(c);
    cursor_copy(c, set->group, sizeof set->group);
    cursor_copy(c, set->catalog, sizeof set->catalog);
}

int manifest_set_parse(struct span body, struct manifest_set *set)
{
    struct cursor c = cursor_of(body), data = c;

    memset(set, 0, sizeof *set);
    if (body.len > MANIFEST_SET_BYTES_MAX)
        cursor_fail(&c, E_LIMIT);
    if (cursor_u32le(&c) != MANIFEST_SET_MAGIC)
        cursor_fail(&c, E_MALFORMED);
    if (cursor_u16le(&c) != MANIFEST_SET_VERSION)
        cursor_fail(&c, E_VERSION);
    if (cursor_u16le(&c) != MANIFEST_SET_HEADER_BYTES)
        cursor_fail(&c, E_MALFORMED);
    const uint32_t bytes = cursor_u32le(&c);
    if (bytes != body.len)
        cursor_fail(&c, bytes > body.len ? E_MORE : E_TRAILING);
    set->count = cursor_u16le(&c);
    if (set->count > MANIFEST_SET_MAX)
        cursor_fail(&c, E_LIMIT);
    set->flags = cursor_u16le(&c);
    header_read(&c, set);

    /* The directory is read with c, what it names with data: the manifests
     * follow each other from its end, so a wrong offset cannot hide bytes. */
    size_t at = MANIFEST_SET_HEADER_BYTES + (size_t)set->count * MANIFEST_SET_ENTRY_BYTES;
    cursor_skip(&data, at);
    for (uint16_t i = 0; i < set->count && !c.err; i++) {
        set->at[i].type = cursor_u16le(&c);
        if (cursor_u16le(&c) != 0 || cursor_u32le(&c) != at)
            cursor_fail(&c, E_MALFORMED);
        const uint32_t size = cursor_u32le(&c);
        set->at[i].image = cursor_bytes(&data, size);
        at += size;
    }
    int err = c.err;
    if (!err && (cursor_end(&data) != 0 || !manifest_set_valid(set)))
        err = E_MALFORMED;
    if (err)
        memset(set, 0, sizeof *set);
    return err;
}
