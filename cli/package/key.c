/* SPDX-License-Identifier: BSD-2-Clause */
/* peri key ..., and cli/package/signing_key.h. */
#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/file.h"
#include "cli/management/scope.h"
#include "cli/package/signing_key.h"
#include "cli/verbs.h"
#include "lib/hex.h"
#include "lib/image.h"

static bool public_of(EVP_PKEY *pkey, uint8_t out[static P256_PUBLIC_BYTES])
{
    char group[32] = "";
    BIGNUM *x = NULL, *y = NULL;
    bool good = EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, NULL) == 1 &&
                strcmp(group, "prime256v1") == 0 &&
                EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_X, &x) == 1 &&
                EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, &y) == 1 &&
                BN_bn2binpad(x, out, 32) == 32 && BN_bn2binpad(y, out + 32, 32) == 32;
    BN_free(x);
    BN_free(y);
    return good;
}

int signing_key_load(const char *path, struct signing_key *key)
{
    struct stat st;
    memset(key, 0, sizeof *key);
    FILE *f = fopen(path, "re");
    if (!f || fstat(fileno(f), &st) != 0) {
        int why = errno;
        if (f)
            fclose(f);
        return fail(PERI_EXIT_ERROR, "cannot read the key '%s': %s", path, strerror(why));
    }
    const char *end = strrchr(path, '.');
    if (end && strcmp(end, ".pub") == 0) { /* the likeliest slip; its mode would be named otherwise */
        fclose(f);
        return fail(PERI_EXIT_ERROR, "'%s' is a public key: its private key, to sign with, is '%.*s'", path,
                    (int)(end - path), path);
    }
    if (st.st_mode & (S_IRWXG | S_IRWXO)) {
        fclose(f);
        return fail(PERI_EXIT_ERROR, "the key '%s' is open to others: chmod 600 %s", path, path);
    }
    EVP_PKEY *pkey = PEM_read_PrivateKey(f, NULL, NULL, NULL);
    fclose(f);
    if (!pkey || !public_of(pkey, key->public_key)) {
        EVP_PKEY_free(pkey);
        return fail(PERI_EXIT_ERROR, "'%s' holds no P-256 private key in PEM", path);
    }
    key->pkey = pkey;
    return PERI_EXIT_OK;
}

void signing_key_release(struct signing_key *key)
{
    EVP_PKEY_free(key->pkey);
    memset(key, 0, sizeof *key);
}

static int sign(void *context, const uint8_t digest[static SHA256_BYTES],
                uint8_t signature[static P256_SIGNATURE_BYTES])
{
    struct signing_key *key = context;
    unsigned char der[80];
    size_t len = sizeof der;
    int err = E_CRYPTO;
    ECDSA_SIG *sig = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
    if (!ctx || EVP_PKEY_sign_init(ctx) != 1 ||
        EVP_PKEY_sign(ctx, der, &len, digest, SHA256_BYTES) != 1)
        goto out;
    const unsigned char *at = der;
    sig = d2i_ECDSA_SIG(NULL, &at, (long)len);
    if (sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), signature, 32) == 32 &&
        BN_bn2binpad(ECDSA_SIG_get0_s(sig), signature + 32, 32) == 32)
        err = 0;
out:
    ECDSA_SIG_free(sig);
    EVP_PKEY_CTX_free(ctx);
    return err;
}

struct signer signing_key_signer(struct signing_key *key)
{
    return (struct signer){sign, key};
}

int public_key_load(const char *path, uint8_t key[static P256_PUBLIC_BYTES])
{
    struct span text;
    int code = file_read(path, &text);
    if (code)
        return code;
    struct span digits = text;
    while (digits.len && strchr("\r\n ", digits.at[digits.len - 1]))
        digits.len--;
    int err = hex_decode(digits, key, P256_PUBLIC_BYTES);
    file_release(&text);
    return err ? fail(PERI_EXIT_ERROR, "'%s' is not a public key: 128 hex digits expected", path)
               : PERI_EXIT_OK;
}

static int exists_check(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0
               ? fail(PERI_EXIT_ERROR, "'%s' exists already: a key is never overwritten", path)
               : PERI_EXIT_OK;
}

static int key_save(EVP_PKEY *pkey, const char *path, const char *pub)
{
    uint8_t raw[P256_PUBLIC_BYTES];
    char hex[2 * P256_PUBLIC_BYTES + 2];
    char *pem = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    if (!bio || !public_of(pkey, raw) ||
        PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) != 1) {
        BIO_free(bio);
        return fail(PERI_EXIT_ERROR, "cannot encode the key");
    }
    size_t len = (size_t)BIO_get_mem_data(bio, &pem);
    int code = file_create(path, span_of(pem, len), 0600);
    OPENSSL_cleanse(pem, len);
    BIO_free(bio);
    if (code)
        return code;
    hex_encode(raw, sizeof raw, hex);
    strcat(hex, "\n");
    code = file_create(pub, span_of(hex, strlen(hex)), 0644);
    if (code)
        unlink(path); /* ours: a key that nobody can name is of no use */
    return code;
}

int signing_key_create(const char *path)
{
    char pub[4096];
    if (snprintf(pub, sizeof pub, "%s.pub", path) >= (int)sizeof pub)
        return fail(PERI_EXIT_USAGE, "'%s' is too long", path);
    if (exists_check(path) || exists_check(pub))
        return PERI_EXIT_ERROR;
    EVP_PKEY *pkey = EVP_EC_gen("P-256");
    int code = pkey ? key_save(pkey, path, pub) : fail(PERI_EXIT_ERROR, "cannot make a key");
    EVP_PKEY_free(pkey);
    return code;
}

static int create(struct peri *peri) { return signing_key_create(arg_text(peri, "output-file")); }

static int show(struct peri *peri)
{
    uint8_t key[P256_PUBLIC_BYTES], name[IMAGE_THUMBPRINT_BYTES];
    char hex[2 * P256_PUBLIC_BYTES + 1], thumbprint[2 * IMAGE_THUMBPRINT_BYTES + 1];
    int code = public_key_load(peri->positional[0], key);
    if (code)
        return code;
    if (image_thumbprint(key, name) != 0)
        return fail(PERI_EXIT_ERROR, "cannot compute the thumbprint");
    hex_encode(key, sizeof key, hex);
    hex_encode(name, sizeof name, thumbprint);
    json_t *row = json_pack("{s:s,s:s}", "publicKey", hex, "thumbprint", thumbprint);
    code = output_print(peri, row);
    json_decref(row);
    return code;
}

static const struct option_row create_options[] = {
    {"output-file", "of", OPTION_REQUIRED, "file for the private key; FILE.pub gets the public one"}, SCOPE_END};

const struct verb key_verbs[] = {
    {"key", "create", create, NULL, "make an image-signing key (P-256)", create_options, NULL, true},
    {"key", "show", show, "FILE.pub", "show a public key and its thumbprint", NULL, NULL, true},
    VERBS_END,
};
