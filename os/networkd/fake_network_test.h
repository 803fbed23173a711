/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A network of the test's own at the other end of a TAP interface: the test sees each frame
 * that the device sends, and says what it likes.  ARP is answered for every address.
 */
#ifndef PERI_OS_NETWORKD_FAKE_NETWORK_TEST_H
#define PERI_OS_NETWORKD_FAKE_NETWORK_TEST_H

#include "lib/cursor.h"

enum { FAKE_FRAME_MAX = 1600 };

struct fake_datagram {
    uint32_t from, to;
    uint16_t from_port, to_port;
    struct span payload; /* view, until the next call */
};

/* Makes interface `name`; needs root and a network namespace of its own. */
int fake_network_open(const char *name);
/* The next UDP datagram that the device sends within timeout_ms. */
bool fake_network_next(int tap, struct fake_datagram *d, int timeout_ms);
/* The same, to this port; others are passed over. */
bool fake_network_wait(int tap, uint16_t to_port, struct fake_datagram *d, int timeout_ms);
void fake_network_say(int tap, const struct fake_datagram *d);

#endif
