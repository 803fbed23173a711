/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a command that has done its work answers, on standard output: sentences for people, or with --json one line with an
 * object of facts for programs, with the same sentences in its last member, "messages" (their words may change, members stay).
 * Members of each command: the notes of its verb in cli/local/service.c, and so docs/manual/commands.md; a test holds them
 * (tests/cli/local).
 * Lifetime: begins as {0}; outcome_end() releases it, whether it printed or not.  Nothing is printed before.
 * Errors are kept: what did not fit into memory makes outcome_end() fail.
 */
#ifndef PERI_SERVICE_PERISPHERED_OUTCOME_H
#define PERI_SERVICE_PERISPHERED_OUTCOME_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct outcome {
    json_t *facts, *messages;
    bool failed;
};

/* Names are literals.  value NULL: the member is null, so that it is there in every answer. */
void outcome_text(struct outcome *outcome, const char *name, const char *value);
void outcome_count(struct outcome *outcome, const char *name, uint64_t value);
void outcome_flag(struct outcome *outcome, const char *name, bool value);
/* One more text in the list `name`, which the first one makes; NULL: the list is there, empty if nothing comes. */
void outcome_list(struct outcome *outcome, const char *name, const char *value);
/* A path below a folder, as a text. */
void outcome_path(struct outcome *outcome, const char *name, const char *folder, const char *below);
/* A sentence, without newline. */
__attribute__((format(printf, 2, 3))) void outcome_say(struct outcome *outcome, const char *format, ...);

/* Prints it, unless code is not 0 and nothing was put in; code, or 1 after one line on stderr. */
int outcome_end(struct outcome *outcome, bool json, int code);

#endif
