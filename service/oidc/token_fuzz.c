/* SPDX-License-Identifier: BSD-2-Clause */
/* Key sets and tokens: the first byte picks.  A token that nobody signed is never taken. */
#include <stdlib.h>

#include "service/oidc/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* RFC 7515 appendix A.2 and A.3: public keys whose private halves are public too, so the
 * corpus can hold tokens that verify; none of them names this issuer. */
static const char key_set[] =
    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct keys *known;
    static const struct token_rules rules = {"https://issuer.test", "audience", 1000, 60};
    struct oidc_identity identity;
    struct keys *keys;
    if (!known && keys_parse(span_of(key_set, sizeof key_set - 1), &known) != 0)
        abort();
    if (size == 0)
        return 0;
    if (data[0] & 1) {
        if (keys_parse(span_of(data + 1, size - 1), &keys) == 0) {
            if (keys_count(keys) == 0 || keys_count(keys) > KEYS_MAX)
                abort();
            keys_free(keys);
        }
        return 0;
    }
    if (token_verify(span_of(data + 1, size - 1), known, &rules, &identity) == 0)
        abort();
    return 0;
}
