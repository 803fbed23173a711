/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole iptables filter table in the form that the kernel takes it in, IPT_SO_SET_REPLACE.
 * Source: <linux/netfilter_ipv4/ip_tables.h>; the layout is the kernel's own, in the machine's
 * byte order and alignment.  Pure: no socket.
 *
 *   struct ipt_replace, then for INPUT, FORWARD, OUTPUT: the chain's rules and a last one,
 *   without conditions, that is its policy; then one rule with the target ERROR.
 * A rule is struct ipt_entry, matches, target, each padded to XT_ALIGN.
 *
 * Use: filter_table_begin; for each of the three chains in this order filter_table_rule... and
 * filter_table_policy; filter_table_end.  An error is kept and comes out of filter_table_end: E_FULL.
 */
#ifndef PERI_OS_NETWORKD_FILTER_TABLE_H
#define PERI_OS_NETWORKD_FILTER_TABLE_H

#include "lib/cursor.h"

enum filter_verdict { FILTER_DROP, FILTER_ACCEPT, FILTER_REJECT };

/* What is zero does not matter. */
struct filter_rule {
    uint32_t source, destination; /* one address, as a number */
    const char *in, *out;         /* interfaces */
    uint8_t protocol;             /* IPPROTO_; needed for what follows except uid */
    uint16_t source_port, destination_port, destination_port_least;
    bool not_first;               /* TCP: not the segment that opens a connection */
    bool unreachable;             /* ICMP: "destination unreachable" */
    bool by_uid;                  /* OUTPUT: owner of the socket */
    uint32_t uid_first, uid_last;
    enum filter_verdict verdict;
};

struct filter_table {
    uint8_t *at;
    size_t cap, len; /* with the head */
    unsigned entries, chain;
    uint32_t hook[3], policy[3]; /* offsets behind the head */
    int err;
};

/* at: aligned as malloc() aligns. */
void filter_table_begin(struct filter_table *t, void *at, size_t cap);
void filter_table_rule(struct filter_table *t, const struct filter_rule *rule);
/* Ends a chain. */
void filter_table_policy(struct filter_table *t, enum filter_verdict verdict);
/* counters: room for as many counters as the present table has rules.  The bytes to hand over
 * are t->at, t->len. */
int filter_table_end(struct filter_table *t, void *counters, unsigned present_entries) MUST_CHECK;

#endif
