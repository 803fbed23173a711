/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Firewall: the rules by which three of the initiators are granted what they see.
 * Source: abi/mt3620_firewall.h (ours; the original's registers are not public).
 *
 * Interface
 *   region 0            registers, mapped for Pluton and the A7's secure world
 *   interrupt 0         level, while a violation is not acknowledged
 *   firewall_view()     each initiator's memory; mt3620.c maps what is fixed in it
 *   firewall_block()    the container of a peripheral: devices are mapped into it; the
 *                       secure world sees it always, the others while it is granted
 *   properties          ram, flash, flash-normal: links to what windows and regions show
 *                       infra-pluton, infra-io0, infra-io1: links, told of their core's refusals
 *
 * Everything returns to "nothing granted" at every chip reset.  How a grant becomes part of
 * a view: machine/grants.h.
 *
 * Refusals by initiators that are not filtered (Pluton, the secure world) are logged, not counted.
 *
 * Differences from silicon: the register file is ours; a refused access is always a precise
 * bus error, where some of the original read as zero.
 */
#ifndef PERI_MACHINE_FIREWALL_H
#define PERI_MACHINE_FIREWALL_H

#include "abi/mt3620_firewall.h"
#include "machine/initiator.h"
#include "qom/object.h"

#define TYPE_MT3620_FIREWALL_DEVICE "mt3620-firewall"
OBJECT_DECLARE_SIMPLE_TYPE(FirewallState, MT3620_FIREWALL_DEVICE)

/* From instance_init on. */
View *firewall_view(FirewallState *s, enum mt3620_initiator initiator);
MemoryRegion *firewall_block(FirewallState *s, enum firewall_peripheral number);

/* Counts, remembers and logs a refused access; the caller returns the bus error. */
void firewall_refuse(FirewallState *s, enum mt3620_initiator initiator, uint32_t addr,
                     unsigned size, bool write);

#endif
