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

bool sideload_development(const struct engine *e)
{
    return capability(e, CAPABILITY_APP_DEVELOPMENT);
}

/* enum permit, as bits. */
static unsigned permits(const struct engine *e)
{
    uint32_t lifecycle = LIFECYCLE_DEVICE_COMPLETE;
    if (sideload_development(e))
        return PERMIT_DEVELOPMENT | PERMIT_PRODUCTION;
    if (capability(e, CAPABILITY_FIELD_SERVICING))
        return PERMIT_PRODUCTION;
    if (platform_lifecycle_read(e->platform, &lifecycle) != 0)
        return 0;
    return lifecycle == LIFECYCLE_BLANK || lifecycle == LIFECYCLE_MODULE1_COMPLETE ? PERMIT_PRODUCTION
                                                                                   : 0;
}

/* enum image_temporary_flags of an installed application; 0 for all else. */
static uint32_t temporary_flags(const struct engine *e, const struct component *c)
{
    struct image image;
    struct span file;
    if (c->type != IMAGE_TYPE_APPLICATIONS ||
        medium_view(e->medium, component_area(e->medium, c), c->file_bytes, &file) != 0 ||
        image_parse(file, &image) != 0)
        return 0;
    return image.meta.temporary;
}

bool sideload_is_development(const struct engine *e, const struct component *component)
{
    return temporary_flags(e, component) & IMAGE_TEMPORARY_UNDER_DEVELOPMENT;
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
    const unsigned before = set->count;
    for (unsigned i = before; i-- > 0;)
        if (temporary_flags(e, &set->at[i]) & IMAGE_TEMPORARY_REMOVE_AT_BOOT)
            component_drop(set, i);
    return before - set->count;
}

void sideload_boot(struct engine *e)
{
    struct record *next = &e->scratch->record;
    *next = e->live;
    if (temporary_drop(e, &next->kept) + temporary_drop(e, &next->next))
        (void)record_follow(e); /* a medium that fails halts updates, not the boot */
}

/* A place of the pool that neither the installed sets nor the staged one name; BLOCK_NONE. */
static uint16_t place_for(const struct engine *e, uint32_t bytes)
{
    struct busy_areas busy;
    busy_collect(e, &busy);
    for (unsigned i = 0; i < e->staged.count; i++)
        busy.at[busy.count++] = component_area(e->medium, &e->staged.at[i].is);
    return place_find(e->medium, busy.at, busy.count, bytes);
}

enum monitor_status sideload_open(struct engine *e, struct cursor *in, struct writer *out)
{
    struct component is = {.type = IMAGE_TYPE_APPLICATIONS, .file_bytes = cursor_u32le(in)};
    if (!permits(e))
        return MONITOR_PERMISSION_DENIED;
    if (is.file_bytes > place_bytes_max(e->medium, is.type))
        return MONITOR_IMAGE_TOO_LARGE;
    const struct staging before = e->sideload;
    memset(&e->sideload, 0, sizeof e->sideload); /* its place may be the one that is free */
    if (is.file_bytes == 0) {
        writer_u32le(out, 0);
        return MONITOR_OK;
    }
    is.first = place_for(e, is.file_bytes);
    if (is.first == BLOCK_NONE) {
        e->sideload = before;
        return MONITOR_NO_FREE_SPACE;
    }
    return image_open(e, &e->sideload, &is, out);
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
    (void)out;
    const enum monitor_status status = gate(e, cursor_u32le(in), false);
    return status == MONITOR_OK ? image_write(e, &e->sideload, in) : status;
}

/* An application, by a key that counts now, that this system can run. */
static enum monitor_status image_judge(struct engine *e, struct span file, struct staging *s)
{
    struct image image;
    uint8_t digest[SHA256_BYTES];
    /* The type first: nothing else is ever looked at on this path. */
    if (image_parse(file, &image) != 0)
        return MONITOR_VERIFICATION_FAILED;
    if (image.meta.type != IMAGE_TYPE_APPLICATIONS)
        return MONITOR_INVALID_PARAMETER;
    s->development = image.meta.temporary & IMAGE_TEMPORARY_UNDER_DEVELOPMENT;
    if (!(permits(e) & (s->development ? PERMIT_DEVELOPMENT : PERMIT_PRODUCTION)))
        return MONITOR_PERMISSION_DENIED;
    const enum monitor_status status = engine_check(e, file, s->development, &image, digest);
    if (status != MONITOR_OK)
        return status;
    if (!abi_offer_meets(&e->running, image.meta.depends.at, image.meta.depends.count))
        return MONITOR_ABI_MISSING;
    s->is = image_component(&image, digest, s->is.first);
    s->verified = true;
    return MONITOR_OK;
}

enum monitor_status sideload_commit(struct engine *e, struct cursor *in, struct writer *out)
{
    struct staging judged = e->sideload;
    struct span file;
    enum monitor_status status = gate(e, cursor_u32le(in), false);
    if (status == MONITOR_OK)
        status = image_written(e, &judged, &file);
    if (status == MONITOR_OK)
        status = image_judge(e, file, &judged);
    if (status != MONITOR_OK)
        return status;
    e->sideload = judged;
    writer_bytes(out, judged.is.component, sizeof judged.is.component);
    writer_bytes(out, judged.is.image, sizeof judged.is.image);
    return MONITOR_OK;
}

enum monitor_status sideload_install(struct engine *e, struct cursor *in, struct writer *out)
{
    struct record *record = &e->scratch->record;
    struct image_set *next = &record->kept; /* no call comes here during a trial */
    const struct component *is = &e->sideload.is;
    enum monitor_status status = gate(e, cursor_u32le(in), true);
    (void)out;
    if (status != MONITOR_OK)
        return status;
    *record = e->live;
    const struct component *old = image_set_component(next, is->component);
    const struct component *same = image_set_image(next, is->image);
    /* A component of the OS is not replaced by its id, and an image is one component's. */
    if ((old && old->type != IMAGE_TYPE_APPLICATIONS) || (same && same != old))
        return MONITOR_IDENTITY_INCONSISTENT;
    if (!old && next->count == MONITOR_COMPONENTS_MAX)
        return MONITOR_NO_FREE_SPACE;
    next->at[old ? old - next->at : next->count++] = *is;
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
    *record = e->live;
    component_drop(&record->kept, (unsigned)(c - e->live.kept.at));
    return record_follow(e);
}
