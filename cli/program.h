/* SPDX-License-Identifier: BSD-2-Clause */
/* Our other programs, which stand beside this one. */
#ifndef PERI_CLI_PROGRAM_H
#define PERI_CLI_PROGRAM_H

#include "cli/command.h"

/* Every value of a command may become two words: a flag and the value. */
enum { PROGRAM_ARGS_MAX = 2 * ARG_VALUES_MAX + 16 };

struct program {
    char path[4096];
    const char *argv[PROGRAM_ARGS_MAX + 1];
    size_t argc;
};

/* name: "perisphered"; looked for in the folder of the running program. */
int program_init(struct program *program, const char *name);
void program_add(struct program *program, const char *argument);
/* Becomes the program; returns only on failure. */
int program_exec(struct program *program);
/* Runs it to its end; each line of its output, without newline, goes to each(), which borrows it.
 * Exit codes as of program_run(). */
typedef void program_line(void *context, const char *line);
int program_lines(struct program *program, program_line *each, void *context);
/* Runs it to its end; first line of its output, without newline, into line
 * (may be NULL).  An exit code other than 0 gives PERI_EXIT_ERROR: the program has
 * said why on stderr. */
int program_run(struct program *program, char *line, size_t cap);

/* Every value that was given for option, each behind flag. */
void program_option(struct program *program, const struct peri *peri, const char *option, const char *flag);
/* --progress, where somebody looks. */
void program_progress(struct program *program, const struct peri *peri);
/* perisphered, which works on what is on this machine: its answer in the form asked for.  On a terminal, where neither a
 * form nor a query is asked for, its sentences.  Lines "progress DONE TOTAL WHAT" before it become a bar.  An exit code. */
int program_answer(struct program *program, struct peri *peri);
/* In a verb's notes: the members of that answer, which scripts rely on (service/perisphered/outcome.h). */
#define PROGRAM_ANSWER(members) "Answer: " members ", messages. On a terminal, without --output and --query, the messages alone."

#endif
