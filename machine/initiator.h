/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is on the bus: a core's view of memory, and the name behind an access.
 * Source: abi/mt3620.h, enum mt3620_initiator.
 *
 * A view is the container of 4 GiB in which one initiator finds what it may
 * reach.  Below everything lies a floor that answers every other address with
 * a bus error and tells the firewall, which counts and logs it.
 *
 * Devices see a transaction, not a core.  The secure and the normal world of the A7
 * differ by the transaction's own mark; cores are told apart by the thread that runs.
 * Test accesses of the probe carry their initiator in requester_id (+ 1).
 */
#ifndef PERI_MACHINE_INITIATOR_H
#define PERI_MACHINE_INITIATOR_H

#include "abi/mt3620.h"
#include "exec/memory.h"

/* Order in which the cores are made; index in QEMU's list. */
enum mt3620_core { CORE_A7, CORE_PLUTON, CORE_IO0, CORE_IO1, CORES };

typedef struct FirewallState FirewallState;

typedef struct View {
    MemoryRegion memory; /* what the core sees */
    MemoryRegion floor;
    enum mt3620_initiator initiator;
    FirewallState *firewall; /* told of refusals */
} View;

void view_init(View *view, Object *owner, enum mt3620_initiator initiator, FirewallState *firewall);

/* Shows a region of memory or registers at an address of the view, all of it. */
void view_map(View *view, MemoryRegion *region, hwaddr at);

enum mt3620_initiator initiator_of(MemTxAttrs attrs);
const char *initiator_name(enum mt3620_initiator initiator);

#endif
