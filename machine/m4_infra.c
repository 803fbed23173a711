/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "machine/m4_infra.h"

#include "abi/mt3620_m4_infra.h"
#include "hw/irq.h"
#include "hw/sysbus.h"
#include "qemu/log.h"

enum { INFRA_REGISTERS_BYTES = 0x1000 };

struct M4InfraState {
    SysBusDevice parent_obj;

    MemoryRegion registers;
    qemu_irq line;
    uint32_t status;
    uint32_t address;
    uint32_t info;
};

void m4_infra_refused(M4InfraState *s, uint32_t addr, unsigned size, bool write)
{
    if (s->status & M4_INFRA_STATUS_ERROR) {
        return;
    }
    s->status = M4_INFRA_STATUS_ERROR;
    s->address = addr;
    s->info = (write ? M4_INFRA_INFO_WRITE : 0) | size << M4_INFRA_INFO_BYTES_SHIFT;
    qemu_set_irq(s->line, 1);
}

static uint64_t infra_read(void *opaque, hwaddr offset, unsigned size)
{
    M4InfraState *s = opaque;

    switch (offset) {
    case M4_INFRA_STATUS: return s->status;
    case M4_INFRA_ADDRESS: return s->address;
    case M4_INFRA_INFO: return s->info;
    default: break;
    }
    qemu_log_mask(LOG_GUEST_ERROR, "m4-infra: read of no register, 0x%03x\n", (unsigned)offset);
    return 0;
}

static void infra_write(void *opaque, hwaddr offset, uint64_t value, unsigned size)
{
    M4InfraState *s = opaque;

    if (offset != M4_INFRA_STATUS) {
        qemu_log_mask(LOG_GUEST_ERROR, "m4-infra: write to 0x%03x refused\n", (unsigned)offset);
        return;
    }
    s->status &= ~(uint32_t)value;
    qemu_set_irq(s->line, s->status != 0);
}

static const MemoryRegionOps infra_ops = {
    .read = infra_read,
    .write = infra_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
};

static void infra_reset(DeviceState *dev)
{
    M4InfraState *s = MT3620_M4_INFRA_DEVICE(dev);

    s->status = 0;
    s->address = 0;
    s->info = 0;
    qemu_set_irq(s->line, 0);
}

static void infra_realize(DeviceState *dev, Error **errp)
{
    M4InfraState *s = MT3620_M4_INFRA_DEVICE(dev);

    memory_region_init_io(&s->registers, OBJECT(dev), &infra_ops, s, "m4-infra",
                          INFRA_REGISTERS_BYTES);
    sysbus_init_mmio(SYS_BUS_DEVICE(dev), &s->registers);
    sysbus_init_irq(SYS_BUS_DEVICE(dev), &s->line);
}

static void infra_class_init(ObjectClass *class, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(class);

    dc->realize = infra_realize;
    dc->reset = infra_reset;
    dc->user_creatable = false;
}

static const TypeInfo infra_types[] = {
    {
        .name = TYPE_MT3620_M4_INFRA_DEVICE,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(M4InfraState),
        .class_init = infra_class_init,
    },
};

DEFINE_TYPES(infra_types)
