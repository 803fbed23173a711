/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A further certificate for the server's key.  The key stays, so that one file
 * changes, by one rename: there is no moment at which key and certificate differ.
 */
#include <dirent.h>
#include <limits.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "service/ipc/former_name.h"
#include "service/issuer/certificate.h"
#include "service/issuer/issue.h"
#include "service/issuer/key_file.h"
#include "service/issuer/renew.h"
#include "service/issuer/serial_log.h"
#include "service/issuer/server_names.h"

enum { COMMON_NAME_MAX = 64, NAMES_KEPT_MAX = 8192 };

static int fail(const char *what, const char *subject, int err)
{
    fprintf(stderr, "perisphered: %s \"%s\": %s\n", what, subject, err_text(err));
    return err;
}

/* What stays of the certificate that is there. */
struct kept {
    char common_name[COMMON_NAME_MAX + 1];
    uint8_t names[NAMES_KEPT_MAX];
    size_t names_bytes;
};

static int names_keep(X509 *old, struct kept *kept)
{
    int at = X509_get_ext_by_NID(old, NID_subject_alt_name, -1);
    const ASN1_OCTET_STRING *names = at < 0 ? NULL : X509_EXTENSION_get_data(X509_get_ext(old, at));
    if (!names || names->length <= 0 || (size_t)names->length > sizeof kept->names ||
        X509_NAME_get_text_by_NID(X509_get_subject_name(old), NID_commonName, kept->common_name,
                                  sizeof kept->common_name) <= 0)
        return E_CORRUPT;
    memcpy(kept->names, names->data, (size_t)names->length);
    kept->names_bytes = (size_t)names->length;
    return 0;
}

/* Did a server CA of before another key followed sign it?  Those are the issuer's own files. */
static bool former_signed(const char *data, X509 *leaf)
{
    char folder[PATH_MAX], path[PATH_MAX];
    bool has = false;
    if (snprintf(folder, sizeof folder, "%s/issuer", data) >= (int)sizeof folder)
        return false;
    DIR *dir = opendir(folder);
    for (struct dirent *e; dir && !has && (e = readdir(dir)) != NULL;) {
        X509 *former;
        if (former_name_until(e->d_name, "server", ".pem") <= 0 ||
            snprintf(path, sizeof path, "%s/%s", folder, e->d_name) >= (int)sizeof path || certificate_file_read(path, &former) != 0)
            continue;
        has = X509_verify(leaf, X509_get0_pubkey(former)) == 1;
        X509_free(former);
    }
    if (dir)
        closedir(dir);
    return has;
}

/* What the CA is to sign again it has to have signed before, or its former key: the file lies in the folder of the
 * process that faces the network, and its names are not that process's to choose. */
static int kept_read(const char *data, const struct authority *ca, const struct authority *server, struct kept *kept)
{
    char path[PATH_MAX];
    X509 *old;
    if (snprintf(path, sizeof path, "%s/front/cert.pem", data) >= (int)sizeof path)
        return E_RANGE;
    int err = certificate_file_read(path, &old);
    if (!err)
        err = X509_check_private_key(old, server->key) == 1 && (X509_verify(old, ca->key) == 1 || former_signed(data, old))
                  ? names_keep(old, kept) : E_CORRUPT;
    X509_free(old);
    return err ? fail("not a certificate of the server's key by this service's CA (give the names by --dns):", path, err) : 0;
}

/* The CA above the server CA, where the root is off line; NULL: there is none.  One that cannot be read is no such
 * case: without it the chain ends before an anchor that devices have. */
static int issuing_read(const char *data, X509 **issuing)
{
    char path[PATH_MAX];
    *issuing = NULL;
    if (snprintf(path, sizeof path, "%s/issuer/issuing.pem", data) >= (int)sizeof path)
        return E_RANGE;
    int err = certificate_file_read(path, issuing);
    return err && err != E_NOT_FOUND ? fail("cannot read the issuing CA's certificate", path, err) : 0;
}

/* Leaf first, then the CA and the one above, NULL where there is none: what TLS sends. */
static int chain_write(const char *folder, struct span leaf, const struct authority *ca, X509 *issuing)
{
    const uint8_t *first = leaf.at, *second = ca->certificate;
    X509 *certificates[] = {d2i_X509(NULL, &first, (long)leaf.len),
                            d2i_X509(NULL, &second, (long)ca->certificate_bytes)};
    BIO *text = BIO_new(BIO_s_mem());
    char *bytes;
    int err = E_CRYPTO;
    if (text && certificates[0] && certificates[1] && PEM_write_bio_X509(text, certificates[0]) == 1 &&
        PEM_write_bio_X509(text, certificates[1]) == 1 && (!issuing || PEM_write_bio_X509(text, issuing) == 1)) {
        long len = BIO_get_mem_data(text, &bytes);
        err = len > 0 ? key_file_write(folder, "cert.pem", span_of(bytes, (size_t)len), 0644) : E_CRYPTO;
    }
    BIO_free(text);
    X509_free(certificates[0]);
    X509_free(certificates[1]);
    return err;
}

/* A chain whose parts do not follow each other is none. */
static bool is_by(const struct authority *ca, X509 *above)
{
    const uint8_t *at = ca->certificate;
    X509 *x = d2i_X509(NULL, &at, (long)ca->certificate_bytes);
    bool is = x && X509_verify(x, X509_get0_pubkey(above)) == 1;
    X509_free(x);
    return is;
}

int server_certificate_write(const char *data, struct authority *ca, const struct authority *server,
                             const char *common_name, struct span names)
{
    char folder[PATH_MAX], issuer[PATH_MAX];
    uint8_t serial[ISSUER_SERIAL_BYTES], buffer[SERVER_NAMES_MAX_BYTES + NAMES_KEPT_MAX];
    uint64_t now = (uint64_t)time(NULL), begin = now - ISSUER_BACKDATE_S;
    struct span der;
    X509 *issuing;
    int err = issuing_read(data, &issuing);
    if (!err && issuing && !is_by(ca, issuing)) {
        fprintf(stderr, "perisphered: the server CA's certificate is not by the issuing CA that is there: first  peri service renew-ca\n");
        err = E_STATE;
    }
    if (err || (err = certificate_serial(serial)) != 0)
        goto out;
    struct certificate_request r = {
        .profile = PROFILE_SERVER, .serial = serial, .not_before_s = begin,
        .not_after_s = begin + profile_table[PROFILE_SERVER].life_s,
        .common_name = span_of(common_name, strlen(common_name)),
        .point = server->point, .point_bytes = server->point_bytes, .alternative_names = names,
    };
    snprintf(folder, sizeof folder, "%s/front", data);
    snprintf(issuer, sizeof issuer, "%s/issuer", data);
    err = certificate_make_said(&r, ca, buffer, sizeof buffer, &der);
    if (!err)
        err = serial_log_offline(issuer, &r, now);
    if (!err)
        err = chain_write(folder, der, ca, issuing);
out:
    X509_free(issuing);
    return err;
}

static int keys_load(const char *data, struct token *token, struct authority *ca, struct authority *server)
{
    char key[PATH_MAX], certificate[PATH_MAX];
    snprintf(key, sizeof key, "%s/issuer/server.key", data);
    snprintf(certificate, sizeof certificate, "%s/issuer/server.pem", data);
    int err = authority_load(ca, token, key, certificate);
    if (err)
        return fail("cannot read the server CA's key", key, err);
    snprintf(key, sizeof key, "%s/front/key.pem", data);
    err = authority_load(server, NULL, key, NULL);
    return err ? fail("cannot read the server's key", key, err) : 0;
}

int service_renew(const char *data, struct token *token, const char *const *dns, size_t dns_count)
{
    uint8_t buffer[SERVER_NAMES_MAX_BYTES];
    struct authority ca = {0}, server = {0};
    if (strlen(data) > PATH_MAX - 64 || dns_count > SERVICE_INIT_NAMES_MAX)
        return fail("too long", data, E_RANGE);
    for (size_t i = 0; i < dns_count; i++)
        if (!server_name_good(dns[i]))
            return fail("not a DNS name", dns[i], E_RANGE);
    struct kept *kept = calloc(1, sizeof *kept);
    if (!kept)
        return fail("cannot renew", data, E_NOMEM);
    int err = keys_load(data, token, &ca, &server);
    if (!err && !dns_count)
        err = kept_read(data, &ca, &server, kept);
    if (!err) {
        const char *name = dns_count ? dns[0] : kept->common_name;
        struct span names = dns_count ? server_names_write(dns, dns_count, buffer, sizeof buffer)
                                      : span_of(kept->names, kept->names_bytes);
        err = server_certificate_write(data, &ca, &server, strlen(name) <= COMMON_NAME_MAX ? name : "localhost", names);
        if (err)
            (void)fail("cannot write the certificate below", data, err);
    }
    authority_release(&ca);
    authority_release(&server);
    free(kept);
    return err;
}
