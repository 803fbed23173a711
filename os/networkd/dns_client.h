/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks name servers for the IPv4 addresses of a name, each in turn, twice.
 * Blocks for at most DNS_CLIENT_WAIT_MS a question.  A fresh socket (so a fresh port), connected
 * (so answers of others do not arrive), and a fresh id for each question.
 */
#ifndef PERI_OS_NETWORKD_DNS_CLIENT_H
#define PERI_OS_NETWORKD_DNS_CLIENT_H

#include "os/networkd/dns_message.h"

enum {
    DNS_SERVERS_MAX = 3,
    DNS_CLIENT_ROUNDS = 2,
    DNS_CLIENT_WAIT_MS = 1500,
    DNS_NAMES_FILE_MAX = 512,
};

struct dns_servers {
    size_t count;
    uint32_t at[DNS_SERVERS_MAX];
    uint16_t port; /* 0: DNS_PORT */
};

/* Lines "nameserver ADDRESS" of a file like resolv.conf(5); other lines are skipped. */
void dns_servers_parse(struct span text, struct dns_servers *servers);
/* 0; E_NOT_FOUND: a server says that there is none; E_TIMEOUT: nobody said anything; E_RANGE. */
int dns_client_ask(const struct dns_servers *servers, const char *name,
                   struct dns_answer *answer) MUST_CHECK;

#endif
