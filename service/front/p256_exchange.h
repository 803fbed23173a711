/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Key exchange on P-256 as TLS 1.3 does it, as algorithms of front's provider (algorithms.h).
 * Source: RFC 8446 sections 4.2.8.2 and 7.4.2; SP 800-56A section 5.6.2.3; provider-keymgmt(7),
 * provider-keyexch(7).
 *
 * Devices offer P-256.  By OpenSSL 3.0's own way an exchange takes three multiplications of a
 * point: it multiplies the peer's by the order of the group to see whether it lies in it.  On
 * a curve of prime order (cofactor 1) each point but infinity does, so that to be on the curve
 * is the whole check, and a third of the time is gone.
 * The arithmetic is OpenSSL's, by EC_POINT_mul(): in constant time for the scalar.
 *
 * A key is for one exchange: made anew for each handshake, never written or read out, no
 * import.  The peer's point is hostile; 65 bytes, 04 X Y, anything else is refused.
 */
#ifndef PERI_SERVICE_FRONT_P256_EXCHANGE_H
#define PERI_SERVICE_FRONT_P256_EXCHANGE_H

#include <openssl/core.h>

#define P256_EXCHANGE "P256-EXCHANGE" /* the name of both */

extern const OSSL_ALGORITHM p256_exchange_keys;   /* OSSL_OP_KEYMGMT */
extern const OSSL_ALGORITHM p256_exchange_derive; /* OSSL_OP_KEYEXCH */

#endif
