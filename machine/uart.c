/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "machine/uart.h"

#include "abi/mt3620_uart.h"
#include "hw/char/serial.h"
#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include "hw/qdev-properties-system.h"
#include "hw/sysbus.h"
#include "qemu/log.h"

enum {
    UART_HZ = 26000000,
    UART_16550_BYTES = 0x20,
    UART_FCR = 2, /* register numbers of the 16550 */
    LCR_ENHANCED = 0xBF,
    IIR_ID = 0x3F,
    HIGHSPEED_SAMPLES = 3,
};

struct UartState {
    SysBusDevice parent_obj;

    MemoryRegion registers;
    SerialState serial;
    uint32_t enhanced[UART_16550_BYTES / 4]; /* what LCR = 0xBF shows in place of the 16550's */
    uint32_t kept[MT3620_UART_BYTES / 4];
};

/* Bits kept; registers that are not here do not exist, or only read. */
static const uint8_t kept_mask[MT3620_UART_BYTES / 4] = {
    [MT3620_UART_RX_LEVEL_CTL / 4] = 0xC0,
    [MT3620_UART_HIGHSPEED / 4] = 0x03,
    [MT3620_UART_SAMPLE_COUNT / 4] = 0xFF,
    [MT3620_UART_SAMPLE_POINT / 4] = 0xFF,
    [MT3620_UART_GUARD / 4] = 0x1F,
    [MT3620_UART_ESCAPE_DAT / 4] = 0xFF,
    [MT3620_UART_ESCAPE_EN / 4] = 0x01,
    [MT3620_UART_SW_RTO_LIMIT / 4] = 0xFE,
    [MT3620_UART_VFIFO_EN / 4] = 0x01,
    [MT3620_UART_RXTRIG / 4] = 0x3F,
    [MT3620_UART_FRACDIV_L / 4] = 0xFF,
    [MT3620_UART_FRACDIV_M / 4] = 0x03,
    [MT3620_UART_EXTEND_ADD / 4] = 0x07,
};
/* EFR, XON1, XON2, XOFF1, XOFF2 */
static const uint8_t enhanced_mask[UART_16550_BYTES / 4] = { 0, 0, 0xFF, 0, 0xFF, 0xFF, 0xFF, 0xFF };

static bool enhanced_register(UartState *s, hwaddr offset)
{
    return offset < UART_16550_BYTES && s->serial.lcr == LCR_ENHANCED && enhanced_mask[offset / 4];
}

/* Rate before the divisor latch, which QEMU's 16550 applies. */
static void rate_update(UartState *s)
{
    uint32_t mode = s->kept[MT3620_UART_HIGHSPEED / 4];
    uint32_t tenths = 160 >> mode;

    if (mode == HIGHSPEED_SAMPLES) {
        tenths = 10 * (s->kept[MT3620_UART_SAMPLE_COUNT / 4] + 1) +
                 ctpop32(s->kept[MT3620_UART_FRACDIV_L / 4]) + ctpop32(s->kept[MT3620_UART_FRACDIV_M / 4]);
    }
    serial_set_frequency(&s->serial, 10u * UART_HZ / tenths);
}

/* QEMU's 16550 looks at its interrupt anew when FCR is written. */
static void timeout_acknowledge(UartState *s)
{
    if (s->serial.timeout_ipending) {
        s->serial.timeout_ipending = 0;
        serial_io_ops.write(&s->serial, UART_FCR, s->serial.fcr, 1);
    }
}

static uint64_t uart_read(void *opaque, hwaddr offset, unsigned size)
{
    UartState *s = opaque;

    if (enhanced_register(s, offset)) {
        return s->enhanced[offset / 4];
    }
    if (offset < UART_16550_BYTES) {
        return serial_io_ops.read(&s->serial, offset / 4, 1);
    }
    switch (offset) {
    case MT3620_UART_FCR_RD: return s->serial.fcr;
    case MT3620_UART_RX_OFFSET: return fifo8_num_used(&s->serial.recv_fifo);
    case MT3620_UART_TX_OFFSET: return fifo8_num_used(&s->serial.xmit_fifo);
    case MT3620_UART_INTERRUPT_STA: return s->serial.iir & IIR_ID;
    case MT3620_UART_VFIFO_EN: timeout_acknowledge(s); break;
    default: break;
    }
    if (!kept_mask[offset / 4]) {
        qemu_log_mask(LOG_GUEST_ERROR, "uart: read of no register, 0x%03x\n", (unsigned)offset);
    }
    return s->kept[offset / 4];
}

static void uart_write(void *opaque, hwaddr offset, uint64_t value, unsigned size)
{
    UartState *s = opaque;

    if (enhanced_register(s, offset)) {
        s->enhanced[offset / 4] = value & enhanced_mask[offset / 4];
        return;
    }
    if (offset < UART_16550_BYTES) {
        serial_io_ops.write(&s->serial, offset / 4, value & 0xFF, 1);
        return;
    }
    if (!kept_mask[offset / 4]) {
        qemu_log_mask(LOG_GUEST_ERROR, "uart: write to 0x%03x refused\n", (unsigned)offset);
        return;
    }
    s->kept[offset / 4] = value & kept_mask[offset / 4];
    rate_update(s);
}

static bool uart_accepts(void *opaque, hwaddr offset, unsigned size, bool is_write,
                         MemTxAttrs attrs)
{
    return offset % 4 == 0 && (size == 4 || offset < UART_16550_BYTES);
}

static const MemoryRegionOps uart_ops = {
    .read = uart_read,
    .write = uart_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4, .accepts = uart_accepts },
};

static void uart_reset(DeviceState *dev)
{
    UartState *s = MT3620_UART(dev);

    memset(s->enhanced, 0, sizeof(s->enhanced));
    memset(s->kept, 0, sizeof(s->kept));
    rate_update(s);
}

static void uart_realize(DeviceState *dev, Error **errp)
{
    UartState *s = MT3620_UART(dev);

    if (!qdev_realize(DEVICE(&s->serial), NULL, errp)) {
        return;
    }
    memory_region_init_io(&s->registers, OBJECT(dev), &uart_ops, s, "uart", MT3620_UART_BYTES);
    sysbus_init_mmio(SYS_BUS_DEVICE(dev), &s->registers);
    sysbus_init_irq(SYS_BUS_DEVICE(dev), &s->serial.irq);
}

static void uart_instance_init(Object *obj)
{
    UartState *s = MT3620_UART(obj);

    object_initialize_child(obj, "serial", &s->serial, TYPE_SERIAL);
    qdev_alias_all_properties(DEVICE(&s->serial), obj);
}

static void uart_class_init(ObjectClass *class, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(class);

    dc->realize = uart_realize;
    dc->reset = uart_reset;
    dc->user_creatable = false;
}

static const TypeInfo uart_types[] = {
    {
        .name = TYPE_MT3620_UART,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(UartState),
        .instance_init = uart_instance_init,
        .class_init = uart_class_init,
    },
};

DEFINE_TYPES(uart_types)
