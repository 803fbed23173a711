/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The few file operations that durable state is made of, one system call each,
 * so that a test can link disk_fault.c and lose power at any of them.
 * All return 0 (disk_create: the descriptor) or E_IO, E_EXISTS.
 */
#ifndef PERI_PLUTON_HOST_DISK_H
#define PERI_PLUTON_HOST_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/err.h"

/* An empty file, mode 0600; what stood under the name is emptied. */
int disk_create(int folder, const char *name) MUST_CHECK;
int disk_write(int file, const void *bytes, size_t len) MUST_CHECK;
int disk_sync(int file) MUST_CHECK; /* file or folder */
/* Atomic; E_EXISTS when the target exists and replace is false. */
int disk_rename(int folder, const char *from, const char *to, bool replace) MUST_CHECK;

#endif
