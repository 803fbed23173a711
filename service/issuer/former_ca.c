/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/issuer/former_ca.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "service/ipc/former_name.h"
#include "service/ipc/store_pki_ops.h"
#include "service/issuer/crl.h"
#include "service/issuer/key_file.h"

static const struct former_row {
    const char *name;
    uint16_t authority; /* 0: it has no list */
} rows[] = {
    {"operator", STORE_AUTHORITY_OPERATOR},
    {"os", STORE_AUTHORITY_OS},
    {"update-only", STORE_AUTHORITY_UPDATE_ONLY},
    {"issuing", STORE_AUTHORITY_ROOT},
    {"server", 0}, /* its certificate alone: what it signed is known by that (renew.c) */
};
enum { ROWS = sizeof rows / sizeof rows[0] };

/* -- in the issuer ------------------------------------------------------------ */

static void one_load(struct former_cas *formers, struct token *token, const char *folder, const char *file, uint16_t authority,
                     uint64_t until_s)
{
    char path[PATH_MAX], name[CRL_NAME_BYTES];
    struct former_ca *to = &formers->at[formers->count];
    int err = formers->count == FORMER_CAS_MAX                                          ? E_LIMIT
              : snprintf(path, sizeof path, "%s/%s", folder, file) >= (int)sizeof path ? E_RANGE
                                                                                        : authority_load(&to->ca, token, path, path);
    if (err) {
        fprintf(stderr, "issuer: %s/%s: %s: this former CA has no revocation list\n", folder, file, err_text(err));
        return;
    }
    to->authority = authority;
    to->until_s = until_s;
    to->over_looks = 0;
    formers->count++;
    crl_name(authority, &to->ca, name);
    fprintf(stderr, "issuer: a former CA signs its revocation list still: /crl/%s.crl\n", name);
}

void former_cas_load(struct former_cas *formers, struct token *token, const char *folder)
{
    DIR *dir = opendir(folder);
    for (struct dirent *e; dir && (e = readdir(dir)) != NULL;)
        for (size_t i = 0; i < ROWS; i++) {
            const int64_t until_s = rows[i].authority ? former_name_until(e->d_name, rows[i].name, ".key") : 0;
            if (until_s > 0)
                one_load(formers, token, folder, e->d_name, rows[i].authority, (uint64_t)until_s);
        }
    if (dir)
        closedir(dir);
}

struct authority *former_ca_find(struct former_cas *formers, uint16_t authority, const uint8_t key[static FORMER_KEY_BYTES])
{
    for (unsigned i = 0; i < formers->count; i++)
        if (formers->at[i].authority == authority && memcmp(formers->at[i].ca.key_id, key, FORMER_KEY_BYTES) == 0)
            return &formers->at[i].ca;
    return NULL;
}

static int file_of(const struct former_ca *former, const char *folder, char path[static PATH_MAX])
{
    char file[64];
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].authority == former->authority)
            return former_name_make(file, sizeof file, rows[i].name, former->until_s, ".key") &&
                           snprintf(path, PATH_MAX, "%s/%s", folder, file) < PATH_MAX ? 0 : E_RANGE;
    return E_RANGE;
}

void former_cas_expire(struct former_cas *formers, const char *folder, uint64_t now_s)
{
    char path[PATH_MAX];
    for (unsigned i = 0; i < formers->count;) {
        struct former_ca *former = &formers->at[i];
        former->over_looks = former->until_s > now_s ? 0 : former->over_looks + 1;
        if (former->over_looks < FORMER_OVER_LOOKS || file_of(former, folder, path) != 0 ||
            (access(path, F_OK) == 0 && key_file_erase(path) != 0)) {
            i++;
            continue;
        }
        fprintf(stderr, "issuer: %s: what this former CA signed has ended, and so has its list\n", path);
        authority_release(&former->ca);
        *former = formers->at[--formers->count];
        memset(&formers->at[formers->count], 0, sizeof *former);
    }
}

void former_cas_release(struct former_cas *formers)
{
    for (unsigned i = 0; i < formers->count; i++)
        authority_release(&formers->at[i].ca);
    formers->count = 0;
}

/* -- for commands --------------------------------------------------------------- */

bool former_ca_file(const char *file, bool *is_key)
{
    *is_key = false;
    for (size_t i = 0; i < ROWS; i++) {
        *is_key = former_name_until(file, rows[i].name, ".key") > 0;
        if (*is_key || former_name_until(file, rows[i].name, ".pem") > 0)
            return true;
    }
    return false;
}

int former_ca_keep(const char *folder, const char *name, const struct authority *ca, uint64_t until_s)
{
    char file[64], *text;
    if (!former_name_make(file, sizeof file, name, until_s, ".key"))
        return E_RANGE;
    int err = authority_text(ca, true, true, span_of(NULL, 0), &text);
    if (!err)
        err = key_file_write(folder, file, span_of(text, strlen(text)), 0600);
    authority_text_free(text);
    return err;
}

int former_ca_forget(const char *folder, const char *name, unsigned *gone)
{
    char path[PATH_MAX];
    int err = 0;
    *gone = 0;
    DIR *dir = opendir(folder);
    if (!dir)
        return E_NOT_FOUND;
    for (struct dirent *e; !err && (e = readdir(dir)) != NULL;) {
        const bool is_key = former_name_until(e->d_name, name, ".key") > 0;
        if (!is_key && former_name_until(e->d_name, name, ".pem") <= 0)
            continue;
        if (snprintf(path, sizeof path, "%s/%s", folder, e->d_name) >= (int)sizeof path)
            err = E_RANGE;
        else
            err = is_key ? key_file_erase(path) : unlink(path) == 0 ? 0 : E_IO;
        *gone += !err;
    }
    closedir(dir);
    return err ? err : key_folder_sync(folder);
}
