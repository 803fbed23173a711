/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an application may name as a destination: a DNS name, a DNS-SD service
 * name or an IPv4 address in four decimal parts.  No port, scheme, wildcard or
 * trailing dot.
 * Source: RFC 1123 section 2.1; RFC 6763 section 7 for the underscore.
 */
#ifndef PERI_LIB_HOST_NAME_H
#define PERI_LIB_HOST_NAME_H

#include <stdbool.h>

#include "lib/cursor.h"

enum { HOST_NAME_BYTES_MAX = 253, HOST_LABEL_BYTES_MAX = 63 };

/* Labels of letters, digits, hyphens (not at an end) and underscores.  A name
 * whose last label is a number, decimal or 0x, is an address to every resolver
 * and therefore must be a complete IPv4 address without leading zeros. */
bool host_name_valid(struct span name);

#endif
