/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys of the issuer from files into a token, while no service runs.
 * Source: docs/spec/certificates.md, "From files into a token".
 *
 * A key at a time: taken in, or found there from a move that was cut off; tried (authority_move()); then the file has its name,
 * by one rename; then the bytes that were the key are written over.  These have a second name (".part-erase-FILE") from
 * before the rename, so that a move which was cut off can finish that too.
 */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/ipc/service_init.h"
#include "service/issuer/authority_file.h"
#include "service/issuer/key_file.h"
#include "service/issuer/root_ceremony.h"
#include "service/issuer/state.h"
#include "service/pkcs11/name_file.h"

#define ERASE KEY_FILE_PART "erase-"

static const struct move_row {
    const char *what, *key, *certificate; /* files of the folder; certificate NULL: it has none */
} rows[] = { /* root and issuing: a service has one of the two */
    {"root", "root.key", "root.pem"},
    {"issuing", "issuing.key", "issuing.pem"},
    {"operator", "operator.key", "operator.pem"},
    {"os", "os.key", "os.pem"},
    {"update-only", "update-only.key", "update-only.pem"},
    {"server", "server.key", "server.pem"},
    {"update", "update.key", NULL},
    {"capability", "capability.key", NULL},
    {"audit", "audit.pem", "audit.pem"},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

struct move {
    const char *uri, *keys;
    struct token *token;
    char folder[PATH_MAX];
    struct service_keys_moved *told;
};

static int fail(const char *what, const char *subject, int err)
{
    fprintf(stderr, "perisphered: %s \"%s\": %s\n", what, subject, err_text(err));
    return err;
}

static int path_of(const struct move *m, const char *name, char path[static PATH_MAX])
{
    return snprintf(path, PATH_MAX, "%s/%s", m->folder, name) < PATH_MAX ? 0 : E_RANGE;
}

/* -- what was the key ------------------------------------------------------------------- */

/* Of moves that were cut off.  One whose key is still in its file, by the first name, only loses the second. */
static int rest_erase(const struct move *m)
{
    int err = 0;
    DIR *dir = opendir(m->folder);
    if (!dir)
        return fail("no issuer in the data folder:", m->folder, E_NOT_FOUND);
    for (struct dirent *e; !err && (e = readdir(dir)) != NULL;) {
        char path[PATH_MAX], first[PATH_MAX];
        struct stat st, of_first;
        if (strncmp(e->d_name, ERASE, sizeof ERASE - 1) != 0)
            continue;
        err = path_of(m, e->d_name, path);
        if (!err)
            err = path_of(m, e->d_name + sizeof ERASE - 1, first);
        if (!err && lstat(path, &st) == 0 && lstat(first, &of_first) == 0 && st.st_ino == of_first.st_ino)
            err = unlink(path) == 0 ? 0 : E_IO;
        else if (!err)
            err = key_file_erase(path);
        if (err)
            (void)fail("cannot erase", path, err);
    }
    closedir(dir);
    return err;
}

/* -- one key ------------------------------------------------------------------------------- */

static int name_put(const struct move *m, const char *name, const struct authority *a)
{
    char path[PATH_MAX], second[PATH_MAX], second_name[NAME_MAX + 1], *text;
    snprintf(second_name, sizeof second_name, ERASE "%s", name);
    int err = path_of(m, name, path);
    if (err || (err = path_of(m, second_name, second)) != 0 ||
        (err = authority_text(a, true, a->certificate_bytes > 0, span_of(NULL, 0), &text)) != 0)
        return err;
    err = link(path, second) == 0 ? key_folder_sync(m->folder) : E_IO;
    if (!err)
        err = key_file_write(m->folder, name, span_of(text, strlen(text)), 0600);
    authority_text_free(text);
    if (!err)
        err = key_file_erase(second);
    return err;
}

/* what: of the key's name in the token; certificate: a file whose certificate the key has to fit. */
static int one_move(struct move *m, const char *what, const char *name, const char *certificate)
{
    char path[PATH_MAX], certificate_path[PATH_MAX], uri[URI_TEXT_MAX + 1];
    struct authority a = {0};
    bool seals = certificate && strcmp(certificate, name) == 0; /* key and certificate in one, and no CA's */
    int err = path_of(m, name, path);
    if (!err && certificate)
        err = path_of(m, certificate, certificate_path);
    if (!err)
        err = authority_load(&a, m->token, path, certificate && !seals ? certificate_path : NULL);
    if (err)
        return err == E_NOT_FOUND && access(path, F_OK) != 0 ? 0 : fail("cannot read", path, err);
    if (a.token_key) {
        m->told->there++;
        authority_release(&a);
        return 0;
    }
    if (seals)
        err = seal_certificate_read(&a, path);
    if (!err)
        err = service_token_name(m->uri, what, uri);
    if (!err)
        err = authority_move(&a, m->token, span_of(uri, strlen(uri)));
    if (!err)
        err = name_put(m, name, &a);
    authority_release(&a);
    if (err)
        return fail("cannot move", path, err);
    m->told->moved++;
    m->told->each(m->told->context, name);
    return 0;
}

static bool is_asked(const struct move *m, const char *what)
{
    const size_t len = strlen(what);
    for (const char *at = m->keys; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (strncmp(at, what, len) == 0 && (at[len] == ',' || !at[len]))
            return true;
    return !m->keys;
}

/* Keys of devices with older keystores with the update key; keys of former CAs with those that followed them. */
static int former_move(struct move *m)
{
    int err = 0;
    DIR *dir = opendir(m->folder);
    if (!dir)
        return E_IO;
    for (struct dirent *e; !err && (e = readdir(dir)) != NULL;) {
        const uint32_t before = update_key_before(e->d_name);
        char what[64];
        bool is_key;
        snprintf(what, sizeof what, "update-before-%u", (unsigned)before);
        if (before && is_asked(m, "update"))
            err = one_move(m, what, e->d_name, NULL);
        const char *until = former_ca_file(e->d_name, &is_key) && is_key ? strstr(e->d_name, "-until-") : NULL;
        if (!until || (size_t)snprintf(what, sizeof what, "%.*s", (int)(until - e->d_name), e->d_name) >= sizeof what || !is_asked(m, what))
            continue;
        snprintf(what, sizeof what, "%.*s", (int)(strlen(e->d_name) - strlen(".key")), e->d_name);
        err = one_move(m, what, e->d_name, e->d_name);
    }
    closedir(dir);
    return err;
}

/* -- all that are asked for ------------------------------------------------------------------ */

static int keys_check(const struct move *m)
{
    for (const char *at = m->keys; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        const size_t len = strcspn(at, ",");
        bool known = false;
        for (size_t i = 0; i < ROWS; i++)
            known = known || (strlen(rows[i].what) == len && memcmp(rows[i].what, at, len) == 0);
        if (known)
            continue;
        fprintf(stderr, "perisphered: no key \"%.*s\" can be moved: root, issuing, operator, os, update-only, server, update, capability and "
                        "audit can, between commas; wrap gets another key in the token by  peri service rotate-wrap-key , data by  "
                        "peri service rotate-key , both with --pkcs11-key\n", (int)len, at);
        return E_RANGE;
    }
    return 0;
}

/* One that was prepared to follow would bring its key back into a file. */
static int prepared_check(const struct move *m)
{
    static const struct {
        const char *what, *file;
    } next[] = {{"issuing", ISSUING_NEXT}, {"capability", "capability-next.key"}};
    for (size_t i = 0; i < sizeof next / sizeof next[0]; i++) {
        char path[PATH_MAX];
        struct name_file file;
        int err = is_asked(m, next[i].what) ? path_of(m, next[i].file, path) : E_NOT_FOUND;
        if (!err)
            err = name_file_read(path, &file);
        if (err == E_NOT_FOUND || (!err && file.uri[0]))
            continue;
        if (err)
            return fail("cannot read", path, err);
        fprintf(stderr, "perisphered: \"%s\" is a key that is to follow, in a file: have it follow first, or remove it and prepare another behind the "
                        "move\n", path);
        return E_STATE;
    }
    return 0;
}

int service_keys_move(const char *data, struct token *token, const char *uri, const char *keys, struct service_keys_moved *told)
{
    struct move m = {.uri = uri, .keys = keys, .token = token, .told = told};
    char name[URI_TEXT_MAX + 1];
    if (!token) {
        fprintf(stderr, "perisphered: %s/service.json names no \"pkcs11_module\", \"pkcs11_pin\" and \"pkcs11_paths\": put them "
                        "there first (docs/operate.md, \"Keys in a token\")\n", data);
        return E_STATE;
    }
    if (snprintf(m.folder, sizeof m.folder, "%s/issuer", data) >= (int)sizeof m.folder)
        return E_RANGE;
    int err = keys_check(&m);
    if (!err)
        err = prepared_check(&m);
    if (!err)
        err = service_token_name(uri, "root", name); /* says what is wrong with it before anything is done */
    if (!err)
        err = rest_erase(&m);
    for (size_t i = 0; !err && i < ROWS; i++)
        if (is_asked(&m, rows[i].what))
            err = one_move(&m, rows[i].what, rows[i].key, rows[i].certificate);
    if (!err)
        err = former_move(&m);
    return err;
}
