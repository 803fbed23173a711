/* SPDX-License-Identifier: BSD-2-Clause */
/* What is between two versions of one key is that key's; contradictions and too many begin anew. */
#include "service/ota/key_ranges.h"

#include "tests/check.h"

static struct key_ranges ranges;

static void learn(uint32_t version, uint8_t key)
{
    const uint8_t thumbprint[IMAGE_THUMBPRINT_BYTES] = {key, 7};
    key_range_learn(&ranges, version, thumbprint);
}

/* 0: not known. */
static uint8_t key_of(uint32_t version)
{
    const uint8_t *thumbprint = key_range_find(&ranges, version);
    return thumbprint ? thumbprint[0] : 0;
}

int main(void)
{
    CHECK_INT(key_of(1), 0);
    learn(1, 1);
    CHECK_INT(key_of(1), 1);
    CHECK_INT(key_of(2), 0);
    learn(9, 1);
    CHECK_INT(key_of(5), 1);
    CHECK_INT(key_of(10), 0);
    learn(10, 2);
    learn(UINT32_MAX, 2);
    CHECK_INT(key_of(4000000000), 2);
    CHECK_INT(key_of(9), 1);
    CHECK_INT(key_of(0), 0);
    learn(0, 1);
    CHECK_INT(key_of(0), 1);
    CHECK_INT(ranges.count, 2);
    learn(5, 3); /* in the midst of another's: nothing of it is believed any more */
    CHECK_INT(key_of(5), 3);
    CHECK_INT(key_of(4), 0);
    CHECK_INT(ranges.count, 1);
    learn(20, 4);
    learn(5, 4); /* both ends hold another one */
    CHECK_INT(key_of(5), 4);
    CHECK_INT(ranges.count, 1);
    for (uint8_t key = 10; key < 10 + 2 * KEY_RANGES_MAX; key++) {
        learn(1000u * key, key);
        CHECK_INT(key_of(1000u * key), key);
    }
    CHECK(ranges.count <= KEY_RANGES_MAX);
    return check_done();
}
