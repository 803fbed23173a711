/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/engine/sideload.h"

#include <string.h>

#include "abi/capability.h"
#include "abi/evidence.h"
#include "monitor/engine/staging.h"

enum permit { PERMIT_DEVELOPMENT = 1 << 0, PERMIT_PRODUCTION = 1 << 1 };

static bool capability(const struct engine *e, uint16_t number)
{
    bool enabled = false;
    int err = platform_capability_read(e->platform, number, &enabled);
    return !err && enabled;
}

/* enum permit, as bits. */
static unsigned permits(const struct engine *e)
{
    uint32_t lifecycle = LIFECYCLE_DEVICE_COMPLETE;
    if (capability(e, CAPABILITY_APP_DEVELOPMENT))
        return PERMIT_DEVELOPMENT | PERMIT_PRODUCTION;
    if (capability(e, CAPABILITY_FIELD_SERVICING))
        return PERMIT_PRODUCTION;
    if (platform_lifecycle_read(e->platform, &lifecycle) != 0)
        return 0;
    return lifecycle == LIFECYCLE_BLANK || lifecycle == LIFECYCLE_MODULE1_COMPLETE ? PERMIT_PRODUCTION
                                                                                   : 0;
}

bool sideload_development(const struct engine *e)
{
    return capability(e, CAPABILITY_APP_DEVELOPMENT);
}

static bool is_development(const struct image_meta *meta)
{
    return meta->has_temporary && meta->temporary & IMAGE_TEMPORARY_UNDER_DEVELOPMENT;
}

static bool installed_meta(const struct engine *e, const struct component *component,
                           struct image *image)
{
    struct span file;
    return component->type == IMAGE_TYPE_APPLICATIONS &&
           medium_view(e->medium, component_area(e->medium, component), component->file_bytes, &file) == 0 &&
           image_parse(file, image) == 0;
}

bool sideload_is_development(const struct engine *e, const struct component *component)
{
    struct image image;
    return installed_meta(e, component, &image) && is_development(&image.meta);
}

static struct medium_area area(const struct engine *e)
{
    return place_area(e->medium, IMAGE_TYPE_APPLICATIONS, e->sideload.first, e->sideload.file_bytes);
}

/* Makes the scratch record the installed set.  On failure only the next start can tell. */
static enum monitor_status record_follow(struct engine *e)
{
    if (engine_commit(e) != 0)
        return MONITOR_WRITE_FAILED;
    memset(&e->staged, 0, sizeof e->staged);
    memset(&e->staging, 0, sizeof e->staging);
    return MONITOR_OK;
}

static void component_drop(struct image_set *set, unsigned at)
{
    set->count--;
    for (unsigned i = at; i < set->count; i++)
        set->at[i] = set->at[i + 1];
    memset(&set->at[set->count], 0, sizeof set->at[0]);
}

/* How many left the set. */
static unsigned temporary_drop(const struct engine *e, struct image_set *set)
{
    struct image image;
    unsigned dropped = 0;
    for (unsigned i = set->count; i-- > 0;)
        if (installed_meta(e, &set->at[i], &image) && image.meta.has_temporary &&
            image.meta.temporary & IMAGE_TEMPORARY_REMOVE_AT_BOOT) {
            component_drop(set, i);
            dropped++;
        }
    return dropped;
}

void sideload_boot(struct engine *e)
{
    struct record *next = &e->scratch->record;
    *next = e->live;
    if (temporary_drop(e, &next->kept) + temporary_drop(e, &next->next))
        (void)record_follow(e); /* a medium that fails halts updates, not the boot */
}

enum monitor_status sideload_open(struct engine *e, struct cursor *in, struct writer *out)
{
    uint32_t bytes = cursor_u32le(in);
    if (!permits(e))
        return MONITOR_PERMISSION_DENIED;
    if (bytes > place_bytes_max(e->medium, IMAGE_TYPE_APPLICATIONS))
        return MONITOR_IMAGE_TOO_LARGE;
    struct sideload before = e->sideload;
    memset(&e->sideload, 0, sizeof e->sideload); /* its place may be the one that is free */
    if (bytes) {
        uint16_t first = staging_place(e, bytes);
        if (first == BLOCK_NONE) {
            e->sideload = before;
            return MONITOR_NO_FREE_SPACE;
        }
        if (medium_erase(e->medium, place_area(e->medium, IMAGE_TYPE_APPLICATIONS, first, bytes)) != 0)
            return MONITOR_WRITE_FAILED;
        if (++e->last_handle == 0) /* 0 means none */
            e->last_handle = 1;
        e->sideload = (struct sideload){.handle = e->last_handle, .file_bytes = bytes, .first = first};
    }
    writer_u32le(out, e->sideload.handle);
    return MONITOR_OK;
}

/* What every call on an open one asks first. */
static enum monitor_status gate(const struct engine *e, uint32_t handle, bool verified)
{
    unsigned permit = permits(e);
    if (!permit)
        return MONITOR_PERMISSION_DENIED;
    if (handle == 0 || handle != e->sideload.handle || verified != e->sideload.verified)
        return MONITOR_BAD_HANDLE;
    if (verified && e->sideload.development && !(permit & PERMIT_DEVELOPMENT))
        return MONITOR_PERMISSION_DENIED;
    return MONITOR_OK;
}

enum monitor_status sideload_write(struct engine *e, struct cursor *in, struct writer *out)
{
    uint32_t handle = cursor_u32le(in), offset = cursor_u32le(in);
    struct span block = cursor_bytes(in, in->left);
    enum monitor_status status = gate(e, handle, false);
    (void)out;
    if (status != MONITOR_OK)
        return status;
    if (offset != e->sideload.next)
        return MONITOR_BAD_OFFSET;
    /* By subtraction from what remains: next never exceeds the size. */
    if (block.len > e->sideload.file_bytes - e->sideload.next)
        return MONITOR_IMAGE_TOO_LARGE;
    if (medium_write(e->medium, area(e), offset, block) != 0) {
        memset(&e->sideload, 0, sizeof e->sideload); /* what stands there is unknown */
        return MONITOR_WRITE_FAILED;
    }
    e->sideload.next += (uint32_t)block.len;
    return MONITOR_OK;
}

/* An application, by a key that counts now, that this system can run. */
static enum monitor_status image_judge(struct engine *e, struct span file, struct component *is,
                                       bool *development)
{
    struct image_checker checker;
    struct image image;
    unsigned permit = permits(e);
    /* The type first: nothing else is ever looked at on this path. */
    if (image_parse(file, &image) != 0)
        return MONITOR_VERIFICATION_FAILED;
    if (image.meta.type != IMAGE_TYPE_APPLICATIONS)
        return MONITOR_INVALID_PARAMETER;
    *development = is_development(&image.meta);
    if (!(permit & (*development ? PERMIT_DEVELOPMENT : PERMIT_PRODUCTION)))
        return MONITOR_PERMISSION_DENIED;
    if (engine_checker(e, &checker) != 0)
        return MONITOR_VERIFICATION_FAILED;
    checker.development = *development;
    enum monitor_status status = image_check(&checker, file, &image, is->digest);
    if (status != MONITOR_OK)
        return status;
    if (!abi_offer_meets(&e->running, image.meta.depends.at, image.meta.depends.count))
        return MONITOR_ABI_MISSING;
    memcpy(is->component, image.meta.component, sizeof is->component);
    memcpy(is->image, image.meta.id, sizeof is->image);
    is->type = IMAGE_TYPE_APPLICATIONS;
    is->first = e->sideload.first;
    is->file_bytes = e->sideload.file_bytes;
    return MONITOR_OK;
}

enum monitor_status sideload_commit(struct engine *e, struct cursor *in, struct writer *out)
{
    struct component is;
    struct span file;
    bool development = false;
    enum monitor_status status = gate(e, cursor_u32le(in), false);
    if (status != MONITOR_OK)
        return status;
    if (e->sideload.next != e->sideload.file_bytes)
        return MONITOR_IDENTITY_INCONSISTENT;
    if (medium_view(e->medium, area(e), e->sideload.next, &file) != 0)
        return MONITOR_VERIFICATION_FAILED;
    memset(&is, 0, sizeof is);
    status = image_judge(e, file, &is, &development);
    if (status != MONITOR_OK)
        return status;
    e->sideload.is = is;
    e->sideload.development = development;
    e->sideload.verified = true;
    writer_bytes(out, is.component, sizeof is.component);
    writer_bytes(out, is.image, sizeof is.image);
    return MONITOR_OK;
}

enum monitor_status sideload_install(struct engine *e, struct cursor *in, struct writer *out)
{
    struct record *record = &e->scratch->record;
    struct image_set *next = &record->kept; /* no call comes here during a trial */
    const struct component *is = &e->sideload.is;
    enum monitor_status status = gate(e, cursor_u32le(in), true);
    unsigned at = 0;
    (void)out;
    if (status != MONITOR_OK)
        return status;
    *record = e->live;
    while (at < next->count && memcmp(next->at[at].component, is->component, IMAGE_UID_BYTES) != 0)
        at++;
    if (at < next->count && next->at[at].type != IMAGE_TYPE_APPLICATIONS)
        return MONITOR_IDENTITY_INCONSISTENT; /* a component of the OS is not replaced by its id */
    if (at == MONITOR_COMPONENTS_MAX)
        return MONITOR_NO_FREE_SPACE;
    for (unsigned i = 0; i < next->count; i++)
        if (i != at && memcmp(next->at[i].image, is->image, IMAGE_UID_BYTES) == 0)
            return MONITOR_IDENTITY_INCONSISTENT; /* image of another component */
    next->at[at] = *is;
    if (at == next->count)
        next->count++;
    status = record_follow(e);
    memset(&e->sideload, 0, sizeof e->sideload);
    return status;
}

enum monitor_status sideload_remove(struct engine *e, struct cursor *in, struct writer *out)
{
    uint8_t uid[IMAGE_UID_BYTES];
    struct record *record = &e->scratch->record;
    cursor_copy(in, uid, sizeof uid);
    (void)out;
    const struct component *c = image_set_component(&e->live.kept, uid);
    if (!c || c->type != IMAGE_TYPE_APPLICATIONS)
        return MONITOR_IMAGE_NOT_FOUND;
    /* What does not run any more may always go. */
    if (!sideload_is_development(e, c) && !permits(e))
        return MONITOR_PERMISSION_DENIED;
    unsigned at = (unsigned)(c - e->live.kept.at);
    *record = e->live;
    component_drop(&record->kept, at);
    return record_follow(e);
}
