/* SPDX-License-Identifier: BSD-2-Clause */
/* peri: the operator's and developer's command line. */
#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/absent.h"
#include "cli/client/profile.h"
#include "cli/completion.h"
#include "cli/suggest.h"

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

/* A noun that there is none of, and the nearest that there is. */
static int noun_refuse(const char *noun)
{
    struct suggestion near = suggestion_of(noun);
    for (size_t t = 0; verb_tables[t]; t++)
        for (const struct verb *v = verb_tables[t]; v->noun; v++)
            suggestion_try(&near, v->noun, strlen(v->noun));
    return fail(PERI_EXIT_USAGE, "'%s' is not a command: %s%s%speri --help lists them", noun, near.best[0] ? "is '" : "", near.best,
                near.best[0] ? "' meant? Or " : "");
}

/* The first words that verbs of the noun begin with, as "network proxy", and how many they are: "" and 0 for none. */
static int group_of(const char *noun, char *const *words, int count, char group[static 64])
{
    char longer[64];
    int used = 0;
    group[0] = 0;
    while (used < count && snprintf(longer, sizeof longer, "%s%s%s", group, used ? " " : "", words[used]) < (int)sizeof longer &&
           *words[used] && command_exists(noun, longer)) {
        memcpy(group, longer, sizeof longer);
        used++;
    }
    return used;
}

/* The same as noun_refuse() of a verb; group: the words before it, or "". */
static int verb_refuse(const char *noun, const char *group, const char *word)
{
    struct suggestion near = suggestion_of(word);
    size_t skip = *group ? strlen(group) + 1 : 0;
    for (size_t t = 0; verb_tables[t]; t++)
        for (const struct verb *v = verb_tables[t]; v->noun; v++)
            if (strcmp(v->noun, noun) == 0 && (!*group || (strncmp(v->verb, group, skip - 1) == 0 && v->verb[skip - 1] == ' ')))
                suggestion_try(&near, v->verb + skip, strcspn(v->verb + skip, " "));
    return fail(PERI_EXIT_USAGE, "'peri %s %s%s%s' is not a command: %s%s%speri %s --help lists them", noun, group,
                *group ? " " : "", word, near.best[0] ? "is '" : "", near.best, near.best[0] ? "' meant? Or " : "", noun);
}

/* Help for the words behind "peri help": none, a noun, or a noun and a verb. */
static int help(int count, char **words)
{
    char group[64];
    int used;
    if (count == 0) {
        help_all(stdout);
        return PERI_EXIT_OK;
    }
    if (!command_exists(words[0], NULL))
        return noun_refuse(words[0]);
    const struct verb *verb = command_find(words[0], words + 1, count - 1, &used);
    if (verb)
        help_verb(stdout, verb);
    else
        help_noun(stdout, words[0], group_of(words[0], words + 1, count - 1, group) ? group : NULL);
    return PERI_EXIT_OK;
}

static int run_online(struct peri *peri)
{
    struct profile profile;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int code = profile_load(peri, &profile);
    if (!code)
        code = peri->verb->run(peri);
    profile_release(&profile);
    curl_global_cleanup();
    return code;
}

/* What cannot be undone is asked for, where somebody can answer; a script never waits. */
static bool confirmed(const struct peri *peri)
{
    char answer[8] = "";
    const struct option_row *row = peri->verb->options;
    while (row && row->name && strcmp(row->name, "yes") != 0)
        row++;
    if (!row || !row->name || arg_has(peri, "yes") || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
        return true;
    fprintf(stderr, "%s: are you sure? (y/n): ", peri->verb->help);
    return fgets(answer, sizeof answer, stdin) && (*answer == 'y' || *answer == 'Y');
}

int main(int argc, char **argv)
{
    int used;
    signal(SIGXFSZ, SIG_IGN); /* a file at its limit is an error to report, not a death */
    if (argc < 2) {
        help_all(stderr);
        return PERI_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help-markdown") == 0) {
        help_markdown(stdout);
        return PERI_EXIT_OK;
    }
    if (strcmp(argv[1], "--complete") == 0 || strcmp(argv[1], "--complete-help") == 0) {
        completion_print(argc - 2, argv + 2, argv[1][10] != 0);
        return PERI_EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("peri " PERI_VERSION);
        return PERI_EXIT_OK;
    }
    if (is_help(argv[1]))
        return help(argc - 2, argv + 2);
    const struct absent *absent = absent_command(argc - 1, argv + 1);
    if (absent)
        return fail(PERI_EXIT_ERROR, "'%s' of az sphere is not here: %s", absent->command, absent->reason);
    if (!command_exists(argv[1], NULL))
        return help(1, argv + 1);
    struct peri peri = {.verb = command_find(argv[1], argv + 2, argc - 2, &used)};
    if (!peri.verb) {
        char group[64];
        int depth = group_of(argv[1], argv + 2, argc - 2, group);
        if (argc > 2 + depth && is_help(argv[2 + depth]))
            return help(1 + depth, argv + 1);
        if (argc > 2 + depth)
            return verb_refuse(argv[1], group, argv[2 + depth]);
        help_noun(stderr, argv[1], depth ? group : NULL);
        return PERI_EXIT_USAGE;
    }
    int code = command_parse(&peri, argc - 1 - used, argv + 1 + used);
    if (code)
        return code;
    if (arg_has(&peri, "help")) {
        help_verb(stdout, peri.verb);
        return PERI_EXIT_OK;
    }
    if (!confirmed(&peri))
        return fail(PERI_EXIT_ERROR, "not done");
    return peri.verb->offline ? peri.verb->run(&peri) : run_online(&peri);
}
