/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DHCP messages as this client writes and reads them.
 * Source: RFC 2131 section 2 (layout), RFC 2132 (options).
 * Writer of replies: whoever is on the network; hostile until parsed, and after
 * that still only a proposal: an address is configured, nothing is believed.
 *
 *   off size field     network byte order
 *     0    1 op        1 request, 2 reply
 *     1    1 htype     1, Ethernet
 *     2    1 hlen      6
 *     3    1 hops
 *     4    4 xid
 *     8    2 secs
 *    10    2 flags     0x8000: answer by broadcast
 *    12    4 ciaddr, 16 yiaddr, 20 siaddr, 24 giaddr
 *    28   16 chaddr    6 of address, then zero
 *    44   64 sname, 108 file    not read; options overloaded into them (52) neither
 *   236    4 99 130 83 99
 *   240      options: code, length, value; 0 pads, 255 ends
 * Addresses are numbers (address.h); 0 = none.
 */
#ifndef PERI_OS_NETWORKD_DHCP_MESSAGE_H
#define PERI_OS_NETWORKD_DHCP_MESSAGE_H

#include "lib/cursor.h"

enum {
    DHCP_CLIENT_PORT = 68,
    DHCP_SERVER_PORT = 67,
    DHCP_MESSAGE_MAX = 1472, /* of an unfragmented datagram */
    DHCP_REQUEST_MAX = 300,
    DHCP_MAC_BYTES = 6,
    DHCP_SERVERS_MAX = 3,    /* kept of name and time servers each */
    DHCP_LEASE_MIN_S = 60,   /* less would be a flood that somebody else times */
    DHCP_LEASE_MAX_S = 7 * 24 * 3600, /* asked again at least that often */
};

enum dhcp_type {
    DHCP_DISCOVER = 1,
    DHCP_OFFER = 2,
    DHCP_REQUEST = 3,
    DHCP_ACK = 5,
    DHCP_NAK = 6,
};

struct dhcp_request {
    enum dhcp_type type; /* DISCOVER or REQUEST */
    uint32_t xid;
    uint8_t mac[DHCP_MAC_BYTES];
    uint16_t seconds;   /* since the client began */
    uint32_t client;    /* ciaddr: an address that is in use */
    uint32_t requested; /* option 50 */
    uint32_t server;    /* option 54 */
};

struct dhcp_reply {
    enum dhcp_type type; /* OFFER, ACK, NAK */
    uint32_t server;     /* option 54, always there */
    /* of OFFER and ACK: */
    uint32_t address, mask, router; /* router 0: none, else of the same network */
    uint32_t dns[DHCP_SERVERS_MAX], ntp[DHCP_SERVERS_MAX]; /* unicast */
    uint8_t dns_count, ntp_count;
    uint32_t lease_s;             /* DHCP_LEASE_MIN_S..DHCP_LEASE_MAX_S */
    uint32_t renew_s, rebind_s;   /* T1 < T2 < lease */
};

int dhcp_message_write(const struct dhcp_request *request, struct writer *w) MUST_CHECK;
/* A reply to xid and mac.  E_BINDING: to somebody else's; E_MALFORMED, E_MORE,
 * E_DUPLICATE, E_MISSING, E_RANGE (an address that no host may have, a router
 * outside of the network), E_LIMIT (lease too short).  Zeroed on failure. */
int dhcp_message_parse(struct span bytes, uint32_t xid, const uint8_t mac[static DHCP_MAC_BYTES],
                       struct dhcp_reply *reply) MUST_CHECK;

#endif
