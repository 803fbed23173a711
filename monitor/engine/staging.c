/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/engine/staging.h"

#include <string.h>

#include "monitor/engine/sideload.h"

enum update_state update_state_of(const struct engine *e)
{
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
    if (e->platform->random(e->platform->context, nonce, sizeof nonce) != 0)
        return MONITOR_NOT_FRESH;
    memcpy(e->nonce, nonce, sizeof nonce);
    e->has_nonce = true;
    writer_bytes(out, nonce, sizeof nonce);
    return MONITOR_OK;
}

enum monitor_status staging_manifests(struct engine *e, struct cursor *in, struct writer *out)
{
    struct plan_context context = {
        .medium = e->medium,
        .keystore = e->keystore,
        .live = &e->live,
        .staged = &e->staged,
        .device_id = e->device_id,
        .nonce = e->has_nonce ? e->nonce : NULL,
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
        if (c->slot != SLOT_NONE)
            continue;
        writer_bytes(out, c->image, sizeof c->image);
        writer_u32le(out, c->file_bytes);
    }
    return MONITOR_OK;
}

uint16_t staging_slot_free(const struct engine *e)
{
    uint32_t used = 0;
    for (unsigned i = 0; i < e->live.count; i++)
        used |= UINT32_C(1) << e->live.at[i].slot;
    for (unsigned i = 0; i < e->staged.count; i++)
        if (e->staged.at[i].is.slot != SLOT_NONE)
            used |= UINT32_C(1) << e->staged.at[i].is.slot;
    if (e->sideload.handle)
        used |= UINT32_C(1) << e->sideload.slot;
    for (uint16_t slot = 0; slot < e->medium->slots; slot++)
        if (!(used & UINT32_C(1) << slot))
            return slot;
    return SLOT_NONE;
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
    if (e->staged.at[at].is.slot != SLOT_NONE)
        return MONITOR_IMAGE_ALREADY_LOADED;
    uint16_t slot = staging_slot_free(e);
    if (slot == SLOT_NONE)
        return MONITOR_NO_FREE_SPACE;
    if (medium_slot_erase(e->medium, slot) != 0)
        return MONITOR_WRITE_FAILED;
    if (++e->last_handle == 0) /* 0 means none */
        e->last_handle = 1;
    e->staging = (struct staging){.handle = e->last_handle, .wanted = (uint16_t)at, .slot = slot};
    writer_u32le(out, e->staging.handle);
    return MONITOR_OK;
}

enum monitor_status staging_write(struct engine *e, struct cursor *in, struct writer *out)
{
    uint32_t handle = cursor_u32le(in), offset = cursor_u32le(in);
    struct span block = cursor_bytes(in, in->left);
    (void)out;
    if (handle != e->staging.handle)
        return MONITOR_BAD_HANDLE;
    if (offset != e->staging.next)
        return MONITOR_BAD_OFFSET;
    /* By subtraction from what remains: next never exceeds the size. */
    if (block.len > e->staged.at[e->staging.wanted].is.file_bytes - e->staging.next)
        return MONITOR_IMAGE_TOO_LARGE;
    if (medium_slot_write(e->medium, e->staging.slot, offset, block) != 0) {
        /* What stands in the slot is unknown and it may not be written twice. */
        memset(&e->staging, 0, sizeof e->staging);
        return MONITOR_WRITE_FAILED;
    }
    e->staging.next += (uint32_t)block.len;
    return MONITOR_OK;
}

enum monitor_status staging_commit(struct engine *e, struct cursor *in, struct writer *out)
{
    uint32_t handle = cursor_u32le(in);
    struct image_checker checker;
    struct span file;
    struct image image;
    uint8_t digest[SHA256_BYTES];
    (void)out;
    if (handle != e->staging.handle)
        return MONITOR_BAD_HANDLE;
    struct wanted *wanted = &e->staged.at[e->staging.wanted];
    if (e->staging.next != wanted->is.file_bytes)
        return MONITOR_IDENTITY_INCONSISTENT;
    if (engine_checker(e, &checker) != 0 ||
        medium_slot_view(e->medium, e->staging.slot, e->staging.next, &file) != 0)
        return MONITOR_VERIFICATION_FAILED;
    enum monitor_status status = image_check(&checker, file, &image, digest);
    if (status == MONITOR_OK && !image_is_component(&image, &wanted->is))
        status = MONITOR_IDENTITY_INCONSISTENT;
    if (status == MONITOR_OK)
        status = plan_image_fits(&e->staged, wanted, &image);
    if (status != MONITOR_OK)
        return status;
    wanted->is.slot = e->staging.slot;
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

/* An image of the OS comes, goes or changes. */
static bool restart_needed(const struct record *from, const struct record *to)
{
    for (unsigned i = 0; i < to->count; i++) {
        const struct image_rule *rule = image_rule_of(to->at[i].type);
        if (rule && rule->os && !record_find_image(from, to->at[i].image))
            return true;
    }
    return false;
}

enum monitor_status staging_install(struct engine *e, struct cursor *in, struct writer *out)
{
    struct record *next = &e->scratch->record;
    (void)in;
    plan_record(&e->staged, &e->live, next);
    bool restart = restart_needed(&e->live, next);
    if (!record_same(next, &e->live)) { /* an equal record would only wear the flash */
        if (record_commit(e->medium, next, e->live_at ^ 1u) != 0) {
            e->halted = true;
            return MONITOR_WRITE_FAILED;
        }
        e->live = *next;
        e->live_at ^= 1u;
    }
    memset(&e->staged, 0, sizeof e->staged);
    writer_u32le(out, restart ? 1 : 0);
    return MONITOR_OK;
}
