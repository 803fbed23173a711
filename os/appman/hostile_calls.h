/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PERI_OS_APPMAN_HOSTILE_CALLS_H
#define PERI_OS_APPMAN_HOSTILE_CALLS_H

#include <stdbool.h>
#include <stddef.h>

/* Prints a line for each attempt, as hostile_app.c does; how many there were. */
size_t hostile_calls_try(void);
/* What must work: time limits of a socket can be set, by whatever number the C library knows them. */
bool hostile_socket_timeout(void);

#endif
