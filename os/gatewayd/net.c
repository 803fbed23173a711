/* SPDX-License-Identifier: BSD-2-Clause */
/* Network status and interfaces, as the kernel tells everybody (getifaddrs). */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "os/gatewayd/gateway.h"
#include "os/gatewayd/json_write.h"

enum { INTERFACES_MAX = 16, ADDRESSES_MAX = 8 };

struct interface {
    char name[IF_NAMESIZE];
    bool up, carrier, loopback;
    size_t addresses;
    char address[ADDRESSES_MAX][INET6_ADDRSTRLEN];
    char hardware[18];
};

struct interfaces {
    size_t count;
    struct interface at[INTERFACES_MAX];
};

static struct interface *slot_of(struct interfaces *all, const char *name)
{
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->at[i].name, name) == 0)
            return &all->at[i];
    if (all->count == INTERFACES_MAX || strlen(name) >= IF_NAMESIZE)
        return NULL;
    struct interface *to = &all->at[all->count++];
    snprintf(to->name, sizeof to->name, "%s", name);
    return to;
}

static void take(struct interface *to, const struct ifaddrs *from)
{
    to->up = from->ifa_flags & IFF_UP;
    to->carrier = from->ifa_flags & IFF_RUNNING;
    to->loopback = from->ifa_flags & IFF_LOOPBACK;
    if (!from->ifa_addr)
        return;
    int family = from->ifa_addr->sa_family;
    if (family == AF_PACKET) {
        const struct sockaddr_ll *l = (const void *)from->ifa_addr;
        if (l->sll_halen == 6)
            snprintf(to->hardware, sizeof to->hardware, "%02x:%02x:%02x:%02x:%02x:%02x", l->sll_addr[0],
                     l->sll_addr[1], l->sll_addr[2], l->sll_addr[3], l->sll_addr[4], l->sll_addr[5]);
    } else if ((family == AF_INET || family == AF_INET6) && to->addresses < ADDRESSES_MAX) {
        const void *at = family == AF_INET
                             ? (const void *)&((const struct sockaddr_in *)(const void *)from->ifa_addr)->sin_addr
                             : (const void *)&((const struct sockaddr_in6 *)(const void *)from->ifa_addr)->sin6_addr;
        if (inet_ntop(family, at, to->address[to->addresses], INET6_ADDRSTRLEN))
            to->addresses++;
    }
}

static int list(struct interfaces *all)
{
    struct ifaddrs *first = NULL;
    memset(all, 0, sizeof *all);
    if (getifaddrs(&first) != 0)
        return E_IO;
    for (const struct ifaddrs *at = first; at; at = at->ifa_next) {
        struct interface *to = slot_of(all, at->ifa_name);
        if (to)
            take(to, at);
    }
    freeifaddrs(first);
    return 0;
}

static void write_one(struct json_writer *j, const struct interface *i)
{
    json_open(j, '{');
    json_member_text(j, "interfaceName", i->name);
    json_member_bool(j, "interfaceUp", i->up);
    json_member_bool(j, "connectedToNetwork", i->up && i->carrier);
    json_member_bool(j, "ipAcquired", i->addresses > 0);
    json_name(j, "ipAddresses");
    json_open(j, '[');
    for (size_t n = 0; n < i->addresses; n++)
        json_text(j, i->address[n]);
    json_close(j);
    json_member_text(j, "hardwareAddress", i->hardware);
    json_close(j);
}

uint32_t net_interfaces(struct gateway *g, struct answer *a)
{
    static struct interfaces all;
    (void)g;
    if (list(&all))
        return REST_INTERNAL;
    struct json_writer j = json_writer_of(&a->body);
    json_open(&j, '{');
    json_name(&j, "interfaces");
    json_open(&j, '[');
    for (size_t i = 0; i < all.count; i++)
        write_one(&j, &all.at[i]);
    json_close(&j);
    json_close(&j);
    return 0;
}

uint32_t net_interface(struct gateway *g, struct answer *a)
{
    static struct interfaces all;
    if (list(&all))
        return REST_INTERNAL;
    for (size_t i = 0; i < all.count; i++)
        if (strcmp(all.at[i].name, g->argument) == 0) {
            struct json_writer j = json_writer_of(&a->body);
            write_one(&j, &all.at[i]);
            return 0;
        }
    return REST_NO_SUCH_INTERFACE;
}

/* The date counts as set when it is not before this code was written. */
uint32_t net_status(struct gateway *g, struct answer *a)
{
    enum { WRITTEN_S = 1735689600 }; /* 2025-01-01 */
    if (!gateway_listen(g, 0))
        return REST_INTERNAL;
    /* Everybody may ask this: where azured does not answer, what it said last counts. */
    if (proxy_ask(g, OS_PROXY_TELL, NULL, GATEWAY_STATUS_WAIT_MS) && g->broken)
        return REST_INTERNAL;
    struct json_writer j = json_writer_of(&a->body);
    json_open(&j, '{');
    json_member_bool(&j, "deviceAuthenticationIsReady", g->attested);
    json_member_text(&j, "networkTimeSync", time(NULL) >= WRITTEN_S ? "complete" : "incomplete");
    json_member_text(&j, "proxy", !g->proxy.status                                    ? "disabled"
                                  : g->proxy.status & NETWORK_PROXY_STATUS_READY      ? "ready"
                                  : g->proxy.status & NETWORK_PROXY_STATUS_RESOLVING ? "resolvingProxyName"
                                                                                     : "enabled");
    json_close(&j);
    return 0;
}
