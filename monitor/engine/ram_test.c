/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor/engine/ram_test.h"

#include "tests/check.h"

static void op_apply(struct ram_image *to, const struct ram_op *op, bool half)
{
    const size_t len = half ? op->len / 2 : op->len;
    switch (op->kind) {
    case RAM_ERASE: memset(to->bytes + op->at, 0xFF, len); return;
    case RAM_WRITE: memcpy(to->bytes + op->at, op->bytes, len); return;
    case RAM_STATE: memcpy(to->state[op->index], op->bytes, len); return;
    default: REQUIRE(false);
    }
}

static void power_cut(struct ram *ram, const struct ram_op *now)
{
    bool all = ram->cut == CUT_CLEAN || ram->cut == CUT_TORN;
    for (unsigned i = 0; i < ram->pending_count; i++)
        if (all || (ram->cut == CUT_ALTERNATE && (ram->pending_count - i) % 2 == 0))
            op_apply(&ram->durable, &ram->pending[i], false);
    if (now && ram->cut != CUT_CLEAN && ram->cut != CUT_DROPPED)
        op_apply(&ram->durable, now, ram->cut == CUT_TORN || ram->cut == CUT_LAST_TORN);
    ram->dead = true;
}

/* True when power went at this operation; now is NULL for a sync. */
static bool op_counted(struct ram *ram, const struct ram_op *now)
{
    if (ram->dead)
        return true;
    if (++ram->ops != ram->cut_at)
        return false;
    power_cut(ram, now);
    return true;
}

static int op_run(struct ram *ram, const struct ram_op *op)
{
    for (uint32_t unit = op->at / RAM_UNIT; op->kind != RAM_STATE && unit * RAM_UNIT < op->at + op->len;
         unit++)
        ram->violations += ram->forbidden[unit];
    if (op_counted(ram, op))
        return E_IO;
    REQUIRE(ram->pending_count < RAM_OPS);
    ram->pending[ram->pending_count++] = *op;
    op_apply(&ram->seen, op, false);
    return 0;
}

static int ram_state_read(void *context, unsigned which, uint8_t *to, size_t len)
{
    struct ram *ram = context;
    REQUIRE(which < MEDIUM_STATES && len == RECORD_BYTES);
    memcpy(to, ram->seen.state[which], len);
    return ram->dead ? E_IO : 0;
}

static int ram_state_write(void *context, unsigned which, struct span bytes)
{
    struct ram_op op = {.kind = RAM_STATE, .index = which, .len = bytes.len};
    REQUIRE(which < MEDIUM_STATES && bytes.len == RECORD_BYTES);
    memcpy(op.bytes, bytes.at, bytes.len);
    return op_run(context, &op);
}

/* First byte of an area that the engine may name; its length. */
static uint32_t area_at(const struct ram *ram, struct medium_area area, uint32_t *bytes)
{
    *bytes = area.blocks * ram->medium.block_bytes;
    const uint32_t at = area.first * ram->medium.block_bytes;
    REQUIRE(area.blocks && at <= RAM_BYTES && *bytes <= RAM_BYTES - at);
    return at;
}

static int ram_erase(void *context, struct medium_area area)
{
    struct ram *ram = context;
    uint32_t bytes;
    struct ram_op op = {.kind = RAM_ERASE, .at = area_at(ram, area, &bytes)};
    int err = 0;
    op.len = ram->medium.block_bytes;
    for (uint32_t done = 0; done < bytes && !err; done += ram->medium.block_bytes) {
        err = op_run(ram, &op);
        op.at += ram->medium.block_bytes;
    }
    return err;
}

static int ram_write(void *context, struct medium_area area, uint32_t offset, struct span bytes)
{
    struct ram *ram = context;
    uint32_t room;
    struct ram_op op = {.kind = RAM_WRITE, .at = area_at(ram, area, &room) + offset};
    int err = 0;
    REQUIRE(offset <= room && bytes.len <= room - offset);
    while (bytes.len && !err) { /* flash is written in pages */
        op.len = bytes.len < RAM_UNIT ? bytes.len : RAM_UNIT;
        memcpy(op.bytes, bytes.at, op.len);
        err = op_run(ram, &op);
        bytes.at += op.len;
        bytes.len -= op.len;
        op.at += (uint32_t)op.len;
    }
    return err;
}

/* A fixed place ends with the length of what stands there. */
static int ram_finish(void *context, struct medium_area area, uint32_t len)
{
    struct ram *ram = context;
    uint32_t room;
    struct ram_op op = {.kind = RAM_WRITE, .at = area_at(ram, area, &room), .len = RAM_TRAILER_BYTES};
    op.at += room - RAM_TRAILER_BYTES;
    struct writer w = writer_of(op.bytes, sizeof op.bytes);
    for (unsigned i = 0; i < 4; i++)
        writer_u32le(&w, len);
    if (!ram->medium.fixed_count || area.first >= ram->medium.pool.first ||
        memcmp(ram->seen.bytes + op.at, op.bytes, op.len) == 0)
        return ram->dead ? E_IO : 0;
    REQUIRE(len <= room - RAM_TRAILER_BYTES);
    for (unsigned i = 0; i < op.len; i++) /* as flash: only what was erased can be written */
        if (ram->seen.bytes[op.at + i] != 0xFF)
            return E_IO;
    return op_run(ram, &op);
}

static int ram_view(void *context, struct medium_area area, uint32_t len, struct span *view)
{
    struct ram *ram = context;
    uint32_t room;
    const uint32_t at = area_at(ram, area, &room);
    *view = span_of(NULL, 0);
    if (len > room)
        return E_RANGE;
    *view = span_of(ram->seen.bytes + at, len);
    return ram->dead ? E_IO : 0;
}

static int ram_sync(void *context)
{
    struct ram *ram = context;
    if (op_counted(ram, NULL))
        return E_IO;
    for (unsigned i = 0; i < ram->pending_count; i++)
        op_apply(&ram->durable, &ram->pending[i], false);
    ram->pending_count = 0;
    return 0;
}

static const struct medium_ops ram_ops = {ram_state_read, ram_state_write, ram_erase, ram_write,
                                          ram_finish,     ram_view,        ram_sync};

#define FIXED(type, a, b, blocks) \
    {type, (blocks) * RAM_UNIT - RAM_TRAILER_BYTES, {{a, blocks}, {b, blocks}}}
static const struct medium_fixed ram_fixed[] = {
    FIXED(IMAGE_TYPE_NORMAL_WORLD_KERNEL, 0, 12, 3),
    FIXED(IMAGE_TYPE_NORMAL_WORLD_DTB, 3, 15, 1),
    FIXED(IMAGE_TYPE_ROOT_FS, 4, 16, 3),
    FIXED(IMAGE_TYPE_SERVICES, 7, 19, 5),
};

void ram_init(struct ram *ram, enum ram_shape shape)
{
    memset(ram, 0, sizeof *ram);
    memset(&ram->seen, 0xFF, sizeof ram->seen);
    ram->durable = ram->seen;
    ram->medium = shape == RAM_AS_HOST
                      ? (struct medium){.ops = &ram_ops,
                                        .context = ram,
                                        .block_bytes = RAM_SLOT_BYTES,
                                        .pool_image_bytes_max = RAM_SLOT_BYTES,
                                        .pool = {0, RAM_SLOTS}}
                      : (struct medium){.ops = &ram_ops,
                                        .context = ram,
                                        .block_bytes = RAM_UNIT,
                                        .pool_image_bytes_max = (RAM_UNITS - 24) * RAM_UNIT,
                                        .pool = {24, RAM_UNITS - 24},
                                        .fixed = ram_fixed,
                                        .fixed_count = sizeof ram_fixed / sizeof ram_fixed[0]};
}

void ram_reset(struct ram *ram)
{
    ram->seen = ram->durable;
    ram->pending_count = 0;
}

void ram_restart(struct ram *ram)
{
    ram_reset(ram);
    ram->ops = ram->cut_at = 0;
    ram->dead = false;
}

bool ram_op_elsewhere(struct ram *ram)
{
    return op_counted(ram, NULL);
}

void ram_forbid(struct ram *ram, const struct record *live)
{
    const struct image_set *sets[] = {&live->kept, &live->next};
    memset(ram->forbidden, 0, sizeof ram->forbidden);
    for (unsigned s = 0; s < 2; s++)
        for (unsigned i = 0; i < sets[s]->count; i++) {
            uint32_t bytes;
            const uint32_t at = area_at(ram, component_area(&ram->medium, &sets[s]->at[i]), &bytes);
            for (uint32_t unit = at / RAM_UNIT; unit * RAM_UNIT < at + bytes; unit++)
                ram->forbidden[unit] = true;
        }
}

uint8_t *ram_component(struct ram *ram, const struct component *c)
{
    uint32_t bytes;
    return ram->seen.bytes + area_at(ram, component_area(&ram->medium, c), &bytes);
}
