/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The forms of --output, one function each; names and shapes as in `az`.
 * Caller: output.c alone; value is borrowed.  What is printed never carries
 * control characters to a terminal (cli/output/terminal.h).
 */
#ifndef PERI_CLI_OUTPUT_OUTPUT_H
#define PERI_CLI_OUTPUT_OUTPUT_H

#include "cli/command.h"

/* output_table.c: aligned columns.  With columns: those; without (NULL): those of the
 * rows' own members, nested ones left out. */
int output_table(const struct column *columns, json_t *value);
/* output_tsv.c: a line a row, values with tabs between them; no header.  A list shows as
 * its length, an object as nothing. */
int output_tsv(json_t *value);
/* output_yaml.c: one document, by libyaml. */
int output_yaml(json_t *value);
/* output_json.c: two blanks of indent; with colour for terminals. */
int output_json(json_t *value, bool colour);

#endif
