/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line as data: one row per verb, one row per option.  Parsing,
 * help, required-option checks and docs/manual/commands.md walk these rows.
 * Trust: words come from the user, who may paste them from anywhere; all are
 * UTF-8 when command_parse() has returned PERI_EXIT_OK.
 * Limits: each is checked and named to the user, none cuts silently.
 */
#ifndef PERI_CLI_COMMAND_H
#define PERI_CLI_COMMAND_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Exit codes, as the Azure CLI has them. */
#define PERI_EXIT_TABLE(X)                                               \
    X(OK, 0, "success")                                                  \
    X(ERROR, 1, "the command was understood and failed")                 \
    X(USAGE, 2, "the command line is wrong")                             \
    X(NOT_FOUND, 3, "the named object does not exist")                   \
    X(UNREACHABLE, 4, "the service cannot be reached or is not trusted") \
    X(REFUSED, 5, "an image, manifest or certificate did not verify")

enum peri_exit {
#define PERI_EXIT_ENUM(name, number, text) PERI_EXIT_##name = number,
    PERI_EXIT_TABLE(PERI_EXIT_ENUM)
#undef PERI_EXIT_ENUM
};

enum option_flag {
    OPTION_VALUE = 0,
    OPTION_SWITCH = 1 << 0,   /* takes no value */
    OPTION_LIST = 1 << 1,     /* may be repeated, and takes every word up to the next option */
    OPTION_REQUIRED = 1 << 2,
};

struct option_row {
    const char *name;  /* "device-group": --device-group */
    const char *alias; /* "dg": -dg; NULL for none */
    int flags;         /* enum option_flag */
    const char *help;
    const char *const *choices; /* the values that there are, NULL behind the last; NULL: any.  Said in any case, given as here */
};
#define CHOICES(...) (const char *const[]) { __VA_ARGS__, NULL }
/* Reasons of RFC 5280 for which the service revokes. */
#define REASON_CHOICES \
    CHOICES("unspecified", "keyCompromise", "cACompromise", "affiliationChanged", "superseded", "cessationOfOperation", "privilegeWithdrawn")

struct column {
    const char *header;
    const char *path; /* "properties.description" */
};

struct peri;

struct verb {
    const char *noun, *verb;       /* verb may be two words: "capability download"; "": the noun alone is the command */
    int (*run)(struct peri *peri); /* an enum peri_exit */
    const char *positional;        /* "DIR": one; "[DIR]": at most one; "FILE...": one or more; NULL: none */
    const char *help;
    const struct option_row *options;   /* ends with a NULL name; may be NULL */
    const struct column *columns;       /* of --output table; ends with a NULL header */
    bool offline;                       /* needs no profile */
    const char *notes;                  /* lines behind the options, e.g. exit codes of its own; may be NULL */
};

/* A command as it is written, in messages. */
#define VERB_FORMAT "%s%s%s"
#define VERB_WORDS(v) (v)->noun, *(v)->verb ? " " : "", (v)->verb

enum { ARG_VALUES_MAX = 64, POSITIONALS_MAX = 64, OPTIONS_MAX = 32 };

enum output { OUTPUT_JSON, OUTPUT_JSONC, OUTPUT_NONE, OUTPUT_TABLE, OUTPUT_TSV, OUTPUT_YAML };

struct peri {
    const struct verb *verb;
    struct {
        const struct option_row *row;
        const char *value; /* of a switch NULL, or a word for true or false */
    } arg[ARG_VALUES_MAX];
    size_t arg_count;
    const char *positional[POSITIONALS_MAX + 1];
    size_t positional_count;
    enum output output;
    unsigned device_timeout_s; /* of a request to an attached device; 0: the standard one */
    const char *profile_folder;
    struct profile *profile; /* cli/client/profile.h; NULL for offline verbs */
};

/* What the verbs of a noun are for, by name; ends with a NULL name (cli/nouns.c; a test holds it against the verb tables). */
struct noun {
    const char *name, *help; /* begins with a verb in lower case, without full stop: NAME of its man page */
};
extern const struct noun noun_rows[];
/* NULL: no such noun. */
const char *noun_help(const char *noun);

/* Every verb there is; ends with a NULL noun (cli/verbs.c). */
extern const struct verb *const verb_tables[];

/* Last value of an option, or NULL. */
const char *arg_text(const struct peri *peri, const char *name);
/* Is it there?  A switch that is "false" is not. */
bool arg_has(const struct peri *peri, const char *name);
/* Value number index of a list option, or NULL past its end. */
const char *arg_at(const struct peri *peri, const char *name, size_t index);
/* A whole decimal number min..max into *value, which stays as it is when the option
 * is absent; PERI_EXIT_USAGE after a message. */
int arg_number(const struct peri *peri, const char *name, uint32_t min, uint32_t max,
               uint32_t *value);

/* Parses argv behind noun and verb; PERI_EXIT_OK or PERI_EXIT_USAGE after a message. */
int command_parse(struct peri *peri, int argc, char **argv);
/* The verb that the words after the noun name, longest first; *used: how many they are. */
const struct verb *command_find(const char *noun, char *const *words, int count, int *used);
/* Does any verb have this noun?  With a word: and a first word that is this? */
bool command_exists(const char *noun, const char *word);
/* Option number index of a verb: its own, then those of every verb that it has not itself;
 * NULL past the last. */
const struct option_row *command_option(const struct verb *verb, size_t index);
/* Options that every verb has; ends with a NULL name. */
extern const struct option_row global_options[];
/* The same, of verbs that ask the service (not offline). */
extern const struct option_row service_options[];

/* cli/help.c: all nouns, one noun, one verb. */
void help_all(FILE *out);
void help_noun(FILE *out, const char *noun, const char *word);
void help_verb(FILE *out, const struct verb *verb);
/* docs/manual/commands.md. */
void help_markdown(FILE *out);

/* "peri: <message>" on stderr, harmless for a terminal; returns code. */
int fail(enum peri_exit code, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Where fail() and its like write from now on: what it was.  Begins with stderr (NULL). */
FILE *fail_redirect(FILE *to);
/* Form and query of the command line; PERI_EXIT_USAGE after a message. */
int output_choose(struct peri *peri);
/* Is it a person at a terminal who asked for no form and for nothing in particular?  Commands that work on this computer say
 * a sentence to him; all others get the answer. */
bool output_to_person(const struct peri *peri);
/* Prints what --query makes of a JSON value, or the value, in the chosen form; takes no
 * reference.  NULL prints nothing. */
int output_print(const struct peri *peri, json_t *value);

#endif
