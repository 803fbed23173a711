/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ECDSA over P-256, in the byte strings of the registers: numbers are 32 bytes
 * big-endian, a public key X || Y, a signature R || S.
 * Source: FIPS 186-5; nonces of signatures as RFC 6979 (so that a bad noise source
 * cannot leak a key).
 * Caller: ecc.c.  No QEMU header here, so that known answers are tested alone.
 */
#ifndef PERI_MACHINE_P256_H
#define PERI_MACHINE_P256_H

#include <stdbool.h>
#include <stdint.h>

enum {
    P256_BYTES = 32,
    P256_PAIR_BYTES = 64,
};

/* Is it in 1 .. n-1? */
bool p256_scalar_valid(const uint8_t scalar[P256_BYTES]);

/* False, and the result all 0, when the scalar is not valid. */
bool p256_public(const uint8_t scalar[P256_BYTES], uint8_t public[P256_PAIR_BYTES]);
bool p256_sign(const uint8_t scalar[P256_BYTES], const uint8_t digest[P256_BYTES],
               uint8_t signature[P256_PAIR_BYTES]);

/* Coordinates below p, and on the curve? */
bool p256_on_curve(const uint8_t public[P256_PAIR_BYTES]);

/* False also when the key is no point or R or S are out of range. */
bool p256_verify(const uint8_t public[P256_PAIR_BYTES], const uint8_t digest[P256_BYTES],
                 const uint8_t signature[P256_PAIR_BYTES]);

#endif
