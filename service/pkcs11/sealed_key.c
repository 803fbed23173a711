/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/pkcs11/sealed_key.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

static const char bound[] = "perisphere data key";
static struct span bound_view(void) { return span_of(bound, sizeof bound - 1); }

int named_key_open(struct token *token, const char *path, const struct name_file *file, bool aes, struct token_key **key)
{
    *key = NULL;
    if (!token) {
        fprintf(stderr, "issuer: %s: the key is in a token, and service.json names no \"pkcs11_module\"\n", path);
        return E_STATE;
    }
    if (file->sealed_bytes)
        return E_MALFORMED;
    return token_key_open(token, span_of(file->uri, strlen(file->uri)), aes, key);
}

int sealed_key_make(struct token_key *by, const uint8_t key[static SEALED_KEY_BYTES], struct name_file *file)
{
    uint8_t *nonce = file->sealed, *out = nonce + TOKEN_NONCE_BYTES, *tag = out + SEALED_KEY_BYTES;
    memset(file, 0, sizeof *file);
    if (RAND_bytes(nonce, TOKEN_NONCE_BYTES) != 1)
        return E_ENTROPY;
    int err = token_key_seal(by, nonce, bound_view(), span_of(key, SEALED_KEY_BYTES), out, tag);
    if (err)
        return err;
    file->sealed_bytes = SEALED_KEY_FILE_BYTES;
    snprintf(file->uri, sizeof file->uri, "%s", token_key_uri(by));
    return 0;
}

int sealed_key_open(struct token *token, const struct name_file *file, uint8_t key[static SEALED_KEY_BYTES])
{
    struct token_key *by;
    const uint8_t *nonce = file->sealed, *in = nonce + TOKEN_NONCE_BYTES, *tag = in + SEALED_KEY_BYTES;
    if (!file->uri[0] || file->sealed_bytes != SEALED_KEY_FILE_BYTES)
        return E_MALFORMED;
    int err = token_key_open(token, span_of(file->uri, strlen(file->uri)), true, &by);
    if (err)
        return err;
    err = token_key_unseal(by, nonce, bound_view(), span_of(in, SEALED_KEY_BYTES), key, tag);
    token_key_free(by);
    return err;
}
