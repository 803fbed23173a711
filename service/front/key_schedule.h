/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The key derivation of TLS 1.3 as an algorithm of front's provider (algorithms.h), in the
 * place of the default provider's of the same name and meaning.
 * Source: RFC 8446 section 7.1, RFC 5869, EVP_KDF-TLS13_KDF(7); provider-kdf(7).
 *
 * A handshake derives some twenty secrets, each by a context of its own.  Here such a context
 * looks nothing up and keeps no copies: the hash contexts are the thread's, and what a
 * derivation needs it takes from its parameters.
 *
 *   mode EXPAND_ONLY   HKDF-Expand-Label(key, label, data, length of the output)
 *   mode EXTRACT_ONLY  HKDF-Extract(salt', key), where salt' is empty without a salt, else
 *                      HKDF-Expand-Label(salt, label, hash of nothing); key absent: zeros
 *
 * Digests: SHA2-256 and SHA2-384.  Parameters come with the derivation, as libssl gives them;
 * setting them beforehand is refused.
 */
#ifndef PERI_SERVICE_FRONT_KEY_SCHEDULE_H
#define PERI_SERVICE_FRONT_KEY_SCHEDULE_H

#include <openssl/core.h>

extern const OSSL_ALGORITHM key_schedule; /* OSSL_OP_KDF */

#endif
