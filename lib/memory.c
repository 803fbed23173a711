/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory functions that a compiler calls on its own.
 * For firmware alone, where there is no C library; a host has better ones.
 *
 * Words where both sides are aligned, bytes otherwise: the first instructions
 * of a stage run where an unaligned access faults.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Without this the compiler recognises the loop and calls the very function. */
#define LOOP_STAYS __attribute__((optimize("no-tree-loop-distribute-patterns")))

static inline int words_fit(const void *a, const void *b)
{
    return (((uintptr_t)a | (uintptr_t)b) & (sizeof(uint32_t) - 1)) == 0;
}

LOOP_STAYS static void copy_up(uint8_t *t, const uint8_t *f, size_t len)
{
    if (words_fit(t, f))
        for (; len >= sizeof(uint32_t); len -= sizeof(uint32_t)) {
            *(uint32_t *)(void *)t = *(const uint32_t *)(const void *)f;
            t += sizeof(uint32_t);
            f += sizeof(uint32_t);
        }
    while (len-- > 0)
        *t++ = *f++;
}

void *memcpy(void *restrict to, const void *restrict from, size_t len)
{
    copy_up(to, from, len);
    return to;
}

LOOP_STAYS void *memset(void *at, int value, size_t len)
{
    uint8_t *t = at;
    const uint32_t word = (uint8_t)value * 0x01010101u;
    if (words_fit(t, t))
        for (; len >= sizeof word; len -= sizeof word) {
            *(uint32_t *)(void *)t = word;
            t += sizeof word;
        }
    while (len-- > 0)
        *t++ = (uint8_t)value;
    return at;
}

int memcmp(const void *a, const void *b, size_t len)
{
    const uint8_t *x = a, *y = b;
    for (size_t i = 0; i < len; i++)
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return 0;
}
