/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/appman/safe_mode.h"

#include <stdio.h>

enum { STARTS_MAX = 1000000 };

unsigned safe_mode_next(struct span text)
{
    unsigned n = 0;
    if (text.len < 2 || text.len > SAFE_MODE_TEXT_MAX || text.at[text.len - 1] != '\n')
        return 1;
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return 1;
        n = n * 10 + (unsigned)(text.at[i] - '0');
        if (n >= STARTS_MAX)
            return 1;
    }
    return n + 1;
}

bool safe_mode_is(unsigned starts)
{
    return starts >= SAFE_MODE_STARTS && (starts - SAFE_MODE_STARTS) % 2 == 0;
}

enum safe_mode_step safe_mode_step(bool safe, int64_t good_ms)
{
    if (safe)
        return good_ms >= SAFE_MODE_END_MS ? SAFE_MODE_LEAVE : SAFE_MODE_GO_ON;
    return good_ms >= SAFE_MODE_GOOD_MS ? SAFE_MODE_FORGET : SAFE_MODE_GO_ON;
}

void safe_mode_write(unsigned starts, struct writer *w)
{
    char text[SAFE_MODE_TEXT_MAX];
    int n = snprintf(text, sizeof text, "%u\n", starts);
    writer_bytes(w, text, (size_t)n);
}
