/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Images: VERIFY_IMAGE before the kernel maps or the monitor loads one, RELEASE_IMAGE
 * when it does not any more, FIND_IMAGE, GET_MEASURED.
 */
#include <string.h>

#include "monitor/engine/sideload.h"
#include "monitor/engine/staging.h"
#include "monitor/svc/medium_flash.h"
#include "monitor/svc/monitor.h"

/* What the normal world sees: its address, and where that is in the array. */
static const struct flash_range window_system = {FLASH_SYSTEM_A_AT, FLASH_SYSTEM_A_BYTES};
static const struct flash_range applications = {FLASH_APPLICATIONS_AT, FLASH_APPLICATIONS_BYTES};

int window_range(const struct monitor *m, uint32_t address, uint32_t bytes,
                 struct flash_range *range)
{
    *range = (struct flash_range){0, 0};
    if (address < MT3620_FLASH)
        return E_RANGE;
    const uint32_t offset = address - MT3620_FLASH;
    if (flash_within(window_system, offset, bytes))
        *range = (struct flash_range){m->system_at + (offset - FLASH_SYSTEM_A_AT), bytes};
    else if (flash_within(applications, offset, bytes))
        *range = (struct flash_range){offset, bytes};
    else
        return E_RANGE;
    return 0;
}

uint32_t window_address(const struct monitor *m, uint32_t at)
{
    if (flash_within(applications, at, 0))
        return MT3620_FLASH + at;
    if (at >= m->system_at && at - m->system_at < FLASH_SYSTEM_A_BYTES)
        return MT3620_FLASH + FLASH_SYSTEM_A_AT + (at - m->system_at);
    return 0;
}

/* Only what is installed: nothing is ever written where that stands. */
static const struct component *installed_at(const struct monitor *m, struct flash_range range)
{
    const struct image_set *set = engine_set(&m->engine);
    for (unsigned i = 0; i < set->count; i++) {
        const struct flash_range is = component_range(&set->at[i]);
        if (is.at == range.at && is.bytes == range.bytes)
            return &set->at[i];
    }
    return NULL;
}

enum monitor_status svc_VERIFY_IMAGE(struct monitor *m, struct cursor *in, struct writer *reply)
{
    const uint32_t address = cursor_u32le(in), bytes = cursor_u32le(in);
    struct flash_range range;
    struct image image;

    if (reply->cap < 72 || window_range(m, address, bytes, &range) != 0)
        return MONITOR_INVALID_PARAMETER;
    const struct component *c = installed_at(m, range);
    if (!c)
        return MONITOR_VERIFICATION_FAILED;
    const bool development = sideload_is_development(&m->engine, c) && sideload_development(&m->engine);
    enum monitor_status status =
        engine_installed_check(&m->engine, c, flash_view(range.at, range.bytes), development, &image);
    if (status == MONITOR_OK && !place_fixed(&medium_flash, c->type))
        status = engine_hold(&m->engine, c);
    if (status != MONITOR_OK)
        return status;
    writer_u16le(reply, image.meta.type);
    writer_u16le(reply, (uint16_t)image.meta.temporary);
    writer_bytes(reply, image.meta.component, sizeof image.meta.component);
    writer_bytes(reply, image.meta.id, sizeof image.meta.id);
    writer_bytes(reply, c->digest, sizeof c->digest);
    writer_u32le(reply, (uint32_t)image.body.len);
    return MONITOR_OK;
}

enum monitor_status svc_RELEASE_IMAGE(struct monitor *m, struct cursor *in, struct writer *reply)
{
    const uint32_t address = cursor_u32le(in), bytes = cursor_u32le(in);
    struct flash_range range;
    (void)reply;
    if (window_range(m, address, bytes, &range) != 0 || range.at % FLASH_SECTOR_BYTES != 0)
        return MONITOR_INVALID_PARAMETER;
    return engine_release(&m->engine, (uint16_t)(range.at / FLASH_SECTOR_BYTES), bytes);
}

enum monitor_status svc_FIND_IMAGE(struct monitor *m, struct cursor *in, struct writer *reply)
{
    const struct span uid = cursor_bytes(in, IMAGE_UID_BYTES);
    /* Not verified here: whoever maps it asks VERIFY_IMAGE. */
    const struct component *c = image_set_component(engine_set(&m->engine), uid.at);
    if (!c)
        return MONITOR_IMAGE_NOT_FOUND;
    writer_u32le(reply, window_address(m, component_range(c).at));
    writer_u32le(reply, c->file_bytes);
    writer_u16le(reply, c->type);
    writer_u16le(reply, 0);
    return MONITOR_OK;
}

enum monitor_status svc_GET_MEASURED(struct monitor *m, struct cursor *in, struct writer *reply)
{
    (void)in;
    for (unsigned i = 0; i < m->image_count; i++)
        measurement_write(&m->image[i], reply);
    return MONITOR_OK;
}
