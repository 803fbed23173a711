/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the operator of this machine asks of a store that runs: files in its folder,
 * which nobody else can write to.  Source: docs/spec/store.md, "Backup and keys".
 * Asked by perisphered --backup and --rotate-key (service/perisphered/maintain.c).
 *
 *   request        one word and a newline: "backup" or "rotate"; removed when taken
 *   snapshot.db    backup: the database, whole when the answer is there
 *   data.key.new   rotate: the new key; becomes data.key, or goes when the key is elsewhere
 *   data.key.pass  rotate, where data.key.new is sealed by a token: a pipe with the key, for this once
 *   answer         "done", or "failed: " and why; whoever asked removes it
 * While the answer to a backup stands, no image file is removed, so that the files
 * which the snapshot names can be copied; but no longer than an hour.
 */
#ifndef PERI_SERVICE_STORE_REQUESTS_H
#define PERI_SERVICE_STORE_REQUESTS_H

#include "service/store/database/data_key.h"
#include "service/store/operations.h"

struct requests {
    struct store *store;
    const char *folder;
    struct data_key_source source; /* of the operator's key, as it is now */
    uint8_t fresh[VAULT_KEY_BYTES]; /* what source views after an exchange */
    bool copying, holding;
    uint64_t held_since_ms;
};

/* Once a second, and at once again while it returns true; never inside a transaction. */
bool requests_look(struct requests *requests);

#endif
