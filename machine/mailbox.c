/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "machine/mailbox.h"

#include "abi/mt3620_mailbox.h"
#include "hw/irq.h"
#include "hw/sysbus.h"
#include "qemu/log.h"

enum {
    MAILBOX_REGISTERS_BYTES = 0x1000,
    STS_READ = 1 << 0 | 1 << 3,    /* my message was read */
    STS_ARRIVED = 1 << 1 | 1 << 2, /* a message is here */
    STS_ALL = STS_READ | STS_ARRIVED,
    SW_ALL = 0xFF,
    THRESHOLD_ALL = 0xF,
    FIFO_CTRL_ALL = 0x3FF,
    GEN_CTRL_BOTH = 1 << 0,
    GEN_CTRL_OWN = 1 << 1,
};

typedef struct Port {
    MailboxState *mailbox;
    MemoryRegion registers;
    qemu_irq line[MAILBOX_LINES];

    struct {
        uint32_t command;
        uint32_t data;
    } entry[MAILBOX_DEPTH]; /* what this side receives; oldest first */
    unsigned count;

    uint32_t data_push; /* for the next push */
    uint32_t int_en;
    uint32_t int_sts;
    uint32_t sw_en;
    uint32_t sw_sts;
    uint32_t nf_thrs;
    uint32_t ne_thrs;
    uint32_t fifo_ctrl;
} Port;

struct MailboxState {
    SysBusDevice parent_obj;

    Port port[2];
    Port *semaphore; /* who holds it */
};

static Port *peer_of(Port *port)
{
    Port *ports = port->mailbox->port;

    return port == &ports[0] ? &ports[1] : &ports[0];
}

static void port_update(Port *port)
{
    bool arrived = port->int_sts & port->int_en & STS_ARRIVED;

    qemu_set_irq(port->line[MAILBOX_LINE_RD], (port->int_sts & port->int_en & STS_READ) != 0);
    qemu_set_irq(port->line[MAILBOX_LINE_WR], arrived);
    qemu_set_irq(port->line[MAILBOX_LINE_FIFO], arrived);
    qemu_set_irq(port->line[MAILBOX_LINE_SW], (port->sw_sts & port->sw_en) != 0);
}

static void push(Port *port, uint32_t command)
{
    Port *peer = peer_of(port);
    uint32_t data = port->data_push;

    port->data_push = 0;
    if (peer->count == MAILBOX_DEPTH) {
        qemu_log_mask(LOG_GUEST_ERROR, "mailbox: full, command 0x%08x is dropped\n", command);
        return;
    }
    peer->entry[peer->count].command = command;
    peer->entry[peer->count].data = data;
    peer->count++;
    peer->int_sts |= STS_ARRIVED;
    port_update(peer);
}

static uint32_t pop(Port *port)
{
    Port *peer = peer_of(port);
    uint32_t command;

    if (port->count == 0) {
        return 0;
    }
    command = port->entry[0].command;
    port->count--;
    memmove(&port->entry[0], &port->entry[1], port->count * sizeof(port->entry[0]));
    peer->int_sts |= STS_READ;
    port_update(peer);
    return command;
}

static void general_control(Port *port, uint32_t value)
{
    Port *peer = peer_of(port);

    if (value & (GEN_CTRL_BOTH | GEN_CTRL_OWN)) {
        peer->count = 0;
        port->data_push = 0;
    }
    if (value & GEN_CTRL_BOTH) {
        port->count = 0;
        peer->data_push = 0;
        port->int_sts = 0;
        peer->int_sts = 0;
        port_update(port);
        port_update(peer);
    }
}

static uint32_t semaphore_take(Port *port)
{
    if (!port->mailbox->semaphore) {
        port->mailbox->semaphore = port;
    }
    return port->mailbox->semaphore == port;
}

static uint64_t mailbox_read(void *opaque, hwaddr offset, unsigned size)
{
    Port *port = opaque;

    switch (offset) {
    case MAILBOX_VERSION: return MAILBOX_VERSION_VALUE;
    case MAILBOX_SW_RX_INT_EN: return port->sw_en;
    case MAILBOX_SW_RX_INT_STS: return port->sw_sts;
    case MAILBOX_FIFO_CTRL: return port->fifo_ctrl;
    case MAILBOX_NF_THRS: return port->nf_thrs;
    case MAILBOX_NE_THRS: return port->ne_thrs;
    case MAILBOX_INT_EN: return port->int_en;
    case MAILBOX_INT_STS: return port->int_sts;
    case MAILBOX_PUSH_CNT: return peer_of(port)->count;
    case MAILBOX_CMD_POP: return pop(port);
    case MAILBOX_DATA_POP: return port->count ? port->entry[0].data : 0;
    case MAILBOX_POP_CNT: return port->count;
    case MAILBOX_SEMAPHORE: return semaphore_take(port);
    default: break;
    }
    qemu_log_mask(LOG_GUEST_ERROR, "mailbox: read of no register, 0x%03x\n", (unsigned)offset);
    return 0;
}

static void mailbox_write(void *opaque, hwaddr offset, uint64_t value, unsigned size)
{
    Port *port = opaque;
    Port *peer = peer_of(port);
    uint32_t word = (uint32_t)value;

    switch (offset) {
    case MAILBOX_GEN_CTRL: general_control(port, word); break;
    case MAILBOX_SW_TX_INT_PORT:
        peer->sw_sts |= word & SW_ALL;
        port_update(peer);
        break;
    case MAILBOX_SW_RX_INT_EN: port->sw_en = word & SW_ALL; break;
    case MAILBOX_SW_RX_INT_STS: port->sw_sts &= ~word; break;
    case MAILBOX_FIFO_CTRL: port->fifo_ctrl = word & FIFO_CTRL_ALL; break;
    case MAILBOX_NF_THRS: port->nf_thrs = word & THRESHOLD_ALL; break;
    case MAILBOX_NE_THRS: port->ne_thrs = word & THRESHOLD_ALL; break;
    case MAILBOX_INT_EN:
        if (port->count && (word & ~port->int_en & STS_ARRIVED)) {
            port->int_sts |= STS_ARRIVED;
        }
        port->int_en = word & STS_ALL;
        break;
    case MAILBOX_INT_STS: port->int_sts &= ~word; break;
    case MAILBOX_CMD_PUSH: push(port, word); break;
    case MAILBOX_DATA_PUSH: port->data_push = word; break;
    case MAILBOX_SEMAPHORE:
        if (word == 0 && port->mailbox->semaphore == port) {
            port->mailbox->semaphore = NULL;
        }
        break;
    default:
        qemu_log_mask(LOG_GUEST_ERROR, "mailbox: write to 0x%03x refused\n", (unsigned)offset);
        return;
    }
    port_update(port);
}

static const MemoryRegionOps mailbox_ops = {
    .read = mailbox_read,
    .write = mailbox_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
};

static void port_reset(Port *port)
{
    port->count = 0;
    port->data_push = 0;
    port->int_en = 0;
    port->int_sts = 0;
    port->sw_en = 0;
    port->sw_sts = 0;
    port->nf_thrs = 0;
    port->ne_thrs = 0;
    port->fifo_ctrl = 0;
}

static void mailbox_reset(DeviceState *dev)
{
    MailboxState *s = MT3620_MAILBOX(dev);

    s->semaphore = NULL;
    for (unsigned side = 0; side < 2; side++) {
        port_reset(&s->port[side]);
        port_update(&s->port[side]);
    }
}

static void mailbox_realize(DeviceState *dev, Error **errp)
{
    MailboxState *s = MT3620_MAILBOX(dev);

    for (unsigned side = 0; side < 2; side++) {
        Port *port = &s->port[side];

        port->mailbox = s;
        memory_region_init_io(&port->registers, OBJECT(dev), &mailbox_ops, port,
                              side ? "mailbox-b" : "mailbox-a", MAILBOX_REGISTERS_BYTES);
        sysbus_init_mmio(SYS_BUS_DEVICE(dev), &port->registers);
        for (unsigned i = 0; i < MAILBOX_LINES; i++) {
            sysbus_init_irq(SYS_BUS_DEVICE(dev), &port->line[i]);
        }
    }
}

static void mailbox_class_init(ObjectClass *class, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(class);

    dc->realize = mailbox_realize;
    dc->reset = mailbox_reset;
    dc->user_creatable = false;
}

static const TypeInfo mailbox_types[] = {
    {
        .name = TYPE_MT3620_MAILBOX,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(MailboxState),
        .class_init = mailbox_class_init,
    },
};

DEFINE_TYPES(mailbox_types)
