/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a key is that of data which are not in use: of a backup that is put back. */
#include <stdio.h>
#include <string.h>

#include "lib/ct.h"
#include "service/ipc/key_text.h"
#include "service/ipc/service_init.h"
#include "service/store/database/database.h"
#include "service/store/database/vault.h"

static int unwrap(struct database *db, const uint8_t key[static VAULT_KEY_BYTES])
{
    uint8_t data_key[VAULT_KEY_BYTES];
    struct statement *s = statement_get(db, STATEMENT_DATA_KEY_GET);
    int got = statement_step(db, s);
    int err = got == 1 ? vault_key_unwrap(key, column_clear(s, 0), data_key) : got;
    statement_done(s);
    ct_wipe(data_key, sizeof data_key);
    return err;
}

int service_key_check(const char *folder, const char *url, const char *key)
{
    static struct database db;
    uint8_t bytes[KEY_TEXT_BYTES];
    int err = key_text_read(key, bytes);
    if (err)
        return err;
    err = database_open(&db, folder, url);
    if (!err) {
        err = unwrap(&db, bytes);
        database_close(&db);
        if (err)
            fprintf(stderr, "perisphered: key \"%s\": this key does not open the data (%s): give the data.key of the service "
                            "as it was at the backup\n", key, err_text(err));
    }
    ct_wipe(bytes, sizeof bytes);
    return err;
}
