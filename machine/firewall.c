/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "machine/firewall.h"

#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include "hw/sysbus.h"
#include "qapi/error.h"
#include "qemu/log.h"

enum {
    FILTERED = 3, /* A7_NORMAL, IO0, IO1; index = initiator - FIRST */
    FIRST = 1, /* MT3620_A7_NORMAL */
    IO_CORES = 2,
    REGISTERS_BYTES = 0x1000,
    STATUS_FORBIDDEN = 1,
    LOCK_ALL = 1,
    INFO_WRITE = 1 << 8,
    CONTROL_INITIATOR = 0xF,
    WORDS = 2, /* of peripheral bits */
};

typedef struct Peripheral {
    const char *name;
    hwaddr base;
    uint64_t bytes;
    bool shared;
} Peripheral;

static const Peripheral peripherals[FIREWALL_PERIPHERAL_COUNT] = {
#define ROW(number, text, at, size, several) [number] = { #text, at, size, several },
    FIREWALL_PERIPHERAL_TABLE(ROW)
#undef ROW
};

/* A RAM window or a flash region: its registers, and the pieces of view it can be. */
typedef struct Window {
    uint32_t base;
    uint32_t limit;
    uint32_t control;
    MemoryRegion piece[2]; /* RAM: read-only, writable; flash: as it is, through the remap */
    MemoryRegion *mapped;  /* one of them, while enabled */
} Window;

struct FirewallState {
    SysBusDevice parent_obj;

    MemoryRegion registers;
    qemu_irq irq;
    View view[MT3620_INITIATORS];
    MemoryRegion block[FIREWALL_PERIPHERAL_COUNT];
    MemoryRegion gate[FILTERED][FIREWALL_PERIPHERAL_COUNT];
    AddressSpace rtc; /* what the read-only gate reads from */
    MemoryRegion ram_read_only;
    MemoryRegion io_flash[IO_CORES]; /* container: the flash as far as granted to that core */
    MemoryRegion io_window[IO_CORES];
    MemoryRegion *ram;
    MemoryRegion *flash;
    MemoryRegion *flash_normal;

    uint32_t status;
    uint32_t lock;
    uint32_t violations;
    uint32_t violation_addr;
    uint32_t violation_info;
    uint32_t granted[FILTERED][WORDS];
    uint32_t granted_lock[FILTERED][WORDS];
    uint32_t secure_base;
    uint32_t xip[IO_CORES];
    Window ram_window[FIREWALL_RAM_WINDOWS];
    Window flash_region[FIREWALL_FLASH_REGIONS];
};

View *firewall_view(FirewallState *s, enum mt3620_initiator initiator)
{
    return &s->view[initiator];
}

MemoryRegion *firewall_block(FirewallState *s, enum firewall_peripheral number)
{
    return &s->block[number];
}

static bool filtered(enum mt3620_initiator initiator)
{
    return (int)initiator >= FIRST && (int)initiator < FIRST + FILTERED;
}

void firewall_refuse(FirewallState *s, enum mt3620_initiator initiator, uint32_t addr,
                     unsigned size, bool write)
{
    if (!phase_check(PHASE_MACHINE_READY)) {
        return; /* QEMU resets each core once while it is made */
    }
    qemu_log_mask(LOG_GUEST_ERROR, "firewall: %s: %s of %u bytes at 0x%08x refused\n",
                  initiator_name(initiator), write ? "write" : "read", size, addr);
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

/* ---- what the registers mean in the views ---- */

static void peripherals_apply(FirewallState *s)
{
    for (unsigned i = 0; i < FILTERED; i++) {
        for (unsigned n = 0; n < FIREWALL_PERIPHERAL_COUNT; n++) {
            memory_region_set_enabled(&s->gate[i][n], s->granted[i][n / 32] >> (n % 32) & 1);
        }
    }
}

static void window_unmap(Window *w)
{
    if (w->mapped) {
        memory_region_del_subregion(w->mapped->container, w->mapped);
        w->mapped = NULL;
    }
}

static void window_map(Window *w, MemoryRegion *in, hwaddr at, unsigned piece, uint32_t offset,
                       int priority)
{
    w->mapped = &w->piece[piece];
    memory_region_set_alias_offset(w->mapped, offset);
    memory_region_set_size(w->mapped, w->limit - w->base);
    memory_region_add_subregion_overlap(in, at, w->mapped, priority);
}

static void ram_window_apply(FirewallState *s, Window *w)
{
    int priority = (int)(w - s->ram_window);

    window_unmap(w);
    if (w->control & FIREWALL_CONTROL_ENABLED) {
        window_map(w, &s->view[w->control & CONTROL_INITIATOR].memory, w->base,
                   w->control & FIREWALL_CONTROL_WRITE ? 1 : 0, w->base - MT3620_RAM, priority);
    }
}

static void flash_region_apply(FirewallState *s, Window *w)
{
    uint32_t initiator = w->control & CONTROL_INITIATOR;
    int priority = (int)(w - s->flash_region);

    window_unmap(w);
    if (!(w->control & FIREWALL_CONTROL_ENABLED)) {
        return;
    }
    if (initiator == MT3620_A7_NORMAL) {
        window_map(w, &s->view[initiator].memory, MT3620_FLASH + w->base, 1, w->base, priority);
    } else {
        window_map(w, &s->io_flash[initiator - MT3620_IO0], w->base, 0, w->base, priority);
    }
}

static void xip_apply(FirewallState *s, unsigned core)
{
    memory_region_set_alias_offset(&s->io_window[core], s->xip[core]);
    memory_region_set_size(&s->io_window[core],
                           MIN(MT3620_IO_XIP_BYTES, MT3620_FLASH_BYTES - s->xip[core]));
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
        for (unsigned other = 0; other < FILTERED; other++) {
            if (other != i && !peripherals[n].shared && (s->granted[other][word] >> bit & 1)) {
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
    xip_apply(s, core);
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
    if (in(offset, FIREWALL_INITIATOR + FIRST * FIREWALL_INITIATOR_STRIDE, FILTERED,
           FIREWALL_INITIATOR_STRIDE)) {
        offset -= FIREWALL_INITIATOR;
        return row_set(s, offset / FIREWALL_INITIATOR_STRIDE - FIRST,
                       offset % FIREWALL_INITIATOR_STRIDE, value);
    }
    if (in(offset, FIREWALL_RAM, FIREWALL_RAM_WINDOWS, FIREWALL_WINDOW_STRIDE)) {
        Window *w = &s->ram_window[(offset - FIREWALL_RAM) / FIREWALL_WINDOW_STRIDE];
        Bounds bounds = ram_bounds(s);

        if (!window_set(w, &bounds, offset % FIREWALL_WINDOW_STRIDE, value)) {
            return false;
        }
        ram_window_apply(s, w);
        return true;
    }
    if (in(offset, FIREWALL_FLASH, FIREWALL_FLASH_REGIONS, FIREWALL_WINDOW_STRIDE)) {
        Window *w = &s->flash_region[(offset - FIREWALL_FLASH) / FIREWALL_WINDOW_STRIDE];
        Bounds bounds = flash_bounds();

        if (!window_set(w, &bounds, offset % FIREWALL_WINDOW_STRIDE, value)) {
            return false;
        }
        flash_region_apply(s, w);
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
    if (in(offset, FIREWALL_INITIATOR + FIRST * FIREWALL_INITIATOR_STRIDE, FILTERED,
           FIREWALL_INITIATOR_STRIDE)) {
        offset -= FIREWALL_INITIATOR;
        return row_get(s, offset / FIREWALL_INITIATOR_STRIDE - FIRST,
                       offset % FIREWALL_INITIATOR_STRIDE, value);
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

/* ---- pieces that refuse writes ---- */

static MemTxResult rtc_gate_read(void *opaque, hwaddr offset, uint64_t *data, unsigned size,
                                 MemTxAttrs attrs)
{
    FirewallState *s = opaque;
    MemTxResult result;

    *data = address_space_ldl_le(&s->rtc, offset, attrs, &result);
    return result;
}

static MemTxResult rtc_gate_write(void *opaque, hwaddr offset, uint64_t value, unsigned size,
                                  MemTxAttrs attrs)
{
    firewall_refuse(opaque, initiator_of(attrs), MT3620_RTC + (uint32_t)offset, size, true);
    return MEMTX_ERROR;
}

static const MemoryRegionOps rtc_gate_ops = {
    .read_with_attrs = rtc_gate_read,
    .write_with_attrs = rtc_gate_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
};

static MemTxResult ram_gate_read(void *opaque, hwaddr offset, uint64_t *data, unsigned size,
                                 MemTxAttrs attrs)
{
    FirewallState *s = opaque;

    *data = ldn_le_p((uint8_t *)memory_region_get_ram_ptr(s->ram) + offset, (int)size);
    return MEMTX_OK;
}

static MemTxResult ram_gate_write(void *opaque, hwaddr offset, uint64_t value, unsigned size,
                                  MemTxAttrs attrs)
{
    firewall_refuse(opaque, initiator_of(attrs), MT3620_RAM + (uint32_t)offset, size, true);
    return MEMTX_ERROR;
}

static const MemoryRegionOps ram_gate_ops = {
    .read_with_attrs = ram_gate_read,
    .write_with_attrs = ram_gate_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
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
    for (unsigned i = 0; i < FIREWALL_RAM_WINDOWS + FIREWALL_FLASH_REGIONS; i++) {
        Window *w = i < FIREWALL_RAM_WINDOWS ? &s->ram_window[i]
                                             : &s->flash_region[i - FIREWALL_RAM_WINDOWS];

        window_unmap(w);
        w->base = 0;
        w->limit = 0;
        w->control = 0;
    }
    for (unsigned core = 0; core < IO_CORES; core++) {
        s->xip[core] = 0;
        xip_apply(s, core);
    }
    memory_region_transaction_commit();
    qemu_irq_lower(s->irq);
}

static void gates_make(FirewallState *s)
{
    for (unsigned n = 0; n < FIREWALL_PERIPHERAL_COUNT; n++) {
        const Peripheral *p = &peripherals[n];

        view_map(&s->view[MT3620_A7_SECURE], &s->block[n], p->base);
        for (unsigned i = 0; i < FILTERED; i++) {
            MemoryRegion *gate = &s->gate[i][n];

            if (n == FIREWALL_RTC) {
                memory_region_init_io(gate, OBJECT(s), &rtc_gate_ops, s, p->name, p->bytes);
            } else {
                memory_region_init_alias(gate, OBJECT(s), p->name, &s->block[n], 0, p->bytes);
            }
            memory_region_set_enabled(gate, false);
            memory_region_add_subregion(&s->view[FIRST + i].memory, p->base, gate);
        }
    }
    address_space_init(&s->rtc, &s->block[FIREWALL_RTC], "rtc");
}

static void pieces_make(Window *w, Object *owner, MemoryRegion *zero, MemoryRegion *one)
{
    memory_region_init_alias(&w->piece[0], owner, memory_region_name(zero), zero, 0,
                             FIREWALL_GRANULE);
    memory_region_init_alias(&w->piece[1], owner, memory_region_name(one), one, 0,
                             FIREWALL_GRANULE);
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

    gates_make(s);
    memory_region_init_io(&s->ram_read_only, owner, &ram_gate_ops, s, "ram-read-only",
                          memory_region_size(s->ram));
    for (unsigned i = 0; i < FIREWALL_RAM_WINDOWS; i++) {
        pieces_make(&s->ram_window[i], owner, &s->ram_read_only, s->ram);
    }
    for (unsigned i = 0; i < FIREWALL_FLASH_REGIONS; i++) {
        pieces_make(&s->flash_region[i], owner, s->flash, s->flash_normal);
    }
    for (unsigned core = 0; core < IO_CORES; core++) {
        memory_region_init(&s->io_flash[core], owner, "io-flash", MT3620_FLASH_BYTES);
        memory_region_init_alias(&s->io_window[core], owner, "io-xip", &s->io_flash[core], 0,
                                 MT3620_IO_XIP_BYTES);
        memory_region_add_subregion(&s->view[MT3620_IO0 + core].memory, MT3620_IO_XIP,
                                    &s->io_window[core]);
    }
}

static void firewall_instance_init(Object *obj)
{
    FirewallState *s = MT3620_FIREWALL_DEVICE(obj);

    for (unsigned i = 0; i < MT3620_INITIATORS; i++) {
        view_init(&s->view[i], obj, i, s);
    }
    for (unsigned n = 0; n < FIREWALL_PERIPHERAL_COUNT; n++) {
        memory_region_init(&s->block[n], obj, peripherals[n].name, peripherals[n].bytes);
    }
}

static Property firewall_properties[] = {
    DEFINE_PROP_LINK("ram", FirewallState, ram, TYPE_MEMORY_REGION, MemoryRegion *),
    DEFINE_PROP_LINK("flash", FirewallState, flash, TYPE_MEMORY_REGION, MemoryRegion *),
    DEFINE_PROP_LINK("flash-normal", FirewallState, flash_normal, TYPE_MEMORY_REGION,
                     MemoryRegion *),
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
