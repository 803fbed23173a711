/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/suggest.h"

#include <string.h>

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* Optimal string alignment distance; both are shorter than SUGGEST_WORD_MAX. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t row[3][SUGGEST_WORD_MAX + 1];
    for (size_t k = 0; k <= b_len; k++)
        row[0][k] = k;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *now = row[i % 3], *before = row[(i + 2) % 3], *two_before = row[(i + 1) % 3];
        now[0] = i;
        for (size_t k = 1; k <= b_len; k++) {
            now[k] = least(least(before[k], now[k - 1]) + 1, before[k - 1] + (a[i - 1] != b[k - 1]));
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
                now[k] = least(now[k], two_before[k - 2] + 1);
        }
    }
    return row[a_len % 3][b_len];
}

struct suggestion suggestion_of(const char *word)
{
    struct suggestion suggestion = {.word = word};
    size_t len = strlen(word);
    suggestion.distance = len < 3 ? 0 : len < 6 ? 2 : 3; /* must be less than */
    return suggestion;
}

void suggestion_try(struct suggestion *suggestion, const char *right, size_t len)
{
    size_t word_len = strlen(suggestion->word);
    if (len == 0 || len >= SUGGEST_WORD_MAX || word_len >= SUGGEST_WORD_MAX)
        return;
    size_t d = distance(suggestion->word, word_len, right, len);
    if (d == 0 || d >= suggestion->distance)
        return;
    suggestion->distance = d;
    memcpy(suggestion->best, right, len);
    suggestion->best[len] = 0;
}
