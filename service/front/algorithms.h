/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The algorithms that front's TLS knows: a library context of OpenSSL whose one
 * provider hands out what the table in algorithms.c lists, and nothing else.
 * Source: provider(7), provider-base(7), provider-decoder(7); docs/decisions/service-tls.md.
 *
 * Two reasons.  What a stranger sends (a certificate with any key in it) reaches only
 * code that this service has a use for.  And OpenSSL 3.0 looks through every decoder and
 * every name that there is each time it takes a public key apart: the fewer, the faster.
 * The implementations stay those of OpenSSL's default provider, so corrections come with it.
 * Lifetime: what is shared by all contexts is made once and stays until the process ends.
 */
#ifndef PERI_SERVICE_FRONT_ALGORITHMS_H
#define PERI_SERVICE_FRONT_ALGORITHMS_H

#include <openssl/types.h>

#include "lib/err.h"

struct algorithms {
    OSSL_LIB_CTX *context; /* for SSL_CTX_new_ex() */
    OSSL_PROVIDER *provider;
};

/* 0, or E_CRYPTO: no memory, or an algorithm of the table is not there. */
int algorithms_init(struct algorithms *algorithms) MUST_CHECK;
/* After everything that was made with the context; safe after algorithms_init() failed. */
void algorithms_release(struct algorithms *algorithms);

#endif
