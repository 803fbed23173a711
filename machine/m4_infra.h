/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Infra bus of an M4: remembers its bus errors.
 * Source: abi/mt3620_m4_infra.h.
 *
 * Interface
 *   region 0             registers
 *   sysbus interrupt     0, a level while STATUS bit 0 is set
 *   m4_infra_refused()   for the firewall, which hears of every refusal
 *
 * Differences from silicon: the register file.
 */
#ifndef PERI_MACHINE_M4_INFRA_H
#define PERI_MACHINE_M4_INFRA_H

#include "qom/object.h"

#define TYPE_MT3620_M4_INFRA_DEVICE "mt3620-m4-infra"
OBJECT_DECLARE_SIMPLE_TYPE(M4InfraState, MT3620_M4_INFRA_DEVICE)

void m4_infra_refused(M4InfraState *s, uint32_t addr, unsigned size, bool write);

#endif
