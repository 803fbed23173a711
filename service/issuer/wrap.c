/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/issuer/wrap.h"

#include <limits.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "lib/crypto.h"
#include "lib/ct.h"
#include "service/ipc/key_text.h"
#include "service/pkcs11/sealed_key.h"

_Static_assert((int)TOKEN_NONCE_BYTES == (int)GCM_NONCE_BYTES && (int)TOKEN_TAG_BYTES == (int)GCM_TAG_BYTES, "one form");

int wrap_load(const char *path, struct token *token, struct wrap *wrap)
{
    struct name_file file;
    *wrap = (struct wrap){0};
    int err = name_file_read(path, &file);
    if (!err && file.uri[0])
        return named_key_open(token, path, &file, true, &wrap->token_key);
    return err && err != E_NOT_FOUND ? err : key_text_read(path, wrap->key);
}

void wrap_release(struct wrap *wrap)
{
    token_key_free(wrap->token_key);
    ct_wipe(wrap, sizeof *wrap);
}

int wrap_seal(const struct wrap *wrap, struct span bound, struct span in, uint8_t nonce[static GCM_NONCE_BYTES],
              uint8_t *out, uint8_t tag[static GCM_TAG_BYTES])
{
    if (RAND_bytes(nonce, GCM_NONCE_BYTES) != 1)
        return E_ENTROPY;
    if (wrap->token_key)
        return token_key_seal(wrap->token_key, nonce, bound, in, out, tag);
    return gcm_run(true, wrap->key, nonce, bound, in, out, tag);
}

int wrap_open(const struct wrap *wrap, const uint8_t nonce[static GCM_NONCE_BYTES], struct span bound, struct span in,
              uint8_t *out, const uint8_t tag[static GCM_TAG_BYTES])
{
    uint8_t copy[GCM_TAG_BYTES];
    if (wrap->token_key)
        return token_key_unseal(wrap->token_key, nonce, bound, in, out, tag);
    memcpy(copy, tag, sizeof copy);
    return gcm_run(false, wrap->key, nonce, bound, in, out, copy) ? E_KEY_UNKNOWN : 0;
}

int wrap_derive(const struct wrap *wrap, struct span purpose, uint8_t out[static 32])
{
    static const uint8_t zero[32];
    uint8_t digest[SHA256_BYTES], nonce[GCM_NONCE_BYTES], tag[GCM_TAG_BYTES];
    int err = crypto_sha256(&purpose, 1, digest);
    if (err)
        return err;
    /* Nonces of wrap_seal() are random: none of them meets this one but by chance. */
    memcpy(nonce, digest, sizeof nonce);
    if (!wrap->token_key)
        return gcm_run(true, wrap->key, nonce, purpose, span_of(zero, sizeof zero), out, tag);
    err = token_key_seal(wrap->token_key, nonce, purpose, span_of(zero, sizeof zero), out, tag);
    return err ? err : memcmp(nonce, digest, sizeof nonce) == 0 ? 0 : E_UNSUPPORTED;
}
