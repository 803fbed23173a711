/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "machine/grants.h"

#include "exec/address-spaces.h"
#include "machine/firewall.h"

enum { AS_IT_IS, REMAPPED };
enum { READ_ONLY, WRITABLE };

static const struct {
    const char *name;
    hwaddr base;
    uint64_t bytes;
} peripherals[FIREWALL_PERIPHERAL_COUNT] = {
#define ROW(number, text, at, size, shared) [number] = { #text, at, size },
    FIREWALL_PERIPHERAL_TABLE(ROW)
#undef ROW
};

/* ---- pieces that refuse writes ---- */

static MemTxResult rtc_read(void *opaque, hwaddr offset, uint64_t *data, unsigned size,
                            MemTxAttrs attrs)
{
    Grants *g = opaque;
    MemTxResult result;

    *data = address_space_ldl_le(&g->rtc, offset, attrs, &result);
    return result;
}

static MemTxResult rtc_write(void *opaque, hwaddr offset, uint64_t value, unsigned size,
                             MemTxAttrs attrs)
{
    Grants *g = opaque;

    firewall_refuse(g->firewall, initiator_of(attrs), MT3620_RTC + (uint32_t)offset, size, true);
    return MEMTX_ERROR;
}

static const MemoryRegionOps rtc_ops = {
    .read_with_attrs = rtc_read,
    .write_with_attrs = rtc_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
};

static MemTxResult ram_read(void *opaque, hwaddr offset, uint64_t *data, unsigned size,
                            MemTxAttrs attrs)
{
    Grants *g = opaque;

    *data = ldn_le_p((uint8_t *)memory_region_get_ram_ptr(g->ram) + offset, (int)size);
    return MEMTX_OK;
}

static MemTxResult ram_write(void *opaque, hwaddr offset, uint64_t value, unsigned size,
                             MemTxAttrs attrs)
{
    Grants *g = opaque;

    firewall_refuse(g->firewall, initiator_of(attrs), MT3620_RAM + (uint32_t)offset, size, true);
    return MEMTX_ERROR;
}

static const MemoryRegionOps ram_ops = {
    .read_with_attrs = ram_read,
    .write_with_attrs = ram_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

/* ---- orders ---- */

void grants_peripheral(Grants *g, enum mt3620_initiator initiator, enum firewall_peripheral number,
                       bool enabled)
{
    memory_region_set_enabled(&g->gate[initiator - GRANTS_FIRST][number], enabled);
}

static void piece_unmap(Piece *piece)
{
    if (piece->mapped) {
        memory_region_del_subregion(piece->mapped->container, piece->mapped);
        piece->mapped = NULL;
    }
}

static void piece_map(Piece *piece, MemoryRegion *in, hwaddr at, unsigned part, uint32_t offset,
                      uint32_t bytes, unsigned priority)
{
    piece->mapped = &piece->part[part];
    memory_region_set_alias_offset(piece->mapped, offset);
    memory_region_set_size(piece->mapped, bytes);
    memory_region_add_subregion_overlap(in, at, piece->mapped, (int)priority);
}

void grants_ram(Grants *g, unsigned window, const Grant *grant)
{
    Piece *piece = &g->ram_window[window];

    piece_unmap(piece);
    if (grant->enabled) {
        piece_map(piece, &g->view[grant->initiator].memory, grant->base,
                  grant->writable ? WRITABLE : READ_ONLY, grant->base - MT3620_RAM,
                  grant->limit - grant->base, window);
    }
}

void grants_flash(Grants *g, unsigned region, const Grant *grant)
{
    Piece *piece = &g->flash_region[region];
    uint32_t bytes = grant->limit - grant->base;

    piece_unmap(piece);
    if (!grant->enabled) {
        return;
    }
    if (grant->initiator == MT3620_A7_NORMAL) {
        piece_map(piece, &g->view[MT3620_A7_NORMAL].memory, MT3620_FLASH + grant->base, REMAPPED,
                  grant->base, bytes, region);
    } else {
        piece_map(piece, &g->io_flash[grant->initiator - MT3620_IO0], grant->base, AS_IT_IS,
                  grant->base, bytes, region);
    }
}

void grants_xip(Grants *g, unsigned core, uint32_t offset)
{
    memory_region_set_alias_offset(&g->io_window[core], offset);
    memory_region_set_size(&g->io_window[core],
                           MIN(MT3620_IO_XIP_BYTES, MT3620_FLASH_BYTES - offset));
}

/* ---- making ---- */

void grants_init(Grants *g, Object *owner, FirewallState *firewall)
{
    g->firewall = firewall;
    for (unsigned i = 0; i < MT3620_INITIATORS; i++) {
        view_init(&g->view[i], owner, i, firewall);
    }
    for (unsigned n = 0; n < FIREWALL_PERIPHERAL_COUNT; n++) {
        memory_region_init(&g->block[n], owner, peripherals[n].name, peripherals[n].bytes);
    }
}

static void gates_make(Grants *g, Object *owner)
{
    for (unsigned n = 0; n < FIREWALL_PERIPHERAL_COUNT; n++) {
        const char *name = peripherals[n].name;

        view_map(&g->view[MT3620_A7_SECURE], &g->block[n], peripherals[n].base);
        for (unsigned i = 0; i < GRANTS_FILTERED; i++) {
            MemoryRegion *gate = &g->gate[i][n];

            if (n == FIREWALL_RTC) {
                memory_region_init_io(gate, owner, &rtc_ops, g, name, peripherals[n].bytes);
            } else {
                memory_region_init_alias(gate, owner, name, &g->block[n], 0, peripherals[n].bytes);
            }
            memory_region_set_enabled(gate, false);
            memory_region_add_subregion(&g->view[GRANTS_FIRST + i].memory, peripherals[n].base,
                                        gate);
        }
    }
    address_space_init(&g->rtc, &g->block[FIREWALL_RTC], "rtc");
}

static void piece_make(Piece *piece, Object *owner, MemoryRegion *zero, MemoryRegion *one)
{
    memory_region_init_alias(&piece->part[0], owner, memory_region_name(zero), zero, 0,
                             FIREWALL_GRANULE);
    memory_region_init_alias(&piece->part[1], owner, memory_region_name(one), one, 0,
                             FIREWALL_GRANULE);
}

void grants_make(Grants *g, Object *owner, MemoryRegion *ram, MemoryRegion *flash,
                 MemoryRegion *flash_normal)
{
    g->ram = ram;
    gates_make(g, owner);
    memory_region_init_io(&g->ram_read_only, owner, &ram_ops, g, "ram-read-only",
                          memory_region_size(ram));
    for (unsigned i = 0; i < FIREWALL_RAM_WINDOWS; i++) {
        piece_make(&g->ram_window[i], owner, &g->ram_read_only, ram);
    }
    for (unsigned i = 0; i < FIREWALL_FLASH_REGIONS; i++) {
        piece_make(&g->flash_region[i], owner, flash, flash_normal);
    }
    for (unsigned core = 0; core < GRANTS_IO_CORES; core++) {
        memory_region_init(&g->io_flash[core], owner, "io-flash", MT3620_FLASH_BYTES);
        memory_region_init_alias(&g->io_window[core], owner, "io-xip", &g->io_flash[core], 0,
                                 MT3620_IO_XIP_BYTES);
        memory_region_add_subregion(&g->view[MT3620_IO0 + core].memory, MT3620_IO_XIP,
                                    &g->io_window[core]);
    }
}
