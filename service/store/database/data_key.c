/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/store/database/data_key.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "lib/ct.h"
#include "service/ipc/key_text.h"
#include "service/store/database/driver.h"

enum { PATH_BYTES = 4096 };

static int wrapped_get(struct database *db, uint8_t wrapped[static VAULT_WRAPPED_BYTES], bool *there)
{
    struct statement *s = statement_get(db, STATEMENT_DATA_KEY_GET);
    int got = statement_step(db, s);
    struct span bytes = got == 1 ? column_clear(s, 0) : span_of(NULL, 0);
    *there = bytes.len == VAULT_WRAPPED_BYTES;
    if (*there)
        memcpy(wrapped, bytes.at, VAULT_WRAPPED_BYTES);
    statement_done(s);
    return got < 0 ? got : 0;
}

static int wrapped_put(struct database *db, const uint8_t wrapped[static VAULT_WRAPPED_BYTES])
{
    struct statement *s = statement_get(db, STATEMENT_DATA_KEY_PUT);
    bind_clear(s, 1, wrapped, VAULT_WRAPPED_BYTES);
    bind_number(s, 2, database_now_ms(db));
    return statement_run(db, s);
}

/* -- data that were there before ------------------------------------------------ */

static int path_of(const char *folder, const char *name, char path[static PATH_BYTES])
{
    return snprintf(path, PATH_BYTES, "%s/%s", folder, name) < PATH_BYTES ? 0 : E_RANGE;
}

/* A service that had data does not begin anew in an empty database that somebody named by mistake. */
static int begun_check(const char *folder)
{
    char path[PATH_BYTES];
    int err = path_of(folder, "begun", path);
    if (err || access(path, F_OK) != 0)
        return err;
    fprintf(stderr, "store: the database has none of this service's data, not even their key: name the one that has them in service.json "
                    "(\"database\"), or restore a backup; to begin with nothing, remove \"%s\"\n", path);
    return E_NOT_FOUND;
}

/* Without it the service works as well, so a disk that does not take it ends nothing. */
static void begun_mark(const char *folder)
{
    char path[PATH_BYTES];
    int fd = path_of(folder, "begun", path) == 0 ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
    if (fd < 0 || close(fd) != 0)
        fprintf(stderr, "store: cannot make \"%s/begun\": an empty database in place of this one would not be noticed\n", folder);
}

/* sealed: the data have a data key already, so a new operator's key would not do. */
static int key_get(const char *folder, const uint8_t *given, bool sealed, uint8_t key[static VAULT_KEY_BYTES])
{
    char path[4096];
    if (given) {
        memcpy(key, given, VAULT_KEY_BYTES);
        return 0;
    }
    if (snprintf(path, sizeof path, "%s/data.key", folder) >= (int)sizeof path)
        return E_RANGE;
    int err = key_text_read(path, key);
    if (err == E_NOT_FOUND && !sealed)
        return key_text_make(path, key);
    if (err == E_NOT_FOUND)
        fprintf(stderr, "store: the data are encrypted and their key \"%s\" is missing: put it back\n", path);
    return err;
}

static int vault_enter(struct database *db, const uint8_t data_key[static VAULT_KEY_BYTES])
{
    vault_close(db->vault);
    db->vault = NULL;
    return vault_open(data_key, &db->vault);
}

/* One transaction: rows sealed, and the key that opens them. */
static int seal_once(struct database *db, const uint8_t key[static VAULT_KEY_BYTES], bool *other)
{
    uint8_t data_key[VAULT_KEY_BYTES], wrapped[VAULT_WRAPPED_BYTES];
    int err = database_begin(db);
    if (!err)
        err = wrapped_get(db, wrapped, other);
    if (!err && *other) /* another service was first */
        goto out;
    if (!err && getrandom(data_key, sizeof data_key, 0) != sizeof data_key)
        err = E_ENTROPY;
    if (!err)
        err = vault_enter(db, data_key);
    if (!err)
        err = vault_key_wrap(key, data_key, wrapped);
    if (!err)
        err = db->driver->rows_seal(db);
    if (!err)
        err = wrapped_put(db, wrapped);
    if (!err)
        err = database_commit(db, true);
out:
    ct_wipe(data_key, sizeof data_key);
    database_rollback(db);
    return err;
}

/* -- a new operator's key ---------------------------------------------------- */

/* The name too is durable before anybody is told. */
static int new_key_settle(const char *folder, bool elsewhere)
{
    char from[PATH_BYTES], to[PATH_BYTES];
    if (path_of(folder, "data.key.new", from) != 0 || path_of(folder, "data.key", to) != 0)
        return E_RANGE;
    if ((elsewhere ? unlink(from) : rename(from, to)) != 0)
        return E_IO;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int err = fd >= 0 && fsync(fd) == 0 ? 0 : E_IO;
    if (fd >= 0)
        close(fd);
    return err;
}

static int rewrap_once(struct database *db, const uint8_t *old, const uint8_t *fresh)
{
    uint8_t data_key[VAULT_KEY_BYTES], wrapped[VAULT_WRAPPED_BYTES];
    bool there;
    int err = database_begin(db);
    if (!err)
        err = wrapped_get(db, wrapped, &there);
    if (!err && !there)
        err = E_STATE;
    if (!err)
        err = vault_key_unwrap(old, span_of(wrapped, sizeof wrapped), data_key);
    if (!err)
        err = vault_key_wrap(fresh, data_key, wrapped);
    if (!err)
        err = wrapped_put(db, wrapped);
    if (!err)
        err = database_commit(db, true);
    ct_wipe(data_key, sizeof data_key);
    database_rollback(db);
    return err;
}

/* By the pipe where there is one: whoever asked made it, and wrote before he asked. */
static int fresh_read(const char *folder, uint8_t fresh[static VAULT_KEY_BYTES])
{
    char path[PATH_BYTES];
    int err = path_of(folder, "data.key.pass", path);
    if (!err)
        err = key_text_read(path, fresh);
    if (err == E_NOT_FOUND && (err = path_of(folder, "data.key.new", path)) == 0)
        err = key_text_read(path, fresh);
    return err;
}

int data_key_rotate(struct database *db, const char *folder, const struct data_key_source *source,
                    uint8_t fresh[static VAULT_KEY_BYTES])
{
    uint8_t old[VAULT_KEY_BYTES], key[VAULT_KEY_BYTES];
    char path[PATH_BYTES];
    int err = path_of(folder, "data.key.new", path);
    if (!err && access(path, F_OK) != 0)
        err = E_NOT_FOUND; /* nothing to keep the new key by */
    if (!err)
        err = fresh_read(folder, key);
    if (!err)
        err = key_get(folder, source->key, true, old);
    if (!err) {
        err = rewrap_once(db, old, key);
        for (unsigned attempt = 0; err && database_again(db, attempt); attempt++)
            err = rewrap_once(db, old, key);
        if (!err) {
            memcpy(fresh, key, VAULT_KEY_BYTES);
            /* The database has it by now.  If its file cannot have its name yet, the next start finds it. */
            if (new_key_settle(folder, source->key && !source->own) != 0)
                fprintf(stderr, "store: %s/data.key.new is the key of the data now: keep it, and restart the service\n", folder);
        }
    }
    ct_wipe(old, sizeof old);
    ct_wipe(key, sizeof key);
    return err;
}

/* A rotation that was cut off between the database and the file: the new one opens. */
static int unwrap(const char *folder, const struct data_key_source *source, const uint8_t *key, struct span wrapped,
                  uint8_t *data_key)
{
    uint8_t fresh[VAULT_KEY_BYTES];
    char path[PATH_BYTES];
    int err = vault_key_unwrap(key, wrapped, data_key);
    bool here = !source->key || source->own;
    if (err == E_KEY_UNKNOWN && here && source->next)
        memcpy(fresh, source->next, sizeof fresh);
    if (err == E_KEY_UNKNOWN && here && (source->next || (path_of(folder, "data.key.new", path) == 0 &&
        key_text_read(path, fresh) == 0)) && vault_key_unwrap(fresh, wrapped, data_key) == 0)
        err = new_key_settle(folder, false);
    ct_wipe(fresh, sizeof fresh);
    /* It was to be the next one, and the exchange did not come to pass. */
    if (!err && here && path_of(folder, "data.key.new", path) == 0)
        (void)unlink(path);
    if (err == E_KEY_UNKNOWN)
        fprintf(stderr, "store: this key does not open the data: give the one that they were encrypted with\n");
    return err;
}

int data_key_bring(struct database *db, const char *folder, const struct data_key_source *source)
{
    uint8_t key[VAULT_KEY_BYTES], data_key[VAULT_KEY_BYTES], wrapped[VAULT_WRAPPED_BYTES];
    bool there, other = false;
    int err = wrapped_get(db, wrapped, &there);
    if (!err && !there)
        err = begun_check(folder);
    if (!err)
        err = key_get(folder, source->key, there, key);
    if (err)
        return err;
    if (!there) {
        err = seal_once(db, key, &other);
        for (unsigned attempt = 0; err && database_again(db, attempt); attempt++)
            err = seal_once(db, key, &other);
        if (!err && other)
            err = wrapped_get(db, wrapped, &there);
        if (!err && !there)
            err = db->driver->swept ? db->driver->swept(db) : 0; /* nothing in the clear is left behind */
    }
    if (!err && there) {
        err = unwrap(folder, source, key, span_of(wrapped, sizeof wrapped), data_key);
        if (!err)
            err = vault_enter(db, data_key);
    }
    if (!err)
        begun_mark(folder);
    ct_wipe(key, sizeof key);
    ct_wipe(data_key, sizeof data_key);
    return err;
}
