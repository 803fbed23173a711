/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network's transport: where it is, its interrupt, and that it reaches no more RAM than
 * the normal world that programs it (docs/spec/mt3620.md, "Memory"). */
#include "abi/mt3620.h"
#include "abi/mt3620_firewall.h"
#include "machine/tests/bus.h"
#include "tests/check.h"

/* Virtio 1.1, §4.2.2, MMIO device register layout */
enum {
    MAGIC = 0x000, VERSION = 0x004, DEVICE_ID = 0x008, DRIVER_FEATURES = 0x020,
    DRIVER_FEATURES_SEL = 0x024, QUEUE_SEL = 0x030, QUEUE_NUM = 0x038, QUEUE_READY = 0x044,
    QUEUE_NOTIFY = 0x050, INTERRUPT_STATUS = 0x060, INTERRUPT_ACK = 0x064, STATUS = 0x070,
    QUEUE_DESC = 0x080, QUEUE_DRIVER = 0x090, QUEUE_DEVICE = 0x0A0,
    TRANSMIT = 1, FEATURE_VERSION_1 = 1, /* bit 32: bit 0 of the second word */
    DRIVER = 1 | 2, FEATURES_OK = 8, DRIVER_OK = 4,
    RINGS = MT3620_RAM + 0x10000, PACKET = MT3620_RAM + 0x11000, ENTRIES = 8,
};

static struct bus b;

static uint32_t get(uint32_t offset)
{
    return bus_get(&b, "a7n", MT3620_A7_VIRTIO + offset);
}

static void set(uint32_t offset, uint32_t value)
{
    bus_set(&b, "a7n", MT3620_A7_VIRTIO + offset, value);
}

static uint32_t violations(void)
{
    return bus_get(&b, "a7s", MT3620_FIREWALL + FIREWALL_VIOLATIONS);
}

static void grant(void)
{
    uint32_t window = MT3620_FIREWALL + FIREWALL_RAM;

    bus_set(&b, "a7s",
            MT3620_FIREWALL + FIREWALL_INITIATOR + FIREWALL_INITIATOR_STRIDE * MT3620_A7_NORMAL,
            1u << FIREWALL_VIRTIO);
    bus_set(&b, "a7s", window + FIREWALL_BASE, MT3620_RAM);
    bus_set(&b, "a7s", window + FIREWALL_LIMIT, MT3620_SECURE_RAM);
    bus_set(&b, "a7s", window + FIREWALL_CONTROL,
            FIREWALL_CONTROL_ENABLED | FIREWALL_CONTROL_WRITE | MT3620_A7_NORMAL);
}

/* One packet of 64 bytes at addr, its rings at rings. */
static void transmit(uint32_t rings, uint32_t addr)
{
    uint32_t available = rings + 16 * ENTRIES, used = rings + 0x200;

    for (uint32_t at = rings; at < rings + 0x300; at += 4) {
        bus_set(&b, "a7s", at, 0);
    }
    bus_set(&b, "a7s", rings + 0, addr); /* descriptor 0 */
    bus_set(&b, "a7s", rings + 8, 64);
    bus_set(&b, "a7s", available, 1 << 16); /* index 1: entry 0 = descriptor 0 */

    set(STATUS, 0);
    set(STATUS, DRIVER);
    set(DRIVER_FEATURES_SEL, 1);
    set(DRIVER_FEATURES, FEATURE_VERSION_1);
    set(STATUS, DRIVER | FEATURES_OK);
    set(QUEUE_SEL, TRANSMIT);
    set(QUEUE_NUM, ENTRIES);
    set(QUEUE_DESC, rings);
    set(QUEUE_DRIVER, available);
    set(QUEUE_DEVICE, used);
    set(QUEUE_READY, 1);
    set(STATUS, DRIVER | FEATURES_OK | DRIVER_OK);
    set(QUEUE_NOTIFY, TRANSMIT);
    bus_step(&b, 10000000); /* the device may bundle packets for a moment */
}

static uint32_t used_index(uint32_t rings)
{
    return bus_get(&b, "a7s", rings + 0x200) >> 16;
}

int main(void)
{
    static const char *const network[] = { "-netdev", "user,id=net,restrict=on", "-device",
                                           "virtio-net-device,netdev=net,bus=virtio-mmio-bus.0",
                                           "-netdev", "user,id=service,restrict=on", "-device",
                                           "virtio-net-device,netdev=service,bus=virtio-mmio-bus.1", NULL };
    uint32_t pending = MT3620_GIC_DISTRIBUTOR + 0x204, bit = 1u << MT3620_SPI_VIRTIO, before;

    bus_start(&b, BUS_STEPS, "", network);
    CHECK(bus_refused(&b, "a7n", MT3620_A7_VIRTIO)); /* not granted yet */
    grant();
    CHECK_INT(get(MAGIC), 0x74726976);
    CHECK_INT(get(VERSION), 2);
    CHECK_INT(get(DEVICE_ID), 1);
    CHECK(bus_refused(&b, "io0", MT3620_A7_VIRTIO));
    /* the service interface's, in the same block */
    CHECK_INT(bus_get(&b, "a7n", MT3620_A7_VIRTIO_SERVICE + MAGIC), 0x74726976);
    CHECK_INT(bus_get(&b, "a7n", MT3620_A7_VIRTIO_SERVICE + DEVICE_ID), 1);
    CHECK(bus_refused(&b, "io0", MT3620_A7_VIRTIO_SERVICE));
    CHECK(bus_refused(&b, "a7n", MT3620_A7_VIRTIO_SERVICE + 0x200)); /* nothing behind it */

    /* what the normal world holds is sent */
    before = violations();
    transmit(RINGS, PACKET);
    CHECK_INT(used_index(RINGS), 1);
    CHECK_INT(violations(), before);
    CHECK_INT(get(INTERRUPT_STATUS), 1);
    CHECK_INT(bus_get(&b, "a7s", pending) & bit, bit);
    set(INTERRUPT_ACK, 1);
    CHECK_INT(bus_get(&b, "a7s", pending) & bit, 0);

    /* a packet out of the monitor's memory is refused, and counted as the normal world's */
    transmit(RINGS, MT3620_SECURE_RAM + 0x100);
    CHECK(violations() > before);
    CHECK_INT(bus_get(&b, "a7s", MT3620_FIREWALL + FIREWALL_VIOLATION_INFO) & 0xFF, MT3620_A7_NORMAL);
    CHECK(bus_get(&b, "a7s", MT3620_FIREWALL + FIREWALL_VIOLATION_ADDR) >= MT3620_SECURE_RAM);

    /* so are rings in it: the device neither reads nor writes there */
    before = violations();
    transmit(MT3620_SECURE_RAM + 0x1000, PACKET);
    CHECK(violations() > before);
    CHECK_INT(used_index(MT3620_SECURE_RAM + 0x1000), 0);
    bus_stop(&b);
    return check_done();
}
