/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory limit of one application by a control group, version 2 if the machine
 * has its memory controller there, else version 1.
 * Groups are named perisphere-<uid>-<component id>; left-overs are used again.
 */
#ifndef PERI_OS_APPMAN_MEMORY_GROUP_H
#define PERI_OS_APPMAN_MEMORY_GROUP_H

#include <limits.h>
#include <stdbool.h>

#include "lib/cursor.h"

bool memory_group_available(void);
/* Makes the group with its limit; path is the file that a process writes "0"
 * to in order to join.  E_UNSUPPORTED, E_IO; path is empty then. */
int memory_group_make(const char *name, uint32_t kib, char path[static PATH_MAX]) MUST_CHECK;
/* Harmless when it does not exist or still has a process. */
void memory_group_remove(const char *name);

#endif
