/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The crypto limit of this machine: how often one core does each operation that
 * an attestation cannot do without.  CPU time of each thread, with all cores at
 * it at once as they are under the load.  What a service can keep is kept: the
 * limit is the arithmetic, as OpenSSL does it, and as little else as it allows.
 */
#ifndef PERI_BENCH_CRYPTO_H
#define PERI_BENCH_CRYPTO_H

#include <stdbool.h>

struct crypto_limit {
    bool by_x25519; /* the key exchange that the devices offer; else P-256 */
    double p256_sign, p256_verify, p256_exchange, x25519; /* operations per CPU-second */
    /* 1 / (key exchange + server's CertificateVerify + evidence + signature of the certificate) */
    double attest;
    /* 1 / (key exchange + server's CertificateVerify + verification of the client's
     * CertificateVerify); new: and of its certificate's signature */
    double connect, connect_new;
};

/* Takes about seconds for each operation.  Exits on failure. */
struct crypto_limit crypto_limit_measure(double seconds, bool by_x25519);
/* Of two measurements, with the load between them. */
struct crypto_limit crypto_limit_mean(const struct crypto_limit *a, const struct crypto_limit *b);

#endif
