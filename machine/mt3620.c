/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The chip: which block is where, in whose view, on which interrupt line.
 * Source: abi/mt3620.h.  What each block offers: machine/README.md.
 * Tables first, then the code that walks them, then the machine and its options.
 */
#include "qemu/osdep.h"

#include "abi/mt3620.h"
#include "chardev/char.h"
#include "cpu.h"
#include "exec/address-spaces.h"
#include "hw/arm/armv7m.h"
#include "hw/boards.h"
#include "hw/cpu/cluster.h"
#include "hw/intc/arm_gic.h"
#include "hw/or-irq.h"
#include "hw/qdev-clock.h"
#include "hw/qdev-properties.h"
#include "hw/qdev-properties-system.h"
#include "hw/sysbus.h"
#include "machine/fault.h"
#include "machine/firewall.h"
#include "machine/flash.h"
#include "machine/initiator.h"
#include "machine/options.h"
#include "machine/probe.h"
#include "machine/reset.h"
#include "machine/unimp.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "sysemu/reset.h"
#include "sysemu/sysemu.h"

enum {
    GIC_INTERNAL_IRQS = 32,
    GIC_SGIS = 16,
    GIC_PERIPHBASE = MT3620_GIC_DISTRIBUTOR - 0x1000,
    M4_PRIORITY_BITS = 3,
    M4S = CORES - CORE_PLUTON,
};

/* ---- devices ---- */

enum device {
    MAILBOX_SECURE, MAILBOX_NORMAL, MAILBOX_IO0, MAILBOX_IO1, MAILBOX_PEER,
    GPT_A7, GPT_PLUTON, GPT_IO0, GPT_IO1,
    WDT_A7, WDT_PLUTON, WDT_IO0, WDT_IO1,
    UART_PLUTON, UART_A7, UART_IO0, UART_IO1,
    RGU_PLUTON, RGU_IO0, RGU_IO1,
    RTC, FUSE, TRNG, SHA, AES, ECC, RSA,
    FLASH, FIREWALL, RESET, VIRTIO,
    DEVICES,
};

static const struct {
    const char *name;
    const char *type;
} devices[DEVICES] = {
    [MAILBOX_SECURE] = { "mailbox-secure", "mt3620-mailbox" },
    [MAILBOX_NORMAL] = { "mailbox-normal", "mt3620-mailbox" },
    [MAILBOX_IO0] = { "mailbox-io0", "mt3620-mailbox" },
    [MAILBOX_IO1] = { "mailbox-io1", "mt3620-mailbox" },
    [MAILBOX_PEER] = { "mailbox-peer", "mt3620-mailbox" },
    [GPT_A7] = { "gpt-a7", "mt3620-gpt" },
    [GPT_PLUTON] = { "gpt-pluton", "mt3620-gpt" },
    [GPT_IO0] = { "gpt-io0", "mt3620-gpt" },
    [GPT_IO1] = { "gpt-io1", "mt3620-gpt" },
    [WDT_A7] = { "wdt-a7", "mt3620-wdt" },
    [WDT_PLUTON] = { "wdt-pluton", "mt3620-wdt" },
    [WDT_IO0] = { "wdt-io0", "mt3620-wdt" },
    [WDT_IO1] = { "wdt-io1", "mt3620-wdt" },
    [UART_PLUTON] = { "uart-pluton", "mt3620-uart" },
    [UART_A7] = { "uart-a7", "mt3620-uart" },
    [UART_IO0] = { "uart-io0", "mt3620-uart" },
    [UART_IO1] = { "uart-io1", "mt3620-uart" },
    [RGU_PLUTON] = { "rgu-pluton", "mt3620-rgu" },
    [RGU_IO0] = { "rgu-io0", "mt3620-rgu" },
    [RGU_IO1] = { "rgu-io1", "mt3620-rgu" },
    [RTC] = { "rtc", "mt3620-rtc" },
    [FUSE] = { "fuse", "mt3620-fuse" },
    [TRNG] = { "trng", "mt3620-trng" },
    [SHA] = { "sha", "mt3620-sha" },
    [AES] = { "aes", "mt3620-aes" },
    [ECC] = { "ecc", "mt3620-ecc" },
    [RSA] = { "rsa", "mt3620-rsa" },
    [FLASH] = { "flash", TYPE_MT3620_FLASH_DEVICE },
    [FIREWALL] = { "firewall", TYPE_MT3620_FIREWALL_DEVICE },
    [RESET] = { "reset", TYPE_MT3620_RESET_DEVICE },
    [VIRTIO] = { "virtio", "virtio-mmio" },
};

/* ---- places: registers in a view for good, or in a block that the firewall grants ---- */

#define GRANTED (-1)

typedef struct Place {
    enum device device;
    unsigned region;
    int view;     /* enum mt3620_initiator, or GRANTED */
    uint32_t at;  /* address in the view, or number of the block */
} Place;

static const Place places[] = {
    { MAILBOX_SECURE, 0, MT3620_A7_SECURE, MT3620_A7_MAILBOX_SECURE },
    { MAILBOX_SECURE, 1, MT3620_PLUTON, MT3620_M4_MAILBOX_PEER },
    { MAILBOX_NORMAL, 0, GRANTED, FIREWALL_MAILBOX_NORMAL },
    { MAILBOX_NORMAL, 1, MT3620_PLUTON, MT3620_M4_MAILBOX_A7 },
    { MAILBOX_IO0, 0, GRANTED, FIREWALL_MAILBOX_IO0 },
    { MAILBOX_IO0, 1, MT3620_IO0, MT3620_M4_MAILBOX_A7 },
    { MAILBOX_IO1, 0, GRANTED, FIREWALL_MAILBOX_IO1 },
    { MAILBOX_IO1, 1, MT3620_IO1, MT3620_M4_MAILBOX_A7 },
    { MAILBOX_PEER, 0, MT3620_IO0, MT3620_M4_MAILBOX_PEER },
    { MAILBOX_PEER, 1, MT3620_IO1, MT3620_M4_MAILBOX_PEER },
    { GPT_A7, 0, GRANTED, FIREWALL_A7_GPT },
    { GPT_PLUTON, 0, MT3620_PLUTON, MT3620_M4_GPT },
    { GPT_IO0, 0, MT3620_IO0, MT3620_M4_GPT },
    { GPT_IO1, 0, MT3620_IO1, MT3620_M4_GPT },
    { WDT_A7, 0, MT3620_A7_SECURE, MT3620_A7_WDT },
    { WDT_PLUTON, 0, MT3620_PLUTON, MT3620_M4_WDT },
    { WDT_IO0, 0, MT3620_IO0, MT3620_M4_WDT },
    { WDT_IO1, 0, MT3620_IO1, MT3620_M4_WDT },
    { UART_PLUTON, 0, MT3620_PLUTON, MT3620_M4_UART },
    { UART_A7, 0, GRANTED, FIREWALL_UART0 },
    { UART_IO0, 0, MT3620_IO0, MT3620_M4_UART },
    { UART_IO1, 0, MT3620_IO1, MT3620_M4_UART },
    { RGU_PLUTON, 0, MT3620_PLUTON, MT3620_M4_RGU },
    { RGU_IO0, 0, MT3620_IO0, MT3620_M4_RGU },
    { RGU_IO1, 0, MT3620_IO1, MT3620_M4_RGU },
    { RTC, 0, GRANTED, FIREWALL_RTC },
    { SHA, 0, MT3620_PLUTON, MT3620_HSP_SHA },
    { AES, 0, MT3620_PLUTON, MT3620_HSP_AES },
    { ECC, 0, MT3620_PLUTON, MT3620_HSP_ECC },
    { RSA, 0, MT3620_PLUTON, MT3620_HSP_RSA },
    { TRNG, 0, MT3620_PLUTON, MT3620_HSP_TRNG },
    { FUSE, 0, MT3620_PLUTON, MT3620_HSP_FUSE },
    { FLASH, 0, MT3620_A7_SECURE, MT3620_FLASH_CONTROLLER },
    { FIREWALL, 0, MT3620_A7_SECURE, MT3620_FIREWALL },
    { FIREWALL, 0, MT3620_PLUTON, MT3620_FIREWALL },
    { RESET, 0, MT3620_PLUTON, MT3620_PLUTON_RESET },
    { RESET, 1, MT3620_PLUTON, MT3620_INFRA },
    { RESET, 1, MT3620_A7_SECURE, MT3620_INFRA },
    { VIRTIO, 0, GRANTED, FIREWALL_VIRTIO },
};

/* ---- interrupt lines ---- */

typedef struct Line {
    enum device device;
    int output; /* sysbus interrupt of the device */
    enum mt3620_core core;
    int input; /* SPI of the A7's GIC, or NVIC line */
} Line;

/* Mailbox outputs, side A from 0, side B from 6: RD NF WR NE FIFO SW. */
#define MAILBOX_TO_A7(device, spi) \
    { device, 0, CORE_A7, (spi) }, { device, 2, CORE_A7, (spi) + 1 }, { device, 5, CORE_A7, (spi) + 2 }
#define MAILBOX_TO_M4(device, side, core, irq)                                               \
    { device, (side) * 6 + 0, core, (irq) + 0 }, { device, (side) * 6 + 1, core, (irq) + 1 }, \
    { device, (side) * 6 + 2, core, (irq) + 2 }, { device, (side) * 6 + 3, core, (irq) + 3 }, \
    { device, (side) * 6 + 4, core, (irq) + 4 }, { device, (side) * 6 + 5, core, (irq) + 5 }
#define PRIVATE_TO_M4(gpt, wdt, uart, core)                                        \
    { gpt, 0, core, MT3620_IRQ_GPT01 }, { gpt, 1, core, MT3620_IRQ_GPT3 },         \
    { wdt, 0, core, MT3620_IRQ_WDT }, { uart, 0, core, MT3620_IRQ_UART }

static const Line lines[] = {
    MAILBOX_TO_A7(MAILBOX_NORMAL, MT3620_SPI_MAILBOX_NORMAL),
    MAILBOX_TO_A7(MAILBOX_IO0, MT3620_SPI_MAILBOX_IO0),
    MAILBOX_TO_A7(MAILBOX_IO1, MT3620_SPI_MAILBOX_IO1),
    MAILBOX_TO_A7(MAILBOX_SECURE, MT3620_SPI_MAILBOX_SECURE),
    { UART_A7, 0, CORE_A7, MT3620_SPI_UART0 },
    { VIRTIO, 0, CORE_A7, MT3620_SPI_VIRTIO },
    { WDT_A7, 0, CORE_A7, MT3620_SPI_WDT },
    { RTC, 0, CORE_A7, MT3620_SPI_RTC },
    { GPT_A7, 0, CORE_A7, MT3620_SPI_GPT }, /* both lines on one SPI: or_lines() */
    { GPT_A7, 1, CORE_A7, MT3620_SPI_GPT },
    { FIREWALL, 0, CORE_A7, MT3620_SPI_FIREWALL },
    MAILBOX_TO_M4(MAILBOX_NORMAL, 1, CORE_PLUTON, MT3620_IRQ_MAILBOX_A7),
    MAILBOX_TO_M4(MAILBOX_SECURE, 1, CORE_PLUTON, MT3620_IRQ_MAILBOX_PEER),
    MAILBOX_TO_M4(MAILBOX_IO0, 1, CORE_IO0, MT3620_IRQ_MAILBOX_A7),
    MAILBOX_TO_M4(MAILBOX_IO1, 1, CORE_IO1, MT3620_IRQ_MAILBOX_A7),
    MAILBOX_TO_M4(MAILBOX_PEER, 0, CORE_IO0, MT3620_IRQ_MAILBOX_PEER),
    MAILBOX_TO_M4(MAILBOX_PEER, 1, CORE_IO1, MT3620_IRQ_MAILBOX_PEER),
    PRIVATE_TO_M4(GPT_PLUTON, WDT_PLUTON, UART_PLUTON, CORE_PLUTON),
    PRIVATE_TO_M4(GPT_IO0, WDT_IO0, UART_IO0, CORE_IO0),
    PRIVATE_TO_M4(GPT_IO1, WDT_IO1, UART_IO1, CORE_IO1),
};

static const struct {
    enum device device;
    enum mt3620_core core;
} watchdogs[] = {
    { WDT_A7, CORE_A7 }, { WDT_PLUTON, CORE_PLUTON }, { WDT_IO0, CORE_IO0 }, { WDT_IO1, CORE_IO1 },
};

/* Order of QEMU's -serial options. */
static const enum device uarts[] = { UART_PLUTON, UART_A7, UART_IO0, UART_IO1 };

/* ---- blocks of a later step ---- */

enum { EACH_M4 = -2 };

static const struct {
    const char *name;
    int view; /* or GRANTED, or EACH_M4: one each */
    uint32_t at;
    uint32_t bytes;
    bool keeps;
} later[] = {
    { "pinmux", GRANTED, FIREWALL_PINMUX, 0x10000, true },
    { "a7-gpio", GRANTED, FIREWALL_A7_GPIO, 0x10000, false },
    { "top-config", GRANTED, FIREWALL_TOP_CONFIG, 0x10000, true },
    { "secure-dma", MT3620_A7_SECURE, MT3620_SECURE_DMA, 0x10000, false },
    { "sysram-control", MT3620_A7_SECURE, MT3620_SYSRAM_CONTROL, 0x10000, false },
    { "mcusys", MT3620_A7_SECURE, MT3620_MCUSYS, 0x10000, false },
    { "a7-dma", GRANTED, FIREWALL_A7_DMA, 0x10000, false },
    { "a7-interrupts", GRANTED, FIREWALL_A7_INTERRUPTS, 0x10000, true },
    { "adc", GRANTED, FIREWALL_ADC, 0x10000, false },
    { "gpio0", GRANTED, FIREWALL_GPIO0, 0x10000, false },
    { "gpio1", GRANTED, FIREWALL_GPIO1, 0x10000, false },
    { "gpio2", GRANTED, FIREWALL_GPIO2, 0x10000, false },
    { "gpio3", GRANTED, FIREWALL_GPIO3, 0x10000, false },
    { "gpio4", GRANTED, FIREWALL_GPIO4, 0x10000, false },
    { "gpio5", GRANTED, FIREWALL_GPIO5, 0x10000, false },
    { "isu0", GRANTED, FIREWALL_ISU0, 0x10000, false },
    { "isu1", GRANTED, FIREWALL_ISU1, 0x10000, false },
    { "isu2", GRANTED, FIREWALL_ISU2, 0x10000, false },
    { "isu3", GRANTED, FIREWALL_ISU3, 0x10000, false },
    { "isu4", GRANTED, FIREWALL_ISU4, 0x10000, false },
    { "isu5", GRANTED, FIREWALL_ISU5, 0x10000, false },
    { "i2s0", GRANTED, FIREWALL_I2S0, 0x10000, false },
    { "i2s1", GRANTED, FIREWALL_I2S1, 0x10000, false },
    { "i2s0-fifo", GRANTED, FIREWALL_I2S0_FIFO, 0x10000, false },
    { "i2s1-fifo", GRANTED, FIREWALL_I2S1_FIFO, 0x10000, false },
    { "m4-interrupts", EACH_M4, MT3620_M4_INTERRUPTS, 0x10000, true },
    { "m4-infra", EACH_M4, MT3620_M4_INFRA, 0x10000, false },
    { "m4-dma", EACH_M4, MT3620_IO_DMA, 0x10000, false },
};

/* ---- the chip ---- */

typedef struct M4 {
    const char *name;
    enum mt3620_initiator initiator;
    uint32_t tcm_bytes;
    uint32_t sysram_bytes;
} M4;

static const M4 m4s[M4S] = {
    { "pluton", MT3620_PLUTON, MT3620_PLUTON_TCM_BYTES, 0 },
    { "io0", MT3620_IO0, MT3620_IO_TCM_BYTES, MT3620_IO_SYSRAM_BYTES },
    { "io1", MT3620_IO1, MT3620_IO_TCM_BYTES, MT3620_IO_SYSRAM_BYTES },
};

struct Mt3620State {
    MachineState parent_obj;

    Options options;
    CPUClusterState cluster[CORES];
    ARMCPU a7;
    ARMv7MState m4[M4S];
    GICState gic;
    qemu_or_irq gpt_or;
    DeviceState *device[DEVICES]; /* NULL: type not built in */

    MemoryRegion rom;
    MemoryRegion tcm[M4S];
    MemoryRegion sysram[M4S];
    MemoryRegion dma; /* what virtio reaches: the normal world's RAM */
};

#define TYPE_MT3620_MACHINE MACHINE_TYPE_NAME("mt3620")
OBJECT_DECLARE_SIMPLE_TYPE(Mt3620State, MT3620_MACHINE)

/* Parent of all parts; the machine's own names are those of its options. */
static Object *chip(Mt3620State *s)
{
    return container_get(OBJECT(s), "/chip");
}

static View *view_of(Mt3620State *s, enum mt3620_initiator initiator)
{
    return firewall_view(MT3620_FIREWALL_DEVICE(s->device[FIREWALL]), initiator);
}

static void place_region(Mt3620State *s, MemoryRegion *region, int view, uint32_t at)
{
    if (view == GRANTED) {
        memory_region_add_subregion(
            firewall_block(MT3620_FIREWALL_DEVICE(s->device[FIREWALL]), at), 0, region);
    } else {
        view_map(view_of(s, view), region, at);
    }
}

/* ---- memory ---- */

static MemTxResult rom_write(void *opaque, hwaddr offset, uint64_t value, unsigned size,
                             MemTxAttrs attrs)
{
    qemu_log_mask(LOG_GUEST_ERROR, "rom: write to 0x%04x refused\n", (unsigned)offset);
    return MEMTX_ERROR;
}

static const MemoryRegionOps rom_ops = {
    .write_with_attrs = rom_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

static void memory_make(Mt3620State *s, MemoryRegion *ram)
{
    FlashState *flash = MT3620_FLASH_DEVICE(s->device[FLASH]);

    view_map(view_of(s, MT3620_PLUTON), ram, MT3620_RAM);
    view_map(view_of(s, MT3620_A7_SECURE), ram, MT3620_RAM);
    view_map(view_of(s, MT3620_PLUTON), flash_array(flash), MT3620_FLASH);
    view_map(view_of(s, MT3620_A7_SECURE), flash_array(flash), MT3620_FLASH);

    /* owned by a device: QEMU names ROM devices after one */
    memory_region_init_rom_device(&s->rom, OBJECT(s->device[RESET]), &rom_ops, s, "rom",
                                  MT3620_PLUTON_ROM_BYTES, &error_fatal);
    view_map(view_of(s, MT3620_PLUTON), &s->rom, MT3620_PLUTON_ROM);
    options_load_rom(&s->options, memory_region_get_ram_ptr(&s->rom));

    for (unsigned i = 0; i < M4S; i++) {
        g_autofree char *tcm = g_strdup_printf("tcm-%s", m4s[i].name);
        g_autofree char *sysram = g_strdup_printf("sysram-%s", m4s[i].name);

        memory_region_init_ram(&s->tcm[i], OBJECT(s), tcm, m4s[i].tcm_bytes, &error_fatal);
        view_map(view_of(s, m4s[i].initiator), &s->tcm[i], MT3620_TCM);
        if (m4s[i].sysram_bytes) {
            memory_region_init_ram(&s->sysram[i], OBJECT(s), sysram, m4s[i].sysram_bytes,
                                   &error_fatal);
            view_map(view_of(s, m4s[i].initiator), &s->sysram[i], MT3620_IO_SYSRAM);
        }
    }

    memory_region_init_alias(&s->dma, OBJECT(s), "dma", &view_of(s, MT3620_A7_NORMAL)->memory,
                             MT3620_RAM, MT3620_RAM_BYTES);
    memory_region_add_subregion(get_system_memory(), MT3620_RAM, &s->dma);
}

/* ---- cores ---- */

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

static void cluster_begin(Mt3620State *s, enum mt3620_core core, const char *name)
{
    g_autofree char *cluster = g_strdup_printf("cluster-%s", name);

    /* Translated code is shared within a cluster only; these cores differ in all that matters to it. */
    object_initialize_child(chip(s), cluster, &s->cluster[core], TYPE_CPU_CLUSTER);
    qdev_prop_set_uint32(DEVICE(&s->cluster[core]), "cluster-id", core);
}

static void a7_make(Mt3620State *s)
{
    Object *a7;

    cluster_begin(s, CORE_A7, "a7");
    object_initialize_child(OBJECT(&s->cluster[CORE_A7]), "a7", &s->a7,
                            ARM_CPU_TYPE_NAME("cortex-a7"));
    a7 = OBJECT(&s->a7);
    object_property_set_bool(a7, "has_el2", false, &error_abort);
    object_property_set_bool(a7, "has_el3", true, &error_abort);
    object_property_set_bool(a7, "start-powered-off", true, &error_abort);
    object_property_set_int(a7, "reset-cbar", GIC_PERIPHBASE, &error_abort);
    object_property_set_int(a7, "cntfrq", MT3620_TIMER_HZ, &error_abort);
    object_property_set_link(a7, "memory", OBJECT(&view_of(s, MT3620_A7_NORMAL)->memory),
                             &error_abort);
    object_property_set_link(a7, "secure-memory", OBJECT(&view_of(s, MT3620_A7_SECURE)->memory),
                             &error_abort);
    qdev_realize(DEVICE(a7), NULL, &error_fatal);
    qemu_register_reset(core_reset, a7);
    qdev_realize(DEVICE(&s->cluster[CORE_A7]), NULL, &error_fatal);
}

static void m4_make(Mt3620State *s, unsigned i)
{
    enum mt3620_core core = CORE_PLUTON + i;
    ARMv7MState *m4 = &s->m4[i];

    cluster_begin(s, core, m4s[i].name);
    object_initialize_child(OBJECT(&s->cluster[core]), m4s[i].name, m4, TYPE_ARMV7M);
    qdev_prop_set_string(DEVICE(m4), "cpu-type", ARM_CPU_TYPE_NAME("cortex-m4"));
    qdev_prop_set_uint32(DEVICE(m4), "num-irq", MT3620_IRQS);
    /* without a ROM there is nothing that Pluton could start with: the probe drives the chip */
    qdev_prop_set_bit(DEVICE(m4), "start-powered-off", core != CORE_PLUTON || !s->options.rom);
    qdev_connect_clock_in(DEVICE(m4), "cpuclk", qdev_get_clock_out(s->device[RGU_PLUTON + i], "hclk"));
    object_property_set_link(OBJECT(m4), "memory", OBJECT(&view_of(s, m4s[i].initiator)->memory),
                             &error_abort);
    sysbus_realize(SYS_BUS_DEVICE(m4), &error_fatal);
    m4->nvic.num_prio_bits = M4_PRIORITY_BITS;
    m4->cpu->init_nsvtor = core == CORE_PLUTON ? MT3620_PLUTON_ROM : MT3620_TCM;
    qemu_register_reset(core == CORE_PLUTON ? core_reset : io_core_reset, m4->cpu);
    qdev_realize(DEVICE(&s->cluster[core]), NULL, &error_fatal);
}

static void gic_make(Mt3620State *s)
{
    /* the A7's timers, in the order of QEMU's outputs: physical, virtual, hypervisor, secure */
    static const int timer_ppi[] = { 14, 11, 10, 13 };
    DeviceState *a7 = DEVICE(&s->a7);
    DeviceState *gic;
    SysBusDevice *bus;

    object_initialize_child(chip(s), "gic", &s->gic, TYPE_ARM_GIC);
    gic = DEVICE(&s->gic);
    bus = SYS_BUS_DEVICE(gic);
    qdev_prop_set_uint32(gic, "revision", 2);
    qdev_prop_set_uint32(gic, "num-cpu", 1);
    qdev_prop_set_uint32(gic, "num-irq", MT3620_SPIS + GIC_INTERNAL_IRQS);
    qdev_prop_set_bit(gic, "has-security-extensions", true);
    sysbus_realize(bus, &error_fatal);
    for (enum mt3620_initiator i = MT3620_A7_SECURE; i <= MT3620_A7_NORMAL; i++) {
        view_map(view_of(s, i), sysbus_mmio_get_region(bus, 0), MT3620_GIC_DISTRIBUTOR);
        view_map(view_of(s, i), sysbus_mmio_get_region(bus, 1), MT3620_GIC_CPU);
    }
    sysbus_connect_irq(bus, 0, qdev_get_gpio_in(a7, ARM_CPU_IRQ));
    sysbus_connect_irq(bus, 1, qdev_get_gpio_in(a7, ARM_CPU_FIQ));
    for (unsigned i = 0; i < ARRAY_SIZE(timer_ppi); i++) {
        qdev_connect_gpio_out(a7, (int)i,
                              qdev_get_gpio_in(gic, MT3620_SPIS + GIC_SGIS + timer_ppi[i]));
    }
}

/* ---- devices ---- */

static void device_make(Mt3620State *s, enum device device)
{
    if (!object_class_by_name(devices[device].type)) {
        qemu_log_mask(LOG_UNIMP, "mt3620: no %s: type \"%s\" is not built in\n",
                      devices[device].name, devices[device].type);
        return;
    }
    s->device[device] = qdev_new(devices[device].type);
    object_property_add_child(chip(s), devices[device].name, OBJECT(s->device[device]));
    object_unref(OBJECT(s->device[device]));
}

static void device_realize(Mt3620State *s, enum device device)
{
    if (s->device[device]) {
        sysbus_realize(SYS_BUS_DEVICE(s->device[device]), &error_fatal);
    }
}

static void link_set(Mt3620State *s, enum device device, const char *name, void *target)
{
    if (s->device[device] && target) {
        object_property_set_link(OBJECT(s->device[device]), name, OBJECT(target), &error_abort);
    }
}

static void string_set(Mt3620State *s, enum device device, const char *name, const char *value)
{
    if (s->device[device] && value) {
        qdev_prop_set_string(s->device[device], name, value);
    }
}

static void devices_configure(Mt3620State *s)
{
    string_set(s, FLASH, "file", s->options.flash);
    string_set(s, FLASH, "fault", s->options.fault_flash);
    string_set(s, FUSE, "file", s->options.fuses);
    string_set(s, FLASH, "flip", options_flip(&s->options, "flash"));
    string_set(s, FUSE, "flip", options_flip(&s->options, "fuse"));
    link_set(s, FLASH, "firewall", s->device[FIREWALL]);
    link_set(s, RTC, "firewall", s->device[FIREWALL]);
    link_set(s, AES, "fuse", s->device[FUSE]);
    link_set(s, ECC, "fuse", s->device[FUSE]);
    link_set(s, ECC, "trng", s->device[TRNG]);
    link_set(s, TRNG, "fuse", s->device[FUSE]);
    link_set(s, SHA, "memory", &view_of(s, MT3620_PLUTON)->memory);
    if (s->device[TRNG] && s->options.fault_trng) {
        qdev_prop_set_bit(s->device[TRNG], "stuck", true);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(uarts); i++) {
        if (s->device[uarts[i]] && serial_hd((int)i)) {
            qdev_prop_set_chr(s->device[uarts[i]], "chardev", serial_hd((int)i));
        }
    }
    qdev_prop_set_bit(s->device[VIRTIO], "force-legacy", false);
    /* else a device on it is named after an address that it need not have in any view */
    qdev_prop_set_bit(s->device[VIRTIO], "format_transport_address", false);
    qdev_prop_set_bit(s->device[RESET], "recovery-exit", s->options.recovery != NULL);
    qdev_prop_set_bit(s->device[RESET], "reset-exit", s->options.reset != NULL);
}

/* Firewall and flash come before the cores, as they make the views; the reset block after. */
static void devices_make(Mt3620State *s, MemoryRegion *ram)
{
    for (enum device d = 0; d < DEVICES; d++) {
        device_make(s, d);
    }
    devices_configure(s);
    device_realize(s, FLASH);
    link_set(s, FIREWALL, "ram", ram);
    link_set(s, FIREWALL, "flash", flash_array(MT3620_FLASH_DEVICE(s->device[FLASH])));
    link_set(s, FIREWALL, "flash-normal", flash_normal(MT3620_FLASH_DEVICE(s->device[FLASH])));
    device_realize(s, FIREWALL);
}

static void devices_finish(Mt3620State *s)
{
    link_set(s, RESET, "a7", &s->a7);
    link_set(s, RESET, "io0", &s->m4[CORE_IO0 - CORE_PLUTON]);
    link_set(s, RESET, "io1", &s->m4[CORE_IO1 - CORE_PLUTON]);
    link_set(s, RESET, "io0-memory", &view_of(s, MT3620_IO0)->memory);
    link_set(s, RESET, "io1-memory", &view_of(s, MT3620_IO1)->memory);
    for (enum device d = 0; d < DEVICES; d++) {
        if (d != FLASH && d != FIREWALL) {
            device_realize(s, d);
        }
    }
    for (unsigned i = 0; i < ARRAY_SIZE(places); i++) {
        const Place *p = &places[i];

        if (s->device[p->device]) {
            SysBusDevice *bus = SYS_BUS_DEVICE(s->device[p->device]);

            place_region(s, sysbus_mmio_get_region(bus, (int)p->region), p->view, p->at);
        }
    }
}

/* Both lines of the A7's timer share one interrupt. */
static qemu_irq line_target(Mt3620State *s, const Line *line)
{
    if (line->core != CORE_A7) {
        return qdev_get_gpio_in(DEVICE(&s->m4[line->core - CORE_PLUTON]), line->input);
    }
    if (line->device == GPT_A7) {
        return qdev_get_gpio_in(DEVICE(&s->gpt_or), line->output);
    }
    return qdev_get_gpio_in(DEVICE(&s->gic), line->input);
}

static void lines_connect(Mt3620State *s)
{
    object_initialize_child(chip(s), "gpt-or", &s->gpt_or, TYPE_OR_IRQ);
    object_property_set_int(OBJECT(&s->gpt_or), "num-lines", 2, &error_abort);
    qdev_realize(DEVICE(&s->gpt_or), NULL, &error_fatal);
    qdev_connect_gpio_out(DEVICE(&s->gpt_or), 0,
                          qdev_get_gpio_in(DEVICE(&s->gic), MT3620_SPI_GPT));
    for (unsigned i = 0; i < ARRAY_SIZE(lines); i++) {
        if (s->device[lines[i].device]) {
            sysbus_connect_irq(SYS_BUS_DEVICE(s->device[lines[i].device]), lines[i].output,
                               line_target(s, &lines[i]));
        }
    }
    for (unsigned i = 0; i < ARRAY_SIZE(watchdogs); i++) {
        DeviceState *wdt = s->device[watchdogs[i].device];

        if (wdt) {
            qdev_connect_gpio_out_named(
                wdt, "bite", 0,
                qdev_get_gpio_in_named(s->device[RESET], "watchdog",
                                       RESET_LINE(watchdogs[i].core, RESET_LINE_BITE)));
            qdev_connect_gpio_out_named(
                wdt, "swrst", 0,
                qdev_get_gpio_in_named(s->device[RESET], "watchdog",
                                       RESET_LINE(watchdogs[i].core, RESET_LINE_SOFTWARE)));
        }
    }
}

static void later_make_one(Mt3620State *s, unsigned i, const char *name, int view)
{
    DeviceState *dev = qdev_new(TYPE_MT3620_UNIMP_DEVICE);

    qdev_prop_set_string(dev, "name", name);
    qdev_prop_set_uint32(dev, "bytes", later[i].bytes);
    qdev_prop_set_bit(dev, "keeps", later[i].keeps);
    object_property_add_child(chip(s), name, OBJECT(dev));
    sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), &error_fatal);
    place_region(s, sysbus_mmio_get_region(SYS_BUS_DEVICE(dev), 0), view, later[i].at);
}

static void later_make(Mt3620State *s)
{
    for (unsigned i = 0; i < ARRAY_SIZE(later); i++) {
        if (later[i].view != EACH_M4) {
            later_make_one(s, i, later[i].name, later[i].view);
            continue;
        }
        for (unsigned m = 0; m < M4S; m++) {
            g_autofree char *name = g_strdup_printf("%s-%s", later[i].name, m4s[m].name);

            later_make_one(s, i, name, m4s[m].initiator);
        }
    }
}

/* ---- the machine ---- */

static void probe_make(Mt3620State *s)
{
    Chardev *line = s->options.probe ? qemu_chr_find(s->options.probe) : NULL;
    DeviceState *dev;

    if (!s->options.probe) {
        return;
    }
    if (!line) {
        error_report("mt3620: no character device \"%s\" for the probe", s->options.probe);
        exit(MT3620_END_USAGE);
    }
    dev = qdev_new(TYPE_MT3620_PROBE_DEVICE);
    qdev_prop_set_chr(dev, "chardev", line);
    object_property_add_child(chip(s), "probe", OBJECT(dev));
    sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), &error_fatal);
}

static void ram_flip(const Options *o, MemoryRegion *ram)
{
    FaultFlip flip;

    fault_flip_parse(options_flip(o, "ram"), MT3620_RAM_BYTES, &flip, &error_fatal);
    fault_flip(&flip, memory_region_get_ram_ptr(ram));
}

static void mt3620_init(MachineState *machine)
{
    Mt3620State *s = MT3620_MACHINE(machine);

    if (machine->ram_size != MT3620_RAM_BYTES) {
        error_report("mt3620: the chip has 4 MiB of RAM");
        exit(MT3620_END_USAGE);
    }
    options_check(&s->options);
    ram_flip(&s->options, machine->ram);
    devices_make(s, machine->ram);
    memory_make(s, machine->ram);
    a7_make(s);
    for (unsigned i = 0; i < M4S; i++) {
        m4_make(s, i);
    }
    gic_make(s);
    devices_finish(s);
    later_make(s);
    lines_connect(s);
    probe_make(s);
}

Options *mt3620_options(Object *machine)
{
    return &MT3620_MACHINE(machine)->options;
}

static void mt3620_class_init(ObjectClass *class, void *data)
{
    MachineClass *mc = MACHINE_CLASS(class);

    mc->desc = "Perisphere MT3620 (Cortex-A7, three Cortex-M4)";
    mc->init = mt3620_init;
    mc->min_cpus = mc->max_cpus = mc->default_cpus = CORES;
    mc->default_cpu_type = ARM_CPU_TYPE_NAME("cortex-a7");
    mc->default_ram_size = MT3620_RAM_BYTES;
    mc->default_ram_id = "mt3620.ram";
    mc->no_floppy = 1;
    mc->no_cdrom = 1;
    mc->no_parallel = 1;
    options_declare(class);
}

static const TypeInfo mt3620_types[] = {
    {
        .name = TYPE_MT3620_MACHINE,
        .parent = TYPE_MACHINE,
        .instance_size = sizeof(Mt3620State),
        .class_init = mt3620_class_init,
    },
};

DEFINE_TYPES(mt3620_types)
