/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What lib/hpke.c needs besides SHA-256: the curve P-256 and AES-128-GCM.
 * Chosen at link time, as lib/crypto.h: hpke_openssl.c on a host, hpke_wolfssl.c in the OS services of the MCU.
 */
#ifndef PERI_LIB_HPKE_PARTS_H
#define PERI_LIB_HPKE_PARTS_H

#include "lib/hpke.h"

/* The point of a private key.  E_RANGE: 0, or not below the curve's order. */
int curve_public(const uint8_t private[static HPKE_PRIVATE_BYTES],
                 uint8_t public[static HPKE_PUBLIC_BYTES]) MUST_CHECK;
/* x of the product of both.  E_RANGE: not a point of the curve, or at infinity. */
int curve_shared(const uint8_t private[static HPKE_PRIVATE_BYTES], const uint8_t public[static HPKE_PUBLIC_BYTES],
                 uint8_t x[static 32]) MUST_CHECK;
/* E_CRYPTO: they do not belong together, out is of no use. */
int aead_open(const struct hpke_secret *secret, struct span bound, struct span in, uint8_t *out,
              uint8_t tag[static HPKE_TAG_BYTES]) MUST_CHECK;
/* What hpke.h says of hpke_sealer_*(). */
int aead_sealer_new(const struct hpke_secret *secret, struct span bound, struct hpke_sealer **sealer) MUST_CHECK;
int aead_sealer_put(struct hpke_sealer *sealer, struct span in, uint8_t *out) MUST_CHECK;
int aead_sealer_end(struct hpke_sealer *sealer, uint8_t tag[static HPKE_TAG_BYTES]) MUST_CHECK;
void aead_sealer_free(struct hpke_sealer *sealer);

#endif
