/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tokens of an OpenID Connect provider: JWS compact serialisation (RFC 7515) of
 * claims (RFC 7519), and the key sets they are verified with (RFC 7517).
 * Source: docs/spec/tokens.md; why cjose: docs/decisions/jwt.md.
 * Trust: token and key set are hostile until these return 0.
 *
 * Taken: alg RS256 with RSA of 2048 bits or more, ES256 with P-256; the key by
 * kid, or the only one that fits where the token names none.  Any header of the
 * token that brings a key along (jwk, jku, x5c, x5u) is not looked at; "crit" is refused.
 *
 *   claim  rule
 *   iss    the provider, byte for byte
 *   aud    our audience, or a list that holds it
 *   exp    required; now - skew lies before it
 *   nbf    now + skew lies behind it, where it is there
 *   iat    the same
 *   sub    required, printable ASCII
 *
 * Errors: E_MALFORMED, E_UNSUPPORTED (algorithm), E_KEY_UNKNOWN, E_SIGNATURE,
 * E_BINDING (issuer, audience), E_STALE (times), E_MISSING (a claim), E_LIMIT.
 */
#ifndef PERI_SERVICE_OIDC_TOKEN_H
#define PERI_SERVICE_OIDC_TOKEN_H

#include "service/ipc/oidc_ops.h"

enum { KEYS_MAX = 32, KEY_SET_BYTES_MAX = 131072 };

struct keys; /* a set, never changed */

/* Keys that cannot verify are left out.  E_MALFORMED; E_MISSING: none is left; E_NOMEM. */
int keys_parse(struct span json, struct keys **keys) MUST_CHECK;
void keys_free(struct keys *keys);
size_t keys_count(const struct keys *keys);

struct token_rules {
    const char *issuer, *audience;
    uint64_t now_s, skew_s;
};

int token_verify(struct span token, const struct keys *keys, const struct token_rules *rules,
                 struct oidc_identity *identity) MUST_CHECK;

#endif
