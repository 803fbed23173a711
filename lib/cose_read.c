/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/cbor.h"
#include "lib/cose.h"

enum { COSE_TAG_SIGN1 = 18 };

static const uint8_t protected_header[] = {0xa1, 0x01, 0x26}; /* {1: -7}, alg: ES256 */

int cose_sign1_parse(struct span bytes, struct cose_sign1 *out)
{
    struct cursor c = cursor_of(bytes);
    *out = (struct cose_sign1){{NULL, 0}, NULL};

    if (cbor_peek(&c) == CBOR_TAG && cbor_get_tag(&c) != COSE_TAG_SIGN1)
        cursor_fail(&c, E_MALFORMED);
    cbor_expect_array(&c, 4);
    struct span header = cbor_get_bytes(&c);
    cbor_expect_map(&c, 0);
    struct span payload = cbor_get_bytes(&c);
    struct span signature = cbor_get_bytes(&c);
    int err = cursor_end(&c);
    if (err)
        return err;
    if (!span_equal(header, span_of(protected_header, sizeof protected_header)) ||
        signature.len != P256_SIGNATURE_BYTES)
        return E_MALFORMED;
    *out = (struct cose_sign1){payload, signature.at};
    return 0;
}

int cose_sign1_verify(const struct cose_sign1 *in, const uint8_t key[static P256_PUBLIC_BYTES])
{
    uint8_t digest[SHA256_BYTES];
    if (!in->signature) /* what a refused parse leaves behind */
        return E_SIGNATURE;
    int err = cose_sign1_digest(in->payload, digest);
    return err ? err : crypto_p256_verify(key, digest, in->signature);
}
