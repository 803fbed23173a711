/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/ipc/gcm.h"

#include <openssl/evp.h>

int gcm_run(bool seal, const uint8_t key[static GCM_KEY_BYTES], const uint8_t nonce[static GCM_NONCE_BYTES],
            struct span bound, struct span in, uint8_t *out, uint8_t tag[static GCM_TAG_BYTES])
{
    int n, ok = 0;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    if (c && EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, key, nonce, seal) == 1 &&
        (seal || EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, GCM_TAG_BYTES, tag) == 1) &&
        (bound.len == 0 || EVP_CipherUpdate(c, NULL, &n, bound.at, (int)bound.len) == 1) &&
        (in.len == 0 || EVP_CipherUpdate(c, out, &n, in.at, (int)in.len) == 1) &&
        EVP_CipherFinal_ex(c, out + in.len, &n) == 1 &&
        (!seal || EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, GCM_TAG_BYTES, tag) == 1))
        ok = 1;
    EVP_CIPHER_CTX_free(c);
    return ok ? 0 : E_CRYPTO;
}
