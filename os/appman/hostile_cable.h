/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PERI_OS_APPMAN_HOSTILE_CABLE_H
#define PERI_OS_APPMAN_HOSTILE_CABLE_H

#include <stddef.h>

/* The service link, from inside an application whose manifest lists both of its addresses.  Prints a line for
 * each attempt, as hostile_app.c does; how many there were. */
size_t hostile_cable_try(void);

#endif
