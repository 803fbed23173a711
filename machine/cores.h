/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The four cores with what belongs to a core alone: clusters, interrupt controllers, timers.
 * Source: abi/mt3620.h, docs/spec/mt3620.md.  Caller: mt3620.c.
 * Only Pluton runs at power-on, and only if there is something for it to run; reset.c
 * releases the others.
 */
#ifndef PERI_MACHINE_CORES_H
#define PERI_MACHINE_CORES_H

#include "cpu.h"
#include "hw/arm/armv7m.h"
#include "hw/cpu/cluster.h"
#include "hw/intc/arm_gic.h"
#include "machine/firewall.h"
#include "machine/initiator.h"

enum { M4S = CORES - CORE_PLUTON };

/* The Cortex-M4s, in the order of enum mt3620_core from CORE_PLUTON. */
typedef struct M4 {
    const char *name;
    enum mt3620_initiator initiator;
    uint32_t tcm_bytes;
    uint32_t sysram_bytes;
} M4;
extern const M4 m4s[M4S];

typedef struct Cores {
    CPUClusterState cluster[CORES];
    ARMCPU a7;
    ARMv7MState m4[M4S];
    GICState gic;
} Cores;

/* hclk: the clock of each M4.  The views need not be filled yet. */
void cores_make(Cores *c, Object *parent, FirewallState *firewall, Clock *const hclk[static M4S],
                bool pluton_runs);

/* SPI of the A7's GIC, or line of an M4's NVIC. */
qemu_irq cores_line(Cores *c, enum mt3620_core core, int input);

#endif
