/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 addresses as numbers: 10.0.2.15 = 0x0A00020F.
 */
#ifndef PERI_OS_NETWORKD_ADDRESS_H
#define PERI_OS_NETWORKD_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

enum { ADDRESS_TEXT_BYTES = 16 }; /* 255.255.255.255 and its end */

/* Of a host elsewhere: not 0/8, not loopback, not multicast and above (RFC 1122 section 3.2.1.3). */
static inline bool address_unicast(uint32_t address)
{
    uint32_t first = address >> 24;
    return first != 0 && first != 127 && first < 224;
}

#endif
