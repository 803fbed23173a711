/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/crypto.h over wolfCrypt: the implementation of the OS services on the MCU.
 * No memory is kept between calls, so threads need no care.
 */
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/sha.h>
#include <wolfssl/wolfcrypt/sha256.h>

#include <string.h>

#include "lib/crypto.h"

/* wolfCrypt counts in 32 bits. */
enum { PIECE_MAX = 1 << 30 };

int crypto_sha256(const struct span *parts, size_t count, uint8_t digest[static SHA256_BYTES])
{
    wc_Sha256 state;
    memset(digest, 0, SHA256_BYTES);
    int err = wc_InitSha256(&state);
    if (err)
        return E_CRYPTO;
    for (size_t i = 0; i < count; i++)
        for (struct cursor c = cursor_of(parts[i]); c.left && !err;) {
            struct span piece = cursor_bytes(&c, c.left < PIECE_MAX ? c.left : PIECE_MAX);
            err = wc_Sha256Update(&state, piece.at, (word32)piece.len);
        }
    if (!err)
        err = wc_Sha256Final(&state, digest);
    wc_Sha256Free(&state);
    return err ? E_CRYPTO : 0;
}

int crypto_sha1(struct span bytes, uint8_t digest[static SHA1_BYTES])
{
    wc_Sha state;
    memset(digest, 0, SHA1_BYTES);
    if (bytes.len > PIECE_MAX || wc_InitSha(&state))
        return E_CRYPTO;
    int err = bytes.len ? wc_ShaUpdate(&state, bytes.at, (word32)bytes.len) : 0;
    if (!err)
        err = wc_ShaFinal(&state, digest);
    wc_ShaFree(&state);
    return err ? E_CRYPTO : 0;
}

int crypto_p256_verify(const uint8_t key[static P256_PUBLIC_BYTES], const uint8_t digest[static SHA256_BYTES],
                       const uint8_t signature[static P256_SIGNATURE_BYTES])
{
    byte x[32], y[32], der[80];
    word32 der_bytes = sizeof der;
    ecc_key ecc;
    int good = 0;
    memcpy(x, key, 32);
    memcpy(y, key + 32, 32);
    if (wc_ecc_init(&ecc))
        return E_CRYPTO;
    int err = wc_ecc_import_unsigned(&ecc, x, y, NULL, ECC_SECP256R1) || wc_ecc_check_key(&ecc) ? E_MALFORMED : 0;
    /* Numbers out of range are for the check below: it refuses them (lib/crypto_test.c). */
    if (!err && wc_ecc_rs_raw_to_sig(signature, 32, signature + 32, 32, der, &der_bytes))
        err = E_SIGNATURE;
    if (!err && (wc_ecc_verify_hash(der, der_bytes, digest, SHA256_BYTES, &good, &ecc) || good != 1))
        err = E_SIGNATURE;
    wc_ecc_free(&ecc);
    return err;
}
