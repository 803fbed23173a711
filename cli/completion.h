/* SPDX-License-Identifier: BSD-2-Clause */
/* For main.c: `peri --complete WORDS...`. */
#ifndef PERI_CLI_COMPLETION_H
#define PERI_CLI_COMPLETION_H

/* What the last word may become, a line each; words are those behind "peri". */
void completion_print(int count, char *const *words);

#endif
