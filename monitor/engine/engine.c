/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/engine/engine.h"

#include <assert.h>
#include <string.h>

#include "abi/pluton_call.h"
#include "monitor/engine/sideload.h"
#include "monitor/engine/staging.h"

enum monitor_status engine_check(struct engine *e, struct span file, bool development,
                                 struct image *image, uint8_t digest[static SHA256_BYTES])
{
    struct image_checker checker = {.medium = e->medium, .keystore = e->keystore,
                                    .development = development};
    memset(image, 0, sizeof *image);
    if (platform_counter_read(e->platform, PLUTON_COUNTER_OS, &checker.os_counter) != 0)
        return MONITOR_VERIFICATION_FAILED;
    return image_check(&checker, file, image, digest);
}

enum monitor_status engine_installed_check(struct engine *e, const struct component *component,
                                           struct span file, bool development, struct image *image)
{
    uint8_t digest[SHA256_BYTES];
    enum monitor_status status = engine_check(e, file, development, image, digest);
    if (status == MONITOR_OK && (!image_is_component(image, component) ||
                                 memcmp(digest, component->digest, sizeof digest) != 0))
        status = MONITOR_VERIFICATION_FAILED;
    if (status != MONITOR_OK)
        memset(image, 0, sizeof *image);
    return status;
}

int engine_init(struct engine *e, const struct medium *medium,
                void *platform, const struct keystore *keystore,
                uint32_t keystore_version, const uint8_t device_id[static 64],
                struct engine_scratch *scratch)
{
    memset(e, 0, sizeof *e);
    e->medium = medium;
    e->platform = platform;
    e->keystore = keystore;
    e->keystore_version = keystore_version;
    e->scratch = scratch;
    memcpy(e->device_id, device_id, sizeof e->device_id);
    int err = record_load(medium, &e->live, &e->live_at);
    if (err) {
        e->live_at = 1; /* the first commit writes the other one */
        e->live.kept.keystore_version = keystore_version;
        return err;
    }
    trial_start(e);
    sideload_boot(e);
    return 0;
}

static enum monitor_status get_version(struct engine *e, struct cursor *in, struct writer *out)
{
    (void)e, (void)in;
    writer_u32le(out, ENGINE_VERSION);
    return MONITOR_OK;
}

static enum monitor_status ping(struct engine *e, struct cursor *in, struct writer *out)
{
    (void)e, (void)in, (void)out;
    return MONITOR_OK;
}

static enum monitor_status reset(struct engine *e, struct cursor *in, struct writer *out)
{
    uint32_t how = cursor_u32le(in);
    (void)out;
    if (how != ENGINE_RESET_RESTART && how != ENGINE_RESET_POWER_OFF)
        return MONITOR_INVALID_PARAMETER;
    platform_reset(e->platform, (enum engine_reset)how);
    return MONITOR_OK;
}

static enum monitor_status get_components(struct engine *e, struct cursor *in, struct writer *out)
{
    (void)in;
    const struct image_set *set = e->live.trial ? &e->live.next : &e->live.kept;
    for (unsigned i = 0; i < set->count; i++) {
        const struct component *c = &set->at[i];
        bool development = sideload_is_development(e, c);
        if (development && !sideload_development(e))
            continue;
        writer_bytes(out, c->component, sizeof c->component);
        writer_bytes(out, c->image, sizeof c->image);
        writer_u16le(out, c->type);
        writer_u16le(out, development ? MONITOR_COMPONENT_UNDER_DEVELOPMENT : 0);
        writer_u32le(out, c->file_bytes);
        writer_bytes(out, c->digest, sizeof c->digest);
    }
    return MONITOR_OK;
}

static enum monitor_status get_rollback(struct engine *e, struct cursor *in, struct writer *out)
{
    (void)in;
    const struct image_set *set = e->live.trial ? &e->live.next : &e->live.kept;
    writer_u64le(out, set->keystore_version == e->keystore_version ? set->sequence : 0);
    writer_u8(out, (uint8_t)((e->live.undone ? MONITOR_ROLLBACK_UNDONE : 0) |
                             (e->live.trial ? MONITOR_ROLLBACK_TRIAL : 0) |
                             (e->trial_runs ? MONITOR_ROLLBACK_RUNS : 0)));
    writer_u64le(out, e->live.undone_sequence);
    writer_u32le(out, e->keystore_version);
    return MONITOR_OK;
}

static enum monitor_status get_abi(struct engine *e, struct cursor *in, struct writer *out)
{
    (void)in;
    for (uint32_t type = 1; type < ABI_TYPES; type++)
        if (e->running.version[type]) {
            writer_u32le(out, e->running.version[type]);
            writer_u32le(out, type);
        }
    return MONITOR_OK;
}

static enum monitor_status open_application(struct engine *e, struct cursor *in,
                                            struct writer *out)
{
    uint8_t uid[IMAGE_UID_BYTES];
    struct span file, held;
    struct image image;
    cursor_copy(in, uid, sizeof uid);
    const struct component *c = image_set_component(engine_set(e), uid);
    if (!c || c->type != IMAGE_TYPE_APPLICATIONS)
        return MONITOR_IMAGE_NOT_FOUND;
    bool development = sideload_is_development(e, c);
    if (development && !sideload_development(e))
        return MONITOR_IMAGE_NOT_FOUND;
    if (medium_view(e->medium, component_area(e->medium, c), c->file_bytes, &file) != 0 ||
        platform_application_hold(e->platform, file, &held) != 0)
        return MONITOR_VERIFICATION_FAILED;
    /* The copy is what runs, so the copy is what is checked. */
    enum monitor_status status = engine_installed_check(e, c, held, development, &image);
    platform_application_release(e->platform, status == MONITOR_OK);
    if (status != MONITOR_OK)
        return status;
    writer_bytes(out, c->image, sizeof c->image);
    writer_u32le(out, c->file_bytes);
    return MONITOR_OK;
}

/*
 *            STAGE             OPEN               COMMIT of the last one
 *    idle ----------> staged <------> downloading ----------> ready
 *     ^ ^                 ^  COMMIT,ABORT  |                     |
 *     | |                 +----- STAGE ----+---- STAGE ----------+
 *     | +---------------------------- INSTALL of applications ---+
 *     |           CONFIRM, or undone at a start                  |
 *     +------------------------------------------- trial <-------+ INSTALL of a system
 *
 * STAGE leads to staged or, when nothing is missing, to ready.  A refused call
 * stays where it is.  What a reboot does in each state: docs/update.md.
 * Cells: what the call answers before it looks at its payload; OK = go on.
 */
#define ANY {MONITOR_OK, MONITOR_OK, MONITOR_OK, MONITOR_OK, MONITOR_OK}
#define NOT_ON_TRIAL {MONITOR_OK, MONITOR_OK, MONITOR_OK, MONITOR_OK, MONITOR_UPDATE_IN_PROGRESS}
#define NONE MONITOR_NO_UPDATE_IN_PROGRESS

typedef enum monitor_status handler(struct engine *e, struct cursor *in, struct writer *out);

static const struct call_row {
    uint32_t number;
    handler *handle;
    enum monitor_status gate[UPDATE_STATES];
} handlers[] = {
    /*                                                idle, staged, downloading, ready, trial */
    {MONITOR_CALL_GET_VERSION, get_version, ANY},
    {MONITOR_CALL_PING, ping, ANY},
    {MONITOR_CALL_RESET, reset, ANY},
    {MONITOR_CALL_OPEN_STAGING, staging_open,
     {NONE, MONITOR_OK, MONITOR_UPDATE_IN_PROGRESS, MONITOR_OK, NONE}},
    {MONITOR_CALL_WRITE_BLOCK, staging_write,
     {NONE, MONITOR_BAD_HANDLE, MONITOR_OK, MONITOR_BAD_HANDLE, NONE}},
    {MONITOR_CALL_COMMIT_STAGING, staging_commit,
     {NONE, MONITOR_BAD_HANDLE, MONITOR_OK, MONITOR_BAD_HANDLE, NONE}},
    {MONITOR_CALL_ABORT_STAGING, staging_abort,
     {NONE, MONITOR_BAD_HANDLE, MONITOR_OK, MONITOR_BAD_HANDLE, NONE}},
    {MONITOR_CALL_INSTALL, staging_install,
     {NONE, MONITOR_MUST_DOWNLOAD_MISSING, MONITOR_MUST_DOWNLOAD_MISSING, MONITOR_OK, NONE}},
    {MONITOR_CALL_GET_COMPONENTS, get_components, ANY},
    {MONITOR_CALL_STAGE_MANIFESTS, staging_manifests, NOT_ON_TRIAL},
    {MONITOR_CALL_GET_MISSING, staging_missing,
     {NONE, MONITOR_OK, MONITOR_OK, MONITOR_OK, NONE}},
    {MONITOR_CALL_GET_ABI, get_abi, ANY},
    {MONITOR_CALL_GET_ROLLBACK, get_rollback, ANY},
    {MONITOR_CALL_NEW_UPDATE_NONCE, staging_new_nonce, ANY},
    {MONITOR_CALL_OPEN_APPLICATION, open_application, ANY},
    {MONITOR_CALL_CONFIRM, trial_confirm, ANY},
    {MONITOR_CALL_SIDELOAD_OPEN, sideload_open, NOT_ON_TRIAL},
    {MONITOR_CALL_SIDELOAD_WRITE, sideload_write, NOT_ON_TRIAL},
    {MONITOR_CALL_SIDELOAD_COMMIT, sideload_commit, NOT_ON_TRIAL},
    {MONITOR_CALL_SIDELOAD_INSTALL, sideload_install, NOT_ON_TRIAL},
    {MONITOR_CALL_SIDELOAD_REMOVE, sideload_remove, NOT_ON_TRIAL},
};

static const struct call_shape {
    uint32_t number, rights;
    size_t min, max;
} shapes[] = {
#define CALL_SHAPE(name, number, rights, min, max) {number, rights, min, max},
    MONITOR_CALL_TABLE(CALL_SHAPE)
#undef CALL_SHAPE
};

enum { CALLS = sizeof shapes / sizeof shapes[0] };
static_assert(sizeof handlers / sizeof handlers[0] == CALLS, "a handler for every call");

enum monitor_status engine_dispatch(struct engine *e, uint32_t rights, uint32_t number,
                                    struct span payload, struct writer *out)
{
    const struct call_shape *shape = NULL;
    const struct call_row *row = NULL;
    for (size_t i = 0; i < CALLS; i++) {
        if (shapes[i].number == number)
            shape = &shapes[i];
        if (handlers[i].number == number)
            row = &handlers[i];
    }
    if (!shape || !row)
        return MONITOR_NOT_IMPLEMENTED;
    if ((rights & shape->rights) != shape->rights)
        return MONITOR_PERMISSION_DENIED;
    if (payload.len < shape->min || payload.len > shape->max)
        return MONITOR_INVALID_PARAMETER;
    if (e->halted &&
        shape->rights & (MONITOR_RIGHT_UPDATE | MONITOR_RIGHT_SIDELOAD | MONITOR_RIGHT_CONFIRM))
        return MONITOR_WRITE_FAILED;
    enum monitor_status gate = row->gate[update_state_of(e)];
    if (gate != MONITOR_OK)
        return gate;
    struct cursor in = cursor_of(payload);
    return row->handle(e, &in, out);
}
