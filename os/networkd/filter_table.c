/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/networkd/filter_table.h"

#include <stddef.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <linux/netfilter.h>
#include <linux/netfilter/xt_owner.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv4/ipt_REJECT.h>

static const unsigned hook_of[3] = {NF_INET_LOCAL_IN, NF_INET_FORWARD, NF_INET_LOCAL_OUT};

enum {
    TCP_SYN = 0x02,
    TCP_FIRST_MASK = 0x17, /* FIN, SYN, RST, ACK */
    ICMP_UNREACHABLE = 3,
    VERDICT_DROP = -NF_DROP - 1,
    VERDICT_ACCEPT = -NF_ACCEPT - 1,
};

/* XT_ALIGN, which older headers write in GNU C. */
static size_t padded(size_t bytes)
{
    size_t to = _Alignof(struct _xt_align);
    return (bytes + to - 1) / to * to;
}

/* Zeroed room at the end; NULL when there is none. */
static void *take(struct filter_table *t, size_t bytes)
{
    if (t->err || bytes > t->cap - t->len) {
        t->err = E_FULL;
        return NULL;
    }
    void *at = t->at + t->len;
    memset(at, 0, bytes);
    t->len += bytes;
    return at;
}

void filter_table_begin(struct filter_table *t, void *at, size_t cap)
{
    memset(t, 0, sizeof *t);
    t->at = at;
    t->cap = cap;
    (void)take(t, sizeof(struct ipt_replace));
    t->hook[0] = 0;
}

static uint32_t offset(const struct filter_table *t)
{
    return (uint32_t)(t->len - sizeof(struct ipt_replace));
}

static void add_match(struct filter_table *t, const char *name, uint8_t revision, const void *data,
                      size_t bytes)
{
    size_t size = padded(sizeof(struct xt_entry_match) + bytes);
    struct xt_entry_match *m = take(t, size);
    if (!m)
        return;
    m->u.user.match_size = (uint16_t)size;
    m->u.user.revision = revision;
    memcpy(m->u.user.name, name, strlen(name));
    memcpy(m->data, data, bytes);
}

static void add_target(struct filter_table *t, const char *name, const void *data, size_t bytes)
{
    size_t size = padded(sizeof(struct xt_entry_target) + bytes);
    struct xt_entry_target *e = take(t, size);
    if (!e)
        return;
    e->u.user.target_size = (uint16_t)size;
    memcpy(e->u.user.name, name, strlen(name));
    memcpy(e->data, data, bytes);
}

static void add_verdict(struct filter_table *t, enum filter_verdict verdict)
{
    if (verdict == FILTER_REJECT) {
        struct ipt_reject_info info = {.with = IPT_ICMP_ADMIN_PROHIBITED};
        add_target(t, "REJECT", &info, sizeof info);
        return;
    }
    int number = verdict == FILTER_ACCEPT ? VERDICT_ACCEPT : VERDICT_DROP;
    add_target(t, XT_STANDARD_TARGET, &number, sizeof number);
}

static void port_range(uint16_t range[static 2], uint16_t exactly, uint16_t least)
{
    range[0] = exactly ? exactly : least;
    range[1] = exactly ? exactly : UINT16_MAX;
}

static void add_matches(struct filter_table *t, const struct filter_rule *rule)
{
    if (rule->protocol == IPPROTO_TCP) {
        struct xt_tcp m = {0};
        port_range(m.spts, rule->source_port, 0);
        port_range(m.dpts, rule->destination_port, rule->destination_port_least);
        if (rule->not_first) {
            m.flg_mask = TCP_FIRST_MASK;
            m.flg_cmp = TCP_SYN;
            m.invflags = XT_TCP_INV_FLAGS;
        }
        add_match(t, "tcp", 0, &m, sizeof m);
    } else if (rule->protocol == IPPROTO_UDP) {
        struct xt_udp m = {0};
        port_range(m.spts, rule->source_port, 0);
        port_range(m.dpts, rule->destination_port, rule->destination_port_least);
        add_match(t, "udp", 0, &m, sizeof m);
    } else if (rule->protocol == IPPROTO_ICMP && rule->unreachable) {
        struct ipt_icmp m = {.type = ICMP_UNREACHABLE, .code = {0, UINT8_MAX}};
        add_match(t, "icmp", 0, &m, sizeof m);
    }
    if (rule->by_uid) {
        struct xt_owner_match_info m = {
            .uid_min = rule->uid_first, .uid_max = rule->uid_last, .match = XT_OWNER_UID};
        add_match(t, "owner", 1, &m, sizeof m);
    }
}

static void set_interface(char name[static IFNAMSIZ], unsigned char mask[static IFNAMSIZ],
                          const char *interface)
{
    size_t len = interface ? strnlen(interface, IFNAMSIZ - 1) : 0;
    if (len == 0)
        return;
    memcpy(name, interface, len);
    memset(mask, 0xFF, len + 1); /* with its end: exactly this name */
}

static void set_address(struct in_addr *address, struct in_addr *mask, uint32_t number)
{
    address->s_addr = htonl(number);
    mask->s_addr = number ? UINT32_MAX : 0;
}

void filter_table_rule(struct filter_table *t, const struct filter_rule *rule)
{
    size_t start = t->len;
    if (!take(t, sizeof(struct ipt_entry)))
        return;
    add_matches(t, rule);
    size_t target = t->len;
    add_verdict(t, rule->verdict);
    if (t->err)
        return;
    struct ipt_entry e = {0};
    set_address(&e.ip.src, &e.ip.smsk, rule->source);
    set_address(&e.ip.dst, &e.ip.dmsk, rule->destination);
    set_interface(e.ip.iniface, e.ip.iniface_mask, rule->in);
    set_interface(e.ip.outiface, e.ip.outiface_mask, rule->out);
    e.ip.proto = rule->protocol;
    e.target_offset = (uint16_t)(target - start);
    e.next_offset = (uint16_t)(t->len - start);
    memcpy(t->at + start, &e, sizeof e);
    t->entries++;
}

void filter_table_policy(struct filter_table *t, enum filter_verdict verdict)
{
    if (t->chain >= 3 || verdict == FILTER_REJECT) {
        t->err = t->err ? t->err : E_STATE;
        return;
    }
    t->policy[t->chain] = offset(t);
    filter_table_rule(t, &(struct filter_rule){.verdict = verdict});
    if (++t->chain < 3)
        t->hook[t->chain] = offset(t);
}

int filter_table_end(struct filter_table *t, void *counters, unsigned present_entries)
{
    size_t start = t->len;
    char name[XT_FUNCTION_MAXNAMELEN] = "ERROR";
    if (t->chain != 3 && !t->err)
        t->err = E_STATE;
    if (!take(t, sizeof(struct ipt_entry)))
        return t->err;
    add_target(t, XT_ERROR_TARGET, name, sizeof name);
    if (t->err)
        return t->err;
    struct ipt_entry e = {.target_offset = sizeof e, .next_offset = (uint16_t)(t->len - start)};
    memcpy(t->at + start, &e, sizeof e);
    t->entries++;

    struct ipt_replace head = {
        .name = "filter",
        .num_entries = t->entries,
        .size = offset(t),
        .num_counters = present_entries,
        .counters = counters,
    };
    for (size_t i = 0; i < 3; i++) {
        head.valid_hooks |= 1u << hook_of[i];
        head.hook_entry[hook_of[i]] = t->hook[i];
        head.underflow[hook_of[i]] = t->policy[i];
    }
    memcpy(t->at, &head, sizeof head);
    return 0;
}
