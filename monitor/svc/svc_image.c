/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Images: VERIFY_IMAGE before the kernel maps or the monitor loads one,
 * FIND_IMAGE, GET_MEASURED.
 */
#include <string.h>

#include "monitor/engine/sideload.h"
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

static bool apart_has(const struct monitor *m, struct flash_range range)
{
    for (unsigned i = 0; i < m->apart_count; i++)
        if (m->apart[i].range.at == range.at && m->apart[i].range.bytes == range.bytes)
            return true;
    return false;
}

enum monitor_status svc_VERIFY_IMAGE(struct monitor *m, struct cursor *in, struct writer *reply)
{
    const uint32_t address = cursor_u32le(in), bytes = cursor_u32le(in);
    struct flash_range range;
    struct image image;
    uint8_t digest[SHA256_BYTES];

    if (reply->cap < 72 || window_range(m, address, bytes, &range) != 0)
        return MONITOR_INVALID_PARAMETER;
    if (image_parse(flash_view(range.at, range.bytes), &image) != 0)
        return MONITOR_VERIFICATION_FAILED;
    const bool development = keystore_use_of(&image.meta) == KEYSTORE_USE_DEVELOPMENT &&
                             sideload_development(&m->engine);
    if (keystore_verify(&m->keystore, &image, development) != 0 || image_digest(&image, digest) != 0)
        return MONITOR_VERIFICATION_FAILED;
    if (keystore_use_of(&image.meta) == KEYSTORE_USE_OS &&
        image.meta.security_version < m->os_counter)
        return MONITOR_SECURITY_VERSION;
    if (!apart_has(m, range)) {
        if (m->apart_count == MONITOR_APART_MAX)
            return MONITOR_NO_FREE_SPACE;
        m->apart[m->apart_count++] = (struct apart){range, image.meta.type};
    }
    writer_u16le(reply, image.meta.type);
    writer_u16le(reply, (uint16_t)image.meta.temporary);
    writer_bytes(reply, image.meta.component, sizeof image.meta.component);
    writer_bytes(reply, image.meta.id, sizeof image.meta.id);
    writer_bytes(reply, digest, sizeof digest);
    writer_u32le(reply, (uint32_t)image.body.len);
    return MONITOR_OK;
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
