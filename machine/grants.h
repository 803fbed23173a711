/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grants: what the firewall's registers mean in the views of the initiators.
 * Source: abi/mt3620_firewall.h.  Caller: firewall.c, which holds the rules; here
 * every order is carried out as it is given.
 *
 * A grant is a piece of a view, not a check at each access: code runs from a granted
 * window at full speed, and a change reaches the cores through QEMU's own flush of their
 * translations, at the latest at the end of a translated block that runs on another core meanwhile.
 * Where pieces of one initiator overlap, the one with the higher number counts.
 *
 * Read-only RAM is answered access by access, as QEMU has no RAM that refuses writes on
 * one side only; to execute from it is slow.  Likewise the RTC, which nobody may set but
 * the secure world.
 */
#ifndef PERI_MACHINE_GRANTS_H
#define PERI_MACHINE_GRANTS_H

#include "abi/mt3620_firewall.h"
#include "machine/initiator.h"

enum {
    GRANTS_FIRST = 1,    /* MT3620_A7_NORMAL, IO0, IO1 are the initiators that are filtered */
    GRANTS_FILTERED = 3,
    GRANTS_IO_CORES = 2,
};

/* A window on RAM or a region of flash, as an order. */
typedef struct Grant {
    bool enabled;
    bool writable; /* RAM only */
    enum mt3620_initiator initiator;
    uint32_t base; /* RAM: address; flash: offset as that initiator sees it */
    uint32_t limit;
} Grant;

typedef struct Piece {
    MemoryRegion part[2]; /* RAM: read-only, writable; flash: as it is, through the remap */
    MemoryRegion *mapped; /* one of them, while enabled */
} Piece;

typedef struct Grants {
    FirewallState *firewall;
    View view[MT3620_INITIATORS];
    MemoryRegion block[FIREWALL_PERIPHERAL_COUNT]; /* containers of the devices */
    MemoryRegion gate[GRANTS_FILTERED][FIREWALL_PERIPHERAL_COUNT];
    AddressSpace rtc; /* what the read-only gate reads from */
    MemoryRegion *ram;
    MemoryRegion ram_read_only;
    Piece ram_window[FIREWALL_RAM_WINDOWS];
    Piece flash_region[FIREWALL_FLASH_REGIONS];
    MemoryRegion io_flash[GRANTS_IO_CORES]; /* the flash as far as granted to that core */
    MemoryRegion io_window[GRANTS_IO_CORES];
} Grants;

/* Views and blocks, so that they can be filled; nothing is granted. */
void grants_init(Grants *g, Object *owner, FirewallState *firewall);

/* Then the pieces, once it is known what there is to grant. */
void grants_make(Grants *g, Object *owner, MemoryRegion *ram, MemoryRegion *flash,
                 MemoryRegion *flash_normal);

void grants_peripheral(Grants *g, enum mt3620_initiator initiator, enum firewall_peripheral number,
                       bool enabled);
void grants_ram(Grants *g, unsigned window, const Grant *grant);
void grants_flash(Grants *g, unsigned region, const Grant *grant);

/* The core's window shows flash from offset on, as far as there is any. */
void grants_xip(Grants *g, unsigned core, uint32_t offset);

#endif
