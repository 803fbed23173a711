/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PERI_OS_APPMAN_HOSTILE_NEEDS_H
#define PERI_OS_APPMAN_HOSTILE_NEEDS_H

#include <stddef.h>

/* Prints a line for each thing that must work; how many there were.  port: where a host that the manifest lists answers. */
size_t hostile_needs_try(const char *port);

#endif
