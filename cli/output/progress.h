/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a person sees of work that takes long: one line on standard error, rewritten
 * in place, gone when the work is over.  Nothing where standard error is no
 * terminal, or with --only-show-errors: scripts see nothing of it.  It never is wider than the
 * terminal; where that is "dumb", it is written once.  Ctrl-C takes it away, too.
 */
#ifndef PERI_CLI_OUTPUT_PROGRESS_H
#define PERI_CLI_OUTPUT_PROGRESS_H

#include "cli/command.h"

/* Bytes that make an upload or a download worth a bar. */
enum { PROGRESS_BYTES_MIN = 256 * 1024 };

bool progress_wanted(const struct peri *peri);
/* A bar of done/total with a percentage. */
void progress_bar(const char *what, uint64_t done, uint64_t total);
/* Seconds that something has taken so far; percent < 0: not known. */
void progress_waiting(const char *what, unsigned seconds, int percent);
/* Takes the line away; harmless when there is none. */
void progress_clear(void);

#endif
