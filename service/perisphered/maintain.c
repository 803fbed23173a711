/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/perisphered/maintain.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/ct.h"
#include "lib/hex.h"
#include "service/ipc/key_text.h"
#include "service/ipc/service_init.h"
#include "service/perisphered/ask.h"
#include "service/perisphered/config.h"
#include "service/perisphered/dump.h"
#include "service/perisphered/say.h"
#include "service/perisphered/secret.h"
#include "service/perisphered/token_needs.h"
#include "service/perisphered/tree_copy.h"
#include "service/pkcs11/sealed_key.h"

static const char *path_in(const char *folder, const char *name, char path[static PATH_MAX])
{
    if (snprintf(path, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX)
        path[0] = '\0'; /* names no file: what is done with it fails */
    return path;
}

static bool data_there(const char *data)
{
    char path[PATH_MAX];
    if (access(path_in(data, "store", path), R_OK | W_OK) == 0 && access(path_in(data, "run", path), W_OK) == 0)
        return true;
    say("%s: no data folder of a service that has run, or not yours", data);
    return false;
}

/* What a backup does not have, and a restored service needs. */
static void tokens_tell(const char *folder, struct outcome *outcome)
{
    struct token_needs needs;
    outcome_list(outcome, "tokens", NULL);
    if (token_needs_read(folder, &needs) == 0)
        token_needs_tell(&needs, outcome);
}

/* -- verbs ------------------------------------------------------------------- */

static void trim(const char *data, char folder[static PATH_MAX])
{
    snprintf(folder, PATH_MAX, "%s", data);
    for (size_t len = strlen(folder); len > 1 && folder[len - 1] == '/'; len--)
        folder[len - 1] = '\0';
}

static int settings_read(const char *folder, struct service_config *config)
{
    char path[PATH_MAX], why[CONFIG_WHY_BYTES];
    int err = config_load(path_in(folder, "service.json", path), config, why);
    return err && err != E_NOT_FOUND ? say("%s: %s", path, why) : 0;
}

/* The database first: a catalog in it has its keys in the folder by then. */
static int backup_take(const char *folder, const char *out, const char *database, bool live, bool progress)
{
    char dump[PATH_MAX];
    struct tree_copy copy = {.from = folder, .to = out, .live = live, .what = progress ? "backing up" : NULL};
    if (!*database) {
        int err = live ? ask_process(folder, "store", "backup", NULL) : 0;
        if (!err)
            err = tree_copy(&copy);
        if (live)
            ask_forget(folder, "store");
        return err;
    }
    /* Beside the backup: the store's folder is not a place where root follows names. */
    if (snprintf(dump, sizeof dump, "%s.dump", out) >= (int)sizeof dump)
        return say("%s: the name is too long", out);
    if (access(dump, F_OK) == 0)
        return say("%s exists already: of a backup that was cut off? Remove it", dump);
    int err = dump_write(database, folder, dump);
    copy.dump = dump;
    if (!err)
        err = tree_copy(&copy);
    (void)unlink(dump);
    return err;
}

int maintain_backup(const char *data, const char *out, bool progress, struct outcome *outcome)
{
    char folder[PATH_MAX];
    static struct service_config config;
    trim(data, folder);
    if (!data_there(folder) || settings_read(folder, &config) != 0)
        return 1;
    if (tree_place_check(out) != 0)
        return 1;
    int lock = ask_lock(folder);
    int err = backup_take(folder, out, config.database, lock < 0, progress);
    const bool sqlite = !config.database[0];
    ct_wipe(config.database, sizeof config.database);
    if (lock >= 0)
        close(lock);
    if (!err) {
        outcome_text(outcome, "data", folder);
        outcome_text(outcome, "backup", out);
        outcome_text(outcome, "database", sqlite ? "sqlite" : "postgresql");
        outcome_flag(outcome, "running", lock < 0);
        outcome_say(outcome, "backed up to %s, without the key of the data: keep that elsewhere.", out);
        outcome_say(outcome, "The keys of the service's CAs are in it: keep it as safe as the service.");
        tokens_tell(out, outcome);
    }
    return err;
}

/* service.json of the restored folder with its own database. */
static int database_set(const char *data, const char *database)
{
    char path[PATH_MAX], why[CONFIG_WHY_BYTES];
    return config_database_set(path_in(data, "service.json", path), database, why) == 0 ? 0 : say("%s: %s", path, why);
}

static int restore_check(const char *folder, const char *from, const char *database, const struct service_config *config)
{
    char path[PATH_MAX];
    bool dump = access(path_in(folder, TREE_DUMP, path), R_OK) == 0;
    if (config->database[0] && !dump)
        return say("%s: the backup is of a service on PostgreSQL, and is without its database", from);
    if (dump && !database)
        return say("the backup is of a service on PostgreSQL: --database URL, of an empty database for it");
    return database && !dump ? say("--database is for backups of a service on PostgreSQL, and %s is none", from) : 0;
}

/* A copy of a store/data.key that a token opens: which one it needs is said at the end. */
static bool is_sealed(const char *key)
{
    struct name_file file;
    return name_file_read(key, &file) == 0 && file.sealed_bytes == SEALED_KEY_FILE_BYTES;
}

int maintain_restore(const char *data, const char *from, const char *key, const char *database, bool progress, struct outcome *outcome)
{
    char folder[PATH_MAX], path[PATH_MAX];
    static struct service_config config;
    uint8_t bytes[KEY_TEXT_BYTES];
    int err;
    trim(from, folder);
    if (access(path_in(folder, "store", path), R_OK) != 0)
        return say("%s: not a backup of a service", from);
    if (settings_read(folder, &config) != 0 || restore_check(folder, from, database, &config) != 0)
        return 1;
    if (!key && !config.key[0])
        return say("the backup is without the key of its data: --key FILE, with the data.key of that service");
    if (key && !is_sealed(key)) {
        err = key_text_read(key, bytes);
        ct_wipe(bytes, sizeof bytes);
        if (err == E_NOT_FOUND)
            say("key \"%s\": no such file", key);
        if (err)
            return 1;
    }
    if (tree_place_check(data) != 0)
        return 1;
    bool clear = key && !is_sealed(key); /* what a token seals, the first start opens */
    if (database && dump_read(database, folder, path_in(folder, TREE_DUMP, path)) != 0)
        return say("nothing was restored: --database names an empty database, which createdb makes");
    if (database && clear && service_key_check(path_in(folder, "store", path), database, key) != 0)
        return say("the database now has the backup: empty it before the next try");
    const struct tree_copy copy = {.from = folder, .to = data, .key = key, .check = clear && !database,
                                   .what = progress ? "restoring" : NULL};
    err = tree_copy(&copy);
    if (!err && database) {
        (void)unlink(path_in(data, TREE_DUMP, path));
        err = database_set(data, database);
    }
    if (!err) {
        outcome_text(outcome, "data", data);
        outcome_text(outcome, "from", folder);
        outcome_text(outcome, "database", database ? "postgresql" : "sqlite");
        outcome_say(outcome, "restored \"%s\": start it with  peri service run --data %s", data, data);
        tokens_tell(data, outcome);
    }
    return err;
}

/* -- a new key ------------------------------------------------------------------ */

/* What --rotate-key was asked for, and what it goes by. */
struct rotation {
    const char *folder;
    const char *key; /* a file with the new key; NULL */
    const char *uri; /* of the token's key that is to seal the new one; NULL */
    char path[PATH_MAX], pass[PATH_MAX];
    int pass_fd;
    bool made; /* the token's key */
};

static int key_copy(const struct rotation *r)
{
    uint8_t bytes[KEY_TEXT_BYTES];
    int err = key_text_read(r->key, bytes);
    ct_wipe(bytes, sizeof bytes);
    if (err == E_NOT_FOUND)
        say("key \"%s\": no such file", r->key);
    return err || tree_file_copy(r->key, r->path, 0600) != 0 ? 1 : 0;
}

static int text_make(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    size_t len = strlen(text);
    bool good = fd >= 0 && write(fd, text, len) == (ssize_t)len && fsync(fd) == 0;
    int why = errno;
    if (fd >= 0)
        close(fd);
    return good ? 0 : say("%s: %s", path, strerror(why));
}

/* The store reads the key itself from a pipe, in memory: sealed alone it is on disk. */
static int pass_make(struct rotation *r, const uint8_t key[static SEALED_KEY_BYTES])
{
    char text[2 * SEALED_KEY_BYTES + 2];
    hex_encode(key, SEALED_KEY_BYTES, text);
    text[2 * SEALED_KEY_BYTES] = '\n';
    (void)unlink(r->pass);
    bool good = mkfifo(r->pass, 0600) == 0 && ask_file_give(r->pass, r->folder, "store") == 0 &&
                (r->pass_fd = open(r->pass, O_RDWR | O_CLOEXEC | O_NOFOLLOW)) >= 0 &&
                write(r->pass_fd, text, 2 * SEALED_KEY_BYTES + 1) == 2 * SEALED_KEY_BYTES + 1;
    ct_wipe(text, sizeof text);
    return good ? 0 : say("%s: %s", r->pass, strerror(errno));
}

static int sealed_make(struct rotation *r, struct token_key *by)
{
    struct name_file file;
    uint8_t key[SEALED_KEY_BYTES];
    char text[NAME_FILE_TEXT_MAX];
    int err = getrandom(key, sizeof key, 0) == sizeof key ? sealed_key_make(by, key, &file) : E_ENTROPY;
    if (!err)
        err = name_file_format(&file, text, sizeof text);
    if (err)
        say("the new key could not be sealed: %s", err_text(err));
    if (!err)
        err = text_make(r->path, text) != 0 || pass_make(r, key) != 0;
    ct_wipe(key, sizeof key);
    return err ? 1 : 0;
}

/* The token's key is taken if it is there, and made if not. */
static int token_seal(struct rotation *r, const struct service_config *config)
{
    struct token *token;
    struct token_key *by = NULL;
    if (!config->pkcs11_module[0])
        return say("the new key is to be sealed by a token, and service.json names no \"pkcs11_module\"");
    if (secret_token_open(config, &token) != 0)
        return 1;
    int err = token_key_find(token, span_of(r->uri, strlen(r->uri)), true, &by);
    if (err == E_NOT_FOUND) {
        err = token_key_generate(token, span_of(r->uri, strlen(r->uri)), TOKEN_KEY_AES, &by);
        r->made = !err;
    }
    if (!err && (err = sealed_make(r, by)) != 0 && r->made)
        (void)!token_key_destroy(by);
    token_key_free(by);
    token_close(token);
    return err ? 1 : 0;
}

static int new_key_write(struct rotation *r, const struct service_config *config)
{
    uint8_t bytes[KEY_TEXT_BYTES];
    if (r->uri)
        return token_seal(r, config);
    if (r->key)
        return key_copy(r);
    int err = key_text_make(r->path, bytes);
    ct_wipe(bytes, sizeof bytes);
    return err ? 1 : 0;
}

static int rotation_check(const struct rotation *r, const struct service_config *config)
{
    if (config->key[0] && r->uri)
        return say("service.json says that the key is %s: a token seals store/data.key alone; copy the key there, take \"key\" "
                   "out of service.json and restart the service first", config->key);
    if (config->key[0] && !r->key)
        return say("service.json says that the key is %s: --key FILE, with the new one, which you put there then",
                   config->key);
    if (r->key && r->uri)
        return say("--key and --pkcs11-key: one of the two");
    if (!ask_running(r->folder))
        return say("the service does not run: start it, the key is changed while it does");
    if (access(r->path, F_OK) == 0)
        return say("%s is there, of an exchange that was cut off: restart the service, which clears it up, and ask again", r->path);
    return 0;
}

/* Where nothing is asked for the key stays where it is: sealed by the same token's key. */
static int place_keep(struct rotation *r, struct name_file *now)
{
    char path[PATH_MAX];
    int err = r->key || r->uri ? E_NOT_FOUND : name_file_read(path_in(r->folder, "store/data.key", path), now);
    if (err && err != E_NOT_FOUND)
        return say("%s: %s", path, err_text(err));
    if (!err && now->uri[0])
        r->uri = now->uri;
    return 0;
}

static void rotated_tell(const struct rotation *r, const struct service_config *config, struct outcome *outcome)
{
    outcome_text(outcome, "data", r->folder);
    if (config->key[0])
        outcome_text(outcome, "key", config->key);
    else
        outcome_path(outcome, "key", r->folder, "store/data.key");
    outcome_text(outcome, "sealedBy", r->uri);
    outcome_flag(outcome, "sealingKeyMade", r->made);
    if (config->key[0])
        outcome_say(outcome, "the data have a new key: put it to %s before the service starts again", config->key);
    else if (r->uri)
        outcome_say(outcome, "the data have a new key, sealed by %s%s; the old one opens older backups alone: keep a copy of "
                   "%s/store/data.key with it", r->uri, r->made ? ", which was made for it" : "", r->folder);
    else
        outcome_say(outcome, "the data have a new key, %s/store/data.key; the old one opens older backups alone", r->folder);
}

int maintain_rotate(const char *data, const char *key, const char *uri, struct outcome *outcome)
{
    char folder[PATH_MAX];
    static struct service_config config;
    static struct name_file now;
    struct rotation r = {.folder = folder, .key = key, .uri = uri, .pass_fd = -1};
    trim(data, folder);
    path_in(folder, "store/data.key.new", r.path);
    path_in(folder, "store/data.key.pass", r.pass);
    if (!data_there(folder) || settings_read(folder, &config) != 0 || rotation_check(&r, &config) != 0 ||
        place_keep(&r, &now) != 0)
        return 1;
    int err = new_key_write(&r, &config);
    if (!err)
        err = ask_file_give(r.path, folder, "store") != 0 || ask_process(folder, "store", "rotate", NULL) != 0;
    ask_forget(folder, "store");
    (void)unlink(r.pass);
    if (r.pass_fd >= 0)
        close(r.pass_fd);
    if (err) {
        (void)unlink(r.path);
        return 1;
    }
    rotated_tell(&r, &config, outcome);
    return 0;
}
