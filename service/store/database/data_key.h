/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the operator's key to the vault.  Source: docs/spec/store.md, "Encryption".
 *
 * The operator's key is 64 hex digits in a file: the one that the supervisor read
 * (service.json, "key") and hands over, else folder/data.key, which is made when the
 * data are new.  What it wraps is the data key in table data_key.
 *
 * folder/begun, empty, says that the service had data once: a database without a data key is then not its own.
 */
#ifndef PERI_SERVICE_STORE_DATABASE_DATA_KEY_H
#define PERI_SERVICE_STORE_DATABASE_DATA_KEY_H

#include "service/store/database/database.h"

struct data_key_source {
    const uint8_t *key;  /* NULL: folder/data.key holds it, in the clear */
    bool own;            /* folder/data.key is its file all the same, sealed by a token: exchanged there */
    const uint8_t *next; /* NULL, or what folder/data.key.new seals: of a rotation that was cut off */
};

/* Gives db its vault; seals what an older schema left in the clear.  One line on stderr says what is wrong: E_NOT_FOUND (no key for
 * data that are sealed, or no data where some were), E_KEY_UNKNOWN (another key), E_IO, E_MALFORMED, E_FULL. */
int data_key_bring(struct database *db, const char *folder, const struct data_key_source *source) MUST_CHECK;
/* folder/data.key.new becomes the operator's key, while the data are in use: as
 * folder/data.key, or, when the key is elsewhere (a key that is not own), for the operator to put
 * there; the file goes then.  Where it is sealed, the key itself comes through the pipe
 * folder/data.key.pass, and was never on a disk.  fresh: the key from now on.  After an error the
 * old key is the right one, and fresh is not set. */
int data_key_rotate(struct database *db, const char *folder, const struct data_key_source *source,
                    uint8_t fresh[static VAULT_KEY_BYTES]) MUST_CHECK;

#endif
