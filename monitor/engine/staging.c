/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/engine/staging.h"

#include <string.h>

#include "monitor/engine/sideload.h"

enum update_state update_state_of(const struct engine *e)
{
    if (e->live.trial)
        return UPDATE_TRIAL;
    if (!e->staged.present)
        return UPDATE_IDLE;
    if (e->staging.handle)
        return UPDATE_DOWNLOADING;
    return plan_missing(&e->staged) ? UPDATE_STAGED : UPDATE_READY;
}

enum monitor_status staging_new_nonce(struct engine *e, struct cursor *in, struct writer *out)
{
    uint8_t nonce[MANIFEST_SET_NONCE_BYTES];
    (void)in;
    if (platform_random(e->platform, nonce, sizeof nonce) != 0)
        return MONITOR_NOT_FRESH;
    memcpy(e->nonce, nonce, sizeof nonce);
    e->has_nonce = true;
    writer_bytes(out, nonce, sizeof nonce);
    return MONITOR_OK;
}

enum monitor_status staging_manifests(struct engine *e, struct cursor *in, struct writer *out)
{
    struct busy_areas busy;
    busy_collect(e, &busy);
    struct plan_context context = {
        .medium = e->medium,
        .keystore = e->keystore,
        .keystore_version = e->keystore_version,
        .record = &e->live,
        .staged = &e->staged,
        .device_id = e->device_id,
        .nonce = e->has_nonce ? e->nonce : NULL,
        .busy = &busy,
        .hold_applications = sideload_development(e),
        .own = {.version = {[IMAGE_IDENTITY_SECURE_WORLD_RUNTIME] = ENGINE_SECURE_WORLD_RUNTIME}},
    };
    enum monitor_status status =
        plan_build(&context, cursor_bytes(in, in->left), &e->scratch->plan);
    if (status != MONITOR_OK)
        return status;
    /* An image that was being written belongs to the old set: its slot falls
     * free.  So an update service that was restarted is never locked out. */
    e->staged = e->scratch->plan.plan;
    memset(&e->staging, 0, sizeof e->staging);
    memset(e->nonce, 0, sizeof e->nonce);
    e->has_nonce = false;
    writer_u32le(out, plan_missing(&e->staged));
    return MONITOR_OK;
}

enum monitor_status staging_missing(struct engine *e, struct cursor *in, struct writer *out)
{
    (void)in;
    for (unsigned i = 0; i < e->staged.count; i++) {
        const struct component *c = &e->staged.at[i].is;
        if (e->staged.at[i].present)
            continue;
        writer_bytes(out, c->image, sizeof c->image);
        writer_u32le(out, c->file_bytes);
    }
    return MONITOR_OK;
}

static void busy_add(const struct engine *e, struct busy_areas *busy, const struct component *c)
{
    busy->at[busy->count++] = component_area(e->medium, c);
}

void busy_collect(const struct engine *e, struct busy_areas *busy)
{
    busy->count = 0;
    for (unsigned i = 0; i < e->live.kept.count; i++)
        busy_add(e, busy, &e->live.kept.at[i]);
    for (unsigned i = 0; i < e->live.next.count; i++)
        busy_add(e, busy, &e->live.next.at[i]);
    for (unsigned i = 0; i < MONITOR_COMPONENTS_MAX; i++)
        if (e->hold[i].count || e->hold[i].cores)
            busy_add(e, busy, &e->hold[i].is);
    if (e->sideload.handle)
        busy_add(e, busy, &e->sideload.is);
}

enum monitor_status image_open(struct engine *e, struct staging *s, const struct component *is,
                               struct writer *out)
{
    if (medium_erase(e->medium, component_area(e->medium, is)) != 0)
        return MONITOR_WRITE_FAILED;
    if (++e->last_handle == 0) /* 0 means none */
        e->last_handle = 1;
    *s = (struct staging){.handle = e->last_handle, .is = *is};
    writer_u32le(out, s->handle);
    return MONITOR_OK;
}

enum monitor_status image_write(struct engine *e, struct staging *s, struct cursor *in)
{
    const uint32_t offset = cursor_u32le(in);
    const struct span block = cursor_bytes(in, in->left);
    if (offset != s->next)
        return MONITOR_BAD_OFFSET;
    /* By subtraction from what remains: next never exceeds the size. */
    if (block.len > s->is.file_bytes - s->next)
        return MONITOR_IMAGE_TOO_LARGE;
    if (medium_write(e->medium, component_area(e->medium, &s->is), offset, block) != 0) {
        /* What stands there is unknown and it may not be written twice. */
        memset(s, 0, sizeof *s);
        return MONITOR_WRITE_FAILED;
    }
    s->next += (uint32_t)block.len;
    return MONITOR_OK;
}

enum monitor_status image_written(struct engine *e, const struct staging *s, struct span *file)
{
    if (s->next != s->is.file_bytes)
        return MONITOR_IDENTITY_INCONSISTENT;
    return medium_view(e->medium, component_area(e->medium, &s->is), s->next, file) == 0
               ? MONITOR_OK
               : MONITOR_VERIFICATION_FAILED;
}

static int wanted_find(const struct plan *plan, const uint8_t uid[static IMAGE_UID_BYTES])
{
    for (unsigned i = 0; i < plan->count; i++)
        if (memcmp(plan->at[i].is.image, uid, IMAGE_UID_BYTES) == 0)
            return (int)i;
    return -1;
}

enum monitor_status staging_open(struct engine *e, struct cursor *in, struct writer *out)
{
    uint8_t uid[IMAGE_UID_BYTES];
    cursor_copy(in, uid, sizeof uid);
    int at = wanted_find(&e->staged, uid);
    if (at < 0)
        return MONITOR_IMAGE_NOT_FOUND;
    if (e->staged.at[at].present)
        return MONITOR_IMAGE_ALREADY_LOADED;
    enum monitor_status status = image_open(e, &e->staging, &e->staged.at[at].is, out);
    if (status == MONITOR_OK)
        e->staging.wanted = (uint16_t)at;
    return status;
}

enum monitor_status staging_write(struct engine *e, struct cursor *in, struct writer *out)
{
    (void)out;
    if (cursor_u32le(in) != e->staging.handle)
        return MONITOR_BAD_HANDLE;
    return image_write(e, &e->staging, in);
}

enum monitor_status staging_commit(struct engine *e, struct cursor *in, struct writer *out)
{
    struct span file;
    struct image image;
    uint8_t digest[SHA256_BYTES];
    (void)out;
    if (cursor_u32le(in) != e->staging.handle)
        return MONITOR_BAD_HANDLE;
    struct wanted *wanted = &e->staged.at[e->staging.wanted];
    enum monitor_status status = image_written(e, &e->staging, &file);
    if (status == MONITOR_OK)
        status = wanted->is.type == IMAGE_TYPE_TRUSTED_KEYSTORE
                     ? keystore_judge(e, file, &image, digest)
                     : engine_check(e, file, false, &image, digest);
    if (status == MONITOR_OK && !image_is_component(&image, &wanted->is))
        status = MONITOR_IDENTITY_INCONSISTENT;
    if (status == MONITOR_OK)
        status = plan_image_fits(&e->staged, wanted, &image);
    if (status == MONITOR_OK &&
        medium_finish(e->medium, component_area(e->medium, &wanted->is), e->staging.next) != 0) {
        memset(&e->staging, 0, sizeof e->staging);
        status = MONITOR_WRITE_FAILED;
    }
    if (status != MONITOR_OK)
        return status;
    wanted->present = true;
    memcpy(wanted->is.digest, digest, sizeof digest);
    memset(&e->staging, 0, sizeof e->staging);
    return MONITOR_OK;
}

enum monitor_status staging_abort(struct engine *e, struct cursor *in, struct writer *out)
{
    (void)out;
    if (cursor_u32le(in) != e->staging.handle)
        return MONITOR_BAD_HANDLE;
    memset(&e->staging, 0, sizeof e->staging);
    return MONITOR_OK;
}

/* An image of the OS comes, goes or changes: the set needs a restart, and a trial. */
static bool system_changes(const struct medium *medium, const struct image_set *from,
                           const struct image_set *to)
{
    for (unsigned i = 0; i < to->count; i++) {
        const struct image_rule *rule = image_rule_of(medium, to->at[i].type);
        if (rule && rule->os && !image_set_image(from, to->at[i].image))
            return true;
    }
    return false;
}

static int image_copy(const struct medium *medium, struct medium_area to, struct span file)
{
    struct span view;
    const uint32_t bytes = (uint32_t)file.len;
    /* An earlier system may have had it there: spares the flash. */
    if (medium_view(medium, to, bytes, &view) == 0 && span_equal(view, file) &&
        medium_finish(medium, to, bytes) == 0)
        return 0;
    int err = medium_erase(medium, to);
    if (!err)
        err = medium_write(medium, to, 0, file);
    if (!err)
        err = medium_view(medium, to, bytes, &view);
    if (!err && !span_equal(view, file))
        err = E_IO;
    return err ? err : medium_finish(medium, to, bytes);
}

/* The other system is completed: an image that the new one shares with the running
 * one is copied from there. */
static int system_complete(const struct medium *medium, struct image_set *set)
{
    set->system ^= 1u;
    for (unsigned i = 0; i < set->count; i++) {
        struct component *c = &set->at[i];
        const struct medium_fixed *fixed = place_fixed(medium, c->type);
        struct span file;
        if (!fixed || c->first == fixed->system[set->system].first)
            continue;
        int err = medium_view(medium, component_area(medium, c), c->file_bytes, &file);
        if (!err)
            err = image_copy(medium, fixed->system[set->system], file);
        if (err)
            return err;
        c->first = fixed->system[set->system].first;
    }
    return 0;
}

enum monitor_status staging_install(struct engine *e, struct cursor *in, struct writer *out)
{
    struct record *next = &e->scratch->record;
    struct image_set *set = &next->next;
    (void)in;
    *next = e->live;
    plan_set(e->medium, &e->staged, &e->live.kept, set);
    const bool restart = system_changes(e->medium, &e->live.kept, set);
    const bool keystore = plan_rotates(&e->staged);
    const bool same = image_set_same(set, &e->live.kept);
    if (restart) {
        if (system_complete(e->medium, set) != 0)
            return MONITOR_WRITE_FAILED;
        next->trial = true;
        next->tries = RECORD_TRIES;
    } else {
        next->kept = *set;
        memset(set, 0, sizeof *set);
    }
    next->undone = false;
    if (!same && engine_commit(e) != 0) /* an equal record would only wear the flash */
        return MONITOR_WRITE_FAILED;
    memset(&e->staged, 0, sizeof e->staged);
    writer_u32le(out, restart || keystore ? 1 : 0);
    return MONITOR_OK;
}
