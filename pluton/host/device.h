/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The folder of a host device.
 *   fuses            the e-fuses, mode 0600, pluton/host/fuse_file.h
 *   lock             held while the device is on
 *   boot/            keystore.image, monitor.image and a .backup.image of each
 *   flash/ config/   the monitor's
 *   device.conf      the OS's
 * The folder belongs to the serving user, who replaces fuses in it; nobody else
 * may write to it.
 */
#ifndef PERI_PLUTON_HOST_DEVICE_H
#define PERI_PLUTON_HOST_DEVICE_H

#include <sys/types.h>

#include "lib/crypto.h"

/* Descriptor open for reading; E_NOT_FOUND, E_DENIED (owner or mode), E_IO. */
int device_open(const char *path, uid_t owner) MUST_CHECK;
/* Holds the device until the process ends; E_BUSY when it is on already. */
int device_lock(int folder) MUST_CHECK;
/* Makes what is missing of the folder and gives it to owner; a descriptor. */
int device_make(const char *path, uid_t owner) MUST_CHECK;
/* 64 raw bytes or 128 hexadecimal digits with an optional line end. */
int root_key_read(const char *path, uint8_t key[static P256_PUBLIC_BYTES]) MUST_CHECK;

#endif
