/* SPDX-License-Identifier: BSD-2-Clause */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "lib/ct.h"
#include "service/daa/challenge.h"

enum { MACED_BYTES = DEVICE_API_NONCE_BYTES - CHALLENGE_MAC_BYTES };

/* Keeps this use of the key apart from any other one. */
static const char purpose[] = "perisphere daa challenge v1";

static int mac_of(const uint8_t key[static CHALLENGE_KEY_BYTES], const uint8_t *maced,
                  uint8_t mac[static CHALLENGE_MAC_BYTES])
{
    uint8_t message[sizeof purpose + MACED_BYTES], whole[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    /* The terminating zero of the purpose ends it: no text is a prefix of another. */
    memcpy(message, purpose, sizeof purpose);
    memcpy(message + sizeof purpose, maced, MACED_BYTES);
    memset(mac, 0, CHALLENGE_MAC_BYTES);
    if (!HMAC(EVP_sha256(), key, CHALLENGE_KEY_BYTES, message, sizeof message, whole, &len) ||
        len < CHALLENGE_MAC_BYTES)
        return E_CRYPTO;
    memcpy(mac, whole, CHALLENGE_MAC_BYTES);
    ct_wipe(whole, sizeof whole);
    return 0;
}

int challenge_make(const struct challenge_keys *keys, uint64_t now_s,
                   const uint8_t random[static CHALLENGE_RANDOM_BYTES],
                   uint8_t nonce[static DEVICE_API_NONCE_BYTES])
{
    struct writer w = writer_of(nonce, DEVICE_API_NONCE_BYTES);
    uint8_t mac[CHALLENGE_MAC_BYTES];

    memset(nonce, 0, DEVICE_API_NONCE_BYTES);
    if (keys->count == 0)
        return E_STATE;
    writer_u64be(&w, now_s);
    writer_bytes(&w, random, CHALLENGE_RANDOM_BYTES);
    int err = mac_of(keys->at[0], nonce, mac);
    if (err) {
        memset(nonce, 0, DEVICE_API_NONCE_BYTES);
        return err;
    }
    writer_bytes(&w, mac, sizeof mac);
    return w.err;
}

int challenge_check(const struct challenge_keys *keys, uint64_t now_s, uint32_t valid_s,
                    struct span nonce)
{
    bool ours = false;

    if (nonce.len != DEVICE_API_NONCE_BYTES)
        return E_KEY_UNKNOWN;
    for (unsigned i = 0; i < keys->count; i++) {
        uint8_t mac[CHALLENGE_MAC_BYTES];
        int err = mac_of(keys->at[i], nonce.at, mac);
        if (err)
            return err;
        /* No early end: the time does not tell which key it was. */
        ours |= ct_equal(mac, nonce.at + MACED_BYTES, sizeof mac);
    }
    if (!ours)
        return E_KEY_UNKNOWN;

    struct cursor c = cursor_of(nonce);
    uint64_t made_s = cursor_u64be(&c);
    if (made_s > now_s)
        return made_s - now_s > CHALLENGE_FUTURE_S ? E_STALE : 0;
    return now_s - made_s > valid_s ? E_STALE : 0;
}
