/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Another issuer/wrap.key, from outside of the service and while it runs.
 * Source: docs/spec/certificates.md, "Another wrap key".  The issuer does it: service/issuer/rotation.h.
 */
#ifndef PERI_SERVICE_PERISPHERED_WRAP_KEY_H
#define PERI_SERVICE_PERISPHERED_WRAP_KEY_H

#include <stdbool.h>

#include "service/perisphered/outcome.h"

struct wrap_change {
    const char *data;
    const char *key;   /* a file with the new key, or with the name of one in a token; NULL */
    const char *uri;   /* of the token's AES key that follows, made where it is missing; NULL */
    bool prepare_only; /* the issuer opens with it from now on; what seals stays */
};

/* With neither key nor uri: the one that was prepared, else one at random, kept where the present one is.  Asked again after
 * it was cut off, it goes on where that was.  It tells what it did, or says in one line what failed; an exit code. */
int wrap_key_change(const struct wrap_change *change, struct outcome *outcome);

#endif
