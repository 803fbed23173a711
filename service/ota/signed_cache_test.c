/* SPDX-License-Identifier: BSD-2-Clause */
/* Bounded, least recently used out first, equal digest replaces. */
#include "service/ota/signed_cache.h"
#include "tests/check.h"

static struct signed_cache cache;

static void put(unsigned number)
{
    uint8_t digest[SHA256_BYTES] = {(uint8_t)number, (uint8_t)(number >> 8)};
    uint8_t image[8] = {(uint8_t)number};
    CHECK_INT(signed_cache_put(&cache, digest, span_of(image, sizeof image)), 0);
}

static bool has(unsigned number)
{
    uint8_t digest[SHA256_BYTES] = {(uint8_t)number, (uint8_t)(number >> 8)};
    struct span image = signed_cache_get(&cache, digest);
    return image.len == 8 && image.at[0] == (uint8_t)number;
}

int main(void)
{
    CHECK(!has(0));
    for (unsigned i = 0; i < SIGNED_CACHE_MAX; i++)
        put(i);
    CHECK(has(0)); /* now the latest used */
    put(SIGNED_CACHE_MAX);
    CHECK(has(0));
    CHECK(!has(1));
    CHECK(has(2));
    CHECK(has(SIGNED_CACHE_MAX));
    put(2);
    CHECK(has(3)); /* a repeated digest took nobody's place */
    signed_cache_release(&cache);
    CHECK(!has(0));
    signed_cache_release(&cache);
    return check_done();
}
