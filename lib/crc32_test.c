/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/crc32.h"

#include "tests/check.h"

static void known_answers(void)
{
    CHECK_INT(crc32_update(0, NULL, 0), 0);
    CHECK_INT(crc32_update(0, "123456789", 9), 0xcbf43926); /* the usual check value */
    CHECK_INT(crc32_update(0, "", 1), 0xd202ef8d);          /* one zero byte */
}

/* "feed the result back in to go on": any cut gives the same. */
static void continues(void)
{
    uint8_t bytes[300];
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 31 + 7);
    const uint32_t whole = crc32_update(0, bytes, sizeof bytes);
    for (size_t cut = 0; cut <= sizeof bytes; cut++)
        CHECK_INT(crc32_update(crc32_update(0, bytes, cut), bytes + cut, sizeof bytes - cut), whole);
}

int main(void)
{
    known_answers();
    continues();
    return check_done();
}
