/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pluton/hal.h over a fuse file, OpenSSL and the kernel's random numbers.
 * The private keys of a device are in this struct and in its fuse file, and in
 * no other place.
 */
#ifndef PERI_PLUTON_HOST_HAL_HOST_H
#define PERI_PLUTON_HOST_HAL_HOST_H

#include "pluton/host/fuse_file.h"

struct hal {
    int folder; /* borrowed: the device's folder, open for reading */
    struct fuse_file fuses;
    struct key key[HAL_SLOTS];
};

/* Reads the fuse file; errors of fuse_file_read(), and E_CORRUPT for scalars
 * that are no keys. */
int hal_open(struct hal *hal, int folder, uid_t owner) MUST_CHECK;
void hal_close(struct hal *hal);

/* The factory: new key pairs, life-cycle Blank, counters 0.  E_EXISTS when the
 * folder has fuses already. */
int hal_manufacture(int folder, uid_t owner, const uint8_t root_key[static P256_PUBLIC_BYTES],
                    uint8_t device_id[static P256_PUBLIC_BYTES]) MUST_CHECK;

#endif
