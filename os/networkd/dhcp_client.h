/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DHCP client: when to ask for what, and what address is ours until when.
 * Source: RFC 2131 section 4.4.  Pure: time, random numbers and datagrams come from
 * the caller (uplink.c), so that a test can play a week in a millisecond.
 *
 *              start              offer                ack
 *   STOPPED ---------> SELECTING -------> REQUESTING -------> BOUND
 *                       ^    ^    nak, no answer |              | T1
 *                       |    +-------------------+     ack      v
 *                       |                          +--------- RENEWING (to the server)
 *                       |  nak, lease over         |            | T2
 *                       +------------------------- +--------- REBINDING (to all)
 *
 * Retransmission: 4, 8, 16, 32, 64 s, each -1..+1 s at random (section 4.1); while renewing
 * and rebinding half of what is left, not below 60 s.
 * At most one offer is looked at: the first good one.  An ACK must come from the server that
 * was asked, except while rebinding.
 * Not here: INIT-REBOOT (a new start asks anew), DECLINE (there is no packet socket to see
 * a conflict with), RELEASE, INFORM.
 */
#ifndef PERI_OS_NETWORKD_DHCP_CLIENT_H
#define PERI_OS_NETWORKD_DHCP_CLIENT_H

#include "os/networkd/dhcp_message.h"

enum dhcp_state {
    DHCP_STOPPED,
    DHCP_SELECTING,
    DHCP_REQUESTING,
    DHCP_BOUND,
    DHCP_RENEWING,
    DHCP_REBINDING,
};

struct dhcp_client {
    enum dhcp_state state;
    uint8_t mac[DHCP_MAC_BYTES];
    uint32_t xid;
    unsigned attempt;      /* transmissions in this state */
    int64_t began_ms;      /* of this transaction: `secs` */
    int64_t due_ms;        /* when to call dhcp_client_tick; INT64_MAX = never */
    int64_t asked_ms;      /* first transmission of the request that may be answered */
    int64_t renew_ms, rebind_ms, end_ms;
    struct dhcp_reply offer; /* SELECTING..REQUESTING */
    struct dhcp_reply lease; /* from BOUND on */
};

/* What the caller has to do after a call. */
struct dhcp_step {
    bool send;
    uint32_t to; /* 0xFFFFFFFF, or the server's address */
    struct dhcp_request message;
    bool changed; /* configure `lease`, or, when address is 0, take the address away */
    struct dhcp_reply lease;
};

/* random: 32 fresh bits for each call below. */
void dhcp_client_start(struct dhcp_client *c, const uint8_t mac[static DHCP_MAC_BYTES],
                       int64_t now_ms, uint32_t random, struct dhcp_step *step);
/* due_ms has passed. */
void dhcp_client_tick(struct dhcp_client *c, int64_t now_ms, uint32_t random, struct dhcp_step *step);
/* A datagram came, from whomever.  0, or why it was not for us; then nothing changed. */
int dhcp_client_receive(struct dhcp_client *c, struct span bytes, int64_t now_ms, uint32_t random,
                        struct dhcp_step *step);

#endif
