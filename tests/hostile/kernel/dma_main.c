/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver of the network device that gives it addresses it must not give.  Each row
 * starts the device anew.
 */
#include "tests/hostile/dma_rows.h"
#include "tests/hostile/kernel/hostile.h"

enum {
    MAGIC = 0x000,
    DRIVER_FEATURES = 0x020,
    DRIVER_FEATURES_SELECT = 0x024,
    QUEUE_SELECT = 0x030,
    QUEUE_SIZE = 0x038,
    QUEUE_READY = 0x044,
    QUEUE_NOTIFY = 0x050,
    STATUS = 0x070,
    QUEUE_DESCRIPTORS = 0x080,
    QUEUE_DRIVER = 0x090,
    QUEUE_DEVICE = 0x0A0,

    STATUS_ACKNOWLEDGE = 1,
    STATUS_DRIVER = 2,
    STATUS_DRIVER_OK = 4,
    STATUS_FEATURES_OK = 8,
    MAGIC_VALUE = 0x74726976,
    FEATURE_VERSION_1 = 1, /* bit 32 */

    RECEIVE = 0,
    SEND = 1,
    ENTRIES = 8,
    NEXT = 1,
    DEVICE_WRITES = 2,
    NET_HEADER_BYTES = 12,
    ARP_BYTES = 60,
    PATIENCE_MS = 500,
};

uint32_t hostile_scratch[SCRATCH_BYTES / 4] __attribute__((aligned(4096)));

uintptr_t __stack_chk_guard = 0x5AFE57AC;
_Noreturn void __stack_chk_fail(void);
_Noreturn void __stack_chk_fail(void)
{
    for (;;)
        ;
}

struct descriptor {
    uint32_t address, address_high, bytes;
    uint16_t flags, next;
};

static struct queue {
    struct descriptor descriptor[ENTRIES];
    struct {
        uint16_t flags, index, ring[ENTRIES + 1];
    } available;
    volatile struct {
        uint16_t flags, index;
        uint32_t ring[2 * ENTRIES + 1];
    } used __attribute__((aligned(4)));
} queues[2] __attribute__((aligned(4096)));

static uint8_t net_header[2][NET_HEADER_BYTES + 4] __attribute__((aligned(4)));
static uint8_t frame[64] __attribute__((aligned(4)));

static uint32_t address_of(const volatile void *at)
{
    return (uint32_t)(uintptr_t)at;
}

static void device_set(uint32_t reg, uint32_t value)
{
    poke(MT3620_A7_VIRTIO + reg, value);
}

static void queue_set(unsigned which, uint32_t used)
{
    struct queue *q = &queues[which];
    uint8_t *bytes = (uint8_t *)q;
    for (unsigned i = 0; i < sizeof *q; i++)
        bytes[i] = 0;
    device_set(QUEUE_SELECT, which);
    device_set(QUEUE_SIZE, ENTRIES);
    device_set(QUEUE_DESCRIPTORS, address_of(q->descriptor));
    device_set(QUEUE_DESCRIPTORS + 4, 0);
    device_set(QUEUE_DRIVER, address_of(&q->available));
    device_set(QUEUE_DRIVER + 4, 0);
    device_set(QUEUE_DEVICE, used ? used : address_of(&q->used));
    device_set(QUEUE_DEVICE + 4, 0);
    device_set(QUEUE_READY, 1);
}

static void device_start(uint32_t receive_used)
{
    device_set(STATUS, 0);
    device_set(STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER);
    device_set(DRIVER_FEATURES_SELECT, 0);
    device_set(DRIVER_FEATURES, 0);
    device_set(DRIVER_FEATURES_SELECT, 1);
    device_set(DRIVER_FEATURES, FEATURE_VERSION_1);
    device_set(STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK);
    queue_set(RECEIVE, receive_used);
    queue_set(SEND, 0);
    device_set(STATUS,
               STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK | STATUS_DRIVER_OK);
}

static void part(unsigned which, unsigned n, uint32_t address, uint32_t bytes, uint16_t flags)
{
    queues[which].descriptor[n] = (struct descriptor){address, 0, bytes, flags, (uint16_t)(n + 1)};
}

/* Offers the chain that begins at descriptor 0; true when the device used it. */
static bool offer(unsigned which, bool wait)
{
    queues[which].available.ring[0] = 0;
    barrier();
    queues[which].available.index = 1;
    barrier();
    device_set(QUEUE_NOTIFY, which);
    const uint64_t until = ticks() + (uint64_t)PATIENCE_MS * (MT3620_TIMER_HZ / 1000);
    while (wait && queues[which].used.index == 0 && ticks() < until)
        ;
    return queues[which].used.index != 0;
}

static void report(const char *what, unsigned n, const char *name, bool used)
{
    console_text("dma ");
    console_text(what);
    console_text(" ");
    console_decimal(n);
    console_text(" ");
    console_text(name);
    console_text(used ? " used\n" : " not used\n");
}

static void read_play(unsigned n)
{
    device_start(0);
    for (unsigned i = 0; i < sizeof frame; i++)
        frame[i] = 0;
    frame[0] = frame[6] = 0x02; /* locally administered */
    frame[DMA_ROW_AT] = (uint8_t)n;
    frame[12] = DMA_FRAME_TYPE >> 8;
    frame[13] = DMA_FRAME_TYPE & 0xFF;
    part(SEND, 0, address_of(net_header[SEND]), NET_HEADER_BYTES, NEXT);
    part(SEND, 1, address_of(frame), DMA_HEADER_BYTES, NEXT);
    part(SEND, 2, dma_reads[n].address, DMA_BYTES, 0);
    report("read", n, dma_reads[n].name, offer(SEND, true));
}

/* "Who has 10.0.2.2?": the emulator's own network answers. */
static void ask_network(void)
{
    static const uint8_t request[] = {
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02, 0, 0, 0, 0, 1, 0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1,
        0x02, 0, 0, 0, 0, 1, 10, 0, 2, 15, 0, 0, 0, 0, 0, 0, 10, 0, 2, 2};
    for (unsigned i = 0; i < ARP_BYTES; i++)
        frame[i] = i < sizeof request ? request[i] : 0;
    part(SEND, 0, address_of(net_header[SEND]), NET_HEADER_BYTES, NEXT);
    part(SEND, 1, address_of(frame), ARP_BYTES, 0);
    (void)offer(SEND, true);
}

static void write_play(unsigned n)
{
    const bool ring = n == DMA_WRITES - 1; /* used_ring_in_secure */
    device_start(ring ? dma_writes[n].address : 0);
    part(RECEIVE, 0, address_of(net_header[RECEIVE]), NET_HEADER_BYTES, NEXT | DEVICE_WRITES);
    part(RECEIVE, 1, ring ? DMA_OWN_RAM + 0x2000 : dma_writes[n].address, 1526, DEVICE_WRITES);
    (void)offer(RECEIVE, false);
    ask_network();
    const uint64_t until = ticks() + (uint64_t)PATIENCE_MS * (MT3620_TIMER_HZ / 1000);
    while (queues[RECEIVE].used.index == 0 && ticks() < until)
        ;
    report("write", n, dma_writes[n].name, queues[RECEIVE].used.index != 0);
}

void hostile_main(void);
void hostile_main(void)
{
    uint32_t status;
    console_init();
    for (uint32_t i = 0; i < DMA_BYTES / 4; i++)
        poke(DMA_OWN_RAM + 4 * i, DMA_PATTERN + i);
    console_text(peek(MT3620_A7_VIRTIO + MAGIC) == MAGIC_VALUE ? "dma ready\n" : "dma no device\n");
    console_wait(); /* the host looks at memory before, and after */
    for (unsigned n = 0; n < DMA_READS; n++)
        read_play(n);
    for (unsigned n = 0; n < DMA_WRITES; n++)
        write_play(n);
    device_set(STATUS, 0);
    console_text("dma done\n");
    console_wait();
    hostile_scratch[0] = 1; /* power off: the monitor is as it was */
    smc_call(MONITOR_CALL_RESET, hostile_scratch, 4, NULL, 0, &status);
    for (;;)
        ;
}
