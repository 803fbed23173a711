/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "machine/rtc.h"

#include "abi/mt3620_rtc.h"
#include "hw/irq.h"
#include "hw/sysbus.h"
#include "qemu/cutils.h"
#include "qemu/log.h"
#include "qemu/timer.h"
#include "sysemu/rtc.h"
#include "sysemu/sysemu.h"

enum {
    RTC_REGISTERS_BYTES = 0x1000,
    PMU_EN_MASK = 0x70,
    FIELD_SECOND = RTC_SECOND / 4,
    FIELD_WEEKDAY = RTC_WEEKDAY / 4,
    FIRST_TM_YEAR = RTC_FIRST_YEAR - 1900,
};

/* Fields on their way in. */
typedef struct Collected {
    uint32_t field[RTC_FIELDS];
    bool written[RTC_FIELDS];
} Collected;

struct RtcState {
    SysBusDevice parent_obj;

    MemoryRegion registers;
    qemu_irq line;
    QEMUTimer *due;

    int64_t ahead; /* ns of Unix time, less QEMU's rtc_clock */
    int64_t alarm; /* Unix seconds */
    Collected new_time, new_alarm;
    uint32_t control;
    uint32_t pmu_en;
};

static int64_t now_seconds(RtcState *s)
{
    return (qemu_clock_get_ns(rtc_clock) + s->ahead) / NANOSECONDS_PER_SECOND;
}

static void set_now(RtcState *s, int64_t seconds)
{
    s->ahead = seconds * NANOSECONDS_PER_SECOND - qemu_clock_get_ns(rtc_clock);
}

static void fields_of(int64_t seconds, uint32_t field[RTC_FIELDS])
{
    time_t time = (time_t)seconds;
    struct tm tm;

    gmtime_r(&time, &tm);
    field[RTC_YEAR / 4] = tm.tm_year - FIRST_TM_YEAR;
    field[RTC_MONTH / 4] = tm.tm_mon + 1;
    field[RTC_DAY / 4] = tm.tm_mday;
    field[RTC_WEEKDAY / 4] = tm.tm_wday;
    field[RTC_HOUR / 4] = tm.tm_hour;
    field[RTC_MINUTE / 4] = tm.tm_min;
    field[RTC_SECOND / 4] = tm.tm_sec;
}

/* False when they are no date of this clock: a calendar would give back others. */
static bool seconds_of(const uint32_t field[RTC_FIELDS], int64_t *seconds)
{
    uint32_t back[RTC_FIELDS];
    struct tm tm = { 0 };

    if (field[RTC_YEAR / 4] > 99 || field[RTC_MONTH / 4] - 1 > 11 || field[RTC_DAY / 4] - 1 > 30 ||
        field[RTC_HOUR / 4] > 23 || field[RTC_MINUTE / 4] > 59 || field[RTC_SECOND / 4] > 59) {
        return false;
    }
    tm.tm_year = (int)field[RTC_YEAR / 4] + FIRST_TM_YEAR;
    tm.tm_mon = (int)field[RTC_MONTH / 4] - 1;
    tm.tm_mday = (int)field[RTC_DAY / 4];
    tm.tm_hour = (int)field[RTC_HOUR / 4];
    tm.tm_min = (int)field[RTC_MINUTE / 4];
    tm.tm_sec = (int)field[RTC_SECOND / 4];
    *seconds = mktimegm(&tm);
    fields_of(*seconds, back);
    return back[RTC_DAY / 4] == field[RTC_DAY / 4];
}

/* The line as the alarm and the time say, and the timer to the moment when that changes. */
static void alarm_update(RtcState *s)
{
    bool on = s->control & RTC_CONTROL_ALARM;
    bool come = now_seconds(s) >= s->alarm;

    qemu_set_irq(s->line, on && come);
    if (on && !come) {
        timer_mod_ns(s->due, s->alarm * NANOSECONDS_PER_SECOND - s->ahead);
    } else {
        timer_del(s->due);
    }
}

static void alarm_due(void *opaque)
{
    alarm_update(opaque);
}

/* True when the fields are complete and give a new time, in seconds. */
static bool collect(Collected *new, unsigned field, uint32_t value, int64_t old, int64_t *seconds)
{
    uint32_t fields[RTC_FIELDS];
    bool good;

    new->field[field] = value;
    new->written[field] = true;
    if (field != FIELD_SECOND) {
        return false;
    }
    fields_of(old, fields);
    for (unsigned i = 0; i < RTC_FIELDS; i++) {
        if (new->written[i] && i != FIELD_WEEKDAY) {
            fields[i] = new->field[i];
        }
    }
    memset(new, 0, sizeof(*new));
    good = seconds_of(fields, seconds);
    if (!good) {
        qemu_log_mask(LOG_GUEST_ERROR, "rtc: no date: %u-%u-%u %u:%u:%u\n", fields[0], fields[1],
                      fields[2], fields[4], fields[5], fields[6]);
    }
    return good;
}

/* Number of the field, or -1. */
static int field_at(hwaddr offset, hwaddr base)
{
    return offset >= base && offset - base < RTC_FIELDS * 4 ? (int)(offset - base) / 4 : -1;
}

static uint64_t rtc_read(void *opaque, hwaddr offset, unsigned size)
{
    RtcState *s = opaque;
    uint32_t fields[RTC_FIELDS];
    int field;

    if ((field = field_at(offset, RTC_TIME)) >= 0) {
        fields_of(now_seconds(s), fields);
        return fields[field];
    }
    if ((field = field_at(offset, RTC_ALARM)) >= 0) {
        fields_of(s->alarm, fields);
        return fields[field];
    }
    switch (offset) {
    case RTC_CONTROL: return s->control;
    case RTC_PMU_EN: return s->pmu_en;
    default: break;
    }
    qemu_log_mask(LOG_GUEST_ERROR, "rtc: read of no register, 0x%03x\n", (unsigned)offset);
    return 0;
}

static void rtc_write(void *opaque, hwaddr offset, uint64_t value, unsigned size)
{
    RtcState *s = opaque;
    uint32_t word = (uint32_t)value;
    int64_t seconds;
    int field;

    if ((field = field_at(offset, RTC_TIME)) >= 0) {
        if (collect(&s->new_time, (unsigned)field, word, now_seconds(s), &seconds)) {
            set_now(s, seconds);
        }
    } else if ((field = field_at(offset, RTC_ALARM)) >= 0) {
        if (collect(&s->new_alarm, (unsigned)field, word, s->alarm, &seconds)) {
            s->alarm = seconds;
        }
    } else if (offset == RTC_CONTROL) {
        s->control = word & RTC_CONTROL_ALARM;
    } else if (offset == RTC_PMU_EN) {
        s->pmu_en = word & PMU_EN_MASK;
    } else {
        qemu_log_mask(LOG_GUEST_ERROR, "rtc: write to 0x%03x refused\n", (unsigned)offset);
    }
    alarm_update(s);
}

static const MemoryRegionOps rtc_ops = {
    .read = rtc_read,
    .write = rtc_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
};

static void rtc_reset(DeviceState *dev)
{
    static const uint32_t first_day[RTC_FIELDS] = { [RTC_MONTH / 4] = 1, [RTC_DAY / 4] = 1 };
    RtcState *s = MT3620_RTC_DEVICE(dev);

    seconds_of(first_day, &s->alarm);
    memset(&s->new_time, 0, sizeof(s->new_time));
    memset(&s->new_alarm, 0, sizeof(s->new_alarm));
    s->control = 0;
    s->pmu_en = 0;
    alarm_update(s);
}

static void rtc_realize(DeviceState *dev, Error **errp)
{
    RtcState *s = MT3620_RTC_DEVICE(dev);
    struct tm start;

    qemu_get_timedate(&start, 0);
    set_now(s, mktimegm(&start));
    s->due = timer_new_ns(rtc_clock, alarm_due, s);
    memory_region_init_io(&s->registers, OBJECT(dev), &rtc_ops, s, "rtc", RTC_REGISTERS_BYTES);
    sysbus_init_mmio(SYS_BUS_DEVICE(dev), &s->registers);
    sysbus_init_irq(SYS_BUS_DEVICE(dev), &s->line);
}

static void rtc_class_init(ObjectClass *class, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(class);

    dc->realize = rtc_realize;
    dc->reset = rtc_reset;
    dc->user_creatable = false;
}

static const TypeInfo rtc_types[] = {
    {
        .name = TYPE_MT3620_RTC_DEVICE,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(RtcState),
        .class_init = rtc_class_init,
    },
};

DEFINE_TYPES(rtc_types)
