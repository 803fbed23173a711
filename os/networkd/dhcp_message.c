/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/networkd/dhcp_message.h"

#include <string.h>

#include "os/networkd/address.h"

enum {
    OP_REQUEST = 1,
    OP_REPLY = 2,
    ETHERNET = 1,
    FLAG_BROADCAST = 0x8000,
    NAMES_BYTES = 64 + 128,
    COOKIE = 0x63825363,
    CHADDR_BYTES = 16,
};

enum option {
    OPTION_PAD = 0,
    OPTION_MASK = 1,
    OPTION_ROUTER = 3,
    OPTION_DNS = 6,
    OPTION_NTP = 42,
    OPTION_REQUESTED = 50,
    OPTION_LEASE = 51,
    OPTION_TYPE = 53,
    OPTION_SERVER = 54,
    OPTION_PARAMETERS = 55,
    OPTION_MAX_BYTES = 57,
    OPTION_RENEW = 58,
    OPTION_REBIND = 59,
    OPTION_CLIENT = 61,
    OPTION_END = 255,
};

static const uint8_t parameters[] = {OPTION_MASK,  OPTION_ROUTER, OPTION_DNS,   OPTION_NTP,
                                     OPTION_LEASE, OPTION_RENEW,  OPTION_REBIND};

static void put_u32(struct writer *w, uint8_t option, uint32_t value)
{
    writer_u8(w, option);
    writer_u8(w, 4);
    writer_u32be(w, value);
}

int dhcp_message_write(const struct dhcp_request *request, struct writer *w)
{
    size_t start = w->len;
    writer_u8(w, OP_REQUEST);
    writer_u8(w, ETHERNET);
    writer_u8(w, DHCP_MAC_BYTES);
    writer_u8(w, 0);
    writer_u32be(w, request->xid);
    writer_u16be(w, request->seconds);
    /* A host that has no address yet sees broadcasts alone: we have no packet socket. */
    writer_u16be(w, request->client ? 0 : FLAG_BROADCAST);
    writer_u32be(w, request->client);
    writer_zero(w, 12);
    writer_bytes(w, request->mac, DHCP_MAC_BYTES);
    writer_zero(w, CHADDR_BYTES - DHCP_MAC_BYTES + NAMES_BYTES);
    writer_u32be(w, COOKIE);
    writer_u8(w, OPTION_TYPE);
    writer_u8(w, 1);
    writer_u8(w, (uint8_t)request->type);
    writer_u8(w, OPTION_CLIENT);
    writer_u8(w, 1 + DHCP_MAC_BYTES);
    writer_u8(w, ETHERNET);
    writer_bytes(w, request->mac, DHCP_MAC_BYTES);
    if (request->requested)
        put_u32(w, OPTION_REQUESTED, request->requested);
    if (request->server)
        put_u32(w, OPTION_SERVER, request->server);
    writer_u8(w, OPTION_MAX_BYTES);
    writer_u8(w, 2);
    writer_u16be(w, DHCP_MESSAGE_MAX);
    writer_u8(w, OPTION_PARAMETERS);
    writer_u8(w, sizeof parameters);
    writer_bytes(w, parameters, sizeof parameters);
    writer_u8(w, OPTION_END);
    if (!w->err && w->len - start < DHCP_REQUEST_MAX) /* BOOTP's least size (RFC 1542 2.1) */
        writer_zero(w, DHCP_REQUEST_MAX - (w->len - start));
    return w->err;
}

/* Up to DHCP_SERVERS_MAX of a list; one that is no host is left out. */
static void read_servers(struct cursor *c, uint32_t to[static DHCP_SERVERS_MAX], uint8_t *count)
{
    if (c->left == 0 || c->left % 4)
        cursor_fail(c, E_MALFORMED);
    while (c->left && !c->err) {
        uint32_t address = cursor_u32be(c);
        if (address_unicast(address) && *count < DHCP_SERVERS_MAX)
            to[(*count)++] = address;
    }
}

static void read_router(struct cursor *c, uint32_t *to)
{
    *to = cursor_u32be(c);
    if (c->left % 4)
        cursor_fail(c, E_MALFORMED);
    cursor_skip(c, c->left); /* further ones: the first is preferred */
}

static int read_option(uint8_t code, struct span value, struct dhcp_reply *r)
{
    struct cursor c = cursor_of(value);
    switch (code) {
    case OPTION_TYPE:
        r->type = (enum dhcp_type)cursor_u8(&c);
        break;
    case OPTION_SERVER:
        r->server = cursor_u32be(&c);
        break;
    case OPTION_MASK:
        r->mask = cursor_u32be(&c);
        break;
    case OPTION_ROUTER:
        read_router(&c, &r->router);
        break;
    case OPTION_DNS:
        read_servers(&c, r->dns, &r->dns_count);
        break;
    case OPTION_NTP:
        read_servers(&c, r->ntp, &r->ntp_count);
        break;
    case OPTION_LEASE:
        r->lease_s = cursor_u32be(&c);
        break;
    case OPTION_RENEW:
        r->renew_s = cursor_u32be(&c);
        break;
    case OPTION_REBIND:
        r->rebind_s = cursor_u32be(&c);
        break;
    default:
        return 0; /* not asked for */
    }
    return cursor_end(&c);
}

static int read_options(struct cursor *c, struct dhcp_reply *r)
{
    uint8_t seen[256 / 8] = {0};
    for (;;) {
        uint8_t code = cursor_u8(c);
        if (c->err)
            return c->err; /* the end mark is missing */
        if (code == OPTION_PAD)
            continue;
        if (code == OPTION_END)
            return 0;
        struct span value = cursor_bytes(c, cursor_u8(c));
        if (c->err)
            return c->err;
        if (seen[code / 8] & 1u << code % 8)
            return E_DUPLICATE;
        seen[code / 8] |= (uint8_t)(1u << code % 8);
        int e = read_option(code, value, r);
        if (e)
            return E_MALFORMED;
    }
}

/* Ones, then zeros; a network of at least two hosts. */
static bool mask_good(uint32_t mask)
{
    return mask >= 0xFF000000u && (~mask & (~mask + 1)) == 0 && ~mask >= 3;
}

static int check_lease(struct dhcp_reply *r)
{
    if (r->mask == 0)
        return E_MISSING;
    if (!address_unicast(r->address) || !mask_good(r->mask) ||
        (r->address & ~r->mask) == 0 || (r->address & ~r->mask) == ~r->mask)
        return E_RANGE;
    if (r->router && ((r->router ^ r->address) & r->mask || r->router == r->address ||
                      (r->router & ~r->mask) == 0 || (r->router & ~r->mask) == ~r->mask))
        return E_RANGE;
    if (r->lease_s < DHCP_LEASE_MIN_S)
        return r->lease_s ? E_LIMIT : E_MISSING;
    if (r->lease_s > DHCP_LEASE_MAX_S)
        r->lease_s = DHCP_LEASE_MAX_S;
    if (r->rebind_s < 2 || r->rebind_s >= r->lease_s)
        r->rebind_s = r->lease_s / 8 * 7;
    if (r->renew_s == 0 || r->renew_s >= r->rebind_s)
        r->renew_s = r->lease_s / 2 < r->rebind_s ? r->lease_s / 2 : r->rebind_s / 2;
    return 0;
}

static int parse(struct span bytes, uint32_t xid, const uint8_t *mac, struct dhcp_reply *r)
{
    static const uint8_t padding[CHADDR_BYTES - DHCP_MAC_BYTES];
    struct cursor c = cursor_of(bytes);
    uint8_t op = cursor_u8(&c), type = cursor_u8(&c), length = cursor_u8(&c);
    cursor_skip(&c, 1);
    uint32_t got_xid = cursor_u32be(&c);
    cursor_skip(&c, 8);
    r->address = cursor_u32be(&c);
    cursor_skip(&c, 8);
    struct span got_mac = cursor_bytes(&c, DHCP_MAC_BYTES), rest = cursor_bytes(&c, sizeof padding);
    cursor_skip(&c, NAMES_BYTES);
    uint32_t cookie = cursor_u32be(&c);
    if (c.err)
        return c.err;
    if (op != OP_REPLY || type != ETHERNET || length != DHCP_MAC_BYTES || cookie != COOKIE ||
        !span_equal(rest, span_of(padding, sizeof padding)))
        return E_MALFORMED;
    if (got_xid != xid || !span_equal(got_mac, span_of(mac, DHCP_MAC_BYTES)))
        return E_BINDING;
    int e = read_options(&c, r); /* behind the end mark: padding that nobody reads */
    if (e)
        return e;
    if (r->server == 0)
        return E_MISSING;
    if (!address_unicast(r->server))
        return E_RANGE;
    if (r->type == DHCP_NAK)
        return 0;
    return r->type == DHCP_OFFER || r->type == DHCP_ACK ? check_lease(r) : E_MALFORMED;
}

int dhcp_message_parse(struct span bytes, uint32_t xid, const uint8_t mac[static DHCP_MAC_BYTES],
                       struct dhcp_reply *reply)
{
    memset(reply, 0, sizeof *reply);
    int e = bytes.len > DHCP_MESSAGE_MAX ? E_LIMIT : parse(bytes, xid, mac, reply);
    if (e)
        memset(reply, 0, sizeof *reply);
    return e;
}
