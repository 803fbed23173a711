/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "machine/firewall.h"

#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include "hw/sysbus.h"
#include "machine/grants.h"
#include "machine/m4_infra.h"
#include "qapi/error.h"
#include "qemu/log.h"

enum {
    REGISTERS_BYTES = 0x1000,
    STATUS_FORBIDDEN = 1,
    LOCK_ALL = 1,
    INFO_WRITE = 1 << 8,
    CONTROL_INITIATOR = 0xF,
    WORDS = 2, /* of peripheral bits */
    ROWS = FIREWALL_INITIATOR + GRANTS_FIRST * FIREWALL_INITIATOR_STRIDE,
};

/* Which peripherals several initiators may hold at a time. */
static const bool shared[FIREWALL_PERIPHERAL_COUNT] = {
#define ROW(number, text, at, size, several) [number] = several,
    FIREWALL_PERIPHERAL_TABLE(ROW)
#undef ROW
};

/* Registers of a RAM window or a flash region. */
typedef struct Window {
    uint32_t base;
    uint32_t limit;
    uint32_t control;
} Window;

struct FirewallState {
    SysBusDevice parent_obj;

    MemoryRegion registers;
    qemu_irq irq;
    Grants grants;
    MemoryRegion *ram;
    MemoryRegion *flash;
    MemoryRegion *flash_normal;
    M4InfraState *infra[MT3620_INITIATORS]; /* of the M4s: theirs alone */

    uint32_t status;
    uint32_t lock;
    uint32_t violations;
    uint32_t violation_addr;
    uint32_t violation_info;
    uint32_t granted[GRANTS_FILTERED][WORDS];
    uint32_t granted_lock[GRANTS_FILTERED][WORDS];
    uint32_t secure_base;
    uint32_t xip[GRANTS_IO_CORES];
    Window ram_window[FIREWALL_RAM_WINDOWS];
    Window flash_region[FIREWALL_FLASH_REGIONS];
};

View *firewall_view(FirewallState *s, enum mt3620_initiator initiator)
{
    return &s->grants.view[initiator];
}

MemoryRegion *firewall_block(FirewallState *s, enum firewall_peripheral number)
{
    return &s->grants.block[number];
}

static bool filtered(unsigned initiator)
{
    return initiator >= GRANTS_FIRST && initiator < GRANTS_FIRST + GRANTS_FILTERED;
}

void firewall_refuse(FirewallState *s, enum mt3620_initiator initiator, uint32_t addr,
                     unsigned size, bool write)
{
    if (!phase_check(PHASE_MACHINE_READY)) {
        return; /* QEMU resets each core once while it is made */
    }
    qemu_log_mask(LOG_GUEST_ERROR, "firewall: %s: %s of %u bytes at 0x%08x refused\n",
                  initiator_name(initiator), write ? "write" : "read", size, addr);
    if (s->infra[initiator]) {
        m4_infra_refused(s->infra[initiator], addr, size, write);
    }
    if (!filtered(initiator)) {
        return;
    }
    if (s->violations != UINT32_MAX) {
        s->violations++;
    }
    s->violation_addr = addr;
    s->violation_info = (uint32_t)initiator | (write ? INFO_WRITE : 0) | size << 16;
    qemu_irq_raise(s->irq);
}

/* ---- what the registers order ---- */

static void peripherals_apply(FirewallState *s)
{
    memory_region_transaction_begin();
    for (unsigned i = 0; i < GRANTS_FILTERED; i++) {
        for (unsigned n = 0; n < FIREWALL_PERIPHERAL_COUNT; n++) {
            grants_peripheral(&s->grants, GRANTS_FIRST + i, n, s->granted[i][n / 32] >> n % 32 & 1);
        }
    }
    memory_region_transaction_commit();
}

static Grant window_grant(const Window *w)
{
    return (Grant){
        .enabled = w->control & FIREWALL_CONTROL_ENABLED,
        .writable = w->control & FIREWALL_CONTROL_WRITE,
        .initiator = w->control & CONTROL_INITIATOR,
        .base = w->base,
        .limit = w->limit,
    };
}

static void ram_window_apply(FirewallState *s, unsigned number)
{
    Grant grant = window_grant(&s->ram_window[number]);

    grants_ram(&s->grants, number, &grant);
}

static void flash_region_apply(FirewallState *s, unsigned number)
{
    Grant grant = window_grant(&s->flash_region[number]);

    grants_flash(&s->grants, number, &grant);
}

/* ---- registers; each setter returns false for what the rules forbid, and has changed nothing ---- */

static bool peripherals_set(FirewallState *s, unsigned i, unsigned word, uint32_t value)
{
    uint32_t changed = value ^ s->granted[i][word];

    if (changed & s->granted_lock[i][word]) {
        return false;
    }
    for (unsigned bit = 0; bit < 32; bit++) {
        unsigned n = word * 32 + bit;

        if (!(value >> bit & 1)) {
            continue;
        }
        if (n >= FIREWALL_PERIPHERAL_COUNT) {
            return false;
        }
        for (unsigned other = 0; other < GRANTS_FILTERED; other++) {
            if (other != i && !shared[n] && (s->granted[other][word] >> bit & 1)) {
                return false;
            }
        }
    }
    s->granted[i][word] = value;
    peripherals_apply(s);
    return true;
}

static bool row_set(FirewallState *s, unsigned i, unsigned offset, uint32_t value)
{
    switch (offset) {
    case FIREWALL_PERIPHERALS:
    case FIREWALL_PERIPHERALS + 4:
        return peripherals_set(s, i, (offset - FIREWALL_PERIPHERALS) / 4, value);
    case FIREWALL_PERIPHERALS_LOCK:
    case FIREWALL_PERIPHERALS_LOCK + 4:
        s->granted_lock[i][(offset - FIREWALL_PERIPHERALS_LOCK) / 4] |= value;
        return true;
    default: return false;
    }
}

static bool row_get(FirewallState *s, unsigned i, unsigned offset, uint32_t *value)
{
    switch (offset) {
    case FIREWALL_PERIPHERALS:
    case FIREWALL_PERIPHERALS + 4:
        *value = s->granted[i][(offset - FIREWALL_PERIPHERALS) / 4];
        return true;
    case FIREWALL_PERIPHERALS_LOCK:
    case FIREWALL_PERIPHERALS_LOCK + 4:
        *value = s->granted_lock[i][(offset - FIREWALL_PERIPHERALS_LOCK) / 4];
        return true;
    default: return false;
    }
}

/* What a window may show: [low, high), of which a part may be secure. */
typedef struct Bounds {
    uint32_t low;
    uint32_t high;
    uint32_t reach; /* no enabled window's limit above */
    uint32_t control; /* bits of CONTROL that exist */
} Bounds;

static Bounds ram_bounds(FirewallState *s)
{
    return (Bounds){
        .low = MT3620_RAM,
        .high = MT3620_RAM + MT3620_RAM_BYTES,
        .reach = s->secure_base ? s->secure_base : MT3620_RAM + MT3620_RAM_BYTES,
        .control = CONTROL_INITIATOR | FIREWALL_CONTROL_WRITE | FIREWALL_CONTROL_ENABLED |
                   FIREWALL_CONTROL_LOCKED,
    };
}

static Bounds flash_bounds(void)
{
    return (Bounds){
        .low = 0,
        .high = MT3620_FLASH_BYTES,
        .reach = MT3620_FLASH_BYTES,
        .control = CONTROL_INITIATOR | FIREWALL_CONTROL_ENABLED | FIREWALL_CONTROL_LOCKED,
    };
}

static bool window_set(Window *w, const Bounds *bounds, unsigned offset, uint32_t value)
{
    if (w->control & FIREWALL_CONTROL_LOCKED) {
        return false;
    }
    switch (offset) {
    case FIREWALL_BASE:
    case FIREWALL_LIMIT:
        if ((w->control & FIREWALL_CONTROL_ENABLED) || value % FIREWALL_GRANULE != 0 ||
            value < bounds->low || value > bounds->reach ||
            (offset == FIREWALL_BASE && value == bounds->high)) {
            return false;
        }
        *(offset == FIREWALL_BASE ? &w->base : &w->limit) = value;
        return true;
    case FIREWALL_CONTROL:
        if (value & ~bounds->control) {
            return false;
        }
        if (value & FIREWALL_CONTROL_ENABLED) {
            if (!filtered(value & CONTROL_INITIATOR) || w->base < bounds->low ||
                w->base >= w->limit || w->limit > bounds->reach) {
                return false;
            }
        }
        w->control = value;
        return true;
    default: return false;
    }
}

static bool window_get(const Window *w, unsigned offset, uint32_t *value)
{
    switch (offset) {
    case FIREWALL_BASE: *value = w->base; return true;
    case FIREWALL_LIMIT: *value = w->limit; return true;
    case FIREWALL_CONTROL: *value = w->control; return true;
    default: return false;
    }
}

static bool secure_base_set(FirewallState *s, uint32_t value)
{
    if (s->secure_base || value % FIREWALL_GRANULE != 0 || value < MT3620_RAM ||
        value >= MT3620_RAM + MT3620_RAM_BYTES) {
        return false;
    }
    for (unsigned i = 0; i < FIREWALL_RAM_WINDOWS; i++) {
        const Window *w = &s->ram_window[i];

        if ((w->control & FIREWALL_CONTROL_ENABLED) && w->limit > value) {
            return false;
        }
    }
    s->secure_base = value;
    return true;
}

static bool xip_set(FirewallState *s, unsigned core, uint32_t value)
{
    if (value % FIREWALL_GRANULE != 0 || value >= MT3620_FLASH_BYTES) {
        return false;
    }
    s->xip[core] = value;
    grants_xip(&s->grants, core, value);
    return true;
}

static bool in(hwaddr offset, unsigned first, unsigned count, unsigned stride)
{
    return offset >= first && offset < first + count * stride;
}

static bool register_set(FirewallState *s, unsigned offset, uint32_t value)
{
    if (s->lock & LOCK_ALL) {
        return offset == FIREWALL_LOCK && (value & LOCK_ALL);
    }
    if (in(offset, ROWS, GRANTS_FILTERED, FIREWALL_INITIATOR_STRIDE)) {
        offset -= ROWS;
        return row_set(s, offset / FIREWALL_INITIATOR_STRIDE, offset % FIREWALL_INITIATOR_STRIDE,
                       value);
    }
    if (in(offset, FIREWALL_RAM, FIREWALL_RAM_WINDOWS, FIREWALL_WINDOW_STRIDE)) {
        unsigned number = (offset - FIREWALL_RAM) / FIREWALL_WINDOW_STRIDE;
        Bounds bounds = ram_bounds(s);

        if (!window_set(&s->ram_window[number], &bounds, offset % FIREWALL_WINDOW_STRIDE, value)) {
            return false;
        }
        ram_window_apply(s, number);
        return true;
    }
    if (in(offset, FIREWALL_FLASH, FIREWALL_FLASH_REGIONS, FIREWALL_WINDOW_STRIDE)) {
        unsigned number = (offset - FIREWALL_FLASH) / FIREWALL_WINDOW_STRIDE;
        Bounds bounds = flash_bounds();

        if (!window_set(&s->flash_region[number], &bounds, offset % FIREWALL_WINDOW_STRIDE,
                        value)) {
            return false;
        }
        flash_region_apply(s, number);
        return true;
    }
    switch (offset) {
    case FIREWALL_LOCK: s->lock |= value & LOCK_ALL; return !(value & ~(uint32_t)LOCK_ALL);
    case FIREWALL_SECURE_BASE: return secure_base_set(s, value);
    case FIREWALL_IO0_XIP: return xip_set(s, 0, value);
    case FIREWALL_IO1_XIP: return xip_set(s, 1, value);
    default: return false;
    }
}

static bool register_get(FirewallState *s, unsigned offset, uint32_t *value)
{
    if (in(offset, ROWS, GRANTS_FILTERED, FIREWALL_INITIATOR_STRIDE)) {
        offset -= ROWS;
        return row_get(s, offset / FIREWALL_INITIATOR_STRIDE, offset % FIREWALL_INITIATOR_STRIDE,
                       value);
    }
    if (in(offset, FIREWALL_RAM, FIREWALL_RAM_WINDOWS, FIREWALL_WINDOW_STRIDE)) {
        return window_get(&s->ram_window[(offset - FIREWALL_RAM) / FIREWALL_WINDOW_STRIDE],
                          offset % FIREWALL_WINDOW_STRIDE, value);
    }
    if (in(offset, FIREWALL_FLASH, FIREWALL_FLASH_REGIONS, FIREWALL_WINDOW_STRIDE)) {
        return window_get(&s->flash_region[(offset - FIREWALL_FLASH) / FIREWALL_WINDOW_STRIDE],
                          offset % FIREWALL_WINDOW_STRIDE, value);
    }
    switch (offset) {
    case FIREWALL_STATUS: *value = s->status; return true;
    case FIREWALL_LOCK: *value = s->lock; return true;
    case FIREWALL_VIOLATIONS: *value = s->violations; return true;
    case FIREWALL_VIOLATION_ADDR: *value = s->violation_addr; return true;
    case FIREWALL_VIOLATION_INFO: *value = s->violation_info; return true;
    case FIREWALL_VIOLATION_ACK: *value = 0; return true;
    case FIREWALL_SECURE_BASE: *value = s->secure_base; return true;
    case FIREWALL_IO0_XIP: *value = s->xip[0]; return true;
    case FIREWALL_IO1_XIP: *value = s->xip[1]; return true;
    default: return false;
    }
}

static uint64_t firewall_read(void *opaque, hwaddr offset, unsigned size)
{
    uint32_t value = 0;

    if (!register_get(opaque, (unsigned)offset, &value)) {
        qemu_log_mask(LOG_GUEST_ERROR, "firewall: read of no register, 0x%03x\n", (unsigned)offset);
    }
    return value;
}

static void firewall_write(void *opaque, hwaddr offset, uint64_t value, unsigned size)
{
    FirewallState *s = opaque;

    /* What is not configuration stays usable when the block is locked. */
    if (offset == FIREWALL_STATUS) {
        s->status &= ~(uint32_t)value;
        return;
    }
    if (offset == FIREWALL_VIOLATION_ACK) {
        if (value & 1) {
            qemu_irq_lower(s->irq);
        }
        return;
    }
    if (!register_set(s, (unsigned)offset, (uint32_t)value)) {
        s->status |= STATUS_FORBIDDEN;
        qemu_log_mask(LOG_GUEST_ERROR, "firewall: write of 0x%08x to 0x%03x forbidden\n",
                      (uint32_t)value, (unsigned)offset);
    }
}

static const MemoryRegionOps register_ops = {
    .read = firewall_read,
    .write = firewall_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
};

/* ---- device ---- */

static void firewall_reset(DeviceState *dev)
{
    FirewallState *s = MT3620_FIREWALL_DEVICE(dev);

    memory_region_transaction_begin();
    s->status = 0;
    s->lock = 0;
    s->violations = 0;
    s->violation_addr = 0;
    s->violation_info = 0;
    s->secure_base = 0;
    memset(s->granted, 0, sizeof(s->granted));
    memset(s->granted_lock, 0, sizeof(s->granted_lock));
    peripherals_apply(s);
    memset(s->ram_window, 0, sizeof(s->ram_window));
    for (unsigned i = 0; i < FIREWALL_RAM_WINDOWS; i++) {
        ram_window_apply(s, i);
    }
    memset(s->flash_region, 0, sizeof(s->flash_region));
    for (unsigned i = 0; i < FIREWALL_FLASH_REGIONS; i++) {
        flash_region_apply(s, i);
    }
    for (unsigned core = 0; core < GRANTS_IO_CORES; core++) {
        s->xip[core] = 0;
        grants_xip(&s->grants, core, 0);
    }
    memory_region_transaction_commit();
    qemu_irq_lower(s->irq);
}

static void firewall_realize(DeviceState *dev, Error **errp)
{
    FirewallState *s = MT3620_FIREWALL_DEVICE(dev);
    Object *owner = OBJECT(dev);

    if (!s->ram || !s->flash || !s->flash_normal) {
        error_setg(errp, "firewall: nothing to guard");
        return;
    }
    memory_region_init_io(&s->registers, owner, &register_ops, s, "firewall", REGISTERS_BYTES);
    sysbus_init_mmio(SYS_BUS_DEVICE(dev), &s->registers);
    sysbus_init_irq(SYS_BUS_DEVICE(dev), &s->irq);

    grants_make(&s->grants, owner, s->ram, s->flash, s->flash_normal);
}

static void firewall_instance_init(Object *obj)
{
    FirewallState *s = MT3620_FIREWALL_DEVICE(obj);

    grants_init(&s->grants, obj, s);
}

static Property firewall_properties[] = {
    DEFINE_PROP_LINK("ram", FirewallState, ram, TYPE_MEMORY_REGION, MemoryRegion *),
    DEFINE_PROP_LINK("flash", FirewallState, flash, TYPE_MEMORY_REGION, MemoryRegion *),
    DEFINE_PROP_LINK("flash-normal", FirewallState, flash_normal, TYPE_MEMORY_REGION,
                     MemoryRegion *),
    DEFINE_PROP_LINK("infra-pluton", FirewallState, infra[MT3620_PLUTON],
                     TYPE_MT3620_M4_INFRA_DEVICE, M4InfraState *),
    DEFINE_PROP_LINK("infra-io0", FirewallState, infra[MT3620_IO0], TYPE_MT3620_M4_INFRA_DEVICE,
                     M4InfraState *),
    DEFINE_PROP_LINK("infra-io1", FirewallState, infra[MT3620_IO1], TYPE_MT3620_M4_INFRA_DEVICE,
                     M4InfraState *),
    DEFINE_PROP_END_OF_LIST(),
};

static void firewall_class_init(ObjectClass *class, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(class);

    dc->realize = firewall_realize;
    dc->reset = firewall_reset;
    dc->user_creatable = false;
    device_class_set_props(dc, firewall_properties);
}

static const TypeInfo firewall_types[] = {
    {
        .name = TYPE_MT3620_FIREWALL_DEVICE,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(FirewallState),
        .instance_init = firewall_instance_init,
        .class_init = firewall_class_init,
    },
};

DEFINE_TYPES(firewall_types)
