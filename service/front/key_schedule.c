/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/front/key_schedule.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <threads.h>

#include "lib/cursor.h"

enum { BLOCK_MAX = 128, HASH_MAX = 48, LABEL_MAX = 255, INFO_MAX = 2 + 1 + LABEL_MAX + 1 + LABEL_MAX + 1 };

/* -- hashes ---------------------------------------------------------------------- */

static const struct digest {
    const char *names[3]; /* as OpenSSL's callers say it */
    size_t block, size;
} digests[] = {
    {{"SHA2-256", "SHA256", "SHA-256"}, 64, 32},
    {{"SHA2-384", "SHA384", "SHA-384"}, 128, 48},
};
enum { DIGESTS = sizeof digests / sizeof digests[0] };

static once_flag once = ONCE_FLAG_INIT;
static EVP_MD *fetched[DIGESTS];
static tss_t hash_slot[DIGESTS]; /* EVP_MD_CTX of the thread */
static bool slots_made;

static void hash_free(void *hash) { EVP_MD_CTX_free(hash); }

static void set_up(void)
{
    slots_made = true;
    for (size_t i = 0; i < DIGESTS; i++) {
        fetched[i] = EVP_MD_fetch(NULL, digests[i].names[0], NULL);
        slots_made &= fetched[i] && tss_create(&hash_slot[i], hash_free) == thrd_success;
    }
}

static EVP_MD_CTX *hash_of_thread(const struct digest *digest)
{
    size_t i = (size_t)(digest - digests);
    call_once(&once, set_up);
    EVP_MD_CTX *hash = slots_made ? tss_get(hash_slot[i]) : NULL;
    if (slots_made && !hash && (hash = EVP_MD_CTX_new()) != NULL &&
        (EVP_DigestInit_ex2(hash, fetched[i], NULL) != 1 || tss_set(hash_slot[i], hash) != thrd_success)) {
        EVP_MD_CTX_free(hash);
        hash = NULL;
    }
    return hash;
}

static const struct digest *digest_find(const char *name)
{
    for (size_t i = 0; i < DIGESTS; i++)
        for (size_t k = 0; k < 3; k++)
            if (strcasecmp(digests[i].names[k], name) == 0)
                return &digests[i];
    return NULL;
}

/* Over a then b; either may be empty. */
static bool hash_run(const struct digest *digest, struct span a, struct span b, uint8_t *out)
{
    EVP_MD_CTX *hash = hash_of_thread(digest);
    return hash && EVP_DigestInit_ex2(hash, NULL, NULL) == 1 && (!a.len || EVP_DigestUpdate(hash, a.at, a.len) == 1) &&
           (!b.len || EVP_DigestUpdate(hash, b.at, b.len) == 1) && EVP_DigestFinal_ex(hash, out, NULL) == 1;
}

/* -- HKDF ------------------------------------------------------------------------ */

/* HMAC (RFC 2104); the key is no longer than a block: secrets are as long as a hash. */
static bool hmac(const struct digest *digest, struct span key, struct span message, uint8_t *out)
{
    uint8_t pad[BLOCK_MAX] = {0}, inner[HASH_MAX];
    if (key.len > digest->block)
        return false;
    if (key.len)
        memcpy(pad, key.at, key.len);
    for (size_t i = 0; i < digest->block; i++)
        pad[i] ^= 0x36;
    bool good = hash_run(digest, span_of(pad, digest->block), message, inner);
    for (size_t i = 0; i < digest->block; i++)
        pad[i] ^= 0x36 ^ 0x5c;
    good = good && hash_run(digest, span_of(pad, digest->block), span_of(inner, digest->size), out);
    OPENSSL_cleanse(pad, sizeof pad);
    OPENSSL_cleanse(inner, sizeof inner);
    return good;
}

/* One block of HKDF-Expand: TLS 1.3 never asks for more than a hash of it. */
static bool expand_label(const struct digest *digest, struct span secret, struct span prefix, struct span label,
                         struct span context, uint8_t *out, size_t len)
{
    uint8_t info[INFO_MAX], block[HASH_MAX];
    static const uint8_t first = 1;
    if (len == 0 || len > digest->size || prefix.len + label.len > LABEL_MAX || context.len > LABEL_MAX)
        return false;
    struct writer w = writer_of(info, sizeof info);
    writer_u8(&w, (uint8_t)(len >> 8));
    writer_u8(&w, (uint8_t)len);
    writer_u8(&w, (uint8_t)(prefix.len + label.len));
    writer_bytes(&w, prefix.at, prefix.len);
    writer_bytes(&w, label.at, label.len);
    writer_u8(&w, (uint8_t)context.len);
    if (context.len)
        writer_bytes(&w, context.at, context.len);
    writer_u8(&w, first);
    bool good = !w.err && hmac(digest, secret, writer_view(&w), block);
    if (good)
        memcpy(out, block, len);
    OPENSSL_cleanse(block, sizeof block);
    return good;
}

/* -- the algorithm --------------------------------------------------------------- */

struct derivation {
    int mode;
    const struct digest *digest;
    struct span key, salt, prefix, label, data;
    bool has_salt;
};

static bool bytes_get(const OSSL_PARAM *p, struct span *out)
{
    if (p->data_type != OSSL_PARAM_OCTET_STRING || (!p->data && p->data_size))
        return false;
    *out = span_of(p->data, p->data_size);
    return true;
}

static bool param_take(struct derivation *d, const OSSL_PARAM *p)
{
    if (strcmp(p->key, OSSL_KDF_PARAM_MODE) == 0)
        return OSSL_PARAM_get_int(p, &d->mode) == 1;
    if (strcmp(p->key, OSSL_KDF_PARAM_DIGEST) == 0)
        return p->data_type == OSSL_PARAM_UTF8_STRING && p->data && (d->digest = digest_find(p->data)) != NULL;
    if (strcmp(p->key, OSSL_KDF_PARAM_KEY) == 0)
        return bytes_get(p, &d->key);
    if (strcmp(p->key, OSSL_KDF_PARAM_SALT) == 0)
        return d->has_salt = bytes_get(p, &d->salt);
    if (strcmp(p->key, OSSL_KDF_PARAM_PREFIX) == 0)
        return bytes_get(p, &d->prefix);
    if (strcmp(p->key, OSSL_KDF_PARAM_LABEL) == 0)
        return bytes_get(p, &d->label);
    return strcmp(p->key, OSSL_KDF_PARAM_DATA) != 0 || bytes_get(p, &d->data);
}

static bool extract(const struct derivation *d, uint8_t *out, size_t len)
{
    static const uint8_t zeros[HASH_MAX];
    uint8_t nothing[HASH_MAX], salt[HASH_MAX];
    struct span key = d->key.at ? d->key : span_of(zeros, d->digest->size);
    bool good = len == d->digest->size;
    if (d->has_salt)
        good = good && hash_run(d->digest, span_of(NULL, 0), span_of(NULL, 0), nothing) &&
               expand_label(d->digest, d->salt, d->prefix, d->label, span_of(nothing, d->digest->size), salt,
                            d->digest->size);
    good = good && hmac(d->digest, span_of(salt, d->has_salt ? d->digest->size : 0), key, out);
    OPENSSL_cleanse(salt, sizeof salt);
    return good;
}

static int derive(void *context, unsigned char *out, size_t len, const OSSL_PARAM params[])
{
    struct derivation d = {.mode = -1};
    (void)context;
    for (; params && params->key; params++)
        if (!param_take(&d, params))
            return 0;
    if (!d.digest)
        return 0;
    if (d.mode == EVP_KDF_HKDF_MODE_EXTRACT_ONLY)
        return extract(&d, out, len);
    return d.mode == EVP_KDF_HKDF_MODE_EXPAND_ONLY && d.key.at &&
           expand_label(d.digest, d.key, d.prefix, d.label, d.data, out, len);
}

/* A context holds nothing. */
static uint8_t context_of_all;

static void *context_new(void *provider)
{
    (void)provider;
    return &context_of_all;
}

static void context_free(void *context) { (void)context; }
static void context_reset(void *context) { (void)context; }

static int set_params(void *context, const OSSL_PARAM params[])
{
    (void)context;
    return !params || !params->key;
}

static const OSSL_PARAM *settable_params(void *context, void *provider)
{
    static const OSSL_PARAM list[] = {OSSL_PARAM_END};
    (void)context;
    (void)provider;
    return list;
}

static const OSSL_DISPATCH functions[] = {
    {OSSL_FUNC_KDF_NEWCTX, (void (*)(void))context_new},
    {OSSL_FUNC_KDF_FREECTX, (void (*)(void))context_free},
    {OSSL_FUNC_KDF_RESET, (void (*)(void))context_reset},
    {OSSL_FUNC_KDF_DERIVE, (void (*)(void))derive},
    {OSSL_FUNC_KDF_SET_CTX_PARAMS, (void (*)(void))set_params},
    {OSSL_FUNC_KDF_SETTABLE_CTX_PARAMS, (void (*)(void))settable_params},
    {0, NULL},
};

const OSSL_ALGORITHM key_schedule = {"TLS13-KDF", "provider=front", functions, NULL};
