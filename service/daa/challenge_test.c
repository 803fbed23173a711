/* SPDX-License-Identifier: BSD-2-Clause */
/* docs/spec/attestation.md section 2: which nonces the service takes back. */
#include "service/daa/challenge.h"
#include "tests/check.h"

enum { NOW_S = 1800000000, VALID_S = 300 };

static const uint8_t random_bytes[CHALLENGE_RANDOM_BYTES] = "sixteen randoms";

static struct challenge_keys keys_of(uint8_t first, uint8_t second)
{
    struct challenge_keys keys = {.count = second ? 2 : 1};
    memset(keys.at[0], first, CHALLENGE_KEY_BYTES);
    memset(keys.at[1], second, CHALLENGE_KEY_BYTES);
    return keys;
}

static struct span span_nonce(const uint8_t *nonce)
{
    return span_of(nonce, DEVICE_API_NONCE_BYTES);
}

/* A replica that shares the key file recognises what another one made. */
static void test_other_replica(void)
{
    struct challenge_keys one = keys_of(1, 0), other = keys_of(1, 0);
    uint8_t nonce[DEVICE_API_NONCE_BYTES];

    CHECK_INT(challenge_make(&one, NOW_S, random_bytes, nonce), 0);
    CHECK_INT(challenge_check(&other, NOW_S, VALID_S, span_nonce(nonce)), 0);
}

/* valid_s is the last second; CHALLENGE_FUTURE_S the widest clock difference. */
static void test_window(void)
{
    struct challenge_keys keys = keys_of(1, 0);
    uint8_t nonce[DEVICE_API_NONCE_BYTES];

    CHECK_INT(challenge_make(&keys, NOW_S, random_bytes, nonce), 0);
    CHECK_INT(challenge_check(&keys, NOW_S + VALID_S, VALID_S, span_nonce(nonce)), 0);
    CHECK_INT(challenge_check(&keys, NOW_S + VALID_S + 1, VALID_S, span_nonce(nonce)), E_STALE);
    CHECK_INT(challenge_check(&keys, UINT64_MAX, VALID_S, span_nonce(nonce)), E_STALE);
    CHECK_INT(challenge_check(&keys, NOW_S - CHALLENGE_FUTURE_S, VALID_S, span_nonce(nonce)), 0);
    CHECK_INT(challenge_check(&keys, NOW_S - CHALLENGE_FUTURE_S - 1, VALID_S, span_nonce(nonce)),
              E_STALE);
    CHECK_INT(challenge_check(&keys, 0, VALID_S, span_nonce(nonce)), E_STALE);
}

/* The key that was current before a rotation still recognises, and no longer makes. */
static void test_rotation(void)
{
    struct challenge_keys before = keys_of(1, 0), rotated = keys_of(2, 1), after = keys_of(2, 0);
    uint8_t old[DEVICE_API_NONCE_BYTES], new[DEVICE_API_NONCE_BYTES];

    CHECK_INT(challenge_make(&before, NOW_S, random_bytes, old), 0);
    CHECK_INT(challenge_make(&rotated, NOW_S, random_bytes, new), 0);
    CHECK_INT(challenge_check(&rotated, NOW_S, VALID_S, span_nonce(old)), 0);
    CHECK_INT(challenge_check(&rotated, NOW_S, VALID_S, span_nonce(new)), 0);
    CHECK_INT(challenge_check(&before, NOW_S, VALID_S, span_nonce(new)), E_KEY_UNKNOWN);
    CHECK_INT(challenge_check(&after, NOW_S, VALID_S, span_nonce(old)), E_KEY_UNKNOWN);
}

/* Every bit is covered by the MAC, and only the exact length is a nonce. */
static void test_flip_and_cut(void)
{
    struct challenge_keys keys = keys_of(1, 3);
    uint8_t nonce[DEVICE_API_NONCE_BYTES + 1] = {0};

    CHECK_INT(challenge_make(&keys, NOW_S, random_bytes, nonce), 0);
    for (size_t bit = 0; bit < DEVICE_API_NONCE_BYTES * 8; bit++) {
        nonce[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        CHECK_INT(challenge_check(&keys, NOW_S, VALID_S, span_nonce(nonce)), E_KEY_UNKNOWN);
        nonce[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    for (size_t len = 0; len <= sizeof nonce; len++)
        CHECK_INT(challenge_check(&keys, NOW_S, VALID_S, span_of(nonce, len)),
                  len == DEVICE_API_NONCE_BYTES ? 0 : E_KEY_UNKNOWN);
}

/* Without a key nothing is made and nothing recognised. */
static void test_no_key(void)
{
    struct challenge_keys none = {0};
    uint8_t nonce[DEVICE_API_NONCE_BYTES], zero[DEVICE_API_NONCE_BYTES] = {0};

    CHECK_INT(challenge_make(&none, NOW_S, random_bytes, nonce), E_STATE);
    CHECK_MEM(nonce, zero, sizeof zero);
    CHECK_INT(challenge_check(&none, NOW_S, VALID_S, span_nonce(zero)), E_KEY_UNKNOWN);
}

int main(void)
{
    test_other_replica();
    test_window();
    test_rotation();
    test_flip_and_cut();
    test_no_key();
    return check_done();
}
