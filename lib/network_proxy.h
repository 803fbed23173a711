/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The record of abi/network_proxy.h, taken apart and put together.
 * Who: gatewayd writes what somebody at the cable sets, azured stores it and reads it back,
 * the manager passes it on, applications read it through applibs.
 * Trust: hostile until network_proxy_read() has returned success; what it returns is within all
 * limits: address is a host name or IPv4 address, the other texts are without control characters
 * (so that none of them can end a line of a request), a user name has no colon (RFC 7617).
 * No heap, no globals.
 */
#ifndef PERI_LIB_NETWORK_PROXY_H
#define PERI_LIB_NETWORK_PROXY_H

#include <stdbool.h>

#include "abi/network_proxy.h"
#include "lib/cursor.h"

struct network_proxy {
    bool enabled, has_password;
    uint8_t authentication; /* enum network_proxy_authentication */
    uint16_t port;
    char address[NETWORK_PROXY_ADDRESS_MAX + 1];
    char no_proxy[NETWORK_PROXY_NO_PROXY_MAX + 1]; /* "a.example,.b.example"; "": none */
    char username[NETWORK_PROXY_CREDENTIAL_MAX + 1];
    char password[NETWORK_PROXY_CREDENTIAL_MAX + 1];
};

/* Reads one record; what follows is left.  E_MORE, E_MALFORMED, E_LIMIT; the struct is zero then. */
int network_proxy_read(struct cursor *c, struct network_proxy *proxy) MUST_CHECK;
/* E_MALFORMED, and nothing is written: read would refuse it. */
int network_proxy_write(const struct network_proxy *proxy, struct writer *w) MUST_CHECK;
/* Whether it is one that read and write take. */
bool network_proxy_valid(const struct network_proxy *proxy);
/* Without the password. */
void network_proxy_hide(struct network_proxy *proxy);
/* Same server and user: a password that is not said again may be kept. */
bool network_proxy_same_login(const struct network_proxy *a, const struct network_proxy *b);
/* Whether host (a name or an address, terminated) is to be reached without the proxy: an entry is the
 * host itself, a domain with its hosts (with or without a dot in front), or "*". */
bool network_proxy_bypasses(const struct network_proxy *proxy, const char *host);

#endif
