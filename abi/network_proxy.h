/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network proxy of a device: how it is stored and how it travels between the local
 * interface, azured and applications.
 * Source: docs/spec/proxy.md (ours); limits are those of the original's networking.h.
 * Writer and reader: lib/network_proxy.h; its trust and checks are said there.
 *
 *   off size field
 *     0    1 flags            bit 0: enabled; bit 1: the password is there (it may be left out on the way)
 *     1    1 authentication   enum network_proxy_authentication
 *     2    2 port             1..65535, little-endian
 *     4    1+n address        length 1..NETWORK_PROXY_ADDRESS_MAX, then a DNS name or an IPv4 address
 *        1+n no proxy         length, then hosts that are reached without it, commas between them
 *        1+n user name        length; empty unless basic
 *        1+n password         length; empty unless basic and bit 1
 */
#ifndef PERI_ABI_NETWORK_PROXY_H
#define PERI_ABI_NETWORK_PROXY_H

enum {
    NETWORK_PROXY_ADDRESS_MAX = 255,
    NETWORK_PROXY_NO_PROXY_MAX = 255,
    NETWORK_PROXY_CREDENTIAL_MAX = 63,
    NETWORK_PROXY_BYTES_MAX = 4 + 4 + NETWORK_PROXY_ADDRESS_MAX + NETWORK_PROXY_NO_PROXY_MAX + 2 * NETWORK_PROXY_CREDENTIAL_MAX,
};

enum network_proxy_flag { NETWORK_PROXY_ENABLED = 1 << 0, NETWORK_PROXY_HAS_PASSWORD = 1 << 1, NETWORK_PROXY_FLAGS = 3 };

enum network_proxy_authentication { NETWORK_PROXY_ANONYMOUS = 0, NETWORK_PROXY_BASIC = 1 };

/* Bits, with the values of the original's Networking_ProxyStatus; 0: none is set, or it is not enabled. */
enum network_proxy_status {
    NETWORK_PROXY_STATUS_ENABLED = 1,   /* set, and to be used */
    NETWORK_PROXY_STATUS_RESOLVING = 2, /* its name has no address yet */
    NETWORK_PROXY_STATUS_READY = 4,     /* it let a connection through, the last time */
    NETWORK_PROXY_STATUS_BITS = 7,
};

#endif
