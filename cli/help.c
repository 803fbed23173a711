/* SPDX-License-Identifier: BSD-2-Clause */
/* Help in all its forms, from the verb and option rows. */
#include <string.h>

#include "cli/absent.h"
#include "cli/command.h"

static void option_help(FILE *out, const struct option_row *row)
{
    char left[64];
    snprintf(left, sizeof left, "--%s%s%s%s", row->name, row->alias ? " / -" : "",
             row->alias ? row->alias : "",
             row->flags & OPTION_SWITCH ? "" : row->flags & OPTION_LIST ? " VALUE..." : " VALUE");
    fprintf(out, "  %-38s %s%s\n", left, row->help,
            row->flags & OPTION_REQUIRED ? "  [required]" : "");
}

void help_verb(FILE *out, const struct verb *verb)
{
    fprintf(out, "usage: peri " VERB_FORMAT "%s%s [OPTION...]\n\n%s\n\n", VERB_WORDS(verb),
            verb->positional ? " " : "", verb->positional ? verb->positional : "", verb->help);
    for (size_t i = 0; command_option(verb, i); i++)
        option_help(out, command_option(verb, i));
    if (verb->notes)
        fprintf(out, "\n%s\n", verb->notes);
}

static bool verb_begins(const struct verb *verb, const char *word)
{
    size_t len = word ? strlen(word) : 0;
    return !word || (strncmp(verb->verb, word, len) == 0 &&
                     (verb->verb[len] == 0 || verb->verb[len] == ' '));
}

void help_noun(FILE *out, const char *noun, const char *word)
{
    fprintf(out, "usage: peri %s VERB [OPTION...]\n\n%s\n\n", noun, noun_help(noun));
    for (size_t t = 0; verb_tables[t]; t++)
        for (const struct verb *v = verb_tables[t]; v->noun; v++)
            if (strcmp(v->noun, noun) == 0 && verb_begins(v, word))
                fprintf(out, "  %-34s %s\n", v->verb, v->help);
    fprintf(out, "\nperi %s VERB --help shows the options of one.\n", noun);
}

/* One more of a list that is wrapped; *column: where it stands, 0 at its beginning. */
static void list_put(FILE *out, size_t *column, const char *words)
{
    enum { LEFT = 22, RIGHT = 100 };
    if (*column == 0) {
        *column = LEFT;
    } else if (*column + strlen(", ,") + strlen(words) > RIGHT) {
        fprintf(out, ",\n%*s", LEFT, "");
        *column = LEFT;
    } else {
        fputs(", ", out);
        *column += 2;
    }
    fputs(words, out);
    *column += strlen(words);
}

/* Is it the first verb of its noun?  Nouns may be in several tables. */
static bool is_first(const struct verb *verb)
{
    for (size_t t = 0; verb_tables[t]; t++)
        for (const struct verb *v = verb_tables[t]; v->noun; v++)
            if (strcmp(v->noun, verb->noun) == 0)
                return v == verb;
    return false;
}

/* Every command, a noun a line: what each does is said by peri NOUN --help. */
void help_all(FILE *out)
{
    fprintf(out, "usage: peri NOUN VERB [OPTION...]\n\n");
    for (size_t t = 0; verb_tables[t]; t++)
        for (const struct verb *v = verb_tables[t]; v->noun; v++) {
            if (!is_first(v))
                continue;
            size_t column = 0;
            fprintf(out, "  %-20s", v->noun);
            if (!*v->verb)
                fprintf(out, "(%s)", v->help);
            for (size_t u = 0; *v->verb && verb_tables[u]; u++)
                for (const struct verb *w = verb_tables[u]; w->noun; w++)
                    if (strcmp(w->noun, v->noun) == 0)
                        list_put(out, &column, w->verb);
            fputc('\n', out);
        }
    fprintf(out, "\nfirst steps: peri service init makes a service, peri service run starts it; PERI_PROFILE names who one is.\n"
                 "\nexit codes:\n");
#define EXIT_HELP(name, number, text) fprintf(out, "  %d  %s\n", number, text);
    PERI_EXIT_TABLE(EXIT_HELP)
#undef EXIT_HELP
    fprintf(out, "\nperi NOUN --help says what each does, peri NOUN VERB --help its options.\n");
}

static void markdown_option(FILE *out, const struct option_row *row)
{
    bool required = row->flags & OPTION_REQUIRED;
    fprintf(out, "| `--%s`", row->name);
    if (row->alias)
        fprintf(out, ", `-%s`", row->alias);
    fprintf(out, " | %s%s | %s |\n",
            row->flags & OPTION_SWITCH ? "switch" : row->flags & OPTION_LIST ? "list" : "value",
            required ? ", required" : "", row->help);
}

void help_markdown(FILE *out)
{
    fprintf(out, "<!-- SPDX-License-Identifier: BSD-2-Clause -->\n"
                 "<!-- written by `peri --help-markdown`; a test compares -->\n"
                 "# Commands of peri\n\n"
                 "Nouns, verbs and options are named as in `az sphere` where that has them.\n\n"
                 "| Exit code | Meaning |\n|---|---|\n");
#define EXIT_ROW(name, number, text) fprintf(out, "| %d | %s |\n", number, text);
    PERI_EXIT_TABLE(EXIT_ROW)
#undef EXIT_ROW
    fprintf(out, "\n## Overview\n\n| Command | Arguments | What it does | Service |\n|---|---|---|---|\n");
    for (size_t t = 0; verb_tables[t]; t++)
        for (const struct verb *v = verb_tables[t]; v->noun; v++)
            fprintf(out, "| `peri " VERB_FORMAT "` | %s | %s | %s |\n", VERB_WORDS(v),
                    v->positional ? v->positional : "", v->help, v->offline ? "" : "yes");
    fprintf(out, "\n## Options of every command\n\n| Option | Kind | Meaning |\n|---|---|---|\n");
    for (const struct option_row *row = global_options; row->name; row++)
        markdown_option(out, row);
    fprintf(out, "\nAnd of those that ask the service:\n\n| Option | Kind | Meaning |\n|---|---|---|\n");
    for (const struct option_row *row = service_options; row->name; row++)
        markdown_option(out, row);
    fprintf(out, "\nA list takes every word up to the next option. A value that begins with `-` is "
                 "written `--option=VALUE`. Behind `--` every word is an argument.\n");
    for (size_t t = 0; verb_tables[t]; t++)
        for (const struct verb *v = verb_tables[t]; v->noun; v++) {
            if (!v->options && !v->notes)
                continue;
            fprintf(out, "\n## peri " VERB_FORMAT "\n", VERB_WORDS(v));
            if (v->options)
                fprintf(out, "\n| Option | Kind | Meaning |\n|---|---|---|\n");
            for (const struct option_row *row = v->options; row && row->name; row++)
                markdown_option(out, row);
            if (v->notes)
                fprintf(out, "\n```\n%s\n```\n", v->notes);
        }
    fprintf(out, "\n## Not here\n\n| `az sphere` | Why, or what instead |\n|---|---|\n");
    for (const struct absent *row = absent_rows; row->command; row++) {
        bool every = strcmp(row->command, "*") == 0;
        fprintf(out, "| %s%s%s%s%s%s | %s |\n", every ? "" : "`", every ? "of every command" : row->command, every ? "" : "`", row->option ? " `--" : "",
                row->option ? row->option : "", row->option ? "`" : "", row->reason);
    }
}
