/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is done with a device's flash while the device is off: filling it at
 * manufacture, and listing it.
 */
#ifndef PERI_MONITOR_HOST_FACTORY_H
#define PERI_MONITOR_HOST_FACTORY_H

#include <stdbool.h>

#include "lib/keystore.h"

/* Keystore image, verified with key, parsed.  Logged on failure. */
int factory_keystore(const char *path, const uint8_t key[static P256_PUBLIC_BYTES],
                     struct keystore *keystore) MUST_CHECK;
/* Public key from a file: 64 bytes X||Y, or the same as 128 hex digits. */
int factory_key(const char *path, uint8_t key[static P256_PUBLIC_BYTES]) MUST_CHECK;
/* Verifies every image, then fills the empty flash of the device folder in one
 * commit.  E_EXISTS when it has a state already.  Logged on failure. */
int factory_fill(const char *device, const struct keystore *keystore, char *const *images,
                 int count) MUST_CHECK;
/* One line per installed image on standard output:
 *   <component> <image> <type> <bytes> <name or -> */
int factory_list(const char *device) MUST_CHECK;

#endif
