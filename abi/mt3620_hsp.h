/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Crypto engines of the root of trust.
 * Source: ours; the original's registers are not public.
 * Reachable by the Pluton core alone.  Private keys are in slots that no
 * register and no core reads.
 *
 * Byte strings stand in consecutive words so that byte i of the string is byte
 * i of the little-endian register file.  Numbers inside them are big-endian, as in
 * abi/ and lib/ (X || Y, R || S).  A command runs to its end before the write
 * to COMMAND returns; STATUS then holds enum hsp_status.  A command that does
 * not end with HSP_OK has changed no slot and cleared its result registers.
 * SOURCE/LENGTH name memory as Pluton sees it: ROM, TCM, RAM, flash.
 *
 * SHA (MT3620_HSP_SHA)
 *   00 COMMAND 1 start SHA-256, 2 update with SOURCE/LENGTH, 3 finish into DIGEST
 *      (4 start SHA-1; its digest is the first 5 words)
 *   04 STATUS   08 SOURCE   0C LENGTH   20..3C DIGEST r
 * AES-256 (MT3620_HSP_AES)
 *   00 COMMAND 1 encrypt one block IN -> OUT with KEY (write-only), 2 decrypt,
 *      3 OUT32 (40..5C) = 32 bytes derived from the chip's fused secret and LABEL
 *      (80..9C, 32 bytes): HMAC-SHA-256(secret, LABEL)
 *   04 STATUS   10..1C IN   20..2C OUT r   40..5C OUT32 r   60..7C KEY w   80..9C LABEL w
 * ECC P-256 (MT3620_HSP_ECC)
 *   00 COMMAND enum hsp_ecc   04 STATUS   08 SLOT (0 attestation, 1 general: fused;
 *      2..9 volatile)   20..3C DIGEST   40..7C PUBLIC   80..BC SIGNATURE
 *   Slots 0 and 1: GENERATE works once, burns the private row and the lock.
 * RSA-2048 (MT3620_HSP_RSA)
 *   00 COMMAND 1 MESSAGE = SIGNATURE ^ 65537 mod MODULUS   04 STATUS
 *   100..1FC MODULUS   200..2FC SIGNATURE   300..3FC MESSAGE r
 * TRNG (MT3620_HSP_TRNG)
 *   00 CONTROL rw bit 0 on   04 STATUS r bit 0 ready, bit 1 health test failed
 *      (repetition count and adaptive proportion of SP 800-90B over the raw bits;
 *      sticky until reset)   08 DATA r 32 raw bits; 0 when not ready
 *   0C STARTS r: power-ons of this chip, counted in the fuse file; differs from
 *      silicon, which has no such counter
 */
#ifndef PERI_ABI_MT3620_HSP_H
#define PERI_ABI_MT3620_HSP_H

enum {
    HSP_COMMAND = 0x00,
    HSP_STATUS = 0x04,

    HSP_SHA_SOURCE = 0x08,
    HSP_SHA_LENGTH = 0x0C,
    HSP_SHA_DIGEST = 0x20,

    HSP_AES_IN = 0x10,
    HSP_AES_OUT = 0x20,
    HSP_AES_OUT32 = 0x40,
    HSP_AES_KEY = 0x60,
    HSP_AES_LABEL = 0x80,

    HSP_ECC_SLOT = 0x08,
    HSP_ECC_DIGEST = 0x20,
    HSP_ECC_PUBLIC = 0x40,
    HSP_ECC_SIGNATURE = 0x80,
    HSP_ECC_SLOTS = 10,

    HSP_RSA_MODULUS = 0x100,
    HSP_RSA_SIGNATURE = 0x200,
    HSP_RSA_MESSAGE = 0x300,

    HSP_TRNG_CONTROL = 0x00,
    HSP_TRNG_STATUS = 0x04,
    HSP_TRNG_DATA = 0x08,
    HSP_TRNG_STARTS = 0x0C,
    HSP_TRNG_READY = 1,
    HSP_TRNG_FAILED = 2,
};

enum hsp_sha { HSP_SHA_START = 1, HSP_SHA_UPDATE = 2, HSP_SHA_FINISH = 3, HSP_SHA_START_SHA1 = 4 };
enum hsp_aes { HSP_AES_ENCRYPT = 1, HSP_AES_DECRYPT = 2, HSP_AES_DERIVE = 3 };
enum hsp_rsa { HSP_RSA_PUBLIC = 1 };
enum hsp_ecc {
    HSP_ECC_GENERATE = 1,  /* a pair into SLOT; result: PUBLIC */
    HSP_ECC_PUBLIC_OF = 2, /* PUBLIC of SLOT */
    HSP_ECC_SIGN = 3,      /* DIGEST by SLOT -> SIGNATURE */
    HSP_ECC_VERIFY = 4,    /* SIGNATURE over DIGEST by PUBLIC */
    HSP_ECC_ERASE = 5,     /* a volatile SLOT */
};

/* Success is a pattern, so that neither 0 nor all ones passes for it. */
enum hsp_status {
    HSP_OK = 0x3C5A9669,
    HSP_IDLE = 0,
    HSP_BAD_COMMAND = 1,
    HSP_BAD_SIGNATURE = 2,
    HSP_NOT_A_POINT = 3,
    HSP_EMPTY_SLOT = 4,
    HSP_DENIED = 5,     /* slot fused already, or not erasable */
    HSP_BAD_ADDRESS = 6,
    HSP_NO_ENTROPY = 7, /* TRNG off or failed */
    HSP_FUSE_FAILED = 8,
};

#endif
