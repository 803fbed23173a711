/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-256, CRC-32 and signature checks that remember: a million schedules ask for the
 * same few thousand.  An answer is given from memory only if every byte of the question
 * is the same; a damaged image is another question.
 * Linked with --wrap of the three functions.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/crypto.h"

int __real_crypto_p256_verify(const uint8_t *key, const uint8_t *digest, const uint8_t *signature);
int __wrap_crypto_p256_verify(const uint8_t *key, const uint8_t *digest, const uint8_t *signature);
int __real_crypto_sha256(const struct span *parts, size_t count, uint8_t *digest);
int __wrap_crypto_sha256(const struct span *parts, size_t count, uint8_t *digest);
uint32_t __real_crc32_update(uint32_t crc, const void *bytes, size_t len);
uint32_t __wrap_crc32_update(uint32_t crc, const void *bytes, size_t len);

enum { PLACES = 1 << 12, WORTH_BYTES = 256, ANSWER_BYTES = SHA256_BYTES };

struct place {
    size_t len; /* of the question; 0: nothing is remembered */
    uint8_t *question;
    uint8_t answer[ANSWER_BYTES];
};

static size_t parts_bytes(const struct span *parts, size_t count)
{
    size_t len = 0;
    for (size_t i = 0; i < count; i++)
        len += parts[i].len;
    return len;
}

/* Where a question is answered. */
static struct place *place_of(struct place *places, const struct span *parts, size_t count)
{
    uint64_t hash = 0, word;
    for (size_t i = 0; i < count; i++)
        for (size_t at = 0; at < parts[i].len; at += sizeof word) {
            const size_t left = parts[i].len - at;
            word = 0;
            memcpy(&word, parts[i].at + at, left < sizeof word ? left : sizeof word);
            hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
            hash ^= hash >> 32;
        }
    return &places[hash % PLACES];
}

static bool is_answered(const struct place *p, const struct span *parts, size_t count)
{
    const uint8_t *at = p->question;
    if (!p->question || p->len != parts_bytes(parts, count))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (memcmp(at, parts[i].at, parts[i].len) != 0)
            return false;
        at += parts[i].len;
    }
    return true;
}

static void remember(struct place *p, const struct span *parts, size_t count, const void *answer, size_t bytes)
{
    free(p->question);
    p->len = parts_bytes(parts, count);
    p->question = malloc(p->len);
    if (!p->question)
        abort();
    for (size_t i = 0, at = 0; i < count; at += parts[i++].len)
        memcpy(p->question + at, parts[i].at, parts[i].len);
    memcpy(p->answer, answer, bytes);
}

int __wrap_crypto_sha256(const struct span *parts, size_t count, uint8_t *digest)
{
    static struct place places[PLACES];
    if (parts_bytes(parts, count) < WORTH_BYTES)
        return __real_crypto_sha256(parts, count, digest);
    struct place *p = place_of(places, parts, count);
    if (is_answered(p, parts, count)) {
        memcpy(digest, p->answer, SHA256_BYTES);
        return 0;
    }
    const int err = __real_crypto_sha256(parts, count, digest);
    if (!err)
        remember(p, parts, count, digest, SHA256_BYTES);
    return err;
}

uint32_t __wrap_crc32_update(uint32_t crc, const void *bytes, size_t len)
{
    static struct place places[PLACES];
    const struct span parts[] = {span_of(&crc, sizeof crc), span_of(bytes, len)};
    if (len < WORTH_BYTES)
        return __real_crc32_update(crc, bytes, len);
    struct place *p = place_of(places, parts, 2);
    uint32_t answer;
    if (is_answered(p, parts, 2)) {
        memcpy(&answer, p->answer, sizeof answer);
        return answer;
    }
    answer = __real_crc32_update(crc, bytes, len);
    remember(p, parts, 2, &answer, sizeof answer);
    return answer;
}

int __wrap_crypto_p256_verify(const uint8_t *key, const uint8_t *digest, const uint8_t *signature)
{
    static struct place places[PLACES];
    const struct span parts[] = {span_of(key, P256_PUBLIC_BYTES), span_of(digest, SHA256_BYTES),
                                 span_of(signature, P256_SIGNATURE_BYTES)};
    struct place *p = place_of(places, parts, 3);
    int answer;
    if (is_answered(p, parts, 3)) {
        memcpy(&answer, p->answer, sizeof answer);
        return answer;
    }
    answer = __real_crypto_p256_verify(key, digest, signature);
    remember(p, parts, 3, &answer, sizeof answer);
    return answer;
}
