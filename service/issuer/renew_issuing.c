/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a root that is off line signed comes back to the service: another certificate of its own, one for the key of the issuing CA,
 * or one for the key that is to follow that (issuer/issuing-next.key, of peri root request --new-key).  Another root (ROOT_NEXT) is
 * given to whoever trusts the present one first, and follows when a certificate of the issuing CA by it comes.
 * Source: docs/spec/certificates.md, "Renewal of the root and its CAs", "Another key for the issuing CA", "Another root".
 */
#include <errno.h>
#include <limits.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "service/ipc/former_name.h"
#include "service/ipc/service_init.h"
#include "service/issuer/authority_file.h"
#include "service/issuer/certificate.h"
#include "service/issuer/key_file.h"
#include "service/issuer/renew_ca.h"
#include "service/issuer/root_ceremony.h"

enum { DAY_S = 86400 };

static int fail(const char *what, const char *subject, int err)
{
    fprintf(stderr, "perisphered: %s \"%s\": %s\n", what, subject, err_text(err));
    return err;
}

/* -- the root's own ------------------------------------------------------------------ */

/* Key and name are those of the root that is there: whoever trusts that one trusts this. */
static bool is_root_again(X509 *fresh, X509 *now)
{
    EVP_PKEY *key = X509_get0_pubkey(now);
    return EVP_PKEY_eq(X509_get0_pubkey(fresh), key) == 1 && X509_verify(fresh, key) == 1 && X509_check_ca(fresh) == 1 &&
           X509_NAME_cmp(X509_get_subject_name(fresh), X509_get_subject_name(now)) == 0 &&
           (X509_get_pathlen(fresh) < 0 || X509_get_pathlen(fresh) >= 2) &&
           ASN1_TIME_compare(X509_get0_notAfter(fresh), X509_get0_notAfter(now)) >= 0;
}

static int certificate_put(const char *folder, const char *name, X509 *x)
{
    char *at, text[4096];
    BIO *bio = BIO_new(BIO_s_mem());
    int err = bio && PEM_write_bio_X509(bio, x) == 1 ? 0 : E_CRYPTO;
    long len = err ? 0 : BIO_get_mem_data(bio, &at);
    if (!err && (len <= 0 || (size_t)len >= sizeof text))
        err = E_LIMIT;
    if (!err) {
        memcpy(text, at, (size_t)len);
        text[len] = '\0';
        err = text_file_write(folder, name, text, 0644);
    }
    BIO_free(bio);
    return err;
}

/* Devices and operators are given DATA/root.pem; the issuer shows its own. */
static int root_put(const char *data, X509 *fresh)
{
    char folder[PATH_MAX];
    if (snprintf(folder, sizeof folder, "%s/issuer", data) >= (int)sizeof folder)
        return E_RANGE;
    int err = certificate_put(data, "root.pem", fresh);
    return err ? err : certificate_put(folder, "root.pem", fresh);
}

/* *is_root: certificate says that it is a root's; then it is judged here. */
static int root_take(const char *data, const char *certificate, const char *root, bool *is_root)
{
    X509 *fresh = NULL, *now = NULL;
    *is_root = false;
    int err = certificate_file_read(certificate, &fresh);
    if (err)
        return fail("not a certificate:", certificate, err);
    *is_root = X509_NAME_cmp(X509_get_subject_name(fresh), X509_get_issuer_name(fresh)) == 0;
    if (*is_root && (err = certificate_file_read(root, &now)) != 0)
        (void)fail("cannot read", root, err);
    if (*is_root && !err && !is_root_again(fresh, now))
        err = fail("not a later certificate of this service's root (another root is made known by --prepare first):", certificate, E_SIGNATURE);
    else if (*is_root && !err && (err = root_put(data, fresh)) != 0)
        (void)fail("cannot write below", data, err);
    X509_free(fresh);
    X509_free(now);
    return err;
}

/* -- another root -------------------------------------------------------------------- */

static int next_path(const char *data, char path[static PATH_MAX])
{
    return snprintf(path, PATH_MAX, "%s/issuer/" ROOT_NEXT, data) < PATH_MAX ? 0 : E_RANGE;
}

static bool is_another_root(X509 *fresh, X509 *now)
{
    EVP_PKEY *key = X509_get0_pubkey(fresh);
    return X509_verify(fresh, key) == 1 && X509_check_ca(fresh) == 1 && EVP_PKEY_eq(key, X509_get0_pubkey(now)) != 1 &&
           X509_NAME_cmp(X509_get_subject_name(fresh), X509_get_issuer_name(fresh)) == 0 &&
           (X509_get_pathlen(fresh) < 0 || X509_get_pathlen(fresh) >= 2) && X509_cmp_current_time(X509_get0_notAfter(fresh)) > 0;
}

int service_root_prepare(const char *data, const char *certificate)
{
    char root[PATH_MAX], folder[PATH_MAX];
    X509 *fresh = NULL, *now = NULL;
    if (!root_is_above(data))
        return fail("its root is not off line:", data, E_STATE);
    if (snprintf(root, sizeof root, "%s/issuer/root.pem", data) >= (int)sizeof root ||
        snprintf(folder, sizeof folder, "%s/issuer", data) >= (int)sizeof folder)
        return E_RANGE;
    int err = certificate_file_read(certificate, &fresh);
    if (err)
        return fail("not a certificate:", certificate, err);
    if ((err = certificate_file_read(root, &now)) != 0)
        (void)fail("cannot read", root, err);
    if (!err && !is_another_root(fresh, now))
        err = fail("not the certificate of another root, as peri root create makes it:", certificate, E_SIGNATURE);
    if (!err && ((err = certificate_put(data, ROOT_NEXT, fresh)) != 0 || (err = certificate_put(folder, ROOT_NEXT, fresh)) != 0))
        (void)fail("cannot write below", data, err);
    X509_free(fresh);
    X509_free(now);
    return err;
}

/* The issuing CA's key is the same, so is all below; its certificate is by the root that was prepared.  Until root.pem follows, the
 * issuer's start takes either for the root (issue.c). */
static int root_follow(const char *data, const char *next, const struct authority *ca)
{
    char root[PATH_MAX], folder[PATH_MAX], name[64], path[PATH_MAX];
    X509 *old = NULL, *fresh = NULL;
    uint64_t end_s;
    if (snprintf(root, sizeof root, "%s/issuer/root.pem", data) >= (int)sizeof root ||
        snprintf(folder, sizeof folder, "%s/issuer", data) >= (int)sizeof folder ||
        snprintf(path, sizeof path, "%s/" ROOT_NEXT, data) >= (int)sizeof path)
        return E_RANGE;
    int err = certificate_file_read(root, &old);
    if (!err)
        err = certificate_file_end(root, &end_s);
    if (!err)
        err = certificate_file_read(next, &fresh);
    if (!err && !former_name_make(name, sizeof name, "root", end_s, ".pem"))
        err = E_RANGE;
    if (!err && X509_cmp(old, fresh) != 0)
        err = certificate_put(folder, name, old);
    if (!err)
        err = ca_everywhere_write(data, "issuing", "root", false, ca);
    if (!err)
        err = root_put(data, fresh);
    if (!err && ((unlink(next) != 0 && errno != ENOENT) || (unlink(path) != 0 && errno != ENOENT)))
        err = E_IO;
    X509_free(old);
    X509_free(fresh);
    return err ? fail("cannot write below", data, err) : 0;
}

/* -- the issuing CA's ------------------------------------------------------------------ */

static int path_of(const char *data, const char *name, char path[static PATH_MAX])
{
    return snprintf(path, PATH_MAX, "%s/issuer/%s", data, name) < PATH_MAX ? 0 : E_RANGE;
}

/* certificate is of the key that the issuing CA has, or of the one that is to follow it. */
static int issuing_take(const char *data, struct token *token, const char *certificate, struct authority *ca, bool *follows)
{
    char key[PATH_MAX], next[PATH_MAX];
    *follows = false;
    int err = path_of(data, "issuing.key", key);
    if (err || (err = path_of(data, ISSUING_NEXT, next)) != 0)
        return err;
    err = authority_load(ca, token, key, certificate);
    if (err == E_CORRUPT && access(next, F_OK) == 0) {
        err = authority_load(ca, token, next, certificate);
        *follows = !err;
    }
    if (err == E_CORRUPT) /* the file's, of another key, and not what is stored here */
        fprintf(stderr, "perisphered: \"%s\" is no certificate of the key of this service's issuing CA, nor of one that was asked for to "
                        "follow it: what peri root sign made of its request is one\n", certificate);
    else if (err)
        (void)fail("cannot read the issuing CA's key, or", certificate, err);
    return err;
}

/* The former one stays known: to front, to the issuer for what it signed and for its list.  From the rename of issuing.key on the new
 * one signs; what is cut off behind it is what peri service renew-ca and renew-certificate do. */
static int follow(const char *data, struct token *token, const struct authority *ca)
{
    static const struct ca_files files = {.name = "issuing", .anchor = "root", .key_stays = true, .certificate_stays = true};
    struct ca_files with = files;
    struct authority old = {0};
    char key[PATH_MAX], certificate[PATH_MAX];
    uint64_t until_s;
    int err = path_of(data, "issuing.key", key);
    with.former_s = profile_table[PROFILE_CATALOG].life_s + 2 * DAY_S; /* and a restart that waits for the next morning */
    if (err || (err = path_of(data, "issuing.pem", certificate)) != 0 || (err = ca_formers_room(data)) != 0)
        return err;
    if ((err = authority_load(&old, token, key, certificate)) != 0)
        return fail("cannot read", key, err);
    err = ca_former_write(data, &with, &old, ca, &until_s);
    if (!err)
        err = ca_pair_write(data, "issuing", ca);
    if (!err)
        err = ca_former_end(data, &with, &old, until_s);
    authority_release(&old);
    return err ? fail("cannot write below", data, err) : 0;
}

/* The key that was to follow does: its second file goes, and all below get certificates of it. */
static int followed(const char *data, struct token *token)
{
    char next[PATH_MAX];
    int err = path_of(data, ISSUING_NEXT, next);
    if (!err && access(next, F_OK) == 0 && (err = key_file_erase(next)) != 0)
        return fail("cannot remove", next, err);
    if (!err)
        err = service_renew_ca(data, token, "all");
    return err ? err : service_renew(data, token, NULL, 0);
}

int service_renew_issuing(const char *data, struct token *token, const char *certificate, enum service_renewed *what)
{
    struct authority ca = {0};
    char root[PATH_MAX], next[PATH_MAX];
    bool is_root, follows = false;
    *what = SERVICE_RENEWED_ISSUING;
    if (!root_is_above(data))
        return fail("its root is not off line:", data, E_STATE);
    int err = path_of(data, "root.pem", root);
    if (!err)
        err = root_take(data, certificate, root, &is_root);
    if (err)
        return err;
    if (is_root) {
        *what = SERVICE_RENEWED_ROOT;
        return 0;
    }
    err = issuing_take(data, token, certificate, &ca, &follows);
    bool by_next = !err && !follows && (err = next_path(data, next)) == 0 && access(next, F_OK) == 0 && issuing_check(next, &ca) == 0;
    if (!err && !by_next && (err = issuing_check(root, &ca)) != 0)
        (void)fail("not signed by the root of this service:", certificate, err);
    if (!err && follows)
        err = follow(data, token, &ca);
    if (!err && by_next) {
        *what = SERVICE_FOLLOWED_ROOT;
        err = root_follow(data, next, &ca);
        if (!err)
            err = service_renew(data, token, NULL, 0);
    } else if (!err && (err = ca_everywhere_write(data, "issuing", "root", false, &ca)) != 0) {
        (void)fail("cannot write below", data, err);
    }
    if (!err && follows) {
        *what = SERVICE_FOLLOWED_ISSUING;
        err = followed(data, token);
    }
    authority_release(&ca);
    return err;
}
