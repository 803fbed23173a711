/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "machine/rgu.h"

#include "abi/mt3620_rgu.h"
#include "hw/qdev-clock.h"
#include "hw/sysbus.h"

enum {
    RGU_REGISTERS_BYTES = 0x1000,
    PLL_ENABLED_SHIFT = 28,
    PLL_READY_SHIFT = 26,
    PLLS = 3, /* a bit each of two */
};

struct RguState {
    SysBusDevice parent_obj;

    MemoryRegion registers;
    Clock *hclk;
    uint32_t word[RGU_REGISTERS_BYTES / 4];
};

/* By the selection in HCLK. */
static const unsigned hclk_hz[4] = { 26000000, 32768, 197600000, 26000000 };

static void hclk_update(RguState *s)
{
    clock_update_hz(s->hclk, hclk_hz[s->word[RGU_HCLK / 4] >> RGU_HCLK_SHIFT & 3]);
}

static uint64_t rgu_read(void *opaque, hwaddr offset, unsigned size)
{
    RguState *s = opaque;
    uint32_t word = s->word[offset / 4];

    if (offset == RGU_POWER) {
        word &= ~(uint32_t)(PLLS << PLL_READY_SHIFT);
        word |= (word >> PLL_ENABLED_SHIFT & PLLS) << PLL_READY_SHIFT;
    }
    return word;
}

static void rgu_write(void *opaque, hwaddr offset, uint64_t value, unsigned size)
{
    RguState *s = opaque;

    s->word[offset / 4] = (uint32_t)value;
    if (offset == RGU_HCLK) {
        hclk_update(s);
    }
}

static const MemoryRegionOps rgu_ops = {
    .read = rgu_read,
    .write = rgu_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
};

static void rgu_reset(DeviceState *dev)
{
    RguState *s = MT3620_RGU(dev);

    memset(s->word, 0, sizeof(s->word));
    hclk_update(s);
}

static void rgu_realize(DeviceState *dev, Error **errp)
{
    RguState *s = MT3620_RGU(dev);

    memory_region_init_io(&s->registers, OBJECT(dev), &rgu_ops, s, "rgu", RGU_REGISTERS_BYTES);
    sysbus_init_mmio(SYS_BUS_DEVICE(dev), &s->registers);
}

static void rgu_instance_init(Object *obj)
{
    RguState *s = MT3620_RGU(obj);

    s->hclk = qdev_init_clock_out(DEVICE(obj), "hclk");
    clock_set_hz(s->hclk, hclk_hz[RGU_HCLK_26MHZ]);
}

static void rgu_class_init(ObjectClass *class, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(class);

    dc->realize = rgu_realize;
    dc->reset = rgu_reset;
    dc->user_creatable = false;
}

static const TypeInfo rgu_types[] = {
    {
        .name = TYPE_MT3620_RGU,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(RguState),
        .instance_init = rgu_instance_init,
        .class_init = rgu_class_init,
    },
};

DEFINE_TYPES(rgu_types)
