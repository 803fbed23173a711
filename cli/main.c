/* SPDX-License-Identifier: BSD-2-Clause */
/* peri: the operator's and developer's command line. */
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "cli/profile.h"

static bool noun_exists(const char *noun)
{
    for (size_t t = 0; verb_tables[t]; t++)
        for (const struct verb *v = verb_tables[t]; v->noun; v++)
            if (strcmp(v->noun, noun) == 0)
                return true;
    return false;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

int main(int argc, char **argv)
{
    if (argc < 2 || is_help(argv[1])) {
        command_help(NULL);
        return argc < 2 ? PERI_EXIT_USAGE : PERI_EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("peri " PERI_VERSION);
        return PERI_EXIT_OK;
    }
    if (!noun_exists(argv[1]))
        return fail(PERI_EXIT_USAGE, "'%s' is not a command: peri --help lists them", argv[1]);
    if (argc < 3 || is_help(argv[2])) {
        command_help_noun(argv[1]);
        return argc < 3 ? PERI_EXIT_USAGE : PERI_EXIT_OK;
    }
    struct peri peri = {.verb = command_find(argv[1], argv[2])};
    if (!peri.verb)
        return fail(PERI_EXIT_USAGE, "'peri %s %s' is not a command: peri %s --help lists them",
                    argv[1], argv[2], argv[1]);
    int code = command_parse(&peri, argc - 2, argv + 2);
    if (code)
        return code;
    if (arg_has(&peri, "help")) {
        command_help(peri.verb);
        return PERI_EXIT_OK;
    }
    if (peri.verb->offline)
        return peri.verb->run(&peri);

    struct profile profile;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    code = profile_load(&peri, &profile);
    if (!code)
        code = peri.verb->run(&peri);
    profile_release(&profile);
    curl_global_cleanup();
    return code;
}
