/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "machine/cores.h"

#include "abi/mt3620.h"
#include "hw/qdev-clock.h"
#include "hw/qdev-properties.h"
#include "hw/sysbus.h"
#include "qapi/error.h"
#include "sysemu/reset.h"

enum {
    GIC_INTERNAL_IRQS = 32,
    GIC_SGIS = 16,
    GIC_PERIPHBASE = MT3620_GIC_DISTRIBUTOR - 0x1000,
    M4_PRIORITY_BITS = 3,
};

const M4 m4s[M4S] = {
    { "pluton", MT3620_PLUTON, MT3620_PLUTON_TCM_BYTES, 0 },
    { "io0", MT3620_IO0, MT3620_IO_TCM_BYTES, MT3620_IO_SYSRAM_BYTES },
    { "io1", MT3620_IO1, MT3620_IO_TCM_BYTES, MT3620_IO_SYSRAM_BYTES },
};

/* QEMU resets devices by itself, cores not. */
static void core_reset(void *opaque)
{
    cpu_reset(opaque);
}

/* A held core must not look for vectors where nothing is granted: that would count as a violation. */
static void io_core_reset(void *opaque)
{
    ARM_CPU(opaque)->init_nsvtor = MT3620_TCM;
    cpu_reset(opaque);
}

static void cluster_begin(Cores *c, Object *parent, enum mt3620_core core,
                          const char *name)
{
    g_autofree char *cluster = g_strdup_printf("cluster-%s", name);

    /* Translated code is shared within a cluster only; these cores differ in all that matters to it. */
    object_initialize_child(parent, cluster, &c->cluster[core], TYPE_CPU_CLUSTER);
    qdev_prop_set_uint32(DEVICE(&c->cluster[core]), "cluster-id", core);
}

static void a7_make(Cores *c, Object *parent, FirewallState *firewall)
{
    Object *a7;

    cluster_begin(c, parent, CORE_A7, "a7");
    object_initialize_child(OBJECT(&c->cluster[CORE_A7]), "a7", &c->a7,
                            ARM_CPU_TYPE_NAME("cortex-a7"));
    a7 = OBJECT(&c->a7);
    object_property_set_bool(a7, "has_el2", false, &error_abort);
    object_property_set_bool(a7, "has_el3", true, &error_abort);
    object_property_set_bool(a7, "start-powered-off", true, &error_abort);
    object_property_set_int(a7, "reset-cbar", GIC_PERIPHBASE, &error_abort);
    object_property_set_int(a7, "cntfrq", MT3620_TIMER_HZ, &error_abort);
    object_property_set_link(a7, "memory", OBJECT(&firewall_view(firewall, MT3620_A7_NORMAL)->memory),
                             &error_abort);
    object_property_set_link(a7, "secure-memory", OBJECT(&firewall_view(firewall, MT3620_A7_SECURE)->memory),
                             &error_abort);
    qdev_realize(DEVICE(a7), NULL, &error_fatal);
    qemu_register_reset(core_reset, a7);
    qdev_realize(DEVICE(&c->cluster[CORE_A7]), NULL, &error_fatal);
}

static void m4_make(Cores *c, Object *parent, FirewallState *firewall, unsigned i, Clock *hclk,
                    bool runs)
{
    enum mt3620_core core = CORE_PLUTON + i;
    ARMv7MState *m4 = &c->m4[i];

    cluster_begin(c, parent, core, m4s[i].name);
    object_initialize_child(OBJECT(&c->cluster[core]), m4s[i].name, m4, TYPE_ARMV7M);
    qdev_prop_set_string(DEVICE(m4), "cpu-type", ARM_CPU_TYPE_NAME("cortex-m4"));
    qdev_prop_set_uint32(DEVICE(m4), "num-irq", MT3620_IRQS);
    qdev_prop_set_bit(DEVICE(m4), "start-powered-off", !runs);
    qdev_connect_clock_in(DEVICE(m4), "cpuclk", hclk);
    object_property_set_link(OBJECT(m4), "memory", OBJECT(&firewall_view(firewall, m4s[i].initiator)->memory),
                             &error_abort);
    sysbus_realize(SYS_BUS_DEVICE(m4), &error_fatal);
    m4->nvic.num_prio_bits = M4_PRIORITY_BITS;
    m4->cpu->init_nsvtor = core == CORE_PLUTON ? MT3620_PLUTON_ROM : MT3620_TCM;
    qemu_register_reset(core == CORE_PLUTON ? core_reset : io_core_reset, m4->cpu);
    qdev_realize(DEVICE(&c->cluster[core]), NULL, &error_fatal);
}

static void gic_make(Cores *c, Object *parent, FirewallState *firewall)
{
    /* the A7's timers, in the order of QEMU's outputs: physical, virtual, hypervisor, secure */
    static const int timer_ppi[] = { 14, 11, 10, 13 };
    DeviceState *a7 = DEVICE(&c->a7);
    DeviceState *gic;
    SysBusDevice *bus;

    object_initialize_child(parent, "gic", &c->gic, TYPE_ARM_GIC);
    gic = DEVICE(&c->gic);
    bus = SYS_BUS_DEVICE(gic);
    qdev_prop_set_uint32(gic, "revision", 2);
    qdev_prop_set_uint32(gic, "num-cpu", 1);
    qdev_prop_set_uint32(gic, "num-irq", MT3620_SPIS + GIC_INTERNAL_IRQS);
    qdev_prop_set_bit(gic, "has-security-extensions", true);
    sysbus_realize(bus, &error_fatal);
    for (enum mt3620_initiator i = MT3620_A7_SECURE; i <= MT3620_A7_NORMAL; i++) {
        view_map(firewall_view(firewall, i), sysbus_mmio_get_region(bus, 0), MT3620_GIC_DISTRIBUTOR);
        view_map(firewall_view(firewall, i), sysbus_mmio_get_region(bus, 1), MT3620_GIC_CPU);
    }
    sysbus_connect_irq(bus, 0, qdev_get_gpio_in(a7, ARM_CPU_IRQ));
    sysbus_connect_irq(bus, 1, qdev_get_gpio_in(a7, ARM_CPU_FIQ));
    for (unsigned i = 0; i < ARRAY_SIZE(timer_ppi); i++) {
        qdev_connect_gpio_out(a7, (int)i,
                              qdev_get_gpio_in(gic, MT3620_SPIS + GIC_SGIS + timer_ppi[i]));
    }
}

void cores_make(Cores *c, Object *parent, FirewallState *firewall, Clock *const hclk[static M4S],
                bool pluton_runs)
{
    a7_make(c, parent, firewall);
    for (unsigned i = 0; i < M4S; i++) {
        m4_make(c, parent, firewall, i, hclk[i], CORE_PLUTON + i == CORE_PLUTON && pluton_runs);
    }
    gic_make(c, parent, firewall);
}

qemu_irq cores_line(Cores *c, enum mt3620_core core, int input)
{
    return qdev_get_gpio_in(core == CORE_A7 ? DEVICE(&c->gic) : DEVICE(&c->m4[core - CORE_PLUTON]),
                            input);
}
