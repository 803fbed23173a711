/* SPDX-License-Identifier: BSD-2-Clause */
#include "pluton/mcu/hsp.h"

#include <string.h>

#include "pluton/mcu/reg.h"

enum { NOISE_POLLS_MAX = 100000 };

static void string_put(uint32_t at, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i += 4)
        reg_write(at + (uint32_t)i, bytes[i] | (uint32_t)bytes[i + 1] << 8 |
                                        (uint32_t)bytes[i + 2] << 16 | (uint32_t)bytes[i + 3] << 24);
}

static void string_get(uint32_t at, uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i += 4) {
        const uint32_t word = reg_read(at + (uint32_t)i);
        bytes[i] = (uint8_t)word;
        bytes[i + 1] = (uint8_t)(word >> 8);
        bytes[i + 2] = (uint8_t)(word >> 16);
        bytes[i + 3] = (uint8_t)(word >> 24);
    }
}

static uint32_t command(uint32_t engine, uint32_t number)
{
    reg_barrier(); /* what SOURCE names is written */
    reg_write(engine + HSP_COMMAND, number);
    return reg_read(engine + HSP_STATUS);
}

void hsp_start(void)
{
    reg_write(MT3620_HSP_TRNG + HSP_TRNG_CONTROL, 1);
}

uint32_t hsp_digest(uint32_t start, const struct span *parts, size_t count,
                    uint8_t digest[static SHA1_BYTES])
{
    const size_t bytes = start == HSP_SHA_START ? SHA256_BYTES : SHA1_BYTES;
    memset(digest, 0, bytes);
    uint32_t status = command(MT3620_HSP_SHA, start);
    for (size_t i = 0; i < count && status == HSP_OK; i++) {
        if (parts[i].len == 0)
            continue;
        reg_write(MT3620_HSP_SHA + HSP_SHA_SOURCE, reg_address(parts[i].at));
        reg_write(MT3620_HSP_SHA + HSP_SHA_LENGTH, (uint32_t)parts[i].len);
        status = command(MT3620_HSP_SHA, HSP_SHA_UPDATE);
    }
    if (status == HSP_OK)
        status = command(MT3620_HSP_SHA, HSP_SHA_FINISH);
    if (status == HSP_OK)
        string_get(MT3620_HSP_SHA + HSP_SHA_DIGEST, digest, bytes);
    return status;
}

uint32_t hsp_verify(const uint8_t key[static P256_PUBLIC_BYTES],
                    const uint8_t digest[static SHA256_BYTES],
                    const uint8_t signature[static P256_SIGNATURE_BYTES])
{
    string_put(MT3620_HSP_ECC + HSP_ECC_PUBLIC, key, P256_PUBLIC_BYTES);
    string_put(MT3620_HSP_ECC + HSP_ECC_DIGEST, digest, SHA256_BYTES);
    string_put(MT3620_HSP_ECC + HSP_ECC_SIGNATURE, signature, P256_SIGNATURE_BYTES);
    return command(MT3620_HSP_ECC, HSP_ECC_VERIFY);
}

uint32_t hsp_key(uint32_t number, unsigned slot, uint8_t key[static P256_PUBLIC_BYTES])
{
    memset(key, 0, P256_PUBLIC_BYTES);
    reg_write(MT3620_HSP_ECC + HSP_ECC_SLOT, slot);
    const uint32_t status = command(MT3620_HSP_ECC, number);
    if (status == HSP_OK)
        string_get(MT3620_HSP_ECC + HSP_ECC_PUBLIC, key, P256_PUBLIC_BYTES);
    return status;
}

uint32_t hsp_sign(unsigned slot, const uint8_t digest[static SHA256_BYTES],
                  uint8_t signature[static P256_SIGNATURE_BYTES])
{
    memset(signature, 0, P256_SIGNATURE_BYTES);
    reg_write(MT3620_HSP_ECC + HSP_ECC_SLOT, slot);
    string_put(MT3620_HSP_ECC + HSP_ECC_DIGEST, digest, SHA256_BYTES);
    const uint32_t status = command(MT3620_HSP_ECC, HSP_ECC_SIGN);
    if (status == HSP_OK)
        string_get(MT3620_HSP_ECC + HSP_ECC_SIGNATURE, signature, P256_SIGNATURE_BYTES);
    return status;
}

uint32_t hsp_erase(unsigned slot)
{
    reg_write(MT3620_HSP_ECC + HSP_ECC_SLOT, slot);
    return command(MT3620_HSP_ECC, HSP_ECC_ERASE);
}

uint32_t hsp_derive(const uint8_t label[static 32], uint8_t out[static 32])
{
    memset(out, 0, 32);
    string_put(MT3620_HSP_AES + HSP_AES_LABEL, label, 32);
    const uint32_t status = command(MT3620_HSP_AES, HSP_AES_DERIVE);
    if (status == HSP_OK)
        string_get(MT3620_HSP_AES + HSP_AES_OUT32, out, 32);
    return status;
}

uint32_t hsp_noise(uint8_t *at, size_t len)
{
    const uint32_t trng = MT3620_HSP_TRNG;
    uint32_t word = 0; /* a sample is a byte; a word holds four */
    for (size_t done = 0; done < len; done++) {
        if (done % 4 == 0) {
            uint32_t status = 0;
            for (unsigned i = 0; i < NOISE_POLLS_MAX && !(status & HSP_TRNG_READY); i++)
                status = reg_read(trng + HSP_TRNG_STATUS);
            if (status != HSP_TRNG_READY) /* or its health test failed */
                return HSP_NO_ENTROPY;
            word = reg_read(trng + HSP_TRNG_DATA);
        }
        at[done] = (uint8_t)word;
        word >>= 8;
    }
    return HSP_OK;
}
