/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file of the host that holds what the chip keeps without power: flash, fuses.
 * Source: docs/spec/mt3620.md, "Files".
 * Callers: flash.c, fuse.c.  Trust: the file's owner is the chip's owner; its
 * content is checked by the caller.
 *
 * Refused, each with one line that names the file: missing, not a regular file, not
 * readable and writable, of another size, held by another process.  The lock is
 * on the inode, exclusive, and goes with the process.
 *
 * Durable: a write is on the medium when the call returns (fdatasync), or the
 * call fails.  With PERI_MACHINE_SYNC=0 in the environment it is left to the host's
 * page cache: it then survives the emulator's end at any point, as tests need,
 * but not the host's.
 */
#ifndef PERI_MACHINE_HOSTFILE_H
#define PERI_MACHINE_HOSTFILE_H

#include "qapi/error.h"

typedef struct HostFile {
    int fd; /* -1 while closed */
    char *path;
    const char *what; /* "flash": the word in messages */
} HostFile;

/* Opens and locks; the size must be bytes.  On failure *errp is set and file is closed. */
bool hostfile_open(HostFile *file, const char *what, const char *path, size_t bytes, Error **errp);

/* All bytes from an offset, or false with *errp set. */
bool hostfile_read(HostFile *file, void *to, size_t bytes, off_t at, Error **errp);

/* In place: no more than what is written can be half there after a power cut. */
bool hostfile_write(HostFile *file, const void *from, size_t bytes, off_t at, Error **errp);

/* As a whole: new file with mode 0600, sync, rename; old or new, never between. */
bool hostfile_replace(HostFile *file, const void *from, size_t bytes, Error **errp);

void hostfile_release(HostFile *file);

#endif
