/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `az sphere` has and peri has not, with the reason: said to who asks for it, printed
 * under "Not here" in docs/manual/commands.md, and held by surface_test.c against
 * testdata/az-sphere/surface.json, so that nothing is missing without a row.
 */
#ifndef PERI_CLI_ABSENT_H
#define PERI_CLI_ABSENT_H

#include <stddef.h>

struct absent {
    const char *command; /* "device recover"; "*": every command */
    const char *option;  /* "change-reference"; NULL: the whole command */
    const char *reason;  /* what to do instead; begins in lower case, no full stop */
};

/* Ends with a NULL command. */
extern const struct absent absent_rows[];
/* The row of a whole command, whose words these are, or NULL. */
const struct absent *absent_command(int count, char *const *words);

#endif
