/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The filter of a device that is all ours: three chains, all of which drop what no rule
 * names.  The kernel has no connection tracking, so an answer is known by where it comes from:
 *
 *   in   the service link: its one port, and that address from nowhere else; loopback; DHCP and time and name answers; TCP that opens nothing; datagrams from
 *        addresses that an application may talk to; declared server ports; ICMP "unreachable"
 *   out  the service link: answers of its port, by whomever (a connection has no owner before it is
 *        accepted, nor after it is closed) and nothing else; by uid: applications to their addresses and from their server ports; azured to the
 *        service's port and to name servers; networkd for address, names, time; RST and ICMP of the
 *        kernel itself are dropped: the device is silent to who was not asked
 */
#include "os/networkd/filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netinet/in.h>

#include <linux/netfilter_ipv4/ip_tables.h>

#include "os/networkd/dhcp_message.h"
#include "os/networkd/dns_message.h"
#include "os/networkd/filter_table.h"
#include "os/networkd/sntp_message.h"

enum {
    BYTES_FIRST = 8192,
    BYTES_MAX = 65536,
    PORT_UNPRIVILEGED = 1024,
    POLICIES_MAX = 64,
};

struct filter {
    int fd;
    struct filter_setup setup;
    struct {
        const struct os_policy *policy; /* NULL = free */
        const struct os_addresses *addresses;
    } at[POLICIES_MAX];
};

struct filter *filter_new(const struct filter_setup *setup)
{
    struct filter *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->setup = *setup;
    /* The option goes through any IPv4 socket; one for raw packets would need another right. */
    f->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (f->fd < 0) {
        free(f);
        return NULL;
    }
    return f;
}

void filter_free(struct filter *filter)
{
    if (filter)
        close(filter->fd);
    free(filter);
}

static uint32_t number_of(const struct os_address *a)
{
    return (uint32_t)a->bytes[0] << 24 | (uint32_t)a->bytes[1] << 16 | (uint32_t)a->bytes[2] << 8 |
           a->bytes[3];
}

/* Calls rule for each IPv4 address of an application. */
static void each_address(struct filter_table *t, const struct os_addresses *addresses,
                         struct filter_rule rule, bool inward)
{
    for (size_t h = 0; h < addresses->host_count; h++)
        for (size_t i = 0; i < addresses->host[h].count; i++) {
            uint32_t number = number_of(&addresses->host[h].at[i]);
            if (addresses->host[h].at[i].family != 4 || number == 0)
                continue; /* 0 would mean "any" */
            *(inward ? &rule.source : &rule.destination) = number;
            filter_table_rule(t, &rule);
        }
}

/* Before every other rule: what these do not let through is not for any of them. */
static void link_in(struct filter_table *t, const struct filter_setup *s)
{
    const struct filter_rule rules[] = {
        {.in = s->link, .destination = s->link_address, .protocol = IPPROTO_TCP,
         .destination_port = s->link_port, .verdict = FILTER_ACCEPT},
        {.in = s->link, .verdict = FILTER_DROP},
        {.in = "lo", .protocol = IPPROTO_ICMP, .unreachable = true, .verdict = FILTER_ACCEPT},
        {.destination = s->link_address, .verdict = FILTER_DROP},
    };
    for (size_t i = 0; s->link && i < sizeof rules / sizeof *rules; i++)
        filter_table_rule(t, &rules[i]);
}

static void link_out(struct filter_table *t, const struct filter_setup *s)
{
    const struct filter_rule rules[] = {
        {.out = s->link, .source = s->link_address, .protocol = IPPROTO_TCP, .source_port = s->link_port,
         .not_first = true, .verdict = FILTER_ACCEPT},
        {.out = s->link, .verdict = FILTER_DROP},
        /* from this device itself: told, as an application is everywhere, to the same address */
        {.out = "lo", .protocol = IPPROTO_ICMP, .unreachable = true, .verdict = FILTER_ACCEPT},
        {.destination = s->link_address, .protocol = IPPROTO_TCP, .verdict = FILTER_REJECT},
        {.destination = s->link_address, .verdict = FILTER_DROP},
    };
    for (size_t i = 0; s->link && i < sizeof rules / sizeof *rules; i++)
        filter_table_rule(t, &rules[i]);
}

static void chain_in(struct filter_table *t, const struct filter *f)
{
    link_in(t, &f->setup);
    const struct filter_rule fixed[] = {
        {.in = "lo", .verdict = FILTER_ACCEPT},
        {.protocol = IPPROTO_TCP, .not_first = true, .verdict = FILTER_ACCEPT},
        {.protocol = IPPROTO_UDP, .source_port = DHCP_SERVER_PORT,
         .destination_port = DHCP_CLIENT_PORT, .verdict = FILTER_ACCEPT},
        {.protocol = IPPROTO_UDP, .source_port = DNS_PORT,
         .destination_port_least = PORT_UNPRIVILEGED, .verdict = FILTER_ACCEPT},
        {.protocol = IPPROTO_UDP, .source_port = SNTP_PORT,
         .destination_port_least = PORT_UNPRIVILEGED, .verdict = FILTER_ACCEPT},
        {.protocol = IPPROTO_ICMP, .unreachable = true, .verdict = FILTER_ACCEPT},
    };
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        filter_table_rule(t, &fixed[i]);
    for (size_t i = 0; i < POLICIES_MAX; i++) {
        const struct os_policy *p = f->at[i].policy;
        if (!p)
            continue;
        each_address(t, f->at[i].addresses,
                     (struct filter_rule){.protocol = IPPROTO_UDP,
                                       .destination_port_least = PORT_UNPRIVILEGED,
                                       .verdict = FILTER_ACCEPT}, true);
        for (size_t k = 0; k < p->tcp_count; k++)
            filter_table_rule(t, &(struct filter_rule){.protocol = IPPROTO_TCP,
                                                 .destination_port = p->tcp[k],
                                                 .verdict = FILTER_ACCEPT});
        for (size_t k = 0; k < p->udp_count; k++)
            filter_table_rule(t, &(struct filter_rule){.protocol = IPPROTO_UDP,
                                                 .destination_port = p->udp[k],
                                                 .verdict = FILTER_ACCEPT});
    }
    filter_table_policy(t, FILTER_DROP);
}

static struct filter_rule of_uid(uint32_t uid, struct filter_rule rule)
{
    rule.by_uid = true;
    rule.uid_first = rule.uid_last = uid;
    rule.verdict = FILTER_ACCEPT;
    return rule;
}

static void chain_out_application(struct filter_table *t, const struct os_policy *p,
                                  const struct os_addresses *addresses)
{
    each_address(t, addresses, of_uid(p->uid, (struct filter_rule){.protocol = 0}), false);
    for (size_t k = 0; k < p->tcp_count; k++) {
        struct filter_rule rule = of_uid(p->uid, (struct filter_rule){.protocol = IPPROTO_TCP,
                                                                .source_port = p->tcp[k],
                                                                .not_first = true});
        filter_table_rule(t, &rule); /* answers, no connection of its own from that port */
    }
    for (size_t k = 0; k < p->udp_count; k++) {
        struct filter_rule rule = of_uid(p->uid, (struct filter_rule){.protocol = IPPROTO_UDP,
                                                                .source_port = p->udp[k]});
        filter_table_rule(t, &rule);
    }
}

static void chain_out(struct filter_table *t, const struct filter *f)
{
    const struct filter_setup *s = &f->setup;
    const struct filter_rule fixed[] = {
        of_uid(s->networkd_uid, (struct filter_rule){.protocol = IPPROTO_UDP, .source_port = DHCP_CLIENT_PORT,
                                                  .destination_port = DHCP_SERVER_PORT}),
        of_uid(s->networkd_uid, (struct filter_rule){.protocol = IPPROTO_UDP, .destination_port = DNS_PORT}),
        of_uid(s->networkd_uid, (struct filter_rule){.protocol = IPPROTO_UDP, .destination_port = SNTP_PORT}),
        of_uid(s->azured_uid, (struct filter_rule){.protocol = IPPROTO_UDP, .destination_port = DNS_PORT}),
    };
    link_out(t, s);
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        filter_table_rule(t, &fixed[i]);
    if (s->service_port) {
        struct filter_rule rule = of_uid(s->azured_uid, (struct filter_rule){.protocol = IPPROTO_TCP,
                                                                      .destination_port = s->service_port});
        filter_table_rule(t, &rule);
    }
    for (size_t i = 0; i < POLICIES_MAX; i++)
        if (f->at[i].policy)
            chain_out_application(t, f->at[i].policy, f->at[i].addresses);
    /* A datagram's sender sees EPERM from a drop; a connection would wait for an answer
     * that never comes, so it is told. */
    filter_table_rule(t, &(struct filter_rule){.protocol = IPPROTO_TCP, .by_uid = true, .uid_first = s->uid_base,
                                         .uid_last = s->uid_base + s->uid_count - 1,
                                         .verdict = FILTER_REJECT});
    /* The refusal itself goes over the loopback, and has no owner. */
    filter_table_rule(t, &(struct filter_rule){.protocol = IPPROTO_ICMP, .unreachable = true, .out = "lo",
                                         .verdict = FILTER_ACCEPT});
    filter_table_policy(t, FILTER_DROP);
}

/* The kernel gives back the counters of the old table, and wants to know how many there are. */
static int hand_over(const struct filter *f, struct filter_table *t)
{
    struct ipt_getinfo info = {.name = "filter"};
    socklen_t len = sizeof info;
    if (getsockopt(f->fd, IPPROTO_IP, IPT_SO_GET_INFO, &info, &len))
        return E_UNSUPPORTED;
    struct xt_counters *counters = calloc(info.num_entries, sizeof *counters);
    if (!counters)
        return E_NOMEM;
    int e = filter_table_end(t, counters, info.num_entries);
    if (!e && setsockopt(f->fd, IPPROTO_IP, IPT_SO_SET_REPLACE, t->at, (socklen_t)t->len)) {
        fprintf(stderr, "networkd: iptables: %s\n", strerror(errno));
        e = errno == ENOMEM ? E_NOMEM : E_UNSUPPORTED;
    }
    free(counters);
    return e;
}

static int replace(struct filter *f)
{
    for (size_t cap = BYTES_FIRST; cap <= BYTES_MAX; cap *= 2) {
        struct filter_table t;
        void *at = malloc(cap);
        if (!at)
            return E_NOMEM;
        filter_table_begin(&t, at, cap);
        chain_in(&t, f);
        filter_table_policy(&t, FILTER_DROP); /* nothing is forwarded */
        chain_out(&t, f);
        int e = t.err ? t.err : hand_over(f, &t);
        free(at);
        if (e != E_FULL)
            return e;
    }
    return E_LIMIT;
}

int filter_begin(struct filter *filter)
{
    memset(filter->at, 0, sizeof filter->at);
    return replace(filter);
}

static size_t find(const struct filter *f, uint32_t uid)
{
    size_t i = 0;
    while (i < POLICIES_MAX && !(f->at[i].policy && f->at[i].policy->uid == uid))
        i++;
    return i;
}

int filter_set(struct filter *filter, const struct os_policy *policy,
               const struct os_addresses *addresses)
{
    size_t i = find(filter, policy->uid);
    for (size_t k = 0; i == POLICIES_MAX && k < POLICIES_MAX; k++)
        if (!filter->at[k].policy)
            i = k;
    if (i == POLICIES_MAX)
        return E_FULL;
    filter->at[i].policy = policy;
    filter->at[i].addresses = addresses;
    int e = replace(filter);
    if (e)
        filter->at[i].policy = NULL; /* what cannot be in force is not kept for the next time */
    return e;
}

int filter_remove(struct filter *filter, uint32_t uid)
{
    size_t i = find(filter, uid);
    if (i < POLICIES_MAX)
        filter->at[i].policy = NULL;
    return replace(filter);
}

int filter_end(struct filter *filter)
{
    return filter_begin(filter); /* the device goes on to refuse until it is off */
}
