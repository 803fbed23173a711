/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "machine/wdt.h"

#include "abi/mt3620_wdt.h"
#include "hw/irq.h"
#include "hw/sysbus.h"
#include "qemu/log.h"
#include "qemu/timer.h"

enum {
    WDT_REGISTERS_BYTES = 0x1000,
    MODE_KEY_MASK = 0xFF00,
    MODE_MASK = 0x00FF,
    LENGTH_KEY_MASK = 0x1F,
    STA_WATCHDOG = 0x8000,
    STA_SOFTWARE = 0x4000,
    INTERVAL_MASK = 0xFFF,
    SWINT_CLEAR = 0x40000000,
};
#define SWINT_RAISE 0x80000000u

struct WdtState {
    SysBusDevice parent_obj;

    MemoryRegion registers;
    qemu_irq line;
    qemu_irq bite;
    qemu_irq swrst;
    QEMUTimer *end;

    uint32_t mode;
    uint32_t ticks;
    uint32_t interval;
    uint32_t status;
    bool pending;
    bool asked; /* the coming reset is ours */
};

static void wdt_start(WdtState *s)
{
    if (s->mode & WDT_MODE_ENABLE) {
        timer_mod_ns(s->end, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                                 (int64_t)MAX(s->ticks, 1) *
                                     (NANOSECONDS_PER_SECOND / WDT_TICKS_PER_SECOND));
    } else {
        timer_del(s->end);
    }
}

static void wdt_clear(WdtState *s)
{
    timer_del(s->end);
    s->mode = 0;
    s->ticks = WDT_TICKS_MAX;
    s->interval = 0;
    s->pending = false;
    qemu_set_irq(s->line, 0);
}

static void ask_reset(WdtState *s, uint32_t status, qemu_irq line)
{
    wdt_clear(s);
    s->status = status;
    s->asked = true;
    qemu_irq_pulse(line);
}

static void wdt_end(void *opaque)
{
    WdtState *s = opaque;

    if (!(s->mode & WDT_MODE_INTERRUPT)) {
        ask_reset(s, STA_WATCHDOG, s->bite);
        return;
    }
    s->pending = true;
    qemu_set_irq(s->line, 1);
    wdt_start(s);
}

static uint64_t wdt_read(void *opaque, hwaddr offset, unsigned size)
{
    WdtState *s = opaque;

    switch (offset) {
    case WDT_MODE: return s->mode;
    case WDT_LENGTH: return s->ticks << WDT_LENGTH_SHIFT;
    case WDT_RESTART: return 0;
    case WDT_STA: return s->status;
    case WDT_INTERVAL: return s->interval;
    case WDT_SWRST: return 0;
    case WDT_SWINT: return s->pending ? SWINT_RAISE : 0;
    default: break;
    }
    qemu_log_mask(LOG_GUEST_ERROR, "wdt: read of no register, 0x%03x\n", (unsigned)offset);
    return 0;
}

static void mode_write(WdtState *s, uint32_t value)
{
    uint32_t changed = (s->mode ^ value) & WDT_MODE_ENABLE;

    s->mode = value & MODE_MASK;
    if (changed) {
        wdt_start(s);
    }
}

static void swint_write(WdtState *s, uint32_t value)
{
    if (value & SWINT_CLEAR) {
        s->pending = false;
    }
    if (value & SWINT_RAISE) {
        s->pending = true;
    }
    qemu_set_irq(s->line, s->pending);
}

static void wdt_write(void *opaque, hwaddr offset, uint64_t value, unsigned size)
{
    WdtState *s = opaque;
    uint32_t word = (uint32_t)value;

    switch (offset) {
    case WDT_MODE:
        if ((word & MODE_KEY_MASK) == WDT_MODE_KEY) {
            mode_write(s, word);
            return;
        }
        break;
    case WDT_LENGTH:
        if ((word & LENGTH_KEY_MASK) == WDT_LENGTH_KEY) {
            s->ticks = (word >> WDT_LENGTH_SHIFT) & WDT_TICKS_MAX;
            return;
        }
        break;
    case WDT_RESTART:
        if (word == WDT_RESTART_KEY) {
            wdt_start(s);
            return;
        }
        break;
    case WDT_INTERVAL: s->interval = word & INTERVAL_MASK; return;
    case WDT_SWRST:
        if (word == WDT_SWRST_KEY) {
            ask_reset(s, STA_SOFTWARE, s->swrst);
            return;
        }
        break;
    case WDT_SWINT: swint_write(s, word); return;
    default: break;
    }
    qemu_log_mask(LOG_GUEST_ERROR, "wdt: write of 0x%08x to 0x%03x refused\n", word,
                  (unsigned)offset);
}

static const MemoryRegionOps wdt_ops = {
    .read = wdt_read,
    .write = wdt_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
};

static void wdt_reset(DeviceState *dev)
{
    WdtState *s = MT3620_WDT(dev);

    wdt_clear(s);
    if (!s->asked) {
        s->status = 0;
    }
    s->asked = false;
}

static void wdt_realize(DeviceState *dev, Error **errp)
{
    WdtState *s = MT3620_WDT(dev);

    s->end = timer_new_ns(QEMU_CLOCK_VIRTUAL, wdt_end, s);
    memory_region_init_io(&s->registers, OBJECT(dev), &wdt_ops, s, "wdt", WDT_REGISTERS_BYTES);
    sysbus_init_mmio(SYS_BUS_DEVICE(dev), &s->registers);
    sysbus_init_irq(SYS_BUS_DEVICE(dev), &s->line);
}

static void wdt_instance_init(Object *obj)
{
    WdtState *s = MT3620_WDT(obj);

    qdev_init_gpio_out_named(DEVICE(obj), &s->bite, "bite", 1);
    qdev_init_gpio_out_named(DEVICE(obj), &s->swrst, "swrst", 1);
}

static void wdt_class_init(ObjectClass *class, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(class);

    dc->realize = wdt_realize;
    dc->reset = wdt_reset;
    dc->user_creatable = false;
}

static const TypeInfo wdt_types[] = {
    {
        .name = TYPE_MT3620_WDT,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(WdtState),
        .instance_init = wdt_instance_init,
        .class_init = wdt_class_init,
    },
};

DEFINE_TYPES(wdt_types)
