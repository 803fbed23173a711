/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/store/database/vault.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/ct.h"
#include "service/ipc/gcm.h"

enum { NONCE_BYTES = 12, TAG = 16, BLOCK = 16, KNOWN = 256, KNOWN_BYTES = 160 };

/* A text that was opened: sealed, and what it says. */
struct known {
    size_t len; /* of sealed; 0: none */
    uint8_t sealed[KNOWN_BYTES], plain[KNOWN_BYTES / 2 - TAG];
};

/* Made once: fetching and key schedules cost more than a small value. */
struct vault {
    EVP_MAC_CTX *mac, *token;
    EVP_CIPHER_CTX *stream, *block_seal, *block_open;
    uint8_t chunk_key[VAULT_KEY_BYTES];
    uint8_t *folded;
    size_t folded_cap;
    struct known known[KNOWN];
};

/* -- the operator's key around the data key -------------------------------- */

int vault_key_wrap(const uint8_t key[static VAULT_KEY_BYTES], const uint8_t data_key[static VAULT_KEY_BYTES],
                   uint8_t wrapped[static VAULT_WRAPPED_BYTES])
{
    if (getrandom(wrapped, NONCE_BYTES, 0) != NONCE_BYTES)
        return E_ENTROPY;
    return gcm_run(true, key, wrapped, span_of(NULL, 0), span_of(data_key, VAULT_KEY_BYTES), wrapped + NONCE_BYTES,
               wrapped + NONCE_BYTES + VAULT_KEY_BYTES);
}

int vault_key_unwrap(const uint8_t key[static VAULT_KEY_BYTES], struct span wrapped,
                     uint8_t data_key[static VAULT_KEY_BYTES])
{
    uint8_t tag[TAG];
    if (wrapped.len != VAULT_WRAPPED_BYTES)
        return E_CORRUPT;
    memcpy(tag, wrapped.at + NONCE_BYTES + VAULT_KEY_BYTES, TAG);
    if (gcm_run(false, key, wrapped.at, span_of(NULL, 0), span_of(wrapped.at + NONCE_BYTES, VAULT_KEY_BYTES), data_key,
            tag) == 0)
        return 0;
    OPENSSL_cleanse(data_key, VAULT_KEY_BYTES);
    return E_KEY_UNKNOWN;
}

/* -- keys -------------------------------------------------------------------- */

static int derive(const uint8_t *data_key, const char *use, uint8_t key[static VAULT_KEY_BYTES])
{
    int err = E_CRYPTO;
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    char digest[] = "SHA256", info[64];
    size_t len = strlen(use);
    memcpy(info, use, len);
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)data_key, VAULT_KEY_BYTES),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, len),
        OSSL_PARAM_construct_end(),
    };
    if (ctx && EVP_KDF_derive(ctx, key, VAULT_KEY_BYTES, params) == 1)
        err = 0;
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    return err;
}

static int mac_make(const uint8_t *key, EVP_MAC_CTX **out)
{
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};
    *out = mac ? EVP_MAC_CTX_new(mac) : NULL;
    EVP_MAC_free(mac);
    return *out && EVP_MAC_init(*out, key, VAULT_KEY_BYTES, params) == 1 ? 0 : E_CRYPTO;
}

static int cipher_make(const EVP_CIPHER *kind, const uint8_t *key, bool seal, EVP_CIPHER_CTX **out)
{
    *out = EVP_CIPHER_CTX_new();
    return *out && EVP_CipherInit_ex(*out, kind, NULL, key, NULL, seal) == 1 &&
                   EVP_CIPHER_CTX_set_padding(*out, 0) == 1
               ? 0
               : E_CRYPTO;
}

int vault_open(const uint8_t data_key[static VAULT_KEY_BYTES], struct vault **out)
{
    uint8_t key[VAULT_KEY_BYTES];
    struct vault *v = *out = calloc(1, sizeof *v);
    if (!v)
        return E_NOMEM;
    int err = derive(data_key, "perisphere store text tag", key);
    if (!err)
        err = mac_make(key, &v->mac);
    if (!err)
        err = derive(data_key, "perisphere store text", key);
    if (!err)
        err = cipher_make(EVP_aes_256_ctr(), key, true, &v->stream);
    if (!err)
        err = derive(data_key, "perisphere store token", key);
    if (!err)
        err = mac_make(key, &v->token);
    if (!err)
        err = derive(data_key, "perisphere store id", key);
    if (!err)
        err = cipher_make(EVP_aes_256_cbc(), key, true, &v->block_seal);
    if (!err)
        err = cipher_make(EVP_aes_256_cbc(), key, false, &v->block_open);
    if (!err)
        err = derive(data_key, "perisphere store chunk", v->chunk_key);
    OPENSSL_cleanse(key, sizeof key);
    if (err) {
        vault_close(v);
        *out = NULL;
    }
    return err;
}

void vault_close(struct vault *v)
{
    if (!v)
        return;
    EVP_MAC_CTX_free(v->mac);
    EVP_MAC_CTX_free(v->token);
    EVP_CIPHER_CTX_free(v->stream);
    EVP_CIPHER_CTX_free(v->block_seal);
    EVP_CIPHER_CTX_free(v->block_open);
    OPENSSL_cleanse(v->chunk_key, sizeof v->chunk_key);
    free(v->folded);
    OPENSSL_cleanse(v->known, sizeof v->known);
    free(v);
}

/* -- tokens ------------------------------------------------------------------ */

/* The word's end is part of it: no use is the beginning of another's bytes. */
int vault_mac(struct vault *v, const char *use, struct span bytes, uint8_t mac[static 32])
{
    size_t n;
    return EVP_MAC_init(v->token, NULL, 0, NULL) == 1 &&
                   EVP_MAC_update(v->token, (const uint8_t *)use, strlen(use) + 1) == 1 &&
                   (bytes.len == 0 || EVP_MAC_update(v->token, bytes.at, bytes.len) == 1) &&
                   EVP_MAC_final(v->token, mac, &n, 32) == 1
               ? 0
               : E_CRYPTO;
}

/* -- text -------------------------------------------------------------------- */

size_t vault_text_sealed(size_t plain) { return plain ? 2 * (VAULT_TAG_BYTES + plain) : 0; }

size_t vault_text_plain(size_t sealed)
{
    return sealed % 2 == 0 && sealed > 2 * VAULT_TAG_BYTES ? sealed / 2 - VAULT_TAG_BYTES : 0;
}

static bool is_capital(uint8_t c) { return c >= 'A' && c <= 'Z'; }

static int tag_of(struct vault *v, const uint8_t *folded, size_t len, uint8_t tag[static TAG])
{
    uint8_t whole[32];
    size_t n;
    if (EVP_MAC_init(v->mac, NULL, 0, NULL) != 1 || EVP_MAC_update(v->mac, folded, len) != 1 ||
        EVP_MAC_final(v->mac, whole, &n, sizeof whole) != 1)
        return E_CRYPTO;
    memcpy(tag, whole, TAG);
    return 0;
}

static int stream_run(struct vault *v, const uint8_t *tag, const uint8_t *in, size_t len, uint8_t *out)
{
    int n;
    return EVP_CipherInit_ex(v->stream, NULL, NULL, NULL, tag, 1) == 1 &&
                   EVP_CipherUpdate(v->stream, out, &n, in, (int)len) == 1
               ? 0
               : E_CRYPTO;
}

static int folded_room(struct vault *v, size_t len)
{
    if (len <= v->folded_cap)
        return 0;
    uint8_t *at = realloc(v->folded, len);
    if (!at)
        return E_NOMEM;
    v->folded = at;
    v->folded_cap = len;
    return 0;
}

static void letters_write(uint8_t byte, bool capital, uint8_t *to)
{
    to[0] = (uint8_t)((capital ? 'A' : 'a') + (byte >> 4));
    to[1] = (uint8_t)('a' + (byte & 15));
}

int vault_text_seal(struct vault *v, struct span plain, uint8_t *sealed)
{
    uint8_t tag[TAG];
    if (plain.len == 0)
        return 0;
    int err = folded_room(v, plain.len);
    if (err)
        return err;
    for (size_t i = 0; i < plain.len; i++)
        v->folded[i] = (uint8_t)(plain.at[i] | (is_capital(plain.at[i]) ? 0x20 : 0));
    err = tag_of(v, v->folded, plain.len, tag);
    if (!err)
        err = stream_run(v, tag, v->folded, plain.len, v->folded);
    if (err)
        return err;
    for (size_t i = 0; i < TAG; i++)
        letters_write(tag[i], false, sealed + 2 * i);
    for (size_t i = 0; i < plain.len; i++)
        letters_write(v->folded[i], is_capital(plain.at[i]), sealed + 2 * (TAG + i));
    return 0;
}

/* A half byte of a letter of either case; 16 for anything else. */
static unsigned letter_read(uint8_t c)
{
    unsigned small = c | 0x20u;
    return small >= 'a' && small <= 'p' ? small - 'a' : 16;
}

/* Rows of a list say the same names and versions over and over: the last text of each slot is
 * known, by its whole sealed form, which begins with letters that chance could have chosen. */
static struct known *known_of(struct vault *v, struct span sealed)
{
    return &v->known[(sealed.at[0] & 15) << 4 | (sealed.at[1] & 15)];
}

static bool known_open(struct vault *v, struct span sealed, uint8_t *plain)
{
    const struct known *k = known_of(v, sealed);
    if (sealed.len > KNOWN_BYTES || k->len != sealed.len || memcmp(k->sealed, sealed.at, sealed.len) != 0)
        return false;
    memcpy(plain, k->plain, vault_text_plain(sealed.len));
    return true;
}

static void known_keep(struct vault *v, struct span sealed, const uint8_t *plain)
{
    struct known *k = known_of(v, sealed);
    if (sealed.len > KNOWN_BYTES)
        return;
    memcpy(k->sealed, sealed.at, sealed.len);
    memcpy(k->plain, plain, vault_text_plain(sealed.len));
    k->len = sealed.len;
}

static int text_open(struct vault *v, struct span sealed, uint8_t *plain)
{
    uint8_t tag[TAG], right[TAG];
    size_t len = vault_text_plain(sealed.len);
    for (size_t i = 0; i < TAG + len; i++) {
        unsigned high = letter_read(sealed.at[2 * i]), low = letter_read(sealed.at[2 * i + 1]);
        if (high > 15 || low > 15)
            return E_CORRUPT;
        *(i < TAG ? &tag[i] : &plain[i - TAG]) = (uint8_t)(high << 4 | low);
    }
    int err = stream_run(v, tag, plain, len, plain);
    if (!err)
        err = tag_of(v, plain, len, right);
    if (err)
        return err;
    if (!ct_equal(tag, right, TAG))
        return E_CORRUPT;
    for (size_t i = 0; i < len; i++)
        if (is_capital(sealed.at[2 * (TAG + i)])) {
            if (!is_capital(plain[i] ^ 0x20u))
                return E_CORRUPT;
            plain[i] ^= 0x20;
        }
    return 0;
}

int vault_text_open(struct vault *v, struct span sealed, uint8_t *plain)
{
    if (sealed.len == 0)
        return 0;
    if (vault_text_plain(sealed.len) == 0)
        return E_CORRUPT;
    if (known_open(v, sealed, plain))
        return 0;
    int err = text_open(v, sealed, plain);
    if (!err)
        known_keep(v, sealed, plain);
    return err;
}

/* -- ids ---------------------------------------------------------------------- */

static int blocks_run(EVP_CIPHER_CTX *cipher, bool seal, struct span in, uint8_t *out)
{
    static const uint8_t zero[BLOCK];
    int n;
    if (in.len % BLOCK)
        return E_LENGTH;
    return EVP_CipherInit_ex(cipher, NULL, NULL, NULL, zero, seal) == 1 &&
                   EVP_CipherUpdate(cipher, out, &n, in.at, (int)in.len) == 1
               ? 0
               : E_CRYPTO;
}

int vault_id_seal(struct vault *v, struct span plain, uint8_t *sealed)
{
    return blocks_run(v->block_seal, true, plain, sealed);
}

int vault_id_open(struct vault *v, struct span sealed, uint8_t *plain)
{
    return blocks_run(v->block_open, false, sealed, plain);
}

/* -- chunks -------------------------------------------------------------------- */

static void chunk_bind(const uint8_t *digest, uint64_t number, uint8_t bound[static 40])
{
    memcpy(bound, digest, 32);
    for (size_t i = 0; i < 8; i++)
        bound[32 + i] = (uint8_t)(number >> (8 * i));
}

int vault_chunk_seal(struct vault *v, const uint8_t digest[static 32], uint64_t number, struct span plain,
                     uint8_t *sealed)
{
    uint8_t bound[40];
    chunk_bind(digest, number, bound);
    if (getrandom(sealed, NONCE_BYTES, 0) != NONCE_BYTES)
        return E_ENTROPY;
    return gcm_run(true, v->chunk_key, sealed, span_of(bound, sizeof bound), plain, sealed + NONCE_BYTES,
               sealed + NONCE_BYTES + plain.len);
}

int vault_chunk_open(struct vault *v, const uint8_t digest[static 32], uint64_t number, struct span sealed,
                     uint8_t *plain)
{
    uint8_t bound[40], tag[TAG];
    if (sealed.len < VAULT_CHUNK_EXTRA)
        return E_CORRUPT;
    size_t len = sealed.len - VAULT_CHUNK_EXTRA;
    chunk_bind(digest, number, bound);
    memcpy(tag, sealed.at + NONCE_BYTES + len, TAG);
    return gcm_run(false, v->chunk_key, sealed.at, span_of(bound, sizeof bound), span_of(sealed.at + NONCE_BYTES, len),
               plain, tag) == 0
               ? 0
               : E_CORRUPT;
}
