/* SPDX-License-Identifier: BSD-2-Clause */
/* lib/hpke_parts.h over OpenSSL 3: the host's implementation. */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hpke_parts.h"

struct curve {
    EC_GROUP *group;
    BN_CTX *scratch;
    BIGNUM *private;
    EC_POINT *point;
};

static void curve_close(struct curve *c)
{
    EC_POINT_clear_free(c->point);
    BN_clear_free(c->private);
    BN_CTX_free(c->scratch);
    EC_GROUP_free(c->group);
}

/* E_RANGE: the private key is none. */
static int curve_open(struct curve *c, const uint8_t private[static HPKE_PRIVATE_BYTES])
{
    *c = (struct curve){EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1), BN_CTX_secure_new(), BN_secure_new(), NULL};
    c->point = c->group ? EC_POINT_new(c->group) : NULL;
    if (!c->scratch || !c->private || !c->point || !BN_bin2bn(private, HPKE_PRIVATE_BYTES, c->private))
        return E_CRYPTO;
    BN_set_flags(c->private, BN_FLG_CONSTTIME);
    return BN_is_zero(c->private) || BN_cmp(c->private, EC_GROUP_get0_order(c->group)) >= 0 ? E_RANGE : 0;
}

int curve_public(const uint8_t private[static HPKE_PRIVATE_BYTES], uint8_t public[static HPKE_PUBLIC_BYTES])
{
    struct curve c;
    memset(public, 0, HPKE_PUBLIC_BYTES);
    int err = curve_open(&c, private);
    if (!err && (EC_POINT_mul(c.group, c.point, c.private, NULL, NULL, c.scratch) != 1 ||
                 EC_POINT_point2oct(c.group, c.point, POINT_CONVERSION_UNCOMPRESSED, public, HPKE_PUBLIC_BYTES,
                                    c.scratch) != HPKE_PUBLIC_BYTES))
        err = E_CRYPTO;
    curve_close(&c);
    return err;
}

int curve_shared(const uint8_t private[static HPKE_PRIVATE_BYTES], const uint8_t public[static HPKE_PUBLIC_BYTES],
                 uint8_t x[static 32])
{
    struct curve c;
    BIGNUM *number = BN_secure_new();
    EC_POINT *theirs = NULL;
    memset(x, 0, 32);
    int err = curve_open(&c, private);
    if (!err && (!number || !(theirs = EC_POINT_new(c.group))))
        err = E_CRYPTO;
    /* oct2point refuses what does not lie on the curve; the curve has no points of small order. */
    if (!err && (public[0] != POINT_CONVERSION_UNCOMPRESSED ||
                 EC_POINT_oct2point(c.group, theirs, public, HPKE_PUBLIC_BYTES, c.scratch) != 1))
        err = E_RANGE;
    if (!err && (EC_POINT_mul(c.group, c.point, NULL, theirs, c.private, c.scratch) != 1 ||
                 EC_POINT_get_affine_coordinates(c.group, c.point, number, NULL, c.scratch) != 1 ||
                 BN_bn2binpad(number, x, 32) != 32))
        err = E_CRYPTO;
    EC_POINT_free(theirs);
    BN_clear_free(number);
    curve_close(&c);
    return err;
}

int aead_open(const struct hpke_secret *secret, struct span bound, struct span in, uint8_t *out,
              uint8_t tag[static HPKE_TAG_BYTES])
{
    int n, ok = 0;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    if (c && EVP_DecryptInit_ex(c, EVP_aes_128_gcm(), NULL, secret->key, secret->nonce) == 1 &&
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, HPKE_TAG_BYTES, tag) == 1 &&
        (bound.len == 0 || EVP_DecryptUpdate(c, NULL, &n, bound.at, (int)bound.len) == 1) &&
        (in.len == 0 || EVP_DecryptUpdate(c, out, &n, in.at, (int)in.len) == 1) &&
        EVP_DecryptFinal_ex(c, out + in.len, &n) == 1)
        ok = 1;
    EVP_CIPHER_CTX_free(c);
    return ok ? 0 : E_CRYPTO;
}

struct hpke_sealer {
    EVP_CIPHER_CTX *cipher;
};

int aead_sealer_new(const struct hpke_secret *secret, struct span bound, struct hpke_sealer **sealer)
{
    int n;
    struct hpke_sealer *s = calloc(1, sizeof *s);
    *sealer = NULL;
    if (!s)
        return E_NOMEM;
    s->cipher = EVP_CIPHER_CTX_new();
    if (!s->cipher || EVP_EncryptInit_ex(s->cipher, EVP_aes_128_gcm(), NULL, secret->key, secret->nonce) != 1 ||
        (bound.len && EVP_EncryptUpdate(s->cipher, NULL, &n, bound.at, (int)bound.len) != 1)) {
        aead_sealer_free(s);
        return E_CRYPTO;
    }
    *sealer = s;
    return 0;
}

int aead_sealer_put(struct hpke_sealer *sealer, struct span in, uint8_t *out)
{
    int n;
    return EVP_EncryptUpdate(sealer->cipher, out, &n, in.at, (int)in.len) == 1 ? 0 : E_CRYPTO;
}

int aead_sealer_end(struct hpke_sealer *sealer, uint8_t tag[static HPKE_TAG_BYTES])
{
    int n;
    return EVP_EncryptFinal_ex(sealer->cipher, tag, &n) == 1 &&
                   EVP_CIPHER_CTX_ctrl(sealer->cipher, EVP_CTRL_AEAD_GET_TAG, HPKE_TAG_BYTES, tag) == 1
               ? 0
               : E_CRYPTO;
}

void aead_sealer_free(struct hpke_sealer *sealer)
{
    if (!sealer)
        return;
    EVP_CIPHER_CTX_free(sealer->cipher); /* wipes */
    free(sealer);
}
