/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text from elsewhere made harmless for a terminal.  Names, error messages and
 * file names come from the service, from devices and from packages of others;
 * on a terminal their control characters would be commands.
 *
 * Escaped: C0, DEL and C1 controls, the marks that turn the direction of
 * writing, line and paragraph separators, bytes that are not UTF-8.
 */
#ifndef PERI_CLI_OUTPUT_TERMINAL_H
#define PERI_CLI_OUTPUT_TERMINAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * On a terminal whose locale is not UTF-8 all but ASCII is escaped: bytes of UTF-8 would be other
 * characters there, and some of them C1 controls.  What goes to a file or a pipe stays UTF-8.
 *
 * fd: where it will be written, -1 for elsewhere.  Each such byte as \xNN; a backslash stays.
 * malloc'd, NULL without memory. */
char *terminal_text(const char *text, int fd);
/* The same within JSON text, as \uNNNN, so that it stays the same JSON value;
 * newlines of the layout are kept. */
char *terminal_json(const char *json, int fd);
/* $TERM says that it takes no commands. */
bool terminal_is_dumb(void);
/* Colours, where they are no nuisance: a terminal that takes them, and no $NO_COLOR. */
bool terminal_has_colour(int fd);
/* A JSON string of bytes that may not be UTF-8: as terminal_text(). */
json_t *terminal_string(const char *text);
/* Characters, which is columns but for wide and combining ones. */
size_t terminal_columns(const char *text);
/* Where character number index begins. */
size_t terminal_offset(const char *text, size_t index);

#endif
