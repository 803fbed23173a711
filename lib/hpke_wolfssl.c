/* SPDX-License-Identifier: BSD-2-Clause */
/* lib/hpke_parts.h over wolfCrypt: the implementation of the OS services on the MCU. */
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/random.h>

#include <stdlib.h>
#include <string.h>

#include "lib/ct.h"
#include "lib/hpke_parts.h"

static int private_import(ecc_key *key, const uint8_t private[static HPKE_PRIVATE_BYTES])
{
    uint8_t any = 0;
    for (size_t i = 0; i < HPKE_PRIVATE_BYTES; i++)
        any |= private[i];
    if (!any)
        return E_RANGE;
    /* wolfCrypt refuses what is not below the order. */
    return wc_ecc_import_private_key_ex(private, HPKE_PRIVATE_BYTES, NULL, 0, key, ECC_SECP256R1) == 0 ? 0 : E_RANGE;
}

int curve_public(const uint8_t private[static HPKE_PRIVATE_BYTES], uint8_t public[static HPKE_PUBLIC_BYTES])
{
    ecc_key key;
    word32 len = HPKE_PUBLIC_BYTES;
    memset(public, 0, HPKE_PUBLIC_BYTES);
    if (wc_ecc_init(&key))
        return E_CRYPTO;
    int err = private_import(&key, private);
    if (!err) {
        int failed = wc_ecc_make_pub(&key, NULL);
        if (failed == ECC_PRIV_KEY_E)
            err = E_RANGE;
        else if (failed || wc_ecc_export_x963(&key, public, &len) || len != HPKE_PUBLIC_BYTES)
            err = E_CRYPTO;
    }
    wc_ecc_free(&key);
    return err;
}

int curve_shared(const uint8_t private[static HPKE_PRIVATE_BYTES], const uint8_t public[static HPKE_PUBLIC_BYTES],
                 uint8_t x[static 32])
{
    ecc_key ours, theirs;
    WC_RNG random; /* blinds the multiplication */
    word32 len = 32;
    memset(x, 0, 32);
    if (wc_InitRng(&random))
        return E_ENTROPY;
    int err = wc_ecc_init(&ours) || wc_ecc_init(&theirs) ? E_CRYPTO : 0;
    if (err) {
        wc_FreeRng(&random);
        return err;
    }
    err = private_import(&ours, private);
    if (!err && (public[0] != 4 || wc_ecc_import_x963_ex(public, HPKE_PUBLIC_BYTES, &theirs, ECC_SECP256R1) ||
                 wc_ecc_check_key(&theirs)))
        err = E_RANGE;
#ifdef ECC_TIMING_RESISTANT
    if (!err && wc_ecc_set_rng(&ours, &random))
        err = E_CRYPTO;
#endif
    if (!err && (wc_ecc_shared_secret(&ours, &theirs, x, &len) || len != 32))
        err = E_CRYPTO;
    wc_ecc_free(&ours);
    wc_ecc_free(&theirs);
    wc_FreeRng(&random);
    return err;
}

int aead_open(const struct hpke_secret *secret, struct span bound, struct span in, uint8_t *out,
              uint8_t tag[static HPKE_TAG_BYTES])
{
    Aes aes;
    if (wc_AesInit(&aes, NULL, INVALID_DEVID))
        return E_CRYPTO;
    int failed = wc_AesGcmSetKey(&aes, secret->key, sizeof secret->key);
    if (!failed)
        failed = wc_AesGcmDecrypt(&aes, out, in.at, (word32)in.len, secret->nonce, sizeof secret->nonce, tag,
                                  HPKE_TAG_BYTES, bound.at, (word32)bound.len);
    wc_AesFree(&aes);
    return failed ? E_CRYPTO : 0;
}

struct hpke_sealer {
    Aes aes;
};

int aead_sealer_new(const struct hpke_secret *secret, struct span bound, struct hpke_sealer **sealer)
{
    struct hpke_sealer *s = calloc(1, sizeof *s);
    *sealer = NULL;
    if (!s)
        return E_NOMEM;
    if (wc_AesInit(&s->aes, NULL, INVALID_DEVID)) {
        free(s);
        return E_CRYPTO;
    }
    if (wc_AesGcmEncryptInit(&s->aes, secret->key, sizeof secret->key, secret->nonce, sizeof secret->nonce) ||
        wc_AesGcmEncryptUpdate(&s->aes, NULL, NULL, 0, bound.at, (word32)bound.len)) {
        aead_sealer_free(s);
        return E_CRYPTO;
    }
    *sealer = s;
    return 0;
}

int aead_sealer_put(struct hpke_sealer *sealer, struct span in, uint8_t *out)
{
    return wc_AesGcmEncryptUpdate(&sealer->aes, out, in.at, (word32)in.len, NULL, 0) ? E_CRYPTO : 0;
}

int aead_sealer_end(struct hpke_sealer *sealer, uint8_t tag[static HPKE_TAG_BYTES])
{
    return wc_AesGcmEncryptFinal(&sealer->aes, tag, HPKE_TAG_BYTES) ? E_CRYPTO : 0;
}

void aead_sealer_free(struct hpke_sealer *sealer)
{
    if (!sealer)
        return;
    wc_AesFree(&sealer->aes);
    ct_wipe(sealer, sizeof *sealer);
    free(sealer);
}
