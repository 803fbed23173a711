/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/hpke.h"

#include <string.h>

#include "lib/crypto.h"
#include "lib/ct.h"
#include "lib/hpke_parts.h"

enum { BLOCK_BYTES = 64, PARTS_MAX = 8, CANDIDATES = 256 };

static const uint8_t kem_suite[] = {'K', 'E', 'M', 0, 0x10};
static const uint8_t suite[] = {'H', 'P', 'K', 'E', 0, 0x10, 0, 1, 0, 1};
static const struct span version = {(const uint8_t *)"HPKE-v1", 7};

#define KEM span_of(kem_suite, sizeof kem_suite)
#define SUITE span_of(suite, sizeof suite)
#define TEXT(literal) span_of(literal, sizeof(literal) - 1)

/* RFC 2104; the key is at most a block long. */
static int hmac(struct span key, const struct span *parts, size_t count, uint8_t mac[static SHA256_BYTES])
{
    uint8_t block[BLOCK_BYTES], inner[SHA256_BYTES];
    struct span all[PARTS_MAX + 1] = {{block, sizeof block}};
    if (key.len > sizeof block || count > PARTS_MAX)
        return E_LIMIT;
    memset(block, 0x36, sizeof block);
    for (size_t i = 0; i < key.len; i++)
        block[i] ^= key.at[i];
    for (size_t i = 0; i < count; i++)
        all[i + 1] = parts[i];
    int err = crypto_sha256(all, count + 1, inner);
    for (size_t i = 0; i < sizeof block; i++)
        block[i] ^= 0x36 ^ 0x5c;
    const struct span outer[] = {{block, sizeof block}, {inner, sizeof inner}};
    if (!err)
        err = crypto_sha256(outer, 2, mac);
    ct_wipe(block, sizeof block);
    ct_wipe(inner, sizeof inner);
    return err;
}

/* Section 4: LabeledExtract. */
static int extract(struct span which, struct span salt, struct span label, struct span ikm,
                   uint8_t out[static SHA256_BYTES])
{
    const struct span parts[] = {version, which, label, ikm};
    return hmac(salt, parts, 4, out);
}

/* LabeledExpand, for what fits one digest. */
static int expand(struct span which, const uint8_t secret[static SHA256_BYTES], struct span label, struct span info,
                  uint8_t *out, size_t len)
{
    const uint8_t length[] = {0, (uint8_t)len}, one = 1;
    const struct span parts[] = {span_of(length, 2), version, which, label, info, span_of(&one, 1)};
    uint8_t whole[SHA256_BYTES];
    int err = len <= sizeof whole ? hmac(span_of(secret, SHA256_BYTES), parts, 6, whole) : E_LIMIT;
    if (!err)
        memcpy(out, whole, len);
    ct_wipe(whole, sizeof whole);
    return err;
}

int hpke_pair(const uint8_t seed[static HPKE_SEED_BYTES], uint8_t private[static HPKE_PRIVATE_BYTES],
              uint8_t public[static HPKE_PUBLIC_BYTES])
{
    uint8_t secret[SHA256_BYTES];
    int err = extract(KEM, span_of(NULL, 0), TEXT("dkp_prk"), span_of(seed, HPKE_SEED_BYTES), secret);
    bool found = false;
    for (unsigned i = 0; !err && !found && i < CANDIDATES; i++) {
        const uint8_t counter = (uint8_t)i;
        err = expand(KEM, secret, TEXT("candidate"), span_of(&counter, 1), private, HPKE_PRIVATE_BYTES);
        if (!err)
            err = curve_public(private, public);
        found = !err;
        if (err == E_RANGE)
            err = 0; /* not below the order: one of 2^32 */
    }
    ct_wipe(secret, sizeof secret);
    if (!err && !found)
        err = E_CRYPTO;
    if (err)
        ct_wipe(private, HPKE_PRIVATE_BYTES);
    return err;
}

int hpke_public_check(const uint8_t public[static HPKE_PUBLIC_BYTES])
{
    static const uint8_t one[HPKE_PRIVATE_BYTES] = {[HPKE_PRIVATE_BYTES - 1] = 1};
    uint8_t x[32];
    return curve_shared(one, public, x);
}

/* Sections 4.1 and 5.1: from the product of both keys to the secret of the message. */
static int schedule(const uint8_t shared[static 32], const uint8_t enc[static HPKE_PUBLIC_BYTES],
                    const uint8_t public[static HPKE_PUBLIC_BYTES], struct span info, struct hpke_secret *secret)
{
    uint8_t keys[2 * HPKE_PUBLIC_BYTES], context[1 + 2 * SHA256_BYTES] = {0}, prk[SHA256_BYTES], key[SHA256_BYTES];
    const struct span none = {NULL, 0};
    memcpy(keys, enc, HPKE_PUBLIC_BYTES);
    memcpy(keys + HPKE_PUBLIC_BYTES, public, HPKE_PUBLIC_BYTES);
    int err = info.len <= HPKE_INFO_MAX ? 0 : E_LIMIT;
    if (!err)
        err = extract(KEM, none, TEXT("eae_prk"), span_of(shared, 32), prk);
    if (!err)
        err = expand(KEM, prk, TEXT("shared_secret"), span_of(keys, sizeof keys), key, sizeof key);
    if (!err)
        err = extract(SUITE, none, TEXT("psk_id_hash"), none, context + 1);
    if (!err)
        err = extract(SUITE, none, TEXT("info_hash"), info, context + 1 + SHA256_BYTES);
    if (!err)
        err = extract(SUITE, span_of(key, sizeof key), TEXT("secret"), none, prk);
    if (!err)
        err = expand(SUITE, prk, TEXT("key"), span_of(context, sizeof context), secret->key, sizeof secret->key);
    if (!err)
        err = expand(SUITE, prk, TEXT("base_nonce"), span_of(context, sizeof context), secret->nonce,
                     sizeof secret->nonce);
    ct_wipe(prk, sizeof prk);
    ct_wipe(key, sizeof key);
    if (err)
        ct_wipe(secret, sizeof *secret);
    return err;
}

int hpke_encap(const uint8_t public[static HPKE_PUBLIC_BYTES], struct span info,
               const uint8_t seed[static HPKE_SEED_BYTES], uint8_t enc[static HPKE_PUBLIC_BYTES],
               struct hpke_secret *secret)
{
    uint8_t private[HPKE_PRIVATE_BYTES], shared[32];
    memset(secret, 0, sizeof *secret);
    int err = hpke_pair(seed, private, enc);
    if (!err)
        err = curve_shared(private, public, shared);
    if (!err)
        err = schedule(shared, enc, public, info, secret);
    ct_wipe(private, sizeof private);
    ct_wipe(shared, sizeof shared);
    return err;
}

int hpke_decap(const uint8_t private[static HPKE_PRIVATE_BYTES], const uint8_t enc[static HPKE_PUBLIC_BYTES],
               struct span info, struct hpke_secret *secret)
{
    uint8_t public[HPKE_PUBLIC_BYTES], shared[32];
    memset(secret, 0, sizeof *secret);
    int err = curve_public(private, public);
    if (!err)
        err = curve_shared(private, enc, shared);
    if (!err)
        err = schedule(shared, enc, public, info, secret);
    ct_wipe(shared, sizeof shared);
    return err;
}

int hpke_seal(const struct hpke_secret *secret, struct span bound, struct span in, uint8_t *out)
{
    struct hpke_sealer *sealer;
    int err = hpke_sealer_new(secret, bound, &sealer);
    if (!err)
        err = hpke_sealer_put(sealer, in, out);
    if (!err)
        err = hpke_sealer_end(sealer, out + in.len);
    hpke_sealer_free(sealer);
    return err;
}

int hpke_sealer_new(const struct hpke_secret *secret, struct span bound, struct hpke_sealer **sealer)
{
    return aead_sealer_new(secret, bound, sealer);
}

int hpke_sealer_put(struct hpke_sealer *sealer, struct span in, uint8_t *out)
{
    return in.len ? aead_sealer_put(sealer, in, out) : 0;
}

int hpke_sealer_end(struct hpke_sealer *sealer, uint8_t tag[static HPKE_TAG_BYTES])
{
    return aead_sealer_end(sealer, tag);
}

void hpke_sealer_free(struct hpke_sealer *sealer)
{
    aead_sealer_free(sealer);
}

int hpke_open(const struct hpke_secret *secret, struct span bound, struct span in, uint8_t *out)
{
    uint8_t tag[HPKE_TAG_BYTES];
    if (in.len < sizeof tag)
        return E_MORE;
    size_t len = in.len - sizeof tag;
    memcpy(tag, in.at + len, sizeof tag);
    int err = aead_open(secret, bound, span_of(in.at, len), out, tag);
    if (err && len)
        memset(out, 0, len);
    return err;
}
