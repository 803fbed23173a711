/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What gatewayd keeps in its own folder, a file each, replaced by rename.
 * Not secret to root; the key of the local interface is nobody else's.
 * Errors: E_NOT_FOUND, E_LIMIT (longer than cap), E_IO.
 */
#ifndef PERI_OS_GATEWAYD_STORE_H
#define PERI_OS_GATEWAYD_STORE_H

#include "abi/capability.h"
#include "lib/cursor.h"

#define STORE_CAPABILITY CAPABILITY_STORED_NAME /* a capability file, in force from each start on */
#define STORE_IDENTITY "identity"     /* identity.h */

/* folder: descriptor of a directory. */
int store_read(int folder, const char *name, uint8_t *to, size_t cap, size_t *len) MUST_CHECK;
/* Durable when it returns 0; the old file or the new one after a power cut. */
int store_write(int folder, const char *name, struct span bytes) MUST_CHECK;
/* 0 also when there is none. */
int store_remove(int folder, const char *name) MUST_CHECK;

#endif
