/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "machine/unimp.h"

#include "hw/qdev-properties.h"
#include "hw/sysbus.h"
#include "qapi/error.h"
#include "qemu/log.h"

struct UnimpState {
    SysBusDevice parent_obj;

    MemoryRegion registers;
    char *name;
    uint32_t bytes;
    bool keeps;
    uint32_t *words; /* if it keeps */
};

static uint64_t unimp_read(void *opaque, hwaddr offset, unsigned size)
{
    UnimpState *s = opaque;
    uint32_t value = s->keeps ? s->words[offset / 4] : 0;

    qemu_log_mask(LOG_UNIMP, "%s: read of 0x%04x: 0x%08x\n", s->name, (unsigned)offset, value);
    return value;
}

static void unimp_write(void *opaque, hwaddr offset, uint64_t value, unsigned size)
{
    UnimpState *s = opaque;

    qemu_log_mask(LOG_UNIMP, "%s: write of 0x%08x to 0x%04x\n", s->name, (uint32_t)value,
                  (unsigned)offset);
    if (s->keeps) {
        s->words[offset / 4] = (uint32_t)value;
    }
}

static const MemoryRegionOps register_ops = {
    .read = unimp_read,
    .write = unimp_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
};

static void unimp_reset(DeviceState *dev)
{
    UnimpState *s = MT3620_UNIMP_DEVICE(dev);

    if (s->keeps) {
        memset(s->words, 0, s->bytes);
    }
}

static void unimp_realize(DeviceState *dev, Error **errp)
{
    UnimpState *s = MT3620_UNIMP_DEVICE(dev);

    if (!s->name || s->bytes == 0 || s->bytes % 4 != 0) {
        error_setg(errp, "unimp: a block needs a name and a size");
        return;
    }
    s->words = s->keeps ? g_malloc0(s->bytes) : NULL;
    memory_region_init_io(&s->registers, OBJECT(dev), &register_ops, s, s->name, s->bytes);
    sysbus_init_mmio(SYS_BUS_DEVICE(dev), &s->registers);
}

static Property unimp_properties[] = {
    DEFINE_PROP_STRING("name", UnimpState, name),
    DEFINE_PROP_UINT32("bytes", UnimpState, bytes, 0),
    DEFINE_PROP_BOOL("keeps", UnimpState, keeps, false),
    DEFINE_PROP_END_OF_LIST(),
};

static void unimp_class_init(ObjectClass *class, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(class);

    dc->realize = unimp_realize;
    dc->reset = unimp_reset;
    dc->user_creatable = false;
    device_class_set_props(dc, unimp_properties);
}

static const TypeInfo unimp_types[] = {
    {
        .name = TYPE_MT3620_UNIMP_DEVICE,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(UnimpState),
        .class_init = unimp_class_init,
    },
};

DEFINE_TYPES(unimp_types)
