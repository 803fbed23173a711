/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "machine/gpt.h"

#include "abi/mt3620_gpt.h"
#include "hw/irq.h"
#include "hw/sysbus.h"
#include "machine/gpt_rate.h"
#include "qemu/log.h"
#include "qemu/timer.h"

enum {
    GPT_REGISTERS_BYTES = 0x1000,
    GPT_BUS_HZ = 26000000,
    CTRL_ENABLE = 1 << 0,
    DOWN_REPEAT = 1 << 1,
    DOWN_SPEED = 1 << 2,
    DOWN_RESTART = 1 << 3,
    UP_SPEED = 1 << 1, /* GPT2, GPT4 */
    GPT3_CLEAR = 1 << 15,
    GPT3_STEP = 0x3F << 16,
};

static const struct gpt_rate slow_clock = { 32768, 33 }, fast_clock = { 32768, 1 };

/* GPT0, GPT1 */
typedef struct Down {
    GptState *gpt;
    QEMUTimer *end;
    uint32_t ctrl;
    uint32_t icnt;
    uint32_t loaded;  /* counts down from, while enabled */
    uint64_t since;   /* ns of virtual time */
    uint32_t stopped; /* CNT while not enabled */
} Down;

/* GPT2, GPT3, GPT4 */
typedef struct Up {
    uint32_t ctrl;
    uint32_t init;
    uint32_t from; /* counts up from, while enabled */
    uint64_t since;
    uint32_t stopped;
} Up;

struct GptState {
    SysBusDevice parent_obj;

    MemoryRegion registers;
    qemu_irq line01, line3;
    Down down[2];
    Up up2, up3, up4;
    QEMUTimer *expire3;
    uint32_t expire; /* GPT3_EXPIRE */
    bool pending3;
    uint32_t isr, ier;
};

static uint64_t now_ns(void)
{
    return (uint64_t)qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

static void update_lines(GptState *s)
{
    qemu_set_irq(s->line01, (s->isr & s->ier) != 0);
    qemu_set_irq(s->line3, s->pending3);
}

/* ---- GPT0, GPT1 ---- */

static struct gpt_rate down_rate(const Down *d)
{
    return d->ctrl & DOWN_SPEED ? fast_clock : slow_clock;
}

static uint32_t down_count(const Down *d)
{
    uint64_t ticks;

    if (!(d->ctrl & CTRL_ENABLE)) {
        return d->stopped;
    }
    ticks = gpt_rate_ticks(down_rate(d), now_ns() - d->since);
    return ticks < d->loaded ? d->loaded - (uint32_t)ticks : 0;
}

static void down_load(Down *d, uint64_t since)
{
    d->loaded = MAX(d->icnt, 1);
    d->since = since;
    timer_mod_ns(d->end, (int64_t)(since + gpt_rate_ns(down_rate(d), d->loaded)));
}

static void down_end(void *opaque)
{
    Down *d = opaque;
    GptState *s = d->gpt;

    s->isr |= 1u << (d - s->down);
    if (d->ctrl & DOWN_REPEAT) {
        /* from the moment it was due, so that a late call does not stretch the period */
        down_load(d, d->since + gpt_rate_ns(down_rate(d), d->loaded));
    } else {
        d->ctrl &= ~CTRL_ENABLE;
        d->stopped = 0;
    }
    update_lines(s);
}

static void down_control(Down *d, uint32_t value)
{
    uint32_t count = down_count(d);
    uint32_t changed = value ^ d->ctrl;

    d->ctrl = value & (CTRL_ENABLE | DOWN_REPEAT | DOWN_SPEED);
    if (!(value & CTRL_ENABLE)) {
        d->stopped = count;
        timer_del(d->end);
    } else if ((changed & (CTRL_ENABLE | DOWN_SPEED)) || (value & DOWN_RESTART)) {
        down_load(d, now_ns());
    }
}

/* ---- GPT2, GPT3, GPT4 ---- */

static uint32_t up_count(const Up *u, struct gpt_rate rate)
{
    if (!(u->ctrl & CTRL_ENABLE)) {
        return u->stopped;
    }
    return u->from + (uint32_t)gpt_rate_ticks(rate, now_ns() - u->since);
}

/* The rate is that of the old control word: what was counted so far was counted with it. */
static void up_control(Up *u, uint32_t value, struct gpt_rate rate)
{
    uint32_t count = up_count(u, rate);

    u->from = u->ctrl & CTRL_ENABLE ? count : u->init;
    u->since = now_ns();
    u->stopped = count;
    u->ctrl = value;
}

static struct gpt_rate rate2(const GptState *s)
{
    return s->up2.ctrl & UP_SPEED ? fast_clock : slow_clock;
}

static struct gpt_rate rate3(const GptState *s)
{
    return (struct gpt_rate){ GPT_BUS_HZ, ((s->up3.ctrl & GPT3_STEP) >> 16) + 1 };
}

static struct gpt_rate rate4(const GptState *s)
{
    return (struct gpt_rate){ GPT_BUS_HZ, s->up4.ctrl & UP_SPEED ? 1 : 2 };
}

/* At the next moment when CNT becomes EXPIRE: a whole round away if it is that now. */
static void gpt3_arm(GptState *s)
{
    uint64_t done, left;

    if (!(s->up3.ctrl & CTRL_ENABLE)) {
        timer_del(s->expire3);
        return;
    }
    done = gpt_rate_ticks(rate3(s), now_ns() - s->up3.since);
    left = (uint32_t)(s->expire - (s->up3.from + (uint32_t)done));
    timer_mod_ns(s->expire3, (int64_t)(s->up3.since +
                                       gpt_rate_ns(rate3(s), done + (left ? left : 1ull << 32))));
}

static void gpt3_expired(void *opaque)
{
    GptState *s = opaque;

    s->pending3 = true;
    gpt3_arm(s);
    update_lines(s);
}

static void gpt3_control(GptState *s, uint32_t value)
{
    if (value & GPT3_CLEAR) {
        s->pending3 = false;
    }
    up_control(&s->up3, value & (CTRL_ENABLE | GPT3_STEP), rate3(s));
    gpt3_arm(s);
}

/* ---- registers ---- */

static uint64_t gpt_read(void *opaque, hwaddr offset, unsigned size)
{
    GptState *s = opaque;

    switch (offset) {
    case GPT_ISR: return s->isr;
    case GPT_IER: return s->ier;
    case GPT0_CTRL: return s->down[0].ctrl;
    case GPT0_ICNT: return s->down[0].icnt;
    case GPT0_CNT: return down_count(&s->down[0]);
    case GPT1_CTRL: return s->down[1].ctrl;
    case GPT1_ICNT: return s->down[1].icnt;
    case GPT1_CNT: return down_count(&s->down[1]);
    case GPT2_CTRL: return s->up2.ctrl;
    case GPT2_CNT: return up_count(&s->up2, rate2(s));
    case GPT3_CTRL: return s->up3.ctrl;
    case GPT3_INIT: return s->up3.init;
    case GPT3_CNT: return up_count(&s->up3, rate3(s));
    case GPT3_EXPIRE: return s->expire;
    case GPT4_CTRL: return s->up4.ctrl;
    case GPT4_INIT: return s->up4.init;
    case GPT4_CNT: return up_count(&s->up4, rate4(s));
    default: break;
    }
    qemu_log_mask(LOG_GUEST_ERROR, "gpt: read of no register, 0x%03x\n", (unsigned)offset);
    return 0;
}

static void gpt_write(void *opaque, hwaddr offset, uint64_t value, unsigned size)
{
    GptState *s = opaque;
    uint32_t word = (uint32_t)value;

    switch (offset) {
    case GPT_ISR: s->isr &= ~word; break;
    case GPT_IER: s->ier = word & 3; break;
    case GPT0_CTRL: down_control(&s->down[0], word); break;
    case GPT0_ICNT: s->down[0].icnt = word; break;
    case GPT1_CTRL: down_control(&s->down[1], word); break;
    case GPT1_ICNT: s->down[1].icnt = word; break;
    case GPT2_CTRL: up_control(&s->up2, word & (CTRL_ENABLE | UP_SPEED), rate2(s)); break;
    case GPT3_CTRL: gpt3_control(s, word); break;
    case GPT3_INIT: s->up3.init = word; break;
    case GPT3_EXPIRE:
        s->expire = word;
        gpt3_arm(s);
        break;
    case GPT4_CTRL: up_control(&s->up4, word & (CTRL_ENABLE | UP_SPEED), rate4(s)); break;
    case GPT4_INIT: s->up4.init = word; break;
    default:
        qemu_log_mask(LOG_GUEST_ERROR, "gpt: write to 0x%03x refused\n", (unsigned)offset);
        return;
    }
    update_lines(s);
}

static const MemoryRegionOps gpt_ops = {
    .read = gpt_read,
    .write = gpt_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
};

static void gpt_reset(DeviceState *dev)
{
    GptState *s = MT3620_GPT(dev);

    for (unsigned i = 0; i < 2; i++) {
        timer_del(s->down[i].end);
        s->down[i].ctrl = 0;
        s->down[i].icnt = 0;
        s->down[i].stopped = 0;
    }
    timer_del(s->expire3);
    memset(&s->up2, 0, sizeof(s->up2));
    memset(&s->up3, 0, sizeof(s->up3));
    memset(&s->up4, 0, sizeof(s->up4));
    s->expire = 0;
    s->pending3 = false;
    s->isr = 0;
    s->ier = 0;
    update_lines(s);
}

static void gpt_realize(DeviceState *dev, Error **errp)
{
    GptState *s = MT3620_GPT(dev);

    for (unsigned i = 0; i < 2; i++) {
        s->down[i].gpt = s;
        s->down[i].end = timer_new_ns(QEMU_CLOCK_VIRTUAL, down_end, &s->down[i]);
    }
    s->expire3 = timer_new_ns(QEMU_CLOCK_VIRTUAL, gpt3_expired, s);
    memory_region_init_io(&s->registers, OBJECT(dev), &gpt_ops, s, "gpt", GPT_REGISTERS_BYTES);
    sysbus_init_mmio(SYS_BUS_DEVICE(dev), &s->registers);
    sysbus_init_irq(SYS_BUS_DEVICE(dev), &s->line01);
    sysbus_init_irq(SYS_BUS_DEVICE(dev), &s->line3);
}

static void gpt_class_init(ObjectClass *class, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(class);

    dc->realize = gpt_realize;
    dc->reset = gpt_reset;
    dc->user_creatable = false;
}

static const TypeInfo gpt_types[] = {
    {
        .name = TYPE_MT3620_GPT,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(GptState),
        .class_init = gpt_class_init,
    },
};

DEFINE_TYPES(gpt_types)
