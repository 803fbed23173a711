/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "machine/trng.h"

#include "abi/mt3620_hsp.h"
#include "crypto/random.h"
#include "hw/qdev-properties.h"
#include "hw/sysbus.h"
#include "machine/fuse.h"
#include "machine/trng_health.h"
#include "qapi/error.h"
#include "qemu/log.h"

enum {
    TRNG_REGISTERS_BYTES = 0x1000,
    TRNG_CONTROL_ON = 1,
};

struct TrngState {
    SysBusDevice parent_obj;

    MemoryRegion registers;
    FuseState *fuse;
    bool stuck;

    bool on;
    struct trng_health health;
};

/* A host without random numbers is a noise source without noise. */
static void noise(TrngState *s, uint8_t *bytes, unsigned count)
{
    if (s->stuck || qcrypto_random_bytes(bytes, count, NULL) != 0) {
        memset(bytes, 0, count);
    }
}

bool trng_raw(TrngState *s, uint8_t *bytes, unsigned count)
{
    memset(bytes, 0, count);
    if (!s->on || s->health.failed) {
        return false;
    }
    noise(s, bytes, count);
    if (!trng_health_bytes(&s->health, bytes, count)) {
        memset(bytes, 0, count);
        return false;
    }
    return true;
}

static void switch_on(TrngState *s)
{
    uint8_t unused[TRNG_WINDOW / 8];

    s->on = true;
    if (!trng_raw(s, unused, sizeof(unused))) {
        qemu_log_mask(LOG_GUEST_ERROR, "trng: health test failed\n");
    }
}

static uint64_t trng_read(void *opaque, hwaddr offset, unsigned size)
{
    TrngState *s = opaque;
    uint8_t data[4];

    switch (offset) {
    case HSP_TRNG_CONTROL: return s->on ? TRNG_CONTROL_ON : 0;
    case HSP_TRNG_STATUS:
        return (s->on && !s->health.failed ? HSP_TRNG_READY : 0) |
               (s->health.failed ? HSP_TRNG_FAILED : 0);
    case HSP_TRNG_DATA:
        trng_raw(s, data, sizeof(data));
        return ldl_le_p(data);
    case HSP_TRNG_STARTS: return (uint32_t)fuse_starts(s->fuse);
    default: break;
    }
    qemu_log_mask(LOG_GUEST_ERROR, "trng: read of no register, 0x%03x\n", (unsigned)offset);
    return 0;
}

static void trng_write(void *opaque, hwaddr offset, uint64_t value, unsigned size)
{
    TrngState *s = opaque;

    if (offset != HSP_TRNG_CONTROL) {
        qemu_log_mask(LOG_GUEST_ERROR, "trng: write to 0x%03x refused\n", (unsigned)offset);
        return;
    }
    if (!(value & TRNG_CONTROL_ON)) {
        s->on = false;
    } else if (!s->on) {
        switch_on(s);
    }
}

static const MemoryRegionOps trng_ops = {
    .read = trng_read,
    .write = trng_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
};

static void trng_reset(DeviceState *dev)
{
    TrngState *s = MT3620_TRNG(dev);

    s->on = false;
    trng_health_init(&s->health);
}

static void trng_realize(DeviceState *dev, Error **errp)
{
    TrngState *s = MT3620_TRNG(dev);

    if (!s->fuse) {
        error_setg(errp, TYPE_MT3620_TRNG ": property fuse is not set");
        return;
    }
    memory_region_init_io(&s->registers, OBJECT(dev), &trng_ops, s, "trng", TRNG_REGISTERS_BYTES);
    sysbus_init_mmio(SYS_BUS_DEVICE(dev), &s->registers);
}

static Property trng_properties[] = {
    DEFINE_PROP_BOOL("stuck", TrngState, stuck, false),
    DEFINE_PROP_LINK("fuse", TrngState, fuse, TYPE_MT3620_FUSE, FuseState *),
    DEFINE_PROP_END_OF_LIST(),
};

static void trng_class_init(ObjectClass *class, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(class);

    dc->realize = trng_realize;
    dc->reset = trng_reset;
    dc->user_creatable = false;
    device_class_set_props(dc, trng_properties);
}

static const TypeInfo trng_types[] = {
    {
        .name = TYPE_MT3620_TRNG,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(TrngState),
        .class_init = trng_class_init,
    },
};

DEFINE_TYPES(trng_types)
