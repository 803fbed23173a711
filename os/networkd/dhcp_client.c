/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/networkd/dhcp_client.h"

#include <string.h>

enum {
    FIRST_WAIT_MS = 4000,
    LAST_WAIT_MS = 64000,
    JITTER_MS = 1000,
    REQUESTS_MAX = 4,       /* of REQUESTING: then the server is given up */
    RENEW_WAIT_MIN_MS = 60000,
    EVERYBODY = -1,
};

static int64_t wait_of(unsigned attempt, uint32_t random)
{
    int64_t wait = FIRST_WAIT_MS;
    while (attempt-- > 0 && wait < LAST_WAIT_MS)
        wait *= 2;
    return wait - JITTER_MS + (int64_t)(random % (2 * JITTER_MS + 1));
}

static void transmit(struct dhcp_client *c, int64_t now_ms, struct dhcp_step *step)
{
    int64_t seconds = (now_ms - c->began_ms) / 1000;
    bool bound = c->state == DHCP_RENEWING || c->state == DHCP_REBINDING;
    step->send = true;
    step->to = c->state == DHCP_RENEWING ? c->lease.server : (uint32_t)EVERYBODY;
    step->message = (struct dhcp_request){
        .type = c->state == DHCP_SELECTING ? DHCP_DISCOVER : DHCP_REQUEST,
        .xid = c->xid,
        .seconds = (uint16_t)(seconds > UINT16_MAX ? UINT16_MAX : seconds),
        .client = bound ? c->lease.address : 0,
        .requested = c->state == DHCP_REQUESTING ? c->offer.address : 0,
        .server = c->state == DHCP_REQUESTING ? c->offer.server : 0,
    };
    memcpy(step->message.mac, c->mac, DHCP_MAC_BYTES);
    if (c->attempt == 0)
        c->asked_ms = now_ms;
}

/* Enters a state that transmits, with a transaction of its own. */
static void enter(struct dhcp_client *c, enum dhcp_state state, int64_t now_ms, uint32_t random,
                  struct dhcp_step *step)
{
    c->state = state;
    c->attempt = 0;
    if (state != DHCP_REQUESTING) { /* which goes on with the offer's */
        c->xid = random;
        c->began_ms = now_ms;
    }
    transmit(c, now_ms, step);
}

static void discover(struct dhcp_client *c, int64_t now_ms, uint32_t random, struct dhcp_step *step)
{
    if (c->lease.address)
        step->changed = true; /* step->lease stays empty: take it away */
    memset(&c->lease, 0, sizeof c->lease);
    memset(&c->offer, 0, sizeof c->offer);
    enter(c, DHCP_SELECTING, now_ms, random, step);
    c->due_ms = now_ms + wait_of(0, random);
}

/* Half of the time to until_ms, but not below a minute, and never past it. */
static int64_t half_way(int64_t now_ms, int64_t until_ms)
{
    int64_t wait = (until_ms - now_ms) / 2;
    if (wait < RENEW_WAIT_MIN_MS)
        wait = RENEW_WAIT_MIN_MS;
    return wait < until_ms - now_ms ? now_ms + wait : until_ms;
}

static void bind_lease(struct dhcp_client *c, const struct dhcp_reply *reply, struct dhcp_step *step)
{
    c->state = DHCP_BOUND;
    c->lease = *reply;
    memset(&c->offer, 0, sizeof c->offer);
    /* Counted from the request, not from the answer: the server may have counted earlier. */
    c->renew_ms = c->asked_ms + (int64_t)reply->renew_s * 1000;
    c->rebind_ms = c->asked_ms + (int64_t)reply->rebind_s * 1000;
    c->end_ms = c->asked_ms + (int64_t)reply->lease_s * 1000;
    c->due_ms = c->renew_ms;
    step->changed = true;
    step->lease = *reply;
}

void dhcp_client_start(struct dhcp_client *c, const uint8_t mac[static DHCP_MAC_BYTES],
                       int64_t now_ms, uint32_t random, struct dhcp_step *step)
{
    memset(c, 0, sizeof *c);
    memset(step, 0, sizeof *step);
    memcpy(c->mac, mac, DHCP_MAC_BYTES);
    discover(c, now_ms, random, step);
}

void dhcp_client_tick(struct dhcp_client *c, int64_t now_ms, uint32_t random, struct dhcp_step *step)
{
    memset(step, 0, sizeof *step);
    if (now_ms < c->due_ms)
        return;
    switch (c->state) {
    case DHCP_STOPPED:
        c->due_ms = INT64_MAX;
        return;
    case DHCP_SELECTING:
        c->attempt++;
        transmit(c, now_ms, step);
        c->due_ms = now_ms + wait_of(c->attempt, random);
        return;
    case DHCP_REQUESTING:
        if (++c->attempt >= REQUESTS_MAX) {
            discover(c, now_ms, random, step);
            return;
        }
        transmit(c, now_ms, step);
        c->due_ms = now_ms + wait_of(c->attempt, random);
        return;
    case DHCP_BOUND:
    case DHCP_RENEWING:
    case DHCP_REBINDING:
        break;
    }
    if (now_ms >= c->end_ms) {
        discover(c, now_ms, random, step);
        return;
    }
    enum dhcp_state state = now_ms >= c->rebind_ms ? DHCP_REBINDING : DHCP_RENEWING;
    if (state != c->state) {
        enter(c, state, now_ms, random, step);
    } else {
        c->attempt++;
        transmit(c, now_ms, step);
    }
    c->due_ms = half_way(now_ms, state == DHCP_RENEWING ? c->rebind_ms : c->end_ms);
}

int dhcp_client_receive(struct dhcp_client *c, struct span bytes, int64_t now_ms, uint32_t random,
                        struct dhcp_step *step)
{
    struct dhcp_reply reply;
    memset(step, 0, sizeof *step);
    if (c->state == DHCP_STOPPED || c->state == DHCP_BOUND)
        return E_STATE; /* nothing was asked */
    int e = dhcp_message_parse(bytes, c->xid, c->mac, &reply);
    if (e)
        return e;
    if (c->state == DHCP_SELECTING) {
        if (reply.type != DHCP_OFFER)
            return E_STATE;
        c->offer = reply;
        enter(c, DHCP_REQUESTING, now_ms, random, step);
        c->due_ms = now_ms + wait_of(0, random);
        return 0;
    }
    if (reply.type == DHCP_OFFER)
        return E_STATE;
    uint32_t server = c->state == DHCP_REQUESTING ? c->offer.server : c->lease.server;
    if (c->state != DHCP_REBINDING && reply.server != server)
        return E_BINDING;
    if (reply.type == DHCP_NAK) {
        discover(c, now_ms, random, step);
        /* One that refuses all the time must not make us ask all the time. */
        step->send = false;
        c->attempt = 0;
        c->due_ms = now_ms + wait_of(1, random);
        return 0;
    }
    if (c->state == DHCP_REQUESTING && reply.address != c->offer.address)
        return E_CONFLICT;
    if (c->state != DHCP_REQUESTING && reply.address != c->lease.address)
        return E_CONFLICT; /* section 4.4.5: a new address needs a new offer */
    bind_lease(c, &reply, step);
    return 0;
}
