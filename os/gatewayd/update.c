/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packages: staged piece by piece as they arrive, installed on request, listed.
 * Every judgement is the monitor's; nothing of the package is looked at here.
 */
#include <string.h>

#include "abi/image.h"
#include "lib/guid.h"
#include "os/gatewayd/body.h"
#include "os/gatewayd/json_write.h"

static void forget(struct gateway *g)
{
    memset(&g->stage, 0, sizeof g->stage);
}

uint32_t update_stage_begin(struct gateway *g, uint64_t length)
{
    forget(g);
    int err = monitor_sideload_open(&g->monitor, (uint32_t)length, &g->stage.handle);
    return err ? rest_of_monitor(g, err) : 0;
}

static uint32_t flush(struct gateway *g)
{
    if (g->stage.filled == 0)
        return 0;
    int err = monitor_sideload_write(&g->monitor, g->stage.handle, g->stage.next,
                                     span_of(g->stage.block, g->stage.filled));
    if (err)
        return rest_of_monitor(g, err);
    g->stage.next += (uint32_t)g->stage.filled;
    g->stage.filled = 0;
    return 0;
}

uint32_t update_stage_piece(struct gateway *g, struct span bytes)
{
    while (bytes.len) {
        size_t room = sizeof g->stage.block - g->stage.filled, take = bytes.len < room ? bytes.len : room;
        memcpy(g->stage.block + g->stage.filled, bytes.at, take);
        g->stage.filled += take;
        bytes = span_of(bytes.at + take, bytes.len - take);
        uint32_t error = g->stage.filled == sizeof g->stage.block ? flush(g) : 0;
        if (error)
            return error;
    }
    return 0;
}

void update_stage_end(struct gateway *g)
{
    uint32_t none;
    if (g->stage.handle == 0 || g->stage.verified)
        return;
    forget(g);
    if (monitor_sideload_open(&g->monitor, 0, &none) != 0)
        (void)rest_of_monitor(g, E_STATE); /* refused: the capability has gone, a next one replaces it */
}

/* Handler of the complete body. */
uint32_t update_staged(struct gateway *g, struct answer *a)
{
    char component[GUID_TEXT_BYTES], image[GUID_TEXT_BYTES];
    uint32_t error = flush(g);
    if (error)
        return error;
    int err = monitor_sideload_commit(&g->monitor, g->stage.handle, g->stage.component, g->stage.image);
    if (err)
        return rest_of_monitor(g, err);
    g->stage.verified = true;
    guid_format(g->stage.component, component);
    guid_format(g->stage.image, image);
    struct json_writer j = json_writer_of(&a->body);
    json_open(&j, '{');
    json_member_text(&j, "componentId", component);
    json_member_text(&j, "imageId", image);
    json_close(&j);
    return 0;
}

uint32_t update_install(struct gateway *g, struct answer *a)
{
    char mode[16] = "Auto";
    uint32_t error = g->body_len ? body_text(g, "appControlMode", mode, sizeof mode) : 0;
    if (error)
        return error;
    bool manual = strcmp(mode, "Manual") == 0;
    if (!manual && strcmp(mode, "Auto") != 0)
        return REST_INVALID_JSON_DATA;
    if (!g->stage.verified)
        return REST_NOTHING_STAGED;
    struct os_message message = {.kind = OS_APP_CONTROL, .fd = -1,
                                 .u.app_control.action = manual ? OS_APP_STOP : OS_APP_START};
    memcpy(message.u.app_control.component, g->stage.component, 16);
    int err = monitor_sideload_install(&g->monitor, g->stage.handle);
    forget(g);
    if (err)
        return rest_of_monitor(g, err);
    if (gateway_send(g, &message)) /* follows the new set, then starts or holds it */
        return REST_INTERNAL;
    struct json_writer j = json_writer_of(&a->body);
    json_open(&j, '{');
    json_member_bool(&j, "restartingSystem", false);
    json_close(&j);
    return 0;
}

uint32_t update_images(struct gateway *g, struct answer *a)
{
    struct monitor_components set;
    int err = monitor_get_components(&g->monitor, &set);
    if (err)
        return rest_of_monitor(g, err);
    struct json_writer j = json_writer_of(&a->body);
    json_open(&j, '{');
    json_member_bool(&j, "has_staged_updates", g->stage.verified);
    json_member_bool(&j, "is_ota_update_in_progress", false);
    json_member_bool(&j, "restart_required", false);
    json_name(&j, "components");
    json_open(&j, '[');
    for (size_t i = 0; i < set.count; i++) {
        const struct monitor_component *c = &set.at[i];
        char component[GUID_TEXT_BYTES], image[GUID_TEXT_BYTES];
        guid_format(c->component, component);
        guid_format(c->image, image);
        json_open(&j, '{');
        json_member_text(&j, "uid", component);
        json_member_uint(&j, "image_type", c->type);
        json_member_bool(&j, "is_update_staged",
                         g->stage.verified && memcmp(g->stage.component, c->component, 16) == 0);
        json_member_bool(&j, "does_image_type_require_restart", c->type != IMAGE_TYPE_APPLICATIONS);
        json_member_text(&j, "name", "");
        json_member_bool(&j, "under_development", c->flags & MONITOR_COMPONENT_UNDER_DEVELOPMENT);
        json_name(&j, "images");
        json_open(&j, '[');
        json_open(&j, '{');
        json_member_text(&j, "uid", image);
        json_member_uint(&j, "length_in_bytes", c->file_bytes);
        json_member_uint(&j, "uncompressed_length_in_bytes", c->file_bytes);
        json_member_text(&j, "replica_type", "Primary");
        json_close(&j);
        json_close(&j);
        json_close(&j);
    }
    json_close(&j);
    json_close(&j);
    return 0;
}
