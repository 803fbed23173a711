/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/cose.h"

#include "lib/cbor.h"

enum { COSE_TAG_SIGN1 = 18 };

static const uint8_t protected_header[] = {0xa1, 0x01, 0x26}; /* {1: -7}, alg: ES256 */

/* The Sig_structure (RFC 9052 section 4.4) is hashed in two parts, so that the
 * payload is never copied: ["Signature1", protected, external = h'', payload]. */
int cose_sign1_digest(struct span payload, uint8_t digest[static SHA256_BYTES])
{
    uint8_t room[32];
    struct writer w = writer_of(room, sizeof room);
    cbor_put_array(&w, 4);
    cbor_put_literal(&w, "Signature1");
    cbor_put_bytes(&w, protected_header, sizeof protected_header);
    cbor_put_bytes(&w, NULL, 0);
    cbor_put_bytes_head(&w, payload.len);
    if (w.err)
        return E_INTERNAL;
    const struct span parts[] = {writer_view(&w), payload};
    return crypto_sha256(parts, 2, digest);
}

int cose_sign1_write(struct writer *w, struct span payload, const struct signer *signer)
{
    uint8_t digest[SHA256_BYTES], signature[P256_SIGNATURE_BYTES];
    int err = cose_sign1_digest(payload, digest);
    if (!err)
        err = signer->sign(signer->context, digest, signature);
    if (err) {
        writer_fail(w, err);
        return err;
    }
    cbor_put_tag(w, COSE_TAG_SIGN1);
    cbor_put_array(w, 4);
    cbor_put_bytes(w, protected_header, sizeof protected_header);
    cbor_put_map(w, 0);
    cbor_put_bytes(w, payload.at, payload.len);
    cbor_put_bytes(w, signature, sizeof signature);
    return w->err;
}
