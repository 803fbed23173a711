/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Client certificates whose chain was verified before: a device comes back with the same one
 * for a day, and the signature of its CA on the same bytes does not become wrong.
 *
 * The key is the SHA-256 of the whole certificate; what is kept is whose it is and the time in
 * which each certificate of its chain is valid, which is looked at each time.  Proof of the
 * certificate's key (CertificateVerify) is never skipped, nor is revocation, which is asked for
 * each request elsewhere.  Only what verified gets in, so nobody without a certificate of ours
 * can fill it.  One for each set of CAs: it ends with them.
 * Bound: VERIFIED_MAX entries, about half a MiB; in a full row the one that ends first goes.
 */
#ifndef PERI_SERVICE_FRONT_VERIFIED_H
#define PERI_SERVICE_FRONT_VERIFIED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VERIFIED_ROW = 4, VERIFIED_ROWS = 2048, VERIFIED_MAX = VERIFIED_ROW * VERIFIED_ROWS, VERIFIED_KEY_BYTES = 32 };

struct verified {
    uint8_t key[VERIFIED_KEY_BYTES]; /* SHA-256 of the certificate */
    int64_t begin_s, end_s;          /* valid from and to, both included; end_s 0: no entry */
    uint16_t kind;                   /* enum http_identity_kind */
};

struct verified_set;
struct verified_set *verified_new(void); /* NULL: no memory */
void verified_free(struct verified_set *set);
/* NULL when it is not there, or not valid at now_s.  Until the next verified_put(). */
const struct verified *verified_find(const struct verified_set *set, const uint8_t key[static VERIFIED_KEY_BYTES],
                                     int64_t now_s);
void verified_put(struct verified_set *set, const struct verified *entry);

#endif
