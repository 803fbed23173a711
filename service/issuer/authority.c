/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/issuer/authority.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/hex.h"
#include "lib/utf8.h"
#include "service/pkcs11/sealed_key.h"

int authority_key_id(const uint8_t *point, size_t len, uint8_t key_id[static AUTHORITY_KEY_ID_BYTES])
{
    uint8_t digest[SHA256_BYTES];
    struct span part = span_of(point, len);
    int err = crypto_sha256(&part, 1, digest);
    memcpy(key_id, digest, AUTHORITY_KEY_ID_BYTES);
    return err;
}

/* Everything that follows from the key. */
static int key_take(struct authority *a, EVP_PKEY *key)
{
    char group[32];
    size_t len;
    a->key = key;
    if (EVP_PKEY_get_group_name(key, group, sizeof group, &len) != 1)
        return E_CORRUPT;
    a->p384 = strcmp(group, "secp384r1") == 0;
    if (!a->p384 && strcmp(group, "prime256v1") != 0)
        return E_CORRUPT;
    if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, a->point, sizeof a->point,
                                        &a->point_bytes) != 1 ||
        a->point_bytes != (a->p384 ? 97u : 65u) || a->point[0] != 4)
        return E_CORRUPT;
    if (a->token_key)
        return authority_key_id(a->point, a->point_bytes, a->key_id);
    a->signing = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    if (!a->signing || EVP_PKEY_sign_init(a->signing) != 1)
        return E_CRYPTO;
    return authority_key_id(a->point, a->point_bytes, a->key_id);
}

/* -- in a token ---------------------------------------------------------- */

static EVP_PKEY *public_of(struct span point, bool p384)
{
    char group[] = "P-256";
    EVP_PKEY *key = NULL;
    if (p384)
        memcpy(group, "P-384", sizeof group);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)point.at, point.len),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (!make || EVP_PKEY_fromdata_init(make) != 1 || EVP_PKEY_fromdata(make, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(make);
    return key;
}

/* r and s as tokens give them, in DER. */
static int signature_der(const uint8_t *raw, size_t raw_bytes, uint8_t *der, size_t *len)
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw, (int)raw_bytes / 2, NULL), *s = BN_bin2bn(raw + raw_bytes / 2, (int)raw_bytes / 2, NULL);
    int err = E_CRYPTO;
    if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
        r = s = NULL; /* the pair's now */
        int bytes = i2d_ECDSA_SIG(pair, NULL);
        if (bytes > 0 && bytes <= AUTHORITY_SIGNATURE_MAX) {
            *len = (size_t)i2d_ECDSA_SIG(pair, &der);
            err = 0;
        }
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    return err;
}

static int token_digest_sign(struct authority *a, struct span digest, uint8_t *der, size_t *len)
{
    uint8_t raw[TOKEN_SIGNATURE_MAX];
    size_t raw_bytes;
    int err = token_key_sign(a->token_key, digest, raw, &raw_bytes);
    return err ? err : signature_der(raw, raw_bytes, der, len);
}

/* Does the private half belong to the public one?  The token keeps them apart. */
static int token_try(struct authority *a)
{
    uint8_t digest[SHA384_DIGEST_LENGTH] = {0}, der[AUTHORITY_SIGNATURE_MAX];
    size_t digest_bytes = a->p384 ? SHA384_DIGEST_LENGTH : SHA256_BYTES, len;
    if (RAND_bytes(digest, sizeof digest) != 1)
        return E_ENTROPY;
    int err = token_digest_sign(a, span_of(digest, digest_bytes), der, &len);
    if (err)
        return err;
    EVP_PKEY_CTX *check = EVP_PKEY_CTX_new_from_pkey(NULL, a->key, NULL);
    if (!check || EVP_PKEY_verify_init(check) != 1 || EVP_PKEY_verify(check, der, len, digest, digest_bytes) != 1) {
        fprintf(stderr, "token: %s: its public key is that of another private key\n", token_key_uri(a->token_key));
        err = E_CORRUPT;
    }
    EVP_PKEY_CTX_free(check);
    return err;
}

/* Takes over the token's key. */
static int token_take(struct authority *a, struct token_key *token_key)
{
    a->token_key = token_key;
    EVP_PKEY *key = public_of(token_key_point(token_key), token_key_kind(token_key) == TOKEN_KEY_P384);
    int err = key ? key_take(a, key) : E_CORRUPT;
    return err ? err : token_try(a);
}

int authority_generate_in(struct authority *a, bool p384, struct token *token, struct span uri)
{
    struct token_key *key;
    memset(a, 0, sizeof *a);
    int err = token_key_generate(token, uri, p384 ? TOKEN_KEY_P384 : TOKEN_KEY_P256, &key);
    if (err)
        return err;
    err = token_take(a, key);
    if (err) {
        (void)!token_key_destroy(key);
        authority_release(a);
    }
    return err;
}

/* The one of that label, if it is a's; else a's, taken in.  made: it was not there. */
static int token_bring(const struct authority *a, struct token *token, struct span uri, struct token_key **key, bool *made)
{
    uint8_t scalar[AUTHORITY_POINT_MAX / 2];
    const size_t scalar_bytes = (a->point_bytes - 1) / 2;
    BIGNUM *number = NULL;
    *made = false;
    int err = token_key_find(token, uri, false, key);
    if (err != E_NOT_FOUND)
        return err;
    if (EVP_PKEY_get_bn_param(a->key, OSSL_PKEY_PARAM_PRIV_KEY, &number) != 1 ||
        BN_bn2binpad(number, scalar, (int)scalar_bytes) != (int)scalar_bytes)
        err = E_CRYPTO;
    else
        err = token_key_import(token, uri, a->p384 ? TOKEN_KEY_P384 : TOKEN_KEY_P256, span_of(scalar, scalar_bytes),
                               span_of(a->point, a->point_bytes), key);
    *made = !err;
    BN_clear_free(number);
    OPENSSL_cleanse(scalar, sizeof scalar);
    return err;
}

int authority_move(struct authority *a, struct token *token, struct span uri)
{
    struct token_key *key;
    struct authority inside = {0};
    bool made;
    if (a->token_key)
        return E_STATE;
    int err = token_bring(a, token, uri, &key, &made);
    if (err)
        return err;
    /* Its public half is looked at before it signs: what has the name may be another key. */
    bool same = span_equal(token_key_point(key), span_of(a->point, a->point_bytes));
    if (!same)
        fprintf(stderr, "token: %s: the token has another key of this name: give another \"object\"\n", token_key_uri(key));
    err = same ? token_take(&inside, key) : E_EXISTS;
    if (err) {
        if (made)
            (void)!token_key_destroy(key);
        if (inside.token_key)
            authority_release(&inside);
        else
            token_key_free(key);
        return err;
    }
    EVP_PKEY_CTX_free(a->signing);
    EVP_PKEY_free(a->key);
    a->signing = NULL;
    a->key = inside.key;
    a->token_key = inside.token_key;
    return 0;
}

static int named_load(struct authority *a, struct token *token, const char *path, const struct name_file *file)
{
    struct token_key *key;
    int err = named_key_open(token, path, file, false, &key);
    return err ? err : token_take(a, key);
}

/* ------------------------------------------------------------------------ */

int authority_generate(struct authority *a, bool p384)
{
    memset(a, 0, sizeof *a);
    EVP_PKEY *key = EVP_EC_gen(p384 ? "P-384" : "P-256");
    int err = key ? key_take(a, key) : E_CRYPTO;
    if (err)
        authority_release(a);
    return err;
}

int authority_generate_beside(struct authority *key, const struct authority *in_use, struct token *token, uint64_t number)
{
    struct token_uri uri;
    char why[URI_WHY_BYTES], text[URI_TEXT_MAX + 1];
    if (!in_use->token_key)
        return authority_generate(key, in_use->p384);
    const char *name = token_key_uri(in_use->token_key);
    int err = uri_parse(span_of(name, strlen(name)), &uri, why);
    if (err)
        return err;
    /* …update, then …update-2, …update-5 */
    size_t len = uri.object.len;
    while (len && uri.object.bytes[len - 1] >= '0' && uri.object.bytes[len - 1] <= '9')
        len--;
    if (len == uri.object.len || !len || uri.object.bytes[len - 1] != '-')
        len = uri.object.len;
    else
        len--;
    int digits = snprintf((char *)uri.object.bytes + len, sizeof uri.object.bytes - len, "-%" PRIu64, number);
    if (digits < 0 || (size_t)digits >= sizeof uri.object.bytes - len)
        return E_LIMIT;
    uri.object.len = len + (size_t)digits;
    uri.id.len = 0;
    err = uri_format(&uri, text, sizeof text);
    return err ? err : authority_generate_in(key, in_use->p384, token, span_of(text, strlen(text)));
}

static int time_get(const ASN1_TIME *time, uint64_t *unix_s)
{
    struct tm tm;
    if (ASN1_TIME_to_tm(time, &tm) != 1)
        return E_CORRUPT;
    time_t t = timegm(&tm);
    if (t < 0)
        return E_CORRUPT;
    *unix_s = (uint64_t)t;
    return 0;
}

static int certificate_take(struct authority *a, X509 *x)
{
    uint8_t *to = a->certificate, *name = a->name;
    int len = i2d_X509(x, NULL), name_len = i2d_X509_NAME(X509_get_subject_name(x), NULL);
    const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(x);
    BIGNUM *serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
    int err = E_CORRUPT;
    if (len <= 0 || len > AUTHORITY_CERTIFICATE_MAX || name_len <= 0 || name_len > AUTHORITY_NAME_MAX)
        goto out;
    if (X509_check_private_key(x, a->key) != 1 || X509_check_ca(x) != 1)
        goto out;
    if (!ski || ASN1_STRING_length(ski) != AUTHORITY_KEY_ID_BYTES ||
        memcmp(ASN1_STRING_get0_data(ski), a->key_id, AUTHORITY_KEY_ID_BYTES) != 0)
        goto out;
    if (!serial || BN_bn2binpad(serial, a->serial, sizeof a->serial) != (int)sizeof a->serial)
        goto out;
    a->certificate_bytes = (size_t)i2d_X509(x, &to);
    a->name_bytes = (size_t)i2d_X509_NAME(X509_get_subject_name(x), &name);
    err = time_get(X509_get0_notBefore(x), &a->not_before_s);
    if (!err)
        err = time_get(X509_get0_notAfter(x), &a->not_after_s);
out:
    BN_free(serial);
    return err;
}

int authority_adopt(struct authority *a, struct span certificate)
{
    const uint8_t *at = certificate.at;
    X509 *x = certificate.len <= AUTHORITY_CERTIFICATE_MAX
                  ? d2i_X509(NULL, &at, (long)certificate.len) : NULL;
    int err = x && at == certificate.at + certificate.len ? certificate_take(a, x) : E_CORRUPT;
    X509_free(x);
    return err;
}

/* A key with a pass phrase has no place here: never ask the terminal. */
static int no_phrase(char *buffer, int size, int writing, void *context)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

static int key_load(struct authority *a, const char *path)
{
    int fd = name_file_open(path);
    if (fd < 0)
        return fd;
    FILE *f = fdopen(fd, "r");
    EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, no_phrase, NULL) : NULL;
    if (f)
        fclose(f);
    else
        close(fd);
    return key ? key_take(a, key) : E_CORRUPT;
}

static int certificate_load(struct authority *a, const char *path)
{
    int fd = name_file_open(path), err;
    FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;
    X509 *x = f ? PEM_read_X509(f, NULL, no_phrase, NULL) : NULL;
    if (f)
        fclose(f);
    else if (fd >= 0)
        close(fd);
    err = fd == E_DENIED ? fd : x ? certificate_take(a, x) : E_CORRUPT;
    X509_free(x);
    return err;
}

/* NAME.key and NAME.pem of one folder. */
static bool is_pair(const char *key, const char *certificate)
{
    const size_t len = strlen(key);
    return len > 4 && strlen(certificate) == len && memcmp(key, certificate, len - 4) == 0 && strcmp(key + len - 4, ".key") == 0 &&
           strcmp(certificate + len - 4, ".pem") == 0;
}

int authority_load(struct authority *a, struct token *token, const char *key_path, const char *certificate_path)
{
    struct name_file file;
    memset(a, 0, sizeof *a);
    int err = name_file_read(key_path, &file);
    if (err)
        return err;
    err = file.uri[0] ? named_load(a, token, key_path, &file) : key_load(a, key_path);
    if (!err && certificate_path) {
        err = certificate_load(a, certificate_path);
        /* The two files follow each other when there is another key: between them the key's own has both. */
        if (err && is_pair(key_path, certificate_path) && certificate_load(a, key_path) == 0)
            err = 0;
    }
    if (err)
        authority_release(a);
    return err;
}

int certificate_file_read(const char *path, X509 **certificate)
{
    *certificate = NULL;
    FILE *f = fopen(path, "re");
    if (!f)
        return errno == ENOENT ? E_NOT_FOUND : E_IO;
    *certificate = PEM_read_X509(f, NULL, no_phrase, NULL);
    int err = *certificate ? 0 : ferror(f) ? E_IO : E_CORRUPT;
    fclose(f);
    return err;
}

int certificate_file_end(const char *path, uint64_t *not_after_s)
{
    X509 *x;
    *not_after_s = 0;
    int err = certificate_file_read(path, &x);
    if (!err)
        err = time_get(X509_get0_notAfter(x), not_after_s);
    X509_free(x);
    return err;
}

/* Self-signed by the authority's key, for its name. */
static int anchor_take(const struct authority *a, X509 *x, uint8_t anchor[static AUTHORITY_CERTIFICATE_MAX],
                       size_t *len)
{
    int bytes = i2d_X509(x, NULL);
    if (bytes <= 0 || bytes > AUTHORITY_CERTIFICATE_MAX || X509_verify(x, a->key) != 1 ||
        X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(x)) != 0)
        return E_CORRUPT;
    uint8_t *to = anchor;
    *len = (size_t)i2d_X509(x, &to);
    return 0;
}

int authority_parse(struct authority *a, struct span text, uint8_t anchor[static AUTHORITY_CERTIFICATE_MAX],
                    size_t *anchor_bytes)
{
    int err = E_CORRUPT;
    memset(a, 0, sizeof *a);
    *anchor_bytes = 0;
    BIO *bio = BIO_new_mem_buf(text.at, (int)text.len);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_phrase, NULL) : NULL;
    X509 *own = key ? PEM_read_bio_X509(bio, NULL, no_phrase, NULL) : NULL;
    X509 *twin = own ? PEM_read_bio_X509(bio, NULL, no_phrase, NULL) : NULL;
    if (key)
        err = key_take(a, key);
    if (!err)
        err = own && twin ? certificate_take(a, own) : E_CORRUPT;
    if (!err)
        err = anchor_take(a, twin, anchor, anchor_bytes);
    X509_free(own);
    X509_free(twin);
    BIO_free(bio);
    if (err)
        authority_release(a);
    return err;
}

static X509 *x509_of(struct span der)
{
    const uint8_t *at = der.at;
    return d2i_X509(NULL, &at, (long)der.len);
}

bool authority_name_good(const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
            return false;
    return len > 0 && len <= AUTHORITY_NAME_TEXT_MAX && utf8_valid(span_of(name, len));
}

static bool name_get(X509_NAME *subject, int which, char text[static AUTHORITY_NAME_TEXT_MAX + 1])
{
    int len = X509_NAME_get_text_by_NID(subject, which, text, AUTHORITY_NAME_TEXT_MAX + 1);
    return len > 0 && strlen(text) == (size_t)len;
}

int authority_names(const struct authority *a, char *common, char organisation[static AUTHORITY_NAME_TEXT_MAX + 1])
{
    X509 *x = x509_of(span_of(a->certificate, a->certificate_bytes));
    bool good = x && name_get(X509_get_subject_name(x), NID_organizationName, organisation) &&
                (!common || name_get(X509_get_subject_name(x), NID_commonName, common));
    X509_free(x);
    return good ? 0 : E_CORRUPT;
}

bool authority_signed_by(const struct authority *a, const struct authority *above)
{
    X509 *x = x509_of(span_of(a->certificate, a->certificate_bytes));
    bool good = x && X509_verify(x, above->key) == 1;
    X509_free(x);
    return good;
}

int authority_serial(struct span certificate, uint8_t serial[static ISSUER_SERIAL_BYTES])
{
    X509 *x = x509_of(certificate);
    BIGNUM *number = x ? ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL) : NULL;
    int err = number && BN_bn2binpad(number, serial, ISSUER_SERIAL_BYTES) == ISSUER_SERIAL_BYTES ? 0 : E_CORRUPT;
    BN_free(number);
    X509_free(x);
    return err;
}

int authority_text(const struct authority *a, bool key, bool certificate, struct span anchor,
                   char **text)
{
    int err = E_CRYPTO;
    const uint8_t *der = a->certificate;
    char *at;
    X509 *x = NULL;
    BIO *bio = BIO_new(BIO_s_secmem());
    *text = NULL;
    if (!bio)
        return E_NOMEM;
    if (key && (a->token_key ? BIO_printf(bio, "%s\n", token_key_uri(a->token_key)) <= 0
                             : PEM_write_bio_PKCS8PrivateKey(bio, a->key, NULL, NULL, 0, NULL, NULL) != 1))
        goto out;
    if (certificate) {
        x = d2i_X509(NULL, &der, (long)a->certificate_bytes);
        if (!x || PEM_write_bio_X509(bio, x) != 1)
            goto out;
    }
    if (anchor.len) {
        X509_free(x);
        der = anchor.at;
        x = d2i_X509(NULL, &der, (long)anchor.len);
        if (!x || PEM_write_bio_X509(bio, x) != 1)
            goto out;
    }
    long len = BIO_get_mem_data(bio, &at);
    *text = len > 0 ? malloc((size_t)len + 1) : NULL;
    if (!*text)
        goto out;
    memcpy(*text, at, (size_t)len);
    (*text)[len] = '\0';
    err = 0;
out:
    X509_free(x);
    BIO_free(bio);
    return err;
}

void authority_text_free(char *text)
{
    if (text)
        OPENSSL_cleanse(text, strlen(text));
    free(text);
}

void authority_release(struct authority *a)
{
    EVP_PKEY_CTX_free(a->signing);
    EVP_PKEY_free(a->key);
    token_key_free(a->token_key);
    OPENSSL_cleanse(a, sizeof *a);
}

int authority_sign(struct authority *a, struct span bytes,
                   uint8_t signature[static AUTHORITY_SIGNATURE_MAX], size_t *len)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned digest_bytes;
    *len = AUTHORITY_SIGNATURE_MAX;
    if (EVP_Digest(bytes.at, bytes.len, digest, &digest_bytes, a->p384 ? EVP_sha384() : EVP_sha256(),
                   NULL) != 1)
        return E_CRYPTO;
    if (a->token_key)
        return token_digest_sign(a, span_of(digest, digest_bytes), signature, len);
    return EVP_PKEY_sign(a->signing, signature, len, digest, digest_bytes) == 1 ? 0 : E_CRYPTO;
}

int authority_sign_digest(void *context, const uint8_t digest[static SHA256_BYTES],
                          uint8_t signature[static P256_SIGNATURE_BYTES])
{
    struct authority *a = context;
    uint8_t der[AUTHORITY_SIGNATURE_MAX];
    const uint8_t *at = der;
    size_t len = sizeof der;
    int err = E_CRYPTO;
    ECDSA_SIG *pair = NULL;
    if (a->token_key) {
        uint8_t raw[TOKEN_SIGNATURE_MAX];
        err = a->p384 ? E_CRYPTO : token_key_sign(a->token_key, span_of(digest, SHA256_BYTES), raw, &len);
        if (!err)
            memcpy(signature, raw, P256_SIGNATURE_BYTES);
        return err;
    }
    if (!a->p384 && EVP_PKEY_sign(a->signing, der, &len, digest, SHA256_BYTES) == 1)
        pair = d2i_ECDSA_SIG(NULL, &at, (long)len);
    if (pair && BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature, 32) == 32 &&
        BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature + 32, 32) == 32)
        err = 0;
    ECDSA_SIG_free(pair);
    return err;
}

void authority_public_text(const struct authority *a, char text[static AUTHORITY_PUBLIC_TEXT_BYTES])
{
    hex_encode(a->point + 1, P256_PUBLIC_BYTES, text);
    text[2 * P256_PUBLIC_BYTES] = '\n';
    text[2 * P256_PUBLIC_BYTES + 1] = '\0';
}
