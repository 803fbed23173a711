/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The root and its one signature, for services whose root stays off line.
 *   off line   root create   root.key, root.pem
 *   service    root request  issuing.key, issuing.csr
 *   off line   root sign     issuing.csr -> issuing.pem
 *   service    init          with issuing.key, issuing.pem and root.pem
 * Trust: a request comes on a stick from a machine with a network.  It must be signed by the key it
 * is for, on P-384, and name what the ceremony makes; nothing else of it is taken.
 */
#include <errno.h>
#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/hex.h"
#include "service/ipc/service_init.h"
#include "service/issuer/authority_file.h"
#include "service/issuer/folder_part.h"
#include "service/issuer/key_file.h"
#include "service/issuer/root_ceremony.h"

enum { ROOT_TEXT_MAX = 16383 };

static int fail(const char *what, const char *subject, int err)
{
    fprintf(stderr, "perisphered: %s \"%s\": %s\n", what, subject, err_text(err));
    return err;
}

static int path_of(const char *folder, const char *name, char path[static PATH_MAX])
{
    return snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX ? 0 : E_RANGE;
}

/* -- off line: the root --------------------------------------------------------------- */

static int root_fill(const char *folder, const char *organisation)
{
    struct authority root = {0};
    int err = authority_generate(&root, true);
    if (!err)
        err = authority_certify(folder, &root, NULL, PROFILE_ROOT_ABOVE, ROOT_NAME, organisation);
    if (!err)
        err = authority_file_write(folder, "root.key", &root, true);
    if (!err)
        err = authority_file_write(folder, "root.pem", &root, false);
    authority_release(&root);
    return err;
}

int service_root_create(const char *folder, const char *organisation)
{
    char part[PATH_MAX];
    if (!authority_name_good(organisation))
        return fail("organisation must be 1 to 64 bytes of text", organisation, E_RANGE);
    int err = folder_part_open(folder, part);
    if (!err)
        err = folder_part_close(part, folder, root_fill(part, organisation));
    return err ? folder_part_fail("cannot make", folder, err) : 0;
}

/* -- the service's machine: a key, and what asks for its certificate ------------------- */

static int token_generate(const struct service_init_token *from, struct authority *key)
{
    char text[URI_TEXT_MAX + 1];
    int err = service_token_name(from->uri, "issuing", text);
    return err ? err : authority_generate_in(key, true, from->token, span_of(text, strlen(text)));
}

static int request_write(const char *folder, struct authority *key, const char *organisation)
{
    uint8_t buffer[2048];
    struct span der;
    const struct certificate_request r = {
        .common_name = span_of(ISSUING_NAME, strlen(ISSUING_NAME)),
        .organisation = span_of(organisation, strlen(organisation)), .point = key->point, .point_bytes = key->point_bytes,
    };
    int err = certificate_csr_make(&r, key, buffer, sizeof buffer, &der);
    const uint8_t *at = der.at;
    X509_REQ *request = err ? NULL : d2i_X509_REQ(NULL, &at, (long)der.len);
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    if (!err)
        err = request && bio && PEM_write_bio_X509_REQ(bio, request) == 1 ? 0 : E_CRYPTO;
    if (!err) {
        long len = BIO_get_mem_data(bio, &text);
        err = key_file_write(folder, "issuing.csr", span_of(text, (size_t)len), 0644);
    }
    BIO_free(bio);
    X509_REQ_free(request);
    return err;
}

_Static_assert(SERVICE_KEY_ID_TEXT == 2 * AUTHORITY_KEY_ID_BYTES + 1, "a key identifier as text");

int service_root_request(const char *folder, const char *organisation, const struct service_init_token *token,
                         char key_id[static SERVICE_KEY_ID_TEXT])
{
    struct authority key = {0};
    char part[PATH_MAX];
    key_id[0] = '\0';
    if (!authority_name_good(organisation))
        return fail("organisation must be 1 to 64 bytes of text", organisation, E_RANGE);
    int err = folder_part_open(folder, part);
    if (err)
        return folder_part_fail("cannot make", folder, err);
    err = token->token ? token_generate(token, &key) : authority_generate(&key, true);
    if (!err)
        err = authority_file_write(part, "issuing.key", &key, true);
    if (!err)
        err = request_write(part, &key, organisation);
    err = folder_part_close(part, folder, err);
    if (err && key.token_key)
        (void)!token_key_destroy(key.token_key);
    if (!err)
        hex_encode(key.key_id, sizeof key.key_id, key_id);
    authority_release(&key);
    return err ? folder_part_fail("cannot make", folder, err) : 0;
}

int service_root_request_again(const char *data, struct token *token, const char *folder,
                               char key_id[static SERVICE_KEY_ID_TEXT])
{
    struct authority key = {0};
    char path[PATH_MAX], certificate[PATH_MAX], part[PATH_MAX], organisation[AUTHORITY_NAME_TEXT_MAX + 1];
    key_id[0] = '\0';
    if (path_of(data, "issuer/issuing.key", path) != 0 || path_of(data, "issuer/issuing.pem", certificate) != 0)
        return E_RANGE;
    int err = authority_load(&key, token, path, certificate);
    if (err)
        return fail("no issuing CA of a service whose root is off line:", path, err);
    if ((err = folder_part_open(folder, part)) == 0) {
        err = authority_names(&key, NULL, organisation);
        err = folder_part_close(part, folder, err ? err : request_write(part, &key, organisation));
    }
    if (!err)
        hex_encode(key.key_id, sizeof key.key_id, key_id);
    authority_release(&key);
    return err ? folder_part_fail("cannot make", folder, err) : 0;
}

/* The key that is prepared, or one that is made now. */
static int next_key(const char *data, struct token *token, const struct authority *in_use, struct authority *key)
{
    char path[PATH_MAX], folder[PATH_MAX];
    int err = path_of(data, "issuer/" ISSUING_NEXT, path);
    if (err || (err = path_of(data, "issuer", folder)) != 0)
        return err;
    if (access(path, F_OK) == 0) {
        err = authority_load(key, token, path, NULL);
        if (err)
            return fail("cannot read the key that was prepared:", path, err);
        if (memcmp(key->key_id, in_use->key_id, sizeof key->key_id) != 0)
            return 0;
        authority_release(key); /* it follows already: cut off behind that */
    }
    err = authority_generate_beside(key, in_use, token, (uint64_t)time(NULL));
    if (!err && (err = authority_file_write(folder, ISSUING_NEXT, key, true)) != 0 && key->token_key)
        (void)!token_key_destroy(key->token_key);
    return err ? fail("cannot make", path, err) : 0;
}

int service_root_request_next(const char *data, struct token *token, const char *folder, char key_id[static SERVICE_KEY_ID_TEXT])
{
    struct authority in_use = {0}, key = {0};
    char path[PATH_MAX], certificate[PATH_MAX], part[PATH_MAX], organisation[AUTHORITY_NAME_TEXT_MAX + 1];
    key_id[0] = '\0';
    if (path_of(data, "issuer/issuing.key", path) != 0 || path_of(data, "issuer/issuing.pem", certificate) != 0)
        return E_RANGE;
    int err = authority_load(&in_use, token, path, certificate);
    if (err)
        return fail("no issuing CA of a service whose root is off line:", path, err);
    if ((err = folder_part_open(folder, part)) != 0) {
        authority_release(&in_use);
        return folder_part_fail("cannot make", folder, err);
    }
    err = authority_names(&in_use, NULL, organisation);
    if (!err)
        err = next_key(data, token, &in_use, &key);
    err = folder_part_close(part, folder, err ? err : request_write(part, &key, organisation));
    if (!err)
        hex_encode(key.key_id, sizeof key.key_id, key_id);
    authority_release(&in_use);
    authority_release(&key);
    return err ? folder_part_fail("cannot make", folder, err) : 0;
}

/* -- off line: the signature ------------------------------------------------------------ */

/* ca: its key's public half, alone; organisation: the request's. */
static int request_take(X509_REQ *request, struct authority *ca, char organisation[static AUTHORITY_NAME_TEXT_MAX + 1])
{
    char name[80];
    EVP_PKEY *key = X509_REQ_get0_pubkey(request);
    X509_NAME *subject = X509_REQ_get_subject_name(request);
    if (!key || X509_REQ_verify(request, key) != 1)
        return E_SIGNATURE;
    if (X509_NAME_entry_count(subject) != 2 ||
        X509_NAME_get_text_by_NID(subject, NID_commonName, name, sizeof name) <= 0 || strcmp(name, ISSUING_NAME) != 0 ||
        X509_NAME_get_text_by_NID(subject, NID_organizationName, organisation, AUTHORITY_NAME_TEXT_MAX + 1) <= 0 ||
        !authority_name_good(organisation))
        return E_DENIED;
    if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, ca->point, sizeof ca->point, &ca->point_bytes) != 1 ||
        ca->point_bytes != 97 || ca->point[0] != 4 || !EVP_PKEY_up_ref(key))
        return E_DENIED;
    ca->key = key;
    ca->p384 = true;
    return authority_key_id(ca->point, ca->point_bytes, ca->key_id);
}

static int request_read(const char *path, struct authority *ca, char organisation[static AUTHORITY_NAME_TEXT_MAX + 1])
{
    FILE *f = fopen(path, "re");
    if (!f)
        return errno == ENOENT ? E_NOT_FOUND : E_IO;
    X509_REQ *request = PEM_read_X509_REQ(f, NULL, NULL, NULL);
    fclose(f);
    int err = request ? request_take(request, ca, organisation) : E_MALFORMED;
    X509_REQ_free(request);
    return err;
}

static int root_open(const char *folder, struct authority *root)
{
    char key[PATH_MAX], certificate[PATH_MAX];
    if (path_of(folder, "root.key", key) != 0 || path_of(folder, "root.pem", certificate) != 0)
        return E_RANGE;
    int err = authority_load(root, NULL, key, certificate);
    return err ? fail("cannot read", key, err) : 0;
}

static int certificate_save(const struct authority *ca, const char *out)
{
    char folder[PATH_MAX], *text;
    const char *slash = strrchr(out, '/');
    if (snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - out) + 1 : 1, slash ? out : ".") >= (int)sizeof folder)
        return E_RANGE;
    int err = authority_text(ca, false, true, span_of(NULL, 0), &text);
    if (!err)
        err = key_file_write(folder, slash ? slash + 1 : out, span_of(text, strlen(text)), 0644);
    authority_text_free(text);
    return err;
}

int service_root_sign(const char *folder, const char *request, const char *out, char key_id[static SERVICE_KEY_ID_TEXT])
{
    struct authority root = {0}, ca = {0};
    char organisation[AUTHORITY_NAME_TEXT_MAX + 1];
    key_id[0] = '\0';
    if (access(out, F_OK) == 0)
        return fail("will not write over", out, E_EXISTS);
    int err = request_read(request, &ca, organisation);
    if (err)
        (void)fail("not a request for the certificate of an issuing CA:", request, err);
    if (!err)
        err = root_open(folder, &root);
    if (!err && (err = authority_certify(folder, &ca, &root, PROFILE_ISSUING, ISSUING_NAME, organisation)) != 0)
        (void)fail("cannot sign", request, err);
    if (!err && (err = certificate_save(&ca, out)) != 0)
        (void)fail("cannot write", out, err);
    if (!err)
        hex_encode(ca.key_id, sizeof ca.key_id, key_id);
    authority_release(&root);
    authority_release(&ca);
    return err;
}

/* -- off line: ahead of its end ------------------------------------------------------------ */

int service_root_renew(const char *folder)
{
    struct authority root = {0};
    char common[AUTHORITY_NAME_TEXT_MAX + 1], organisation[AUTHORITY_NAME_TEXT_MAX + 1];
    int err = root_open(folder, &root);
    if (err)
        return err;
    if ((err = authority_names(&root, common, organisation)) == 0 &&
        (err = authority_certify(folder, &root, NULL, PROFILE_ROOT_ABOVE, common, organisation)) == 0)
        err = authority_file_write(folder, "root.pem", &root, false);
    authority_release(&root);
    return err ? fail("cannot renew the root in", folder, err) : 0;
}

/* -- the service's machine: what came back ---------------------------------------------- */

/* The root signed itself, and the issuing CA; for CAs below it. */
static int root_check(const char *text, const struct authority *ca)
{
    const uint8_t *at = ca->certificate;
    BIO *bio = BIO_new_mem_buf(text, -1);
    X509 *root = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL, *x = d2i_X509(NULL, &at, (long)ca->certificate_bytes);
    bool good = root && x && X509_verify(root, X509_get0_pubkey(root)) == 1 && X509_check_ca(root) == 1 &&
                X509_verify(x, X509_get0_pubkey(root)) == 1 && X509_NAME_cmp(X509_get_issuer_name(x), X509_get_subject_name(root)) == 0 &&
                (X509_get_pathlen(x) < 0 || X509_get_pathlen(x) >= 1) && (X509_get_pathlen(root) < 0 || X509_get_pathlen(root) >= 2);
    X509_free(root);
    X509_free(x);
    BIO_free(bio);
    return good ? 0 : E_SIGNATURE;
}

int issuing_check(const char *root_path, const struct authority *ca)
{
    char *text;
    int err = text_file_read(root_path, ROOT_TEXT_MAX, &text);
    if (!err)
        err = root_check(text, ca);
    free(text);
    return err;
}

bool root_is_above(const char *data)
{
    char path[PATH_MAX];
    return path_of(data, "issuer/issuing.key", path) == 0 && access(path, F_OK) == 0;
}

int issuing_load(const char *folder, struct token *token, struct authority *ca, char **root_text)
{
    char key[PATH_MAX], certificate[PATH_MAX], root[PATH_MAX];
    *root_text = NULL;
    if (path_of(folder, "issuing.key", key) != 0 || path_of(folder, "issuing.pem", certificate) != 0 ||
        path_of(folder, "root.pem", root) != 0)
        return E_RANGE;
    if (access(certificate, R_OK) != 0)
        return fail("bring the certificate that the root signed:", certificate, E_NOT_FOUND);
    int err = authority_load(ca, token, key, certificate);
    if (err)
        return fail("not the issuing CA's key and certificate:", key, err);
    err = text_file_read(root, ROOT_TEXT_MAX, root_text);
    if (!err)
        err = root_check(*root_text, ca);
    return err ? fail("not the root that signed the issuing CA:", root, err) : 0;
}
