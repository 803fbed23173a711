/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/ct.h"

#include "tests/check.h"

/* A difference in any bit of any byte is seen; bytes beyond len are not read. */
static void equal_sees_every_bit(void)
{
    uint8_t a[33], b[33];
    memset(a, 0xa5, sizeof a);
    memset(b, 0xa5, sizeof b);
    CHECK(ct_equal(a, b, 32));
    for (size_t bit = 0; bit < 256; bit++) {
        b[bit / 8] = (uint8_t)(b[bit / 8] ^ (1u << (bit % 8)));
        CHECK(!ct_equal(a, b, 32));
        b[bit / 8] = a[bit / 8];
    }
    b[32] = 0;
    CHECK(ct_equal(a, b, 32));
    CHECK(ct_equal(a, b, 0));
    CHECK(ct_equal(NULL, NULL, 0));
}

static void wipe_stops_at_len(void)
{
    uint8_t secret[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    static const uint8_t want[8] = {0, 0, 0, 0, 0, 6, 7, 8};
    ct_wipe(secret, 5);
    CHECK_MEM(secret, want, 8);
    ct_wipe(NULL, 0);
}

int main(void)
{
    equal_sees_every_bit();
    wipe_stops_at_len();
    return check_done();
}
