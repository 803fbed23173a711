/* SPDX-License-Identifier: BSD-2-Clause */
/* Replies of a DHCP server, good and otherwise, for the tests beside this. */
#ifndef PERI_OS_NETWORKD_DHCP_SERVER_TEST_H
#define PERI_OS_NETWORKD_DHCP_SERVER_TEST_H

#include "os/networkd/dhcp_message.h"

/* What a reply says; zero leaves the option out. */
struct dhcp_said {
    uint8_t type;
    uint32_t xid, address, server, mask, router, dns, ntp, lease_s, renew_s, rebind_s;
    uint8_t mac[DHCP_MAC_BYTES];
};

static inline void dhcp_said_option(struct writer *w, uint8_t code, uint32_t value)
{
    if (!value)
        return;
    writer_u8(w, code);
    writer_u8(w, 4);
    writer_u32be(w, value);
}

static inline void dhcp_said_write(const struct dhcp_said *s, struct writer *w)
{
    writer_u8(w, 2);
    writer_u8(w, 1);
    writer_u8(w, 6);
    writer_u8(w, 0);
    writer_u32be(w, s->xid);
    writer_zero(w, 8);
    writer_u32be(w, s->address);
    writer_zero(w, 8);
    writer_bytes(w, s->mac, DHCP_MAC_BYTES);
    writer_zero(w, 10 + 192);
    writer_u32be(w, 0x63825363);
    writer_u8(w, 53);
    writer_u8(w, 1);
    writer_u8(w, s->type);
    dhcp_said_option(w, 54, s->server);
    dhcp_said_option(w, 1, s->mask);
    dhcp_said_option(w, 3, s->router);
    dhcp_said_option(w, 6, s->dns);
    dhcp_said_option(w, 42, s->ntp);
    dhcp_said_option(w, 51, s->lease_s);
    dhcp_said_option(w, 58, s->renew_s);
    dhcp_said_option(w, 59, s->rebind_s);
    writer_u8(w, 255);
}

#endif
