/* SPDX-License-Identifier: BSD-2-Clause */
/* For main.c: `peri --complete WORDS...`, and `peri --complete-help WORDS...`. */
#ifndef PERI_CLI_COMPLETION_H
#define PERI_CLI_COMPLETION_H

#include <stdbool.h>

/* What the last word may become, a line each; words are those behind "peri".  with_help: a tab behind it, and
 * what it means, where that is known. */
void completion_print(int count, char *const *words, bool with_help);

#endif
