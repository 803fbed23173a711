/* SPDX-License-Identifier: BSD-2-Clause */
/* lib/memory.c against the C library's, at every alignment and small length. */
#include "tests/check.h"

/* The same source under other names: the host keeps its own functions. */
void *firmware_memcpy(void *restrict to, const void *restrict from, size_t len);
void *firmware_memset(void *at, int value, size_t len);
int firmware_memcmp(const void *a, const void *b, size_t len);
#define memcpy firmware_memcpy
#define memset firmware_memset
#define memcmp firmware_memcmp
#include "lib/memory.c"
#undef memcpy
#undef memset
#undef memcmp

enum { ROOM = 64, LEN_MAX = 24 };

static void fill(uint8_t room[static ROOM], uint8_t start)
{
    for (unsigned i = 0; i < ROOM; i++)
        room[i] = (uint8_t)(start + 7 * i);
}

static void set(void)
{
    _Alignas(8) uint8_t mine[ROOM], theirs[ROOM];
    for (unsigned to = 0; to < 32; to++)
        for (unsigned value = 0; value < 32; value++)
            for (unsigned len = 0; len <= LEN_MAX; len++) {
                fill(mine, 1);
                fill(theirs, 1);
                CHECK(firmware_memset(mine + to, (int)(value + 0x100), len) == mine + to);
                memset(theirs + to, (int)value, len);
                CHECK_MEM(mine, theirs, ROOM);
            }
}

static void copy_and_compare(void)
{
    _Alignas(8) uint8_t from[ROOM], mine[ROOM];
    fill(from, 9);
    for (unsigned a = 0; a < 8; a++)
        for (unsigned b = 0; b < 8; b++)
            for (unsigned len = 0; len <= LEN_MAX; len++) {
                fill(mine, 200);
                CHECK(firmware_memcpy(mine + a, from + b, len) == mine + a);
                CHECK_INT(firmware_memcmp(mine + a, from + b, len), 0);
                CHECK_INT(memcmp(mine + a, from + b, len), 0);
                CHECK_INT(mine[a + len], (uint8_t)(200 + 7 * (a + len))); /* not one more */
                for (unsigned i = 0; i < len; i++) {
                    mine[a + i]++;
                    const int got = firmware_memcmp(mine + a, from + b, len);
                    CHECK_INT(got > 0, mine[a + i] > from[b + i]);
                    CHECK(got != 0);
                    mine[a + i]--;
                }
            }
}

int main(void)
{
    set();
    copy_and_compare();
    return check_done();
}
