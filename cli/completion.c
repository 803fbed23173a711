/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Completion for shells: a script of a few lines asks the program itself, by
 * `peri --complete WORDS...`, so that it never lags behind the verb table.  The
 * last word is the one being written; each line printed is what it may become, with
 * --complete-help and what that means, which zsh shows beside it.
 */
#include "cli/completion.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/command.h"
#include "cli/management/scope.h"
#include "cli/verbs.h"

static bool begins(const char *text, const char *with) { return strncmp(text, with, strlen(with)) == 0; }

static bool helping;

static void word_put(const char *front, const char *word, const char *help)
{
    printf("%s%s%s%s\n", front, word, helping && help ? "\t" : "", helping && help ? help : "");
}

static void nouns(const char *word)
{
    for (const struct noun *row = noun_rows; row->name; row++)
        if (begins(row->name, word))
            word_put("", row->name, row->help);
}

/* The values of a row that begin with the word, each behind what of the word is there already. */
static void choices(const struct option_row *row, const char *front, const char *word)
{
    for (const char *const *choice = row->choices; *choice; choice++)
        if (strncasecmp(*choice, word, strlen(word)) == 0)
            word_put(front, *choice, NULL);
}

/* The option with choices that the first len characters name, "--output" or "-o"; NULL: none. */
static const struct option_row *row_with_choices(const struct verb *verb, const char *word, size_t len)
{
    for (size_t i = 0; verb && command_option(verb, i); i++) {
        const struct option_row *row = command_option(verb, i);
        if (!row->choices)
            continue;
        if ((len == strlen(row->name) + 2 && begins(word, "--") && strncmp(word + 2, row->name, len - 2) == 0) ||
            (row->alias && len == strlen(row->alias) + 1 && word[0] == '-' && strncmp(word + 1, row->alias, len - 1) == 0))
            return row;
    }
    return NULL;
}

/* The next word of each verb whose first words are those before; each once. */
static void verbs(const char *noun, char *const *words, int count)
{
    char printed[64][32];
    size_t n = 0;
    for (size_t t = 0; verb_tables[t]; t++)
        for (const struct verb *v = verb_tables[t]; v->noun; v++) {
            const char *at = v->verb;
            if (strcmp(v->noun, noun) != 0)
                continue;
            for (int i = 0; at && i + 1 < count; i++) {
                size_t len = strlen(words[i]);
                at = begins(at, words[i]) && at[len] == ' ' ? at + len + 1 : NULL;
            }
            if (!at || !*at || !begins(at, words[count - 1]) || n == sizeof printed / sizeof *printed)
                continue;
            snprintf(printed[n], sizeof printed[n], "%.*s", (int)strcspn(at, " "), at);
            bool again = false;
            for (size_t i = 0; i < n; i++)
                again |= strcmp(printed[i], printed[n]) == 0;
            if (!again)
                word_put("", printed[n++], strchr(at, ' ') ? NULL : v->help);
        }
}

static void options(const struct verb *verb, const char *word)
{
    char name[64];
    for (size_t i = 0; command_option(verb, i); i++) {
        snprintf(name, sizeof name, "--%s", command_option(verb, i)->name);
        if (begins(name, word))
            word_put("", name, command_option(verb, i)->help);
    }
}

void completion_print(int count, char *const *words, bool with_help)
{
    int used = 0;
    helping = with_help;
    if (count <= 1) {
        nouns(count ? words[0] : "");
        return;
    }
    const char *word = words[count - 1], *before = words[count - 2];
    const struct verb *verb = command_find(words[0], words + 1, count - 2, &used);
    const char *equals = strchr(word, '=');
    const struct option_row *row = row_with_choices(verb, before, strlen(before));
    if (!row && count > 2 && strcmp(before, "=") == 0) /* bash makes three words of --output=table */
        row = row_with_choices(verb, words[count - 3], strlen(words[count - 3]));
    if (row) {
        choices(row, "", strcmp(word, "=") == 0 ? "" : word);
    } else if (equals && (row = row_with_choices(verb, word, (size_t)(equals - word))) != NULL) {
        char front[64];
        snprintf(front, sizeof front, "%.*s", (int)(equals + 1 - word), word);
        choices(row, front, equals + 1);
    } else if (verb && word[0] == '-') {
        options(verb, word);
    }
    if (!row && word[0] != '-')
        verbs(words[0], words + 1, count - 1);
}

static int bash(struct peri *peri)
{
    (void)peri;
    puts("# bash completion of peri: . <(peri completion bash)\n"
         "_peri() {\n"
         "    mapfile -t COMPREPLY < <(peri --complete \"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null)\n"
         "}\n"
         "complete -o default -F _peri peri");
    return PERI_EXIT_OK;
}

static int zsh(struct peri *peri)
{
    (void)peri;
    puts("#compdef peri\n"
         "# zsh completion of peri: . <(peri completion zsh), after compinit\n"
         "_peri() {\n"
         "    local -a found shown\n"
         "    local line\n"
         "    for line in ${(f)\"$(peri --complete-help \"${(@)words[2,CURRENT]}\" 2>/dev/null)\"}; do\n"
         "        found+=(\"${line%%$'\\t'*}\")\n"
         "        shown+=(\"${(r:28:)${line%%$'\\t'*}} ${${line#$found[-1]}#$'\\t'}\")\n"
         "    done\n"
         "    if (( ! $#found )); then _files; else compadd -l -d shown -a found; fi\n"
         "}\n"
         "# loaded by the first Tab, or sourced\n"
         "if [[ ${funcstack[1]-} == _peri ]]; then _peri \"$@\"; else compdef _peri peri; fi");
    return PERI_EXIT_OK;
}

const struct verb completion_verbs[] = {
    {"completion", "bash", bash, NULL, "print the completion script for bash", NULL, NULL, true},
    {"completion", "zsh", zsh, NULL, "print the completion script for zsh", NULL, NULL, true},
    VERBS_END,
};
