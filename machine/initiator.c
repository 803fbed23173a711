/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "machine/initiator.h"

#include "hw/core/cpu.h"
#include "machine/firewall.h"

static MemTxResult floor_read(void *opaque, hwaddr addr, uint64_t *data, unsigned size,
                              MemTxAttrs attrs)
{
    View *view = opaque;

    *data = 0;
    firewall_refuse(view->firewall, view->initiator, (uint32_t)addr, size, false);
    return MEMTX_DECODE_ERROR;
}

static MemTxResult floor_write(void *opaque, hwaddr addr, uint64_t data, unsigned size,
                               MemTxAttrs attrs)
{
    View *view = opaque;

    firewall_refuse(view->firewall, view->initiator, (uint32_t)addr, size, true);
    return MEMTX_DECODE_ERROR;
}

/* Any width arrives here, so that a refusal is counted once. */
static const MemoryRegionOps floor_ops = {
    .read_with_attrs = floor_read,
    .write_with_attrs = floor_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

void view_init(View *view, Object *owner, enum mt3620_initiator initiator, FirewallState *firewall)
{
    g_autofree char *name = g_strdup_printf("view-%s", initiator_name(initiator));

    view->initiator = initiator;
    view->firewall = firewall;
    memory_region_init(&view->memory, owner, name, 1ull << 32);
    memory_region_init_io(&view->floor, owner, &floor_ops, view, "floor", 1ull << 32);
    memory_region_add_subregion_overlap(&view->memory, 0, &view->floor, -100);
}

void view_map(View *view, MemoryRegion *region, hwaddr at)
{
    MemoryRegion *alias = g_new0(MemoryRegion, 1);

    memory_region_init_alias(alias, memory_region_owner(region), memory_region_name(region), region,
                             0, memory_region_size(region));
    memory_region_add_subregion(&view->memory, at, alias);
}

enum mt3620_initiator initiator_of(MemTxAttrs attrs)
{
    if (!attrs.unspecified && attrs.requester_id) {
        return attrs.requester_id - 1;
    }
    switch (current_cpu ? current_cpu->cpu_index : CORE_A7) {
    case CORE_PLUTON: return MT3620_PLUTON;
    case CORE_IO0: return MT3620_IO0;
    case CORE_IO1: return MT3620_IO1;
    default: return attrs.secure && !attrs.unspecified ? MT3620_A7_SECURE : MT3620_A7_NORMAL;
    }
}

const char *initiator_name(enum mt3620_initiator initiator)
{
    static const char *const names[MT3620_INITIATORS] = {
        [MT3620_A7_SECURE] = "a7s", [MT3620_A7_NORMAL] = "a7n",
        [MT3620_IO0] = "io0", [MT3620_IO1] = "io1", [MT3620_PLUTON] = "pluton",
    };

    return (unsigned)initiator < MT3620_INITIATORS ? names[initiator] : "?";
}
