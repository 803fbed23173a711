/* SPDX-License-Identifier: BSD-2-Clause */
/* What the engine is on a host alone: calls are datagrams, and the Services image is the
 * whole system. */
#include <string.h>

#include "monitor/engine/staging.h"

static enum monitor_status services_check(struct engine *e, struct image *image,
                                          struct component *component)
{
    const struct image_set *set = engine_set(e);
    struct span file;
    for (unsigned i = 0; i < set->count; i++) {
        const struct component *c = &set->at[i];
        if (c->type != IMAGE_TYPE_SERVICES)
            continue;
        if (medium_view(e->medium, component_area(e->medium, c), c->file_bytes, &file) != 0)
            return MONITOR_VERIFICATION_FAILED;
        enum monitor_status status = engine_installed_check(e, c, file, false, image);
        if (status == MONITOR_OK)
            *component = *c;
        return status;
    }
    return MONITOR_IMAGE_NOT_FOUND;
}

enum monitor_status engine_services(struct engine *e, struct image *image,
                                    struct component *component)
{
    memset(image, 0, sizeof *image);
    memset(component, 0, sizeof *component);
    enum monitor_status status = services_check(e, image, component);
    if (status != MONITOR_OK && e->trial_runs) {
        engine_undo(e);
        status = services_check(e, image, component);
    }
    if (status != MONITOR_OK)
        return status;
    e->os_version = image->meta.security_version;
    memset(&e->running, 0, sizeof e->running);
    e->running.version[IMAGE_IDENTITY_SECURE_WORLD_RUNTIME] = ENGINE_SECURE_WORLD_RUNTIME;
    abi_offer_add(&e->running, image->meta.provides.at, image->meta.provides.count);
    return MONITOR_OK;
}

int engine_call(struct engine *e, uint32_t rights, struct span request, struct writer *reply)
{
    if (reply->err || reply->cap - reply->len < ENGINE_REPLY_MAX)
        return E_FULL;
    struct cursor c = cursor_of(request);
    uint32_t number = cursor_u32le(&c), length = cursor_u32le(&c);
    size_t left = c.left;
    struct span payload = cursor_bytes(&c, left);
    struct writer out = writer_of(reply->at + reply->len + MONITOR_REPLY_HEADER_BYTES,
                                  reply->cap - reply->len - MONITOR_REPLY_HEADER_BYTES);
    enum monitor_status status = MONITOR_INVALID_PARAMETER;
    if (c.err)
        number = 0;
    else if (length == payload.len)
        status = engine_dispatch(e, rights, number, payload, &out);
    if (status != MONITOR_OK)
        out.len = 0;
    writer_u32le(reply, number);
    writer_u32le(reply, (uint32_t)status);
    writer_u32le(reply, (uint32_t)out.len);
    if (reply->err)
        return reply->err;
    reply->len += out.len; /* stands there already */
    return 0;
}
