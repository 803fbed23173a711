/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One network interface: up, its address, its way out.
 * Source: netdevice(7), rtentry of the kernel.  Caller: networkd, CAP_NET_ADMIN.
 * Errors: E_NOT_FOUND no such interface, E_DENIED, E_IO.
 */
#ifndef PERI_OS_NETWORKD_INTERFACE_H
#define PERI_OS_NETWORKD_INTERFACE_H

#include "os/networkd/dhcp_message.h"

enum { INTERFACE_NAME_MAX = 15 };

/* 1..INTERFACE_NAME_MAX characters that a name of an interface has. */
bool interface_name_good(const char *name);
int interface_up(const char *name, uint8_t mac[static DHCP_MAC_BYTES]) MUST_CHECK;
/* Replaces the address; lease->address 0 takes it away, and with it the routes. */
int interface_configure(const char *name, const struct dhcp_reply *lease) MUST_CHECK;

#endif
