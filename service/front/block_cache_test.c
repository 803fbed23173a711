/* SPDX-License-Identifier: BSD-2-Clause */
/* service/front/block_cache.h: what is found, what goes, and what stays while it is sent. */
#include "service/front/block_cache.h"

#include "tests/check.h"

static const uint8_t mine[HTTP_STREAM_TOKEN_BYTES] = {1}, other[HTTP_STREAM_TOKEN_BYTES] = {2};

static struct span text(const char *s) { return span_of(s, strlen(s)); }

static void put(struct block_cache *cache, const uint8_t *token, uint64_t offset, const char *s)
{
    struct block *b = block_put(cache, token, offset, text(s));
    REQUIRE(b != NULL);
    block_release(b);
}

static bool there(struct block_cache *cache, const uint8_t *token, uint64_t offset, const char *s)
{
    struct block *b = block_find(cache, token, offset);
    bool same = b && span_equal(block_bytes(b), text(s));
    if (b)
        block_release(b);
    return same;
}

/* The token is the right to the bytes. */
static void test_key(void)
{
    struct block_cache *cache = block_cache_new();
    put(cache, mine, 0, "one");
    put(cache, mine, HTTP_PULL_MAX, "two");
    put(cache, other, 0, "another's");
    CHECK(there(cache, mine, 0, "one"));
    CHECK(there(cache, mine, HTTP_PULL_MAX, "two"));
    CHECK(there(cache, other, 0, "another's"));
    CHECK(block_find(cache, other, HTTP_PULL_MAX) == NULL);
    uint8_t near[HTTP_STREAM_TOKEN_BYTES] = {1};
    near[HTTP_STREAM_TOKEN_BYTES - 1] = 1;
    CHECK(block_find(cache, near, 0) == NULL);
    put(cache, mine, 0, "ignored: the first stays");
    CHECK(there(cache, mine, 0, "one"));
    block_cache_free(cache);
}

static void test_least_recently_used_goes(void)
{
    struct block_cache *cache = block_cache_new();
    for (uint64_t i = 0; i < BLOCK_CACHE_BLOCKS; i++)
        put(cache, mine, i, "x");
    CHECK(there(cache, mine, 0, "x")); /* now the newest use */
    put(cache, other, 0, "y");
    CHECK(there(cache, mine, 0, "x"));
    CHECK(block_find(cache, mine, 1) == NULL);
    CHECK(there(cache, mine, 2, "x"));
    block_cache_free(cache);
}

/* All are being sent: there is no place, and none is taken away. */
static void test_held(void)
{
    static struct block *held[BLOCK_CACHE_BLOCKS];
    struct block_cache *cache = block_cache_new();
    for (uint64_t i = 0; i < BLOCK_CACHE_BLOCKS; i++)
        REQUIRE((held[i] = block_put(cache, mine, i, text("x"))) != NULL);
    CHECK(block_put(cache, other, 0, text("y")) == NULL);
    block_release(held[7]);
    put(cache, other, 0, "y");
    CHECK(block_find(cache, mine, 7) == NULL);
    block_cache_free(cache); /* while 127 are held */
    for (size_t i = 0; i < BLOCK_CACHE_BLOCKS; i++)
        if (i != 7) {
            CHECK(span_equal(block_bytes(held[i]), text("x")));
            block_release(held[i]);
        }
}

int main(void)
{
    test_key();
    test_least_recently_used_goes();
    test_held();
    return check_done();
}
