/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/networkd/fake_network_test.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "tests/check.h"

enum { ETHERNET = 14, IP = 20, UDP = 8, TYPE_IP = 0x0800, TYPE_ARP = 0x0806 };

static const uint8_t own_mac[6] = {2, 0, 0, 0, 0, 1};
static uint8_t device_mac[6];

int fake_network_open(const char *name)
{
    struct ifreq r = {.ifr_flags = IFF_TAP | IFF_NO_PI};
    snprintf(r.ifr_name, sizeof r.ifr_name, "%s", name);
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    REQUIRE(fd >= 0 && ioctl(fd, TUNSETIFF, &r) == 0);
    return fd;
}

static void put_frame(int tap, const struct writer *w)
{
    REQUIRE(w->err == 0 && write(tap, w->at, w->len) == (ssize_t)w->len);
}

static void put_ethernet(struct writer *w, const uint8_t *to, uint16_t type)
{
    writer_bytes(w, to, 6);
    writer_bytes(w, own_mac, 6);
    writer_u16be(w, type);
}

static void answer_arp(int tap, struct cursor c)
{
    uint8_t bytes[64];
    struct writer w = writer_of(bytes, sizeof bytes);
    cursor_skip(&c, 6);
    unsigned operation = cursor_u16be(&c);
    struct span mac = cursor_bytes(&c, 6);
    uint32_t from = cursor_u32be(&c);
    cursor_skip(&c, 6);
    uint32_t to = cursor_u32be(&c);
    if (c.err || operation != 1 || from == to)
        return;
    put_ethernet(&w, mac.at, TYPE_ARP);
    writer_bytes(&w, "\0\1\x08\0\6\4\0\2", 8);
    writer_bytes(&w, own_mac, 6);
    writer_u32be(&w, to);
    writer_bytes(&w, mac.at, 6);
    writer_u32be(&w, from);
    put_frame(tap, &w);
}

/* True when the frame is a datagram. */
static bool take_apart(int tap, struct span frame, struct fake_datagram *d)
{
    struct cursor c = cursor_of(frame);
    cursor_skip(&c, 6);
    cursor_copy(&c, device_mac, 6);
    unsigned type = cursor_u16be(&c);
    if (type == TYPE_ARP)
        answer_arp(tap, c);
    if (type != TYPE_IP || cursor_u8(&c) != 0x45)
        return false;
    cursor_skip(&c, 8);
    unsigned protocol = cursor_u8(&c);
    cursor_skip(&c, 2);
    d->from = cursor_u32be(&c);
    d->to = cursor_u32be(&c);
    d->from_port = cursor_u16be(&c);
    d->to_port = cursor_u16be(&c);
    unsigned length = cursor_u16be(&c);
    cursor_skip(&c, 2);
    d->payload = cursor_bytes(&c, length - UDP);
    return !c.err && protocol == 17;
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool fake_network_next(int tap, struct fake_datagram *d, int timeout_ms)
{
    static uint8_t frame[FAKE_FRAME_MAX];
    int64_t until = now_ms() + timeout_ms, left;
    while ((left = until - now_ms()) > 0) {
        struct pollfd p = {.fd = tap, .events = POLLIN};
        (void)poll(&p, 1, (int)left);
        ssize_t n = read(tap, frame, sizeof frame);
        if (n > 0 && take_apart(tap, span_of(frame, (size_t)n), d))
            return true;
    }
    return false;
}

bool fake_network_wait(int tap, uint16_t to_port, struct fake_datagram *d, int timeout_ms)
{
    while (fake_network_next(tap, d, timeout_ms))
        if (d->to_port == to_port)
            return true;
    return false;
}

void fake_network_say(int tap, const struct fake_datagram *d)
{
    static const uint8_t everybody[6] = {255, 255, 255, 255, 255, 255};
    uint8_t frame[FAKE_FRAME_MAX];
    struct writer w = writer_of(frame, sizeof frame);
    put_ethernet(&w, d->to == UINT32_MAX ? everybody : device_mac, TYPE_IP);
    size_t head = w.len;
    writer_u16be(&w, 0x4500);
    writer_u16be(&w, (uint16_t)(IP + UDP + d->payload.len));
    writer_zero(&w, 4);
    writer_u16be(&w, 64 << 8 | 17);
    writer_u16be(&w, 0);
    writer_u32be(&w, d->from);
    writer_u32be(&w, d->to);
    uint32_t sum = 0;
    for (size_t i = head; i < w.len; i += 2)
        sum += (uint32_t)frame[i] << 8 | frame[i + 1];
    sum = (sum & 0xFFFF) + (sum >> 16);
    sum = ~((sum & 0xFFFF) + (sum >> 16));
    frame[head + 10] = (uint8_t)(sum >> 8);
    frame[head + 11] = (uint8_t)sum;
    writer_u16be(&w, d->from_port);
    writer_u16be(&w, d->to_port);
    writer_u16be(&w, (uint16_t)(UDP + d->payload.len));
    writer_u16be(&w, 0); /* no checksum (RFC 768) */
    writer_bytes(&w, d->payload.at, d->payload.len);
    put_frame(tap, &w);
}
