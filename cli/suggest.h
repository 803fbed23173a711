/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a mistyped word may have meant: the nearest of the words that would have been right, by
 * the letters that are missing, too many, wrong or swapped with the next.
 */
#ifndef PERI_CLI_SUGGEST_H
#define PERI_CLI_SUGGEST_H

#include <stddef.h>

enum { SUGGEST_WORD_MAX = 40 };

struct suggestion {
    const char *word;            /* as it was written */
    char best[SUGGEST_WORD_MAX]; /* "": nothing is near enough */
    size_t distance;
};

struct suggestion suggestion_of(const char *word);
/* Looks at one more of the right words, of which len bytes count. */
void suggestion_try(struct suggestion *suggestion, const char *right, size_t len);

#endif
