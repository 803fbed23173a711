/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/mcu/fuses.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <string.h>

#include "cli/file.h"

enum { MAGIC_BYTES = 8, KEY_WORDS = 8, COPY_WORDS = FUSE_COUNTER_WORDS / 2 };

void mcu_fuses_blank(struct mcu_fuses *fuses) { memset(fuses, 0, sizeof *fuses); }
void mcu_fuses_wipe(struct mcu_fuses *fuses) { OPENSSL_cleanse(fuses, sizeof *fuses); }

/* Says itself what is wrong. */
static int parse(const char *path, struct span bytes, struct mcu_fuses *fuses)
{
    uint8_t digest[SHA256_BYTES];
    struct cursor c = cursor_of(bytes);
    struct span magic = cursor_bytes(&c, MAGIC_BYTES);
    uint32_t version = cursor_u32le(&c), words = cursor_u32le(&c);
    if (!span_equal(magic, span_of(FUSE_FILE_MAGIC, MAGIC_BYTES)))
        return fail(PERI_EXIT_ERROR, "'%s' is no fuse file (it does not begin with " FUSE_FILE_MAGIC ")", path);
    if (version != FUSE_FILE_VERSION)
        return fail(PERI_EXIT_ERROR, "'%s' is a fuse file of version %u, and this program knows version %d: use the "
                    "peri that made it", path, version, FUSE_FILE_VERSION);
    if (words != FUSE_WORDS || bytes.len != FUSE_FILE_BYTES)
        return fail(PERI_EXIT_ERROR, "the fuse file '%s' has %zu bytes and %u fuse words, not %d and %d", path,
                    bytes.len, words, FUSE_FILE_BYTES, FUSE_WORDS);
    fuses->starts = cursor_u64le(&c);
    for (size_t i = 0; i < FUSE_WORDS; i++)
        fuses->word[i] = cursor_u32le(&c);
    struct span want = cursor_bytes(&c, SHA256_BYTES), covered = {bytes.at, FUSE_FILE_DIGEST};
    if (cursor_end(&c) != 0 || crypto_sha256(&covered, 1, digest) != 0 ||
        !span_equal(want, span_of(digest, sizeof digest)))
        return fail(PERI_EXIT_ERROR, "the fuse file '%s' is damaged: its digest does not match", path);
    return PERI_EXIT_OK;
}

int mcu_fuses_read(const char *path, struct mcu_fuses *fuses)
{
    struct span bytes;
    mcu_fuses_blank(fuses);
    int code = file_read(path, &bytes);
    if (code)
        return code;
    code = parse(path, bytes, fuses);
    if (code)
        mcu_fuses_wipe(fuses);
    OPENSSL_cleanse((void *)(uintptr_t)bytes.at, bytes.len);
    file_release(&bytes);
    return code;
}

int mcu_fuses_write(const char *path, const struct mcu_fuses *fuses)
{
    uint8_t bytes[FUSE_FILE_BYTES], digest[SHA256_BYTES];
    struct writer w = writer_of(bytes, sizeof bytes);
    writer_bytes(&w, FUSE_FILE_MAGIC, MAGIC_BYTES);
    writer_u32le(&w, FUSE_FILE_VERSION);
    writer_u32le(&w, FUSE_WORDS);
    writer_u64le(&w, fuses->starts);
    for (size_t i = 0; i < FUSE_WORDS; i++)
        writer_u32le(&w, fuses->word[i]);
    struct span covered = writer_view(&w);
    int err = crypto_sha256(&covered, 1, digest);
    writer_bytes(&w, digest, sizeof digest);
    int code = err || w.err ? fail(PERI_EXIT_ERROR, "cannot make a fuse file: %s", err_text(err ? err : w.err))
                            : file_write(path, writer_view(&w), 0600);
    OPENSSL_cleanse(bytes, sizeof bytes);
    return code;
}

/* Fuse words as the byte string that stands in them. */
static void bytes_of(const uint32_t *words, uint8_t *bytes)
{
    struct writer w = writer_of(bytes, 4 * KEY_WORDS);
    for (size_t i = 0; i < KEY_WORDS; i++)
        writer_u32le(&w, words[i]);
}

/* A pair of copies counts as their OR: a fuse fails towards 0 only. */
static uint32_t pair(const struct mcu_fuses *fuses, size_t word)
{
    return fuses->word[word] | fuses->word[word + 1];
}

bool mcu_fuses_root(const struct mcu_fuses *fuses, uint8_t digest[static SHA256_BYTES])
{
    bytes_of(fuses->word + FUSE_ROOT, digest);
    return pair(fuses, FUSE_LOCKS) & FUSE_LOCK_ROOT;
}

enum lifecycle mcu_fuses_lifecycle(const struct mcu_fuses *fuses)
{
    uint32_t bits = pair(fuses, FUSE_LIFECYCLE);
    return bits & 2 ? LIFECYCLE_DEVICE_COMPLETE : bits & 1 ? LIFECYCLE_MODULE1_COMPLETE : LIFECYCLE_BLANK;
}

int mcu_fuses_counter(const struct mcu_fuses *fuses, enum pluton_counter counter, uint32_t *value)
{
    const uint32_t *row = fuses->word + FUSE_COUNTERS + FUSE_COUNTER_WORDS * (size_t)counter;
    bool ended = false;
    *value = 0;
    for (size_t bit = 0; bit < FUSE_COUNTER_MAX; bit++) {
        bool one = (row[bit / 32] | row[COPY_WORDS + bit / 32]) >> (bit % 32) & 1;
        if (one && ended) {
            *value = 0;
            return E_CORRUPT;
        }
        *value += one;
        ended = !one;
    }
    return 0;
}

void mcu_fuses_counter_set(struct mcu_fuses *fuses, enum pluton_counter counter, uint32_t value)
{
    uint32_t *row = fuses->word + FUSE_COUNTERS + FUSE_COUNTER_WORDS * (size_t)counter;
    memset(row, 0, FUSE_COUNTER_WORDS * sizeof *row);
    for (size_t bit = 0; bit < value && bit < FUSE_COUNTER_MAX; bit++) {
        row[bit / 32] |= UINT32_C(1) << (bit % 32);
        row[COPY_WORDS + bit / 32] |= UINT32_C(1) << (bit % 32);
    }
}

/* The public half of a private number, big-endian. */
static int public_of(const uint8_t secret[static 32], uint8_t out[static P256_PUBLIC_BYTES])
{
    uint8_t point[1 + P256_PUBLIC_BYTES];
    int err = E_CRYPTO;
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    EC_POINT *at = group ? EC_POINT_new(group) : NULL;
    BIGNUM *d = BN_secure_new();
    if (!at || !d || !BN_bin2bn(secret, 32, d))
        goto out;
    BN_set_flags(d, BN_FLG_CONSTTIME);
    if (BN_is_zero(d) || BN_cmp(d, EC_GROUP_get0_order(group)) >= 0) {
        err = E_CORRUPT;
        goto out;
    }
    if (EC_POINT_mul(group, at, d, NULL, NULL, NULL) == 1 &&
        EC_POINT_point2oct(group, at, POINT_CONVERSION_UNCOMPRESSED, point, sizeof point, NULL) == sizeof point) {
        memcpy(out, point + 1, P256_PUBLIC_BYTES);
        err = 0;
    }
out:
    BN_clear_free(d);
    EC_POINT_free(at);
    EC_GROUP_free(group);
    return err;
}

int mcu_fuses_device_id(const struct mcu_fuses *fuses, uint8_t id[static P256_PUBLIC_BYTES])
{
    uint8_t secret[4 * KEY_WORDS];
    memset(id, 0, P256_PUBLIC_BYTES);
    if (!(pair(fuses, FUSE_LOCKS) & FUSE_LOCK_ATTESTATION))
        return E_NOT_FOUND;
    bytes_of(fuses->word + FUSE_ATTESTATION, secret);
    int err = public_of(secret, id);
    OPENSSL_cleanse(secret, sizeof secret);
    return err;
}
