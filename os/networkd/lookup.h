/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One name to addresses.  Two files, chosen at link time: lookup_host.c asks the C library,
 * which follows the configuration of a Linux machine; lookup_dns.c asks the name servers
 * of a file like resolv.conf(5) itself, and nothing else.
 * Runs in the resolver's process (resolve.c), without rights, and may be killed at any time.
 */
#ifndef PERI_OS_NETWORKD_LOOKUP_H
#define PERI_OS_NETWORKD_LOOKUP_H

#include "os/ipc/os_channel.h"

/* Before confinement: opens what lookup_name reads later.  names: path of the name servers'
 * file; not used by lookup_host.c.  -1 when there is nothing to open. */
int lookup_open(const char *names);
/* Adds each address of name; none when it has none or nobody answers. */
void lookup_name(int names_fd, const char *name,
                 void (*add)(void *context, uint8_t family, const void *bytes), void *context);

#endif
