/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/perisphered/maintain.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <jansson.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/ct.h"
#include "service/ipc/key_text.h"
#include "service/perisphered/config.h"
#include "service/perisphered/dump.h"
#include "service/perisphered/token_needs.h"

#define DUMP "store/database.dump"

enum { POLL_MS = 50, ANSWER_MAX_S = 3600, COPY_BYTES = 1 << 16 };

__attribute__((format(printf, 1, 2))) static int say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("perisphered: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return 1;
}

static const char *path_in(const char *folder, const char *name, char path[static PATH_MAX])
{
    if (snprintf(path, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX)
        path[0] = '\0'; /* names no file: what is done with it fails */
    return path;
}

/* The lock of a service that does not run, kept from starting meanwhile; -1: it runs. */
static int lock_take(const char *data)
{
    char path[PATH_MAX];
    int fd = open(path_in(data, "run/lock", path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static bool is_running(const char *data)
{
    int fd = lock_take(data);
    if (fd >= 0)
        close(fd);
    return fd < 0;
}

static bool data_there(const char *data)
{
    char path[PATH_MAX];
    if (access(path_in(data, "store", path), R_OK | W_OK) == 0 && access(path_in(data, "run", path), W_OK) == 0)
        return true;
    say("%s: no data folder of a service that has run, or not yours", data);
    return false;
}

/* -- asking the store ------------------------------------------------------ */

/* A file of the store's own: readable by the user that it runs as. */
static int file_give(const char *path, const char *data)
{
    char folder[PATH_MAX];
    struct stat st;
    return stat(path_in(data, "store", folder), &st) == 0 && lchown(path, st.st_uid, st.st_gid) == 0 ? 0 : 1;
}

static int request_write(const char *data, const char *word)
{
    char part[PATH_MAX], path[PATH_MAX], old[PATH_MAX];
    (void)unlink(path_in(data, "store/answer", old));
    int fd = open(path_in(data, "store/request.part", part), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = fd >= 0 && dprintf(fd, "%s\n", word) > 0;
    if (fd >= 0)
        close(fd);
    if (!good || file_give(part, data) != 0 || rename(part, path_in(data, "store/request", path)) != 0)
        return say("%s: %s", part, strerror(errno));
    return 0;
}

static int answer_read(const char *data)
{
    char path[PATH_MAX], line[512] = "";
    FILE *f = fopen(path_in(data, "store/answer", path), "re");
    if (!f)
        return -1;
    bool good = fgets(line, sizeof line, f) && strcmp(line, "done\n") == 0;
    fclose(f);
    if (good)
        return 0;
    (void)unlink(path);
    line[strcspn(line, "\n")] = '\0';
    return say("the store: %s", line);
}

static int store_ask(const char *data, const char *word)
{
    static const struct timespec pause = {0, POLL_MS * 1000000};
    if (request_write(data, word) != 0)
        return 1;
    for (long waited = 0; waited < ANSWER_MAX_S * 1000L; waited += POLL_MS) {
        int got = answer_read(data);
        if (got >= 0)
            return got;
        if (waited % 1000 == 0 && !is_running(data))
            return say("the service ended before it was done: start it and ask again");
        nanosleep(&pause, NULL);
    }
    return say("no answer from the service");
}

static void answer_forget(const char *data)
{
    char path[PATH_MAX];
    (void)unlink(path_in(data, "store/answer", path));
}

/* -- copying --------------------------------------------------------------- */

static int bytes_copy(int from, int to)
{
    static char bytes[COPY_BYTES];
    ssize_t n;
    while ((n = read(from, bytes, sizeof bytes)) > 0)
        for (ssize_t done = 0, m; done < n; done += m)
            if ((m = write(to, bytes + done, (size_t)(n - done))) <= 0)
                return -1;
    return n == 0 ? fsync(to) : -1;
}

static int file_copy(const char *from, const char *to, mode_t mode)
{
    int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (in < 0 && errno == ENOENT)
        return 0; /* an image that went while we copied: no snapshot names it */
    int out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    int err = out >= 0 && bytes_copy(in, out) == 0 && fchmod(out, mode & 0700) == 0 ? 0 : -1;
    if (err)
        say("%s: %s", out < 0 && in >= 0 ? to : from, strerror(errno));
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return err;
}

/* nftw() has no context argument. */
static struct {
    size_t from_len;
    const char *to;
    bool live; /* the database is in store/snapshot.db */
} copying;

/* Names below the data folder that a backup does not have. */
static const struct skip_row {
    const char *name;
    bool live_only;
} skipped[] = {
    {"run", false},           {"store/data.key", false}, {"store/data.key.new", false}, {"store/request", false},
    {"store/answer", false},  {"store/store.db", true},  {"store/store.db-wal", true},  {"store/store.db-shm", true},
    {"store/snapshot.db-journal", false},
};

static bool is_skipped(const char *name)
{
    for (size_t i = 0; i < sizeof skipped / sizeof skipped[0]; i++)
        if (strcmp(skipped[i].name, name) == 0 && (copying.live || !skipped[i].live_only))
            return true;
    size_t len = strlen(name);
    return (len > 4 && strcmp(name + len - 4, ".new") == 0) || (len > 5 && strcmp(name + len - 5, ".part") == 0);
}

static int copy_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    char to[PATH_MAX];
    const char *name = path[copying.from_len] ? path + copying.from_len + 1 : "";
    (void)ftw;
    if (is_skipped(name))
        return FTW_SKIP_SUBTREE;
    if (strcmp(name, "store/snapshot.db") == 0) {
        if (!copying.live)
            return 0;
        name = "store/store.db";
    }
    if (snprintf(to, sizeof to, "%s/%s", copying.to, name) >= (int)sizeof to)
        return say("%s: the name is too long", path);
    if (kind == FTW_D)
        return mkdir(to, 0700) == 0 ? 0 : say("%s: %s", to, strerror(errno));
    if (kind == FTW_F && S_ISREG(st->st_mode))
        return file_copy(path, to, st->st_mode);
    return kind == FTW_NS ? 0 : say("%s: cannot be read", path);
}

/* All of it appears under its name at once. */
static int tree_copy(const char *from, const char *to, bool live, const char *key, const char *dump)
{
    char part[PATH_MAX], path[PATH_MAX];
    if (access(to, F_OK) == 0)
        return say("%s exists already: name a folder that does not", to);
    if (snprintf(part, sizeof part, "%s.part", to) >= (int)sizeof part)
        return say("%s: the name is too long", to);
    copying.from_len = strlen(from);
    copying.to = part;
    copying.live = live;
    if (nftw(from, copy_one, 16, FTW_PHYS | FTW_ACTIONRETVAL) != 0)
        return say("%s is not complete; remove it and try again", part);
    if (key && file_copy(key, path_in(part, "store/data.key", path), 0600) != 0)
        return 1;
    if (dump && file_copy(dump, path_in(part, DUMP, path), 0600) != 0)
        return 1;
    int fd = open(part, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && syncfs(fd) == 0 && rename(part, to) == 0 && syncfs(fd) == 0;
    if (fd >= 0)
        close(fd);
    return good ? 0 : say("%s: %s", to, strerror(errno));
}

/* What a backup does not have, and a restored service needs. */
static void tokens_say(const char *folder)
{
    struct token_needs needs;
    if (token_needs_read(folder, &needs) == 0)
        token_needs_print(&needs, stdout);
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
static int backup_take(const char *folder, const char *out, const char *database, bool live)
{
    char dump[PATH_MAX];
    if (!*database) {
        int err = live ? store_ask(folder, "backup") : 0;
        if (!err)
            err = tree_copy(folder, out, live, NULL, NULL);
        if (live)
            answer_forget(folder);
        return err;
    }
    /* Beside the backup: the store's folder is not a place where root follows names. */
    if (snprintf(dump, sizeof dump, "%s.dump", out) >= (int)sizeof dump)
        return say("%s: the name is too long", out);
    if (access(dump, F_OK) == 0)
        return say("%s exists already: of a backup that was cut off? Remove it", dump);
    int err = dump_write(database, dump);
    if (!err)
        err = tree_copy(folder, out, live, NULL, dump);
    (void)unlink(dump);
    return err;
}

int maintain_backup(const char *data, const char *out)
{
    char folder[PATH_MAX];
    static struct service_config config;
    trim(data, folder);
    if (!data_there(folder) || settings_read(folder, &config) != 0)
        return 1;
    if (access(out, F_OK) == 0)
        return say("%s exists already: name a folder that does not", out);
    int lock = lock_take(folder);
    int err = backup_take(folder, out, config.database, lock < 0);
    ct_wipe(config.database, sizeof config.database);
    if (lock >= 0)
        close(lock);
    if (!err) {
        printf("backed up to %s, without the key of the data: keep that elsewhere.\n"
               "The keys of the service's CAs are in it: keep it as safe as the service.\n", out);
        tokens_say(out);
    }
    return err;
}

/* service.json of the restored folder with its own database. */
static int database_set(const char *data, const char *database)
{
    char path[PATH_MAX], part[PATH_MAX];
    json_error_t why;
    json_t *settings = json_load_file(path_in(data, "service.json", path), 0, &why);
    mode_t mask = umask(077);
    bool good = settings && json_object_set_new(settings, "database", json_string(database)) == 0 &&
                json_dump_file(settings, path_in(data, "service.json.part", part), JSON_INDENT(2)) == 0 &&
                rename(part, path) == 0;
    umask(mask);
    json_decref(settings);
    return good ? 0 : say("%s: cannot be written: %s", path, strerror(errno));
}

static int restore_check(const char *folder, const char *from, const char *database, const struct service_config *config)
{
    char path[PATH_MAX];
    bool dump = access(path_in(folder, DUMP, path), R_OK) == 0;
    if (config->database[0] && !dump)
        return say("%s: the backup is of a service on PostgreSQL, and is without its database", from);
    if (dump && !database)
        return say("the backup is of a service on PostgreSQL: --database URL, of an empty database for it");
    return database && !dump ? say("--database is for backups of a service on PostgreSQL, and %s is none", from) : 0;
}

int maintain_restore(const char *data, const char *from, const char *key, const char *database)
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
    if (key) {
        err = key_text_read(key, bytes);
        ct_wipe(bytes, sizeof bytes);
        if (err == E_NOT_FOUND)
            say("key \"%s\": no such file", key);
        if (err)
            return 1;
    }
    if (access(data, F_OK) == 0)
        return say("%s exists already: name a folder that does not", data);
    if (database && dump_read(database, path_in(folder, DUMP, path)) != 0)
        return 1;
    err = tree_copy(folder, data, false, key, NULL);
    if (!err && database) {
        (void)unlink(path_in(data, DUMP, path));
        err = database_set(data, database);
    }
    if (!err) {
        printf("restored \"%s\": start it with  peri service run --data %s\n", data, data);
        tokens_say(data);
    }
    return err;
}

static int new_key_write(const char *path, const char *key)
{
    uint8_t bytes[KEY_TEXT_BYTES];
    (void)unlink(path);
    int err;
    if (key) {
        err = key_text_read(key, bytes);
        if (err == E_NOT_FOUND)
            say("key \"%s\": no such file", key);
        if (!err)
            err = file_copy(key, path, 0600);
    } else {
        err = key_text_make(path, bytes);
    }
    ct_wipe(bytes, sizeof bytes);
    return err ? 1 : 0;
}

int maintain_rotate(const char *data, const char *key)
{
    char folder[PATH_MAX], path[PATH_MAX];
    static struct service_config config;
    trim(data, folder);
    if (!data_there(folder) || settings_read(folder, &config) != 0)
        return 1;
    if (config.key[0] && !key)
        return say("service.json says that the key is %s: --key FILE, with the new one, which you put there then",
                   config.key);
    if (!is_running(folder))
        return say("the service does not run: start it, the key is changed while it does");
    if (new_key_write(path_in(folder, "store/data.key.new", path), key) != 0 || file_give(path, folder) != 0)
        return 1;
    int err = store_ask(folder, "rotate");
    answer_forget(folder);
    if (err) {
        (void)unlink(path);
        return err;
    }
    if (config.key[0])
        printf("the data have a new key: put it to %s before the service starts again\n", config.key);
    else
        printf("the data have a new key, %s/store/data.key; the old one opens older backups alone\n", folder);
    return 0;
}
