/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The crypto engines, one function a command.
 * Source: abi/mt3620_hsp.h.
 * Results are the engine's own status (enum hsp_status), so that a caller whose
 * decision must survive a fault can compare it with the pattern itself.
 * On any other status than HSP_OK the output is zero.
 */
#ifndef PERI_PLUTON_MCU_HSP_H
#define PERI_PLUTON_MCU_HSP_H

#include "abi/mt3620_hsp.h"
#include "lib/crypto.h"

/* The noise source and its health test; needed by GENERATE and SIGN too. */
void hsp_start(void);

/* command: HSP_SHA_START (32 bytes) or HSP_SHA_START_SHA1 (20 bytes). */
uint32_t hsp_digest(uint32_t command, const struct span *parts, size_t count,
                    uint8_t digest[static SHA1_BYTES]);
uint32_t hsp_verify(const uint8_t key[static P256_PUBLIC_BYTES],
                    const uint8_t digest[static SHA256_BYTES],
                    const uint8_t signature[static P256_SIGNATURE_BYTES]);
/* command: HSP_ECC_GENERATE or HSP_ECC_PUBLIC_OF. */
uint32_t hsp_key(uint32_t command, unsigned slot, uint8_t key[static P256_PUBLIC_BYTES]);
uint32_t hsp_sign(unsigned slot, const uint8_t digest[static SHA256_BYTES],
                  uint8_t signature[static P256_SIGNATURE_BYTES]);
uint32_t hsp_erase(unsigned slot);
/* 32 bytes that this chip alone can make from the label. */
uint32_t hsp_derive(const uint8_t label[static 32], uint8_t out[static 32]);
/* Raw bytes; HSP_NO_ENTROPY when the source is not ready in time or failed its test. */
uint32_t hsp_noise(uint8_t *at, size_t len);

#endif
