/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of the issuer: written whole or not at all.
 * A file appears by rename after its bytes are on disk, and the folder's entry
 * is on disk before the call returns: a crash leaves the old file or the new.
 */
#ifndef PERI_SERVICE_ISSUER_KEY_FILE_H
#define PERI_SERVICE_ISSUER_KEY_FILE_H

#include <sys/types.h>

#include "lib/cursor.h"

/* Names that begin so are left over from a crash. */
#define KEY_FILE_PART ".part-"

/* 0, E_IO, E_FULL (no room on the disk); on failure nothing is left. */
int key_file_write(const char *folder, const char *name, struct span text, mode_t mode) MUST_CHECK;

/* The names in the folder are on disk; E_IO. */
int key_folder_sync(const char *folder) MUST_CHECK;

/* The bytes are written over, then the file goes.  On a disk that writes elsewhere than where they were (flash, copy on write) the
 * first is no promise.  E_IO. */
int key_file_erase(const char *path) MUST_CHECK;

#endif
