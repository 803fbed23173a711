/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/ct.h"

#include <stdint.h>

bool ct_equal(const void *a, const void *b, size_t len)
{
    const volatile uint8_t *x = a, *y = b;
    uint8_t differ = 0;
    for (size_t i = 0; i < len; i++)
        differ = (uint8_t)(differ | (x[i] ^ y[i]));
    return differ == 0;
}

void ct_wipe(void *at, size_t len)
{
    volatile uint8_t *p = at;
    for (size_t i = 0; i < len; i++)
        p[i] = 0;
}
