/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A further certificate for a CA's key.  Key and name stay, so what was signed before verifies by
 * the new certificate, and what is signed from now on by the old one until that ends: the two are
 * good side by side, at every service on the database and at every relying party, and each can take
 * the new one when it suits.  A leaked key is another matter: that needs another key, and with it a CA of the same name
 * beside the former one, which front goes on knowing, and whose list it goes on signing, until what it signed has ended, or it is
 * forgotten.
 * Source: docs/spec/certificates.md, "Renewal of the root and its CAs".
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "service/ipc/former_name.h"
#include "service/ipc/service_init.h"
#include "service/issuer/authority_file.h"
#include "service/issuer/former_ca.h"
#include "service/issuer/key_file.h"
#include "service/issuer/renew_ca.h"
#include "service/issuer/root_ceremony.h"

/* Where a CA's certificate stands, in the order of writing: what trusts first, then what shows. */
static const struct renew_row {
    const char *name;
    enum profile_id profile;
    bool above;  /* signed by itself, or by an off-line root: not by "all" */
    bool anchor; /* of front, under its name */
    enum profile_id signs;
} rows[] = {
    {"operator", PROFILE_CA, false, true, PROFILE_OPERATOR},
    {"os", PROFILE_CA, false, true, PROFILE_DEVICE},
    {"update-only", PROFILE_CA, false, true, PROFILE_DEVICE},
    {"server", PROFILE_CA, false, false, PROFILE_SERVER},
    {"root", PROFILE_ROOT, true, true, PROFILE_CA},
};

static int fail(const char *what, const char *subject, int err)
{
    fprintf(stderr, "perisphered: %s \"%s\": %s\n", what, subject, err_text(err));
    return err;
}

static int load(const char *data, struct token *token, const char *name, struct authority *a)
{
    char key[PATH_MAX], certificate[PATH_MAX];
    if (snprintf(key, sizeof key, "%s/issuer/%s.key", data, name) >= (int)sizeof key ||
        snprintf(certificate, sizeof certificate, "%s/issuer/%s.pem", data, name) >= (int)sizeof certificate)
        return E_RANGE;
    int err = authority_load(a, token, key, certificate);
    return err ? fail("cannot read", key, err) : 0;
}

int ca_everywhere_write(const char *data, const char *name, const char *anchor, bool top, const struct authority *ca)
{
    char folder[PATH_MAX], file[64], as[64];
    int err = 0;
    snprintf(file, sizeof file, "%s.pem", name);
    if (anchor) {
        snprintf(as, sizeof as, "%s.pem", anchor);
        if (snprintf(folder, sizeof folder, "%s/front/anchors", data) >= (int)sizeof folder)
            return E_RANGE;
        err = authority_file_write(folder, as, ca, false);
    }
    if (!err && top)
        err = authority_file_write(data, file, ca, false);
    if (!err && snprintf(folder, sizeof folder, "%s/issuer", data) >= (int)sizeof folder)
        err = E_RANGE;
    return err ? err : authority_file_write(folder, file, ca, false);
}

static int one_renew(const char *data, struct token *token, const struct renew_row *row, struct authority *root)
{
    struct authority ca = {0};
    char common[AUTHORITY_NAME_TEXT_MAX + 1], organisation[AUTHORITY_NAME_TEXT_MAX + 1], folder[PATH_MAX];
    int err = load(data, token, row->name, &ca);
    if (err)
        return err;
    snprintf(folder, sizeof folder, "%s/issuer", data);
    err = authority_names(&ca, common, organisation);
    if (!err)
        err = authority_certify(folder, &ca, row->above ? NULL : root, row->profile, common, organisation);
    if (!err)
        err = ca_everywhere_write(data, row->name, row->anchor ? row->name : NULL, row->above, &ca);
    authority_release(&ca);
    return err ? fail("cannot renew the CA", row->name, err) : 0;
}

static const struct renew_row *row_find(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

int service_renew_ca(const char *data, struct token *token, const char *name)
{
    struct authority root = {0};
    bool above = root_is_above(data), all = strcmp(name, "all") == 0;
    const struct renew_row *one = all ? NULL : row_find(name);
    if (!all && !one) {
        fprintf(stderr, "perisphered: no CA \"%s\": operator, os, update-only, server, root, or all below the root\n", name);
        return E_RANGE;
    }
    if (one && one->above && above) {
        fprintf(stderr, "perisphered: the root is off line: where it is,  peri root renew , then  peri service renew-ca --data %s "
                        "--certificate root.pem . Its issuing CA: peri root request --data %s, peri root sign where the root is, then "
                        "peri service renew-ca --data %s --certificate FILE\n", data, data, data);
        return E_STATE;
    }
    int err = load(data, token, above ? "issuing" : "root", &root);
    for (size_t i = 0; !err && i < sizeof rows / sizeof rows[0]; i++)
        if (one ? one == &rows[i] : !rows[i].above)
            err = one_renew(data, token, &rows[i], &root);
    authority_release(&root);
    return err;
}

/* -- another key ----------------------------------------------------------------------------- */

enum { DAYS_S = 2 * 86400 }; /* a device's certificate, and a restart that waits for the next morning */

/* For how long the CA before is looked at: as long as what it signed. */
static uint64_t former_s(const struct renew_row *row)
{
    return row->signs == PROFILE_DEVICE ? DAYS_S : profile_table[row->signs].life_s;
}

/* Front leaves out one more than it takes, and with it whom that one signed. */
int ca_formers_room(const char *data)
{
    char folder[PATH_MAX];
    unsigned count = 0;
    if (snprintf(folder, sizeof folder, "%s/front/anchors", data) >= (int)sizeof folder)
        return E_RANGE;
    DIR *dir = opendir(folder);
    if (!dir)
        return fail("no anchors of a service:", folder, E_NOT_FOUND);
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        const char *until = strstr(e->d_name, "-until-");
        count += until && strtoll(until + strlen("-until-"), NULL, 10) > (long long)time(NULL);
    }
    closedir(dir);
    if (count < SERVICE_FORMER_CAS)
        return 0;
    fprintf(stderr, "perisphered: %u former CAs are known still, and no more can be: when none needs them,  peri service renew-ca "
                    "--ca NAME --forget-former\n", count);
    return E_LIMIT;
}

/* Both folders' files of the former one have one time in their names; one that was replaced in the same second keeps its own. */
static int former_time(const char *data, const struct ca_files *files, const struct authority *old, uint64_t *until_s)
{
    const struct {
        const char *folder, *name;
    } places[] = {{"front/anchors", files->anchor}, {"issuer", files->name}};
    char name[96], path[PATH_MAX];
    bool taken = true;
    *until_s = (uint64_t)time(NULL) + files->former_s;
    if (*until_s > old->not_after_s)
        *until_s = old->not_after_s;
    for (; taken; *until_s += taken) {
        taken = false;
        for (size_t i = 0; i < 2; i++) {
            if (!places[i].name)
                continue;
            if (!former_name_make(name, sizeof name, places[i].name, *until_s, ".pem") ||
                snprintf(path, sizeof path, "%s/%s/%s", data, places[i].folder, name) >= (int)sizeof path)
                return E_RANGE;
            taken = taken || access(path, F_OK) == 0;
        }
    }
    return 0;
}

int ca_former_write(const char *data, const struct ca_files *files, const struct authority *old, const struct authority *fresh,
                    uint64_t *until_s)
{
    char anchors[PATH_MAX], issuer[PATH_MAX], name[96];
    int err = former_time(data, files, old, until_s);
    if (err)
        return err;
    if (snprintf(anchors, sizeof anchors, "%s/front/anchors", data) >= (int)sizeof anchors ||
        snprintf(issuer, sizeof issuer, "%s/issuer", data) >= (int)sizeof issuer ||
        !former_name_make(name, sizeof name, files->name, *until_s, ".pem"))
        return E_RANGE;
    if (files->certificate_stays)
        err = authority_file_write(issuer, name, old, false);
    if (!err && files->key_stays)
        err = former_ca_keep(issuer, files->name, old, *until_s);
    if (err || !files->anchor)
        return err;
    if (!former_name_make(name, sizeof name, files->anchor, old->not_after_s, ".pem"))
        return E_RANGE;
    err = authority_file_write(anchors, name, old, false);
    snprintf(name, sizeof name, "%s.pem", files->anchor);
    return err ? err : authority_file_write(anchors, name, fresh, false);
}

int ca_former_end(const char *data, const struct ca_files *files, const struct authority *old, uint64_t until_s)
{
    char anchors[PATH_MAX], from[PATH_MAX], to[PATH_MAX], own[96], name[96];
    if (!files->anchor)
        return 0;
    if (!former_name_make(own, sizeof own, files->anchor, old->not_after_s, ".pem") ||
        !former_name_make(name, sizeof name, files->anchor, until_s, ".pem") ||
        snprintf(anchors, sizeof anchors, "%s/front/anchors", data) >= (int)sizeof anchors ||
        snprintf(from, sizeof from, "%s/%s", anchors, own) >= (int)sizeof from ||
        snprintf(to, sizeof to, "%s/%s", anchors, name) >= (int)sizeof to)
        return E_RANGE;
    return rename(from, to) == 0 ? key_folder_sync(anchors) : E_IO;
}

int ca_pair_write(const char *data, const char *name, const struct authority *a)
{
    char folder[PATH_MAX], file[64], *text;
    if (snprintf(folder, sizeof folder, "%s/issuer", data) >= (int)sizeof folder)
        return E_RANGE;
    int err = authority_text(a, true, true, span_of(NULL, 0), &text);
    if (err)
        return err;
    snprintf(file, sizeof file, "%s.key", name);
    err = text_file_write(folder, file, text, 0600);
    authority_text_free(text);
    return err;
}

static int one_replace(const char *data, struct token *token, const struct renew_row *row, struct authority *above)
{
    struct authority old = {0}, fresh = {0};
    char common[AUTHORITY_NAME_TEXT_MAX + 1], organisation[AUTHORITY_NAME_TEXT_MAX + 1], folder[PATH_MAX], file[64];
    bool kept = false;
    uint64_t until_s;
    const struct ca_files files = {.name = row->name, .anchor = row->anchor ? row->name : NULL, .key_stays = row->anchor,
                                   .certificate_stays = !row->anchor, .former_s = former_s(row)};
    int err = load(data, token, row->name, &old);
    if (err)
        return err;
    snprintf(folder, sizeof folder, "%s/issuer", data);
    snprintf(file, sizeof file, "%s.pem", row->name);
    if ((err = authority_names(&old, common, organisation)) == 0 &&
        (err = authority_generate_beside(&fresh, &old, token, (uint64_t)time(NULL))) == 0 &&
        (err = authority_certify(folder, &fresh, above, row->profile, common, organisation)) == 0 &&
        (err = ca_former_write(data, &files, &old, &fresh, &until_s)) == 0) {
        err = ca_pair_write(data, row->name, &fresh);
        kept = !err;
    }
    if (!err)
        err = ca_former_end(data, &files, &old, until_s);
    if (!err)
        err = authority_file_write(folder, file, &fresh, false);
    if (!kept && fresh.token_key) /* no file names it */
        (void)!token_key_destroy(fresh.token_key);
    authority_release(&old);
    authority_release(&fresh);
    return err ? fail("no other key for the CA", row->name, err) : 0;
}

int service_replace_ca(const char *data, struct token *token, const char *name)
{
    struct authority above = {0};
    const struct renew_row *one = row_find(name);
    if (!one || one->above) {
        fprintf(stderr, "perisphered: another key is for operator, os, update-only or server, not for \"%s\" (docs/operate.md, \"Another "
                        "key for a CA\")%s\n", name, root_is_above(data) ? "; for the issuing CA by  peri root request --new-key" : "");
        return E_RANGE;
    }
    int err = one->anchor ? ca_formers_room(data) : 0;
    if (!err)
        err = load(data, token, root_is_above(data) ? "issuing" : "root", &above);
    if (!err)
        err = one_replace(data, token, one, &above);
    authority_release(&above);
    return err;
}

int service_forget_ca(const char *data, const char *name, unsigned *gone)
{
    char folder[PATH_MAX];
    const struct renew_row *one = row_find(name);
    unsigned keys;
    *gone = 0;
    if (!one || one->above || !one->anchor) {
        fprintf(stderr, "perisphered: a former CA is of operator, os or update-only, not of \"%s\"\n", name);
        return E_RANGE;
    }
    if (snprintf(folder, sizeof folder, "%s/front/anchors", data) >= (int)sizeof folder)
        return E_RANGE;
    int err = former_ca_forget(folder, name, gone);
    if (!err && snprintf(folder, sizeof folder, "%s/issuer", data) >= (int)sizeof folder)
        err = E_RANGE;
    if (!err)
        err = former_ca_forget(folder, name, &keys);
    return err ? fail("cannot remove the former CA from", folder, err) : 0;
}
