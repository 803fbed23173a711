/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The medium over files: <device folder>/flash/{slot-00..slot-15, state-a, state-b}.
 * Source: docs/spec/monitor.md.
 * All files are opened, and the slots mapped read-only, once at the start: the
 * confined monitor needs no path afterwards.
 * Differences from flash: an erased slot is empty instead of 0xFF, its view is
 * as long as what was written, and a record is replaced by one pwrite() that
 * may tear, which its digest then shows.
 * Lifetime: views live as long as the struct.
 */
#ifndef PERI_MONITOR_HOST_MEDIUM_FILES_H
#define PERI_MONITOR_HOST_MEDIUM_FILES_H

#include "monitor/medium.h"

enum {
    MEDIUM_FILES_SLOTS = 16,
    MEDIUM_FILES_SLOT_BYTES = 32 << 20,
};

struct medium_files {
    struct medium medium; /* what the engine gets */
    int folder;
    int state[MEDIUM_STATES];
    int slot[MEDIUM_FILES_SLOTS];
    uint8_t *map[MEDIUM_FILES_SLOTS];
    uint32_t dirty; /* slots with writes since the last sync */
    uint32_t dirty_states;
    bool dirty_folder;
};

enum medium_files_mode {
    MEDIUM_FILES_READ,   /* list: nothing is created or locked */
    MEDIUM_FILES_WRITE,  /* run: takes the lock */
    MEDIUM_FILES_CREATE, /* manufacture: makes the folder and the files */
};

/* How the medium is divided, without one. */
struct medium medium_files_shape(void);
/* device is a descriptor of the device folder.  E_NOT_FOUND (no flash folder),
 * E_BUSY (another monitor holds it), E_EXISTS (CREATE over a state), E_IO. */
int medium_files_open(struct medium_files *m, int device, enum medium_files_mode mode) MUST_CHECK;
void medium_files_release(struct medium_files *m);

#endif
