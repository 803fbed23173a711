/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device capabilities: those of the life-cycle state, and those of a capability
 * file for this boot session.
 */
#include <string.h>

#include "lib/capability.h"
#include "lib/ct.h"
#include "pluton/runtime/cmd.h"

/* Capabilities that open the device to a debugger. */
static const uint16_t debug_capabilities[] = {
    CAPABILITY_PLUTON_DEBUGGING,
    CAPABILITY_A7_DEBUGGING,
    CAPABILITY_A7_GDB_DEBUGGING,
    CAPABILITY_A7_CONSOLE,
};

static bool in_list(const uint16_t *list, size_t count, uint16_t number)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == number)
            return true;
    return false;
}

/* RF test mode is always on in Blank (device-internals: manufacturing states). */
static bool always_on(const struct pluton *p, uint16_t number)
{
    return number == CAPABILITY_RF_TEST_MODE && p->fuses.lifecycle == LIFECYCLE_BLANK;
}

bool pluton_capability_enabled(const struct pluton *p, uint16_t number)
{
    return always_on(p, number) || in_list(p->capability, p->capability_count, number);
}

bool pluton_debug_enabled(const struct pluton *p)
{
    for (size_t i = 0; i < sizeof debug_capabilities / sizeof debug_capabilities[0]; i++)
        if (pluton_capability_enabled(p, debug_capabilities[i]))
            return true;
    return false;
}

uint16_t pluton_capabilities(const struct pluton *p, uint16_t list[static CAPABILITY_SLOTS])
{
    uint16_t count = 0;
    memset(list, 0, CAPABILITY_SLOTS * sizeof list[0]);
#define CAPABILITY_TAKE(name, number, text) \
    if (pluton_capability_enabled(p, number)) \
        list[count++] = number;
    CAPABILITY_TABLE(CAPABILITY_TAKE) /* ascending */
#undef CAPABILITY_TAKE
    return count;
}

static void list_write(struct writer *reply, const uint16_t list[static CAPABILITY_SLOTS])
{
    for (unsigned i = 0; i < CAPABILITY_SLOTS; i++)
        writer_u16le(reply, list[i]);
}

int cmd_IS_CAPABILITY_ENABLED(struct pluton *p, struct cursor *in, struct writer *reply)
{
    writer_u8(reply, pluton_capability_enabled(p, cursor_u16le(in)));
    return 0;
}

int cmd_GET_ENABLED_CAPABILITIES(struct pluton *p, struct cursor *in, struct writer *reply)
{
    uint16_t list[CAPABILITY_SLOTS];
    (void)in;
    (void)pluton_capabilities(p, list);
    list_write(reply, list);
    return 0;
}

/* Shape, signature by a key that may sign capabilities, and this device. */
static int file_check(const struct pluton *p, struct span file, struct capability_body *body)
{
    struct image image;
    int err = image_parse(file, &image);
    if (err)
        return err;
    if (image.meta.type != IMAGE_TYPE_FW_CONFIG)
        return E_RANGE;
    if (!p->keystore_trusted)
        return E_STATE;
    err = keystore_verify(&p->keystore, &image, false);
    if (err)
        return err;
    err = capability_parse(image.body, body);
    if (err)
        return err;
    return ct_equal(body->device_id, p->device_id, sizeof p->device_id) ? 0 : E_BINDING;
}

int cmd_DECODE_CAPABILITIES(struct pluton *p, struct cursor *in, struct writer *reply)
{
    struct capability_body body;
    int err = file_check(p, cursor_bytes(in, in->left), &body);
    if (!err)
        list_write(reply, body.capability);
    return err;
}

int cmd_APPLY_CAPABILITIES(struct pluton *p, struct cursor *in, struct writer *reply)
{
    struct capability_body body;
    (void)reply;
    memset(&body, 0, sizeof body);
    if (in->left != 0 && in->left != CAPABILITY_FILE_BYTES)
        return E_LENGTH;
    if (in->left != 0) {
        int err = file_check(p, cursor_bytes(in, in->left), &body);
        if (err)
            return err;
    }
    p->capability_count = body.count;
    memcpy(p->capability, body.capability, sizeof p->capability);
    p->debug_seen |= pluton_debug_enabled(p);
    return 0;
}
