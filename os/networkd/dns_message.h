/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DNS: one question for IPv4 addresses, and its answer.
 * Source: RFC 1035 section 4.  Over UDP, 512 bytes, one question of type A, class IN.
 * Trust: the answer is the network's.  It must be to our id and our question; names are
 * followed through compression that only goes backwards, and through CNAMEs in the order in
 * which they stand; everything else in it is skipped by length.
 * An address that no other host has (0/8, loopback, multicast and above) is left out: a name
 * server that says so would open the device's own services to an application.
 * Not here: EDNS, TCP (a cut answer is used as far as it goes), IPv6, DNSSEC.
 */
#ifndef PERI_OS_NETWORKD_DNS_MESSAGE_H
#define PERI_OS_NETWORKD_DNS_MESSAGE_H

#include "lib/cursor.h"

enum {
    DNS_PORT = 53,
    DNS_MESSAGE_MAX = 512,
    DNS_NAME_MAX = 253, /* characters, without a final dot */
    DNS_ADDRESSES_MAX = 8,
    DNS_CHAIN_MAX = 8, /* CNAMEs */
};

struct dns_answer {
    size_t count;
    uint32_t address[DNS_ADDRESSES_MAX]; /* numbers, as in address.h */
};

/* E_RANGE: not a host name. */
int dns_query_write(uint16_t id, const char *name, struct writer *w) MUST_CHECK;
/* 0 with at least one address; E_NOT_FOUND: there is none; E_NETWORK: the server failed or
 * refused; E_BINDING: an answer to something else; E_MORE, E_MALFORMED, E_LIMIT.  Empty on failure. */
int dns_answer_parse(struct span bytes, uint16_t id, const char *name,
                     struct dns_answer *answer) MUST_CHECK;

#endif
