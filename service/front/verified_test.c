/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificates verified before: found by all their bytes, in their time, and never more than
 * the bound.  Clauses: verified.h.  What follows for connections: front_test. */
#include "service/front/verified.h"

#include "tests/check.h"

static struct verified entry(unsigned number, unsigned row, int64_t end_s)
{
    struct verified e = {.begin_s = 100, .end_s = end_s, .kind = (uint16_t)(number % 5)};
    e.key[0] = (uint8_t)row;
    e.key[1] = (uint8_t)(row >> 8);
    for (unsigned i = 0; i < 4; i++)
        e.key[20 + i] = (uint8_t)(number >> 8 * i);
    return e;
}

static void test_found(void)
{
    struct verified_set *set = verified_new();
    struct verified a = entry(1, 7, 200);
    REQUIRE(set != NULL);
    CHECK(!verified_find(set, a.key, 150)); /* an empty place is nobody's, not of the key of zeros either */
    CHECK(!verified_find(set, (uint8_t[VERIFIED_KEY_BYTES]){0}, 0));
    verified_put(set, &a);
    const struct verified *found = verified_find(set, a.key, 150);
    REQUIRE(found != NULL);
    CHECK_INT(found->kind, 1);
    CHECK(verified_find(set, a.key, 100) && verified_find(set, a.key, 200));
    CHECK(!verified_find(set, a.key, 99) && !verified_find(set, a.key, 201));
    for (unsigned bit = 0; bit < 8 * VERIFIED_KEY_BYTES; bit++) { /* each bit counts */
        struct verified b = a;
        b.key[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK(!verified_find(set, b.key, 150));
    }
    verified_free(set);
}

static void test_bound(void)
{
    struct verified_set *set = verified_new();
    unsigned there = 0;
    REQUIRE(set != NULL);
    for (unsigned i = 0; i < 3 * VERIFIED_MAX; i++) {
        struct verified e = entry(i, i % VERIFIED_ROWS, 1000 + i);
        verified_put(set, &e);
    }
    for (unsigned i = 0; i < 3 * VERIFIED_MAX; i++) {
        struct verified e = entry(i, i % VERIFIED_ROWS, 1000 + i);
        const struct verified *found = verified_find(set, e.key, 500);
        there += found != NULL;
        CHECK(!found || (found->kind == e.kind && found->end_s == e.end_s));
        CHECK((found != NULL) == (i >= 2 * VERIFIED_MAX)); /* those that end last stay */
    }
    CHECK_INT(there, VERIFIED_MAX);
    verified_free(set);
}

/* The same certificate takes one place, however often it comes. */
static void test_same(void)
{
    struct verified_set *set = verified_new();
    struct verified others[VERIFIED_ROW - 1], a = entry(9, 3, 300);
    REQUIRE(set != NULL);
    for (unsigned i = 0; i < VERIFIED_ROW - 1; i++) {
        others[i] = entry(i, 3, 250);
        verified_put(set, &others[i]);
    }
    for (unsigned i = 0; i < 10; i++)
        verified_put(set, &a);
    CHECK(verified_find(set, a.key, 280) != NULL);
    for (unsigned i = 0; i < VERIFIED_ROW - 1; i++)
        CHECK(verified_find(set, others[i].key, 200) != NULL);
    verified_free(set);
}

int main(void)
{
    test_found();
    test_bound();
    test_same();
    return check_done();
}
