/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The move of a service's data between its two kinds of databases, while no service runs.
 * Implemented by the store; called by perisphered --move-database.
 * Source: docs/spec/store.md, "Move to another database".
 */
#ifndef PERI_SERVICE_IPC_SERVICE_MOVE_H
#define PERI_SERVICE_IPC_SERVICE_MOVE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"

struct service_move {
    const char *folder;    /* <data>/store */
    const char *from, *to; /* as "database" in service.json: one of them "", SQLite in folder */
    const uint8_t *key;    /* of the data, and the next two: as data_key_source has them */
    bool key_own;
    const uint8_t *key_next;
    /* done of total so far, and what is under way; NULL: nobody looks. */
    void (*progress)(void *context, const char *what, uint64_t done, uint64_t total);
    void *context;
    /* Set by service_move(). */
    uint64_t tables, rows, images, audit_records;
};

/* All of it is in the new database, which was made for it, has been read back and compared, and opens
 * with the same key; or nothing is.  The old one is never written to, but for what a start of the
 * service does to it (an older schema becomes this program's).  One line on stderr says what is
 * wrong: E_EXISTS (to is not empty), E_BUSY (a service works on it), E_VERSION, E_CORRUPT, E_DIGEST,
 * E_KEY_UNKNOWN, E_FULL, E_IO, E_NETWORK. */
int service_move(struct service_move *move) MUST_CHECK;

#endif
