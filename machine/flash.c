/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "machine/flash.h"

#include "abi/flash_layout.h"
#include "abi/mt3620.h"
#include "abi/mt3620_flash.h"
#include "hw/qdev-properties.h"
#include "hw/sysbus.h"
#include "machine/end.h"
#include "machine/fault.h"
#include "machine/firewall.h"
#include "machine/hostfile.h"
#include "qemu/log.h"

enum {
    FLASH_REGISTERS_BYTES = 0x1000,
    FLASH_BUFFER_END = FLASH_BUFFER + FLASH_PAGE_BYTES,
};

struct FlashState {
    SysBusDevice parent_obj;

    MemoryRegion registers;
    MemoryRegion array;  /* of bytes; reads and fetches go there directly */
    MemoryRegion normal; /* container: array, and over it the remapped system slot */
    MemoryRegion normal_array;
    MemoryRegion normal_system;
    FirewallState *firewall;

    HostFile file;
    uint8_t *bytes;

    uint32_t status;
    uint32_t address;
    uint32_t length;
    uint32_t remap;
    uint32_t lock;
    uint32_t protect;
    uint32_t operations;
    uint8_t buffer[FLASH_PAGE_BYTES];

    char *file_path;
    char *fault_text;
    char *flip_text;
    FaultPoint fault;
};

MemoryRegion *flash_array(FlashState *s)
{
    return &s->array;
}

MemoryRegion *flash_normal(FlashState *s)
{
    return &s->normal;
}

/* The command's range, if it is one that may be changed. */
static bool command_range(FlashState *s, uint32_t command, uint32_t *at, uint32_t *bytes)
{
    switch (command) {
    case FLASH_COMMAND_ERASE:
        *bytes = FLASH_SECTOR_BYTES;
        if (s->address % FLASH_SECTOR_BYTES != 0) {
            return false;
        }
        break;
    case FLASH_COMMAND_PROGRAM:
        *bytes = s->length;
        if (s->length == 0 || s->length > FLASH_PAGE_BYTES ||
            s->length > FLASH_PAGE_BYTES - s->address % FLASH_PAGE_BYTES) {
            return false;
        }
        break;
    default: return false;
    }
    *at = s->address;
    return *at < MT3620_FLASH_BYTES && *bytes <= MT3620_FLASH_BYTES - *at &&
           !((s->lock & FLASH_LOCK_PROTECT) && *at < s->protect);
}

/* The first count bytes of the range get their new value; they are durable on return. */
static void change(FlashState *s, uint32_t command, uint32_t at, uint32_t count)
{
    Error *err = NULL;

    for (uint32_t i = 0; i < count; i++) {
        s->bytes[at + i] = command == FLASH_COMMAND_ERASE ? 0xFF : s->bytes[at + i] & s->buffer[i];
    }
    memory_region_flush_rom_device(&s->array, at, count);
    if (s->file.fd >= 0 && !hostfile_write(&s->file, s->bytes + at, count, at, &err)) {
        /* What the chip says it holds, it must hold: no going on. */
        error_report_err(err);
        mt3620_end(MT3620_END_USAGE);
    }
}

static void run_command(FlashState *s, uint32_t command)
{
    uint32_t at, bytes;

    if (mt3620_ended()) {
        return; /* no power */
    }
    if (!command_range(s, command, &at, &bytes)) {
        qemu_log_mask(LOG_GUEST_ERROR, "flash: command %u at 0x%x, %u bytes: refused\n", command,
                      s->address, s->length);
        s->status |= FLASH_STATUS_FAILED;
        return;
    }
    if (s->fault.armed && s->operations == s->fault.at) {
        if (s->fault.torn) {
            change(s, command, at, bytes / 2);
        }
        mt3620_end(MT3620_END_POWER_LOST);
        return;
    }
    change(s, command, at, bytes);
    s->status &= ~FLASH_STATUS_FAILED;
    s->operations++;
}

static void remap_set(FlashState *s, uint32_t offset)
{
    s->remap = offset;
    memory_region_set_alias_offset(&s->normal_system, offset);
}

static uint64_t flash_read(void *opaque, hwaddr offset, unsigned size)
{
    FlashState *s = opaque;

    switch (offset) {
    case FLASH_ID: return FLASH_ID_VALUE;
    case FLASH_STATUS: return s->status;
    case FLASH_ADDRESS: return s->address;
    case FLASH_LENGTH: return s->length;
    case FLASH_COMMAND: return 0;
    case FLASH_REMAP_OFFSET: return s->remap;
    case FLASH_LOCK: return s->lock;
    case FLASH_PROTECT: return s->protect;
    case FLASH_OPERATIONS: return s->operations;
    default: break;
    }
    if (offset >= FLASH_BUFFER && offset < FLASH_BUFFER_END) {
        return ldl_le_p(s->buffer + (offset - FLASH_BUFFER));
    }
    qemu_log_mask(LOG_GUEST_ERROR, "flash: read of no register, 0x%03x\n", (unsigned)offset);
    return 0;
}

static void flash_write(void *opaque, hwaddr offset, uint64_t value, unsigned size)
{
    FlashState *s = opaque;
    uint32_t word = (uint32_t)value;

    switch (offset) {
    case FLASH_ADDRESS: s->address = word; return;
    case FLASH_LENGTH: s->length = word; return;
    case FLASH_COMMAND: run_command(s, word); return;
    case FLASH_REMAP_OFFSET:
        if ((s->lock & FLASH_LOCK_REMAP) || word % FLASH_SECTOR_BYTES != 0 ||
            word > MT3620_FLASH_BYTES - FLASH_SYSTEM_A_BYTES) {
            break;
        }
        remap_set(s, word);
        return;
    case FLASH_LOCK: s->lock |= word & (FLASH_LOCK_REMAP | FLASH_LOCK_PROTECT); return;
    case FLASH_PROTECT:
        if ((s->lock & FLASH_LOCK_PROTECT) || word % FLASH_SECTOR_BYTES != 0 ||
            word > MT3620_FLASH_BYTES) {
            break;
        }
        s->protect = word;
        return;
    default:
        if (offset >= FLASH_BUFFER && offset < FLASH_BUFFER_END) {
            stl_le_p(s->buffer + (offset - FLASH_BUFFER), word);
            return;
        }
        break;
    }
    qemu_log_mask(LOG_GUEST_ERROR, "flash: write of 0x%08x to 0x%03x refused\n", word,
                  (unsigned)offset);
}

static const MemoryRegionOps register_ops = {
    .read = flash_read,
    .write = flash_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
};

/* Reads never come here: a ROM device answers them from its bytes. */
static MemTxResult array_write(void *opaque, hwaddr offset, uint64_t value, unsigned size,
                               MemTxAttrs attrs)
{
    FlashState *s = opaque;

    firewall_refuse(s->firewall, initiator_of(attrs), MT3620_FLASH + (uint32_t)offset, size, true);
    return MEMTX_ERROR;
}

static const MemoryRegionOps array_ops = {
    .write_with_attrs = array_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

static void flash_reset(DeviceState *dev)
{
    FlashState *s = MT3620_FLASH_DEVICE(dev);

    s->status = 0;
    s->address = 0;
    s->length = 0;
    s->lock = 0;
    s->protect = 0;
    memset(s->buffer, 0, sizeof(s->buffer));
    remap_set(s, FLASH_SYSTEM_A_AT);
}

static bool flash_power_on(FlashState *s, Error **errp)
{
    FaultFlip flip;

    if (!fault_point_parse(s->fault_text, &s->fault, errp) ||
        !fault_flip_parse(s->flip_text, MT3620_FLASH_BYTES, &flip, errp)) {
        return false;
    }
    if (s->file_path) {
        if (!hostfile_open(&s->file, "flash", s->file_path, MT3620_FLASH_BYTES, errp) ||
            !hostfile_read(&s->file, s->bytes, MT3620_FLASH_BYTES, 0, errp)) {
            return false;
        }
    } else {
        memset(s->bytes, 0xFF, MT3620_FLASH_BYTES);
    }
    fault_flip(&flip, s->bytes);
    return true;
}

static void flash_realize(DeviceState *dev, Error **errp)
{
    FlashState *s = MT3620_FLASH_DEVICE(dev);
    Object *owner = OBJECT(dev);

    memory_region_init_io(&s->registers, owner, &register_ops, s, "flash-controller",
                          FLASH_REGISTERS_BYTES);
    sysbus_init_mmio(SYS_BUS_DEVICE(dev), &s->registers);

    memory_region_init_rom_device(&s->array, owner, &array_ops, s, "flash", MT3620_FLASH_BYTES,
                                  &error_fatal);
    s->bytes = memory_region_get_ram_ptr(&s->array);
    memory_region_init(&s->normal, owner, "flash-normal", MT3620_FLASH_BYTES);
    memory_region_init_alias(&s->normal_array, owner, "flash-as-is", &s->array, 0,
                             MT3620_FLASH_BYTES);
    memory_region_add_subregion_overlap(&s->normal, 0, &s->normal_array, 0);
    memory_region_init_alias(&s->normal_system, owner, "flash-system", &s->array,
                             FLASH_SYSTEM_A_AT, FLASH_SYSTEM_A_BYTES);
    memory_region_add_subregion_overlap(&s->normal, FLASH_SYSTEM_A_AT, &s->normal_system, 1);
    flash_power_on(s, errp);
}

static void flash_instance_init(Object *obj)
{
    MT3620_FLASH_DEVICE(obj)->file.fd = -1;
}

static Property flash_properties[] = {
    DEFINE_PROP_STRING("file", FlashState, file_path),
    DEFINE_PROP_STRING("fault", FlashState, fault_text),
    DEFINE_PROP_STRING("flip", FlashState, flip_text),
    DEFINE_PROP_LINK("firewall", FlashState, firewall, TYPE_MT3620_FIREWALL_DEVICE, FirewallState *),
    DEFINE_PROP_END_OF_LIST(),
};

static void flash_class_init(ObjectClass *class, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(class);

    dc->realize = flash_realize;
    dc->reset = flash_reset;
    dc->user_creatable = false;
    device_class_set_props(dc, flash_properties);
}

static const TypeInfo flash_types[] = {
    {
        .name = TYPE_MT3620_FLASH_DEVICE,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(FlashState),
        .instance_init = flash_instance_init,
        .class_init = flash_class_init,
    },
};

DEFINE_TYPES(flash_types)
