/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The crypto limit of this machine: how often one core does each operation that
 * an attestation cannot do without, through the same EVP calls.  CPU time of
 * each thread, with all cores at it at once as they are under the load.
 */
#ifndef PERI_BENCH_CRYPTO_H
#define PERI_BENCH_CRYPTO_H

struct crypto_limit {
    double p256_sign, p256_verify, x25519; /* operations per CPU-second */
    /* 1 / (X25519 key and shared secret + server's CertificateVerify + evidence
     * + signature of the certificate) */
    double attest;
    /* 1 / (X25519 key and shared secret + server's CertificateVerify + verification of the
     * client's CertificateVerify and of its certificate's signature) */
    double connect;
};

/* Takes about seconds for each operation.  Exits on failure. */
struct crypto_limit crypto_limit_measure(double seconds);
/* Of two measurements, with the load between them. */
struct crypto_limit crypto_limit_mean(const struct crypto_limit *a, const struct crypto_limit *b);

#endif
