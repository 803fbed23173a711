/* SPDX-License-Identifier: BSD-2-Clause */
/* lib/crypto.h over the engines: no firmware holds cryptography of its own. */
#include "pluton/mcu/hsp.h"

int crypto_sha256(const struct span *parts, size_t count, uint8_t digest[static SHA256_BYTES])
{
    return hsp_digest(HSP_SHA_START, parts, count, digest) == HSP_OK ? 0 : E_CRYPTO;
}

int crypto_sha1(struct span bytes, uint8_t digest[static SHA1_BYTES])
{
    return hsp_digest(HSP_SHA_START_SHA1, &bytes, 1, digest) == HSP_OK ? 0 : E_CRYPTO;
}

int crypto_p256_verify(const uint8_t key[static P256_PUBLIC_BYTES],
                       const uint8_t digest[static SHA256_BYTES],
                       const uint8_t signature[static P256_SIGNATURE_BYTES])
{
    switch (hsp_verify(key, digest, signature)) {
    case HSP_OK: return 0;
    case HSP_BAD_SIGNATURE: return E_SIGNATURE;
    case HSP_NOT_A_POINT: return E_MALFORMED;
    default: return E_CRYPTO;
    }
}
