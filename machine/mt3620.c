/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The chip: which block is where, in whose view, on which interrupt line.
 * Source: abi/mt3620.h.  What each block offers: machine/README.md.
 * Tables first, then the code that walks them, then the machine and its options.
 */
#include "qemu/osdep.h"

#include "abi/mt3620.h"
#include "chardev/char.h"
#include "exec/address-spaces.h"
#include "hw/boards.h"
#include "hw/or-irq.h"
#include "hw/qdev-clock.h"
#include "hw/qdev-properties.h"
#include "hw/qdev-properties-system.h"
#include "hw/sysbus.h"
#include "machine/cores.h"
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
#include "sysemu/sysemu.h"

/* ---- devices ---- */

enum device {
    MAILBOX_SECURE, MAILBOX_NORMAL, MAILBOX_IO0, MAILBOX_IO1, MAILBOX_PEER,
    GPT_A7, GPT_PLUTON, GPT_IO0, GPT_IO1,
    WDT_A7, WDT_PLUTON, WDT_IO0, WDT_IO1,
    UART_PLUTON, UART_A7, UART_IO0, UART_IO1,
    RGU_PLUTON, RGU_IO0, RGU_IO1,
    INFRA_PLUTON, INFRA_IO0, INFRA_IO1,
    RTC, FUSE, TRNG, SHA, AES, ECC, RSA,
    FLASH, FIREWALL, RESET, VIRTIO, VIRTIO_SERVICE,
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
    [INFRA_PLUTON] = { "infra-pluton", "mt3620-m4-infra" },
    [INFRA_IO0] = { "infra-io0", "mt3620-m4-infra" },
    [INFRA_IO1] = { "infra-io1", "mt3620-m4-infra" },
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
    /* their buses are virtio-mmio-bus.0 and virtio-mmio-bus.1, in this order */
    [VIRTIO] = { "virtio", "virtio-mmio" },
    [VIRTIO_SERVICE] = { "virtio-service", "virtio-mmio" },
};

/* ---- places: registers in a view for good, or in a block that the firewall grants ---- */

#define GRANTED (-1)

typedef struct Place {
    enum device device;
    unsigned region;
    int view;     /* enum mt3620_initiator, or GRANTED */
    uint32_t at;  /* address in the view, or number of the block */
    uint32_t in;  /* offset in the block */
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
    { INFRA_PLUTON, 0, MT3620_PLUTON, MT3620_M4_INFRA },
    { INFRA_IO0, 0, MT3620_IO0, MT3620_M4_INFRA },
    { INFRA_IO1, 0, MT3620_IO1, MT3620_M4_INFRA },
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
    { VIRTIO_SERVICE, 0, GRANTED, FIREWALL_VIRTIO, MT3620_A7_VIRTIO_SERVICE - MT3620_A7_VIRTIO },
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
    { VIRTIO_SERVICE, 0, CORE_A7, MT3620_SPI_VIRTIO_SERVICE },
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
    { INFRA_PLUTON, 0, CORE_PLUTON, MT3620_IRQ_INFRA },
    { INFRA_IO0, 0, CORE_IO0, MT3620_IRQ_INFRA },
    { INFRA_IO1, 0, CORE_IO1, MT3620_IRQ_INFRA },
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
    { "m4-dma", EACH_M4, MT3620_IO_DMA, 0x10000, false },
};

/* ---- the chip ---- */

struct Mt3620State {
    MachineState parent_obj;

    Options options;
    Cores cores;
    qemu_or_irq gpt_or;
    DeviceState *device[DEVICES];

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

static void place_region(Mt3620State *s, MemoryRegion *region, int view, uint32_t at, uint32_t in)
{
    if (view == GRANTED) {
        memory_region_add_subregion(
            firewall_block(MT3620_FIREWALL_DEVICE(s->device[FIREWALL]), at), in, region);
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

/* ---- devices ---- */

static void device_make(Mt3620State *s, enum device device)
{
    s->device[device] = qdev_new(devices[device].type);
    object_property_add_child(chip(s), devices[device].name, OBJECT(s->device[device]));
    object_unref(OBJECT(s->device[device]));
}

static void device_realize(Mt3620State *s, enum device device)
{
    sysbus_realize(SYS_BUS_DEVICE(s->device[device]), &error_fatal);
}

static void link_set(Mt3620State *s, enum device device, const char *name, void *target)
{
    object_property_set_link(OBJECT(s->device[device]), name, OBJECT(target), &error_abort);
}

static void string_set(Mt3620State *s, enum device device, const char *name, const char *value)
{
    if (value) {
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
    link_set(s, AES, "fuse", s->device[FUSE]);
    link_set(s, ECC, "fuse", s->device[FUSE]);
    link_set(s, ECC, "trng", s->device[TRNG]);
    link_set(s, TRNG, "fuse", s->device[FUSE]);
    link_set(s, SHA, "memory", &view_of(s, MT3620_PLUTON)->memory);
    qdev_prop_set_bit(s->device[TRNG], "stuck", s->options.fault_trng != NULL);
    for (unsigned i = 0; i < ARRAY_SIZE(uarts); i++) {
        if (serial_hd((int)i)) {
            qdev_prop_set_chr(s->device[uarts[i]], "chardev", serial_hd((int)i));
        }
    }
    for (enum device d = VIRTIO; d <= VIRTIO_SERVICE; d++) {
        qdev_prop_set_bit(s->device[d], "force-legacy", false);
        /* else a device on it is named after an address that it need not have in any view */
        qdev_prop_set_bit(s->device[d], "format_transport_address", false);
    }
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
    link_set(s, FIREWALL, "infra-pluton", s->device[INFRA_PLUTON]);
    link_set(s, FIREWALL, "infra-io0", s->device[INFRA_IO0]);
    link_set(s, FIREWALL, "infra-io1", s->device[INFRA_IO1]);
    link_set(s, FIREWALL, "ram", ram);
    link_set(s, FIREWALL, "flash", flash_array(MT3620_FLASH_DEVICE(s->device[FLASH])));
    link_set(s, FIREWALL, "flash-normal", flash_normal(MT3620_FLASH_DEVICE(s->device[FLASH])));
    device_realize(s, FIREWALL);
}

static void devices_finish(Mt3620State *s)
{
    link_set(s, RESET, "a7", &s->cores.a7);
    link_set(s, RESET, "io0", &s->cores.m4[CORE_IO0 - CORE_PLUTON]);
    link_set(s, RESET, "io1", &s->cores.m4[CORE_IO1 - CORE_PLUTON]);
    link_set(s, RESET, "io0-memory", &view_of(s, MT3620_IO0)->memory);
    link_set(s, RESET, "io1-memory", &view_of(s, MT3620_IO1)->memory);
    for (enum device d = 0; d < DEVICES; d++) {
        if (d != FLASH && d != FIREWALL) {
            device_realize(s, d);
        }
    }
    for (unsigned i = 0; i < ARRAY_SIZE(places); i++) {
        const Place *p = &places[i];
        SysBusDevice *bus = SYS_BUS_DEVICE(s->device[p->device]);

        place_region(s, sysbus_mmio_get_region(bus, (int)p->region), p->view, p->at, p->in);
    }
}

/* Both lines of the A7's timer share one interrupt. */
static qemu_irq line_target(Mt3620State *s, const Line *line)
{
    return line->device == GPT_A7 ? qdev_get_gpio_in(DEVICE(&s->gpt_or), line->output)
                                  : cores_line(&s->cores, line->core, line->input);
}

static void lines_connect(Mt3620State *s)
{
    object_initialize_child(chip(s), "gpt-or", &s->gpt_or, TYPE_OR_IRQ);
    object_property_set_int(OBJECT(&s->gpt_or), "num-lines", 2, &error_abort);
    qdev_realize(DEVICE(&s->gpt_or), NULL, &error_fatal);
    qdev_connect_gpio_out(DEVICE(&s->gpt_or), 0, cores_line(&s->cores, CORE_A7, MT3620_SPI_GPT));
    for (unsigned i = 0; i < ARRAY_SIZE(lines); i++) {
        sysbus_connect_irq(SYS_BUS_DEVICE(s->device[lines[i].device]), lines[i].output,
                           line_target(s, &lines[i]));
    }
    for (unsigned i = 0; i < ARRAY_SIZE(watchdogs); i++) {
        static const char *const outputs[RESET_LINES_EACH] = { "bite", "swrst" };

        for (int line = 0; line < RESET_LINES_EACH; line++) {
            qdev_connect_gpio_out_named(
                s->device[watchdogs[i].device], outputs[line], 0,
                qdev_get_gpio_in_named(s->device[RESET], "watchdog",
                                       RESET_LINE(watchdogs[i].core, line)));
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
    place_region(s, sysbus_mmio_get_region(SYS_BUS_DEVICE(dev), 0), view, later[i].at, 0);
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
    Clock *hclk[M4S];

    if (machine->ram_size != MT3620_RAM_BYTES) {
        error_report("mt3620: the chip has 4 MiB of RAM");
        exit(MT3620_END_USAGE);
    }
    options_check(&s->options);
    ram_flip(&s->options, machine->ram);
    devices_make(s, machine->ram);
    memory_make(s, machine->ram);
    for (unsigned i = 0; i < M4S; i++) {
        hclk[i] = qdev_get_clock_out(s->device[RGU_PLUTON + i], "hclk");
    }
    /* without a ROM there is nothing that Pluton could start with: the probe drives the chip */
    cores_make(&s->cores, chip(s), MT3620_FIREWALL_DEVICE(s->device[FIREWALL]), hclk,
               s->options.rom != NULL);
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
