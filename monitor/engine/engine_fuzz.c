/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls in a row from a hostile normal world that can sign anything.
 * Input: repeated {u8 rights: 0 azured, 1 application manager, 2 all; u16
 * length, little-endian; request}.
 * The crypto front is chosen at link time: here every signature verifies, so
 * that the fuzzer gets behind them; digests are real.
 * Checked besides what the sanitizers see: the reply is well formed, a refused
 * call changes neither engine nor medium, no area of the live sets is touched.
 */
#include <openssl/evp.h>
#include <stdlib.h>

#include "monitor/engine/world_test.h"
#include "tests/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int crypto_sha256(const struct span *parts, size_t count, uint8_t digest[static SHA256_BYTES])
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    REQUIRE(ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1);
    for (size_t i = 0; i < count; i++)
        REQUIRE(parts[i].len == 0 || EVP_DigestUpdate(ctx, parts[i].at, parts[i].len) == 1);
    REQUIRE(EVP_DigestFinal_ex(ctx, digest, NULL) == 1);
    EVP_MD_CTX_free(ctx);
    return 0;
}

int crypto_sha1(struct span bytes, uint8_t digest[static SHA1_BYTES])
{
    unsigned len;
    return EVP_Digest(bytes.at, bytes.len, digest, &len, EVP_sha1(), NULL) == 1 ? 0 : E_CRYPTO;
}

int crypto_p256_verify(const uint8_t key[static P256_PUBLIC_BYTES],
                       const uint8_t digest[static SHA256_BYTES],
                       const uint8_t signature[static P256_SIGNATURE_BYTES])
{
    (void)key, (void)digest, (void)signature;
    return 0;
}

static struct world w, start;
static struct engine before;

static void one_call(uint32_t rights, struct span request)
{
    struct writer reply = writer_of(w.reply, sizeof w.reply);
    unsigned ops = w.ram.ops;
    before = w.engine;
    ram_forbid(&w.ram, &w.engine.live);
    REQUIRE(engine_call(&w.engine, rights, request, &reply) == 0);
    struct cursor c = cursor_of(writer_view(&reply));
    cursor_skip(&c, 4);
    uint32_t status = cursor_u32le(&c), length = cursor_u32le(&c);
    REQUIRE(!c.err && length == c.left);
    REQUIRE(w.ram.violations == 0);
    if (status != MONITOR_OK) {
        REQUIRE(length == 0 && w.ram.ops == ops);
        REQUIRE(memcmp(&before, &w.engine, sizeof before) == 0);
    }
    if (w.ram.pending_count > RAM_OPS / 2)
        REQUIRE(medium_sync(&w.ram.medium) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t rights[] = {RIGHTS_AZURED, RIGHTS_APPMAN, UINT32_MAX};
    if (start.engine.medium == NULL) {
        world_init(&w);
        start = w;
    }
    if (w.ram.ops) /* copying the medium is what costs */
        w = start;
    w.engine = start.engine;
    w.random = start.random;
    struct cursor c = cursor_of(span_of(data, size));
    for (int calls = 0; calls < 64 && c.left; calls++) {
        uint8_t who = cursor_u8(&c);
        uint16_t length = cursor_u16le(&c);
        if (c.err)
            break;
        struct span request = cursor_bytes(&c, length < c.left ? length : c.left);
        one_call(rights[who % 3], request);
    }
    return 0;
}
