/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/store/requests.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/ct.h"
#include "service/store/database/data_key.h"
#include "service/store/database/driver.h"

enum { HOLD_MS = 3600 * 1000, PATH_BYTES = 4096 };

static const char *path_of(const struct requests *r, const char *name, char path[static PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "%s/%s", r->folder, name);
    return path;
}

static void answer_write(const struct requests *r, const char *text, const char *why)
{
    char path[PATH_BYTES], part[PATH_BYTES], line[512];
    int len = snprintf(line, sizeof line, "%s%s\n", text, why);
    int fd = open(path_of(r, "answer.part", part), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = fd >= 0 && write(fd, line, (size_t)len) == len;
    if (fd >= 0)
        close(fd);
    if (!good || rename(part, path_of(r, "answer", path)) != 0)
        fprintf(stderr, "store: cannot answer the request in its folder: %s\n", strerror(errno));
}

static void answer(const struct requests *r, int err)
{
    if (err)
        answer_write(r, "failed: ", err_text(err));
    else
        answer_write(r, "done", "");
}

static void hold_end(struct requests *r)
{
    char path[PATH_BYTES];
    (void)unlink(path_of(r, "snapshot.db", path));
    r->holding = r->store->hold_files = false;
    doomed_remove(r->store);
}

static void backup_begin(struct requests *r)
{
    char path[PATH_BYTES];
    const struct driver *driver = r->store->db.driver;
    if (!driver->backup_begin) {
        answer_write(r, "failed: ", "the database is PostgreSQL's: back it up with pg_dump, and the rest of the "
                                    "data folder while the service is stopped");
        return;
    }
    int err = driver->backup_begin(&r->store->db, path_of(r, "snapshot.db", path));
    r->copying = !err;
    r->holding = r->store->hold_files = !err;
    r->held_since_ms = database_steady_ms(&r->store->db);
    if (err)
        answer(r, err);
}

static void backup_go_on(struct requests *r)
{
    struct database *db = &r->store->db;
    bool done = false;
    int err = db->driver->backup_step(db, &done);
    if (!err && !done)
        return;
    int end = db->driver->backup_end(db);
    r->copying = false;
    err = err ? err : end;
    if (err)
        hold_end(r);
    answer(r, err);
}

static void key_rotate(struct requests *r)
{
    uint8_t fresh[VAULT_KEY_BYTES] = {0};
    int err = data_key_rotate(&r->store->db, r->folder, &r->source, fresh);
    if (!err) {
        memcpy(r->fresh, fresh, sizeof fresh); /* where it is sealed, nobody says it again before the next start */
        r->source.own = r->source.own || !r->source.key;
        r->source.key = r->fresh;
        r->source.next = NULL;
    }
    ct_wipe(fresh, sizeof fresh);
    answer(r, err);
}

static void request_take(struct requests *r)
{
    char path[PATH_BYTES], word[16] = "";
    int fd = open(path_of(r, "request", path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return;
    ssize_t n = read(fd, word, sizeof word - 1);
    close(fd);
    (void)unlink(path);
    if (n > 0 && strcmp(word, "backup\n") == 0)
        backup_begin(r);
    else if (n > 0 && strcmp(word, "rotate\n") == 0)
        key_rotate(r);
    else
        answer(r, E_UNSUPPORTED);
}

bool requests_look(struct requests *r)
{
    char path[PATH_BYTES];
    if (r->copying) {
        backup_go_on(r);
    } else if (r->holding) {
        uint64_t now = database_steady_ms(&r->store->db);
        if (access(path_of(r, "answer", path), F_OK) != 0 || now - r->held_since_ms > HOLD_MS)
            hold_end(r);
    } else {
        request_take(r);
    }
    return r->copying;
}
