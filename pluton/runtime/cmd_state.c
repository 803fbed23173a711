/* SPDX-License-Identifier: BSD-2-Clause */
/* Identity, life-cycle (one way) and the post code. */
#include "pluton/runtime/cmd.h"

int fuses_replace(struct pluton *p, const struct fuses *next)
{
    const int err = hal_fuse_program(p->hal, next);
    if (err == E_RANGE)
        return err; /* nothing was programmed */
    if (err) {
        p->hardware_failed = true;
        return err;
    }
    p->fuses = *next;
    return 0;
}

int cmd_SET_POSTCODE(struct pluton *p, struct cursor *in, struct writer *reply)
{
    (void)reply;
    p->postcode = cursor_u32le(in);
    return 0;
}

int cmd_GET_SECURITY_STATE(struct pluton *p, struct cursor *in, struct writer *reply)
{
    uint8_t general[P256_PUBLIC_BYTES];
    (void)in;
    int err = hal_key_public(p->hal, HAL_SLOT_GENERAL, general);
    if (err)
        return E_CRYPTO; /* an empty fuse slot is broken hardware, not a bad request */
    writer_u32le(reply, p->fuses.lifecycle);
    writer_bytes(reply, general, sizeof general);
    writer_bytes(reply, p->device_id, sizeof p->device_id);
    return 0;
}

int cmd_GET_MANUFACTURING_STATE(struct pluton *p, struct cursor *in, struct writer *reply)
{
    (void)in;
    writer_u32le(reply, p->fuses.lifecycle);
    return 0;
}

int cmd_SET_MANUFACTURING_STATE(struct pluton *p, struct cursor *in, struct writer *reply)
{
    (void)reply;
    struct fuses next = p->fuses;
    const uint32_t magic = cursor_u32le(in);
    next.lifecycle = cursor_u32le(in);
    if (magic != PLUTON_LIFECYCLE_MAGIC || next.lifecycle >= LIFECYCLE_COUNT)
        return E_RANGE;
    if (next.lifecycle <= p->fuses.lifecycle)
        return E_STATE;
    return fuses_replace(p, &next);
}
