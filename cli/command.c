/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/command.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Options that every verb has. */
static const struct option_row global_options[] = {
    {"output", "o", OPTION_VALUE, "output form: json (default) or table"},
    {"profile", NULL, OPTION_VALUE, "folder with profile.json (default: $PERI_PROFILE)"},
    {"help", "h", OPTION_SWITCH, "show this help"},
    {NULL, NULL, 0, NULL},
};

int fail(enum peri_exit code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("peri: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return code;
}

void progress(const char *format, ...)
{
    if (!isatty(STDERR_FILENO))
        return;
    va_list args;
    va_start(args, format);
    fputs("\r\033[K", stderr);
    vfprintf(stderr, format, args);
    va_end(args);
}

const char *arg_at(const struct peri *peri, const char *name, size_t index)
{
    for (size_t i = 0; i < peri->arg_count; i++)
        if (strcmp(peri->arg[i].row->name, name) == 0 && index-- == 0)
            return peri->arg[i].value;
    return NULL;
}

const char *arg_text(const struct peri *peri, const char *name)
{
    const char *last = NULL;
    for (size_t i = 0; i < peri->arg_count; i++)
        if (strcmp(peri->arg[i].row->name, name) == 0)
            last = peri->arg[i].value;
    return last;
}

bool arg_has(const struct peri *peri, const char *name)
{
    for (size_t i = 0; i < peri->arg_count; i++)
        if (strcmp(peri->arg[i].row->name, name) == 0)
            return true;
    return false;
}

const struct verb *command_find(const char *noun, const char *verb)
{
    for (size_t t = 0; verb_tables[t]; t++)
        for (const struct verb *v = verb_tables[t]; v->noun; v++)
            if (strcmp(v->noun, noun) == 0 && strcmp(v->verb, verb) == 0)
                return v;
    return NULL;
}

static void option_help(const struct option_row *row)
{
    char left[64];
    snprintf(left, sizeof left, "--%s%s%s%s", row->name, row->alias ? " / -" : "",
             row->alias ? row->alias : "", row->flags & OPTION_SWITCH ? "" : " VALUE");
    printf("  %-36s %s%s\n", left, row->help,
           row->flags & OPTION_REQUIRED ? "  [required]" : "");
}

void command_help_noun(const char *noun)
{
    printf("usage: peri %s VERB [OPTION...]\n\n", noun);
    for (size_t t = 0; verb_tables[t]; t++)
        for (const struct verb *v = verb_tables[t]; v->noun; v++)
            if (strcmp(v->noun, noun) == 0)
                printf("  %-28s %s\n", v->verb, v->help);
    printf("\nperi %s VERB --help shows the options of one.\n", noun);
}

void command_help(const struct verb *verb)
{
    if (verb) {
        printf("usage: peri %s %s%s%s [OPTION...]\n\n%s\n\n", verb->noun, verb->verb,
               verb->positional ? " " : "", verb->positional ? verb->positional : "", verb->help);
        for (const struct option_row *row = verb->options; row && row->name; row++)
            option_help(row);
        for (const struct option_row *row = global_options; row->name; row++)
            option_help(row);
        return;
    }
    printf("usage: peri NOUN VERB [OPTION...]\n\n");
    const char *last = "";
    for (size_t t = 0; verb_tables[t]; t++)
        for (const struct verb *v = verb_tables[t]; v->noun; v++) {
            printf("  %-16s %-28s %s\n", strcmp(v->noun, last) ? v->noun : "", v->verb, v->help);
            last = v->noun;
        }
    printf("\nexit codes:\n");
#define EXIT_HELP(name, number, text) printf("  %d  %s\n", number, text);
    PERI_EXIT_TABLE(EXIT_HELP)
#undef EXIT_HELP
    printf("\nperi NOUN --help and peri NOUN VERB --help show more.\n");
}

static const struct option_row *row_at(const struct verb *verb, size_t index)
{
    for (const struct option_row *row = verb->options; row && row->name; row++)
        if (index-- == 0)
            return row;
    for (const struct option_row *row = global_options; row->name; row++)
        if (index-- == 0)
            return row;
    return NULL;
}

static int arg_add(struct peri *peri, const struct option_row *row, const char *value)
{
    if (peri->arg_count == ARG_VALUES_MAX)
        return fail(PERI_EXIT_USAGE, "more than %d option values", ARG_VALUES_MAX);
    peri->arg[peri->arg_count].row = row;
    peri->arg[peri->arg_count++].value = value;
    return PERI_EXIT_OK;
}

static int required_check(const struct peri *peri)
{
    for (const struct option_row *row = peri->verb->options; row && row->name; row++)
        if (row->flags & OPTION_REQUIRED && !arg_has(peri, row->name))
            return fail(PERI_EXIT_USAGE, "'peri %s %s' needs --%s: %s", peri->verb->noun,
                        peri->verb->verb, row->name, row->help);
    if (!peri->verb->positional && peri->positional_count)
        return fail(PERI_EXIT_USAGE, "'%s' is not expected here: see peri %s %s --help",
                    peri->positional[0], peri->verb->noun, peri->verb->verb);
    if (peri->verb->positional && peri->verb->positional[0] != '[' && !peri->positional_count)
        return fail(PERI_EXIT_USAGE, "'peri %s %s' needs %s", peri->verb->noun, peri->verb->verb,
                    peri->verb->positional);
    return PERI_EXIT_OK;
}

/* getopt's values for our rows: away from characters and from its own 1. */
enum { OPTION_FIRST = 1000 };

int command_parse(struct peri *peri, int argc, char **argv)
{
    struct option longs[2 * OPTIONS_MAX + 1];
    size_t count = 0;
    for (size_t i = 0; row_at(peri->verb, i) && count + 2 < 2 * OPTIONS_MAX; i++) {
        const struct option_row *row = row_at(peri->verb, i);
        int has = row->flags & OPTION_SWITCH ? no_argument : required_argument;
        longs[count++] = (struct option){row->name, has, NULL, OPTION_FIRST + (int)i};
        if (row->alias)
            longs[count++] = (struct option){row->alias, has, NULL, OPTION_FIRST + (int)i};
    }
    longs[count] = (struct option){NULL, 0, NULL, 0};
    opterr = 0;
    optind = 1;
    for (;;) {
        /* '-' keeps the order, so that a list option takes the words behind it. */
        int got = getopt_long_only(argc, argv, "-:", longs, NULL);
        if (got == -1)
            break;
        if (got == 1) {
            size_t n = peri->arg_count;
            if (n && peri->arg[n - 1].row->flags & OPTION_LIST) {
                if (arg_add(peri, peri->arg[n - 1].row, optarg))
                    return PERI_EXIT_USAGE;
            } else if (peri->positional_count == POSITIONALS_MAX) {
                return fail(PERI_EXIT_USAGE, "more than %d arguments", POSITIONALS_MAX);
            } else {
                peri->positional[peri->positional_count++] = optarg;
            }
            continue;
        }
        if (got == ':')
            return fail(PERI_EXIT_USAGE, "option '%s' needs a value", argv[optind - 1]);
        if (got == '?')
            return fail(PERI_EXIT_USAGE, "unknown or ambiguous option '%s': see peri %s %s --help",
                        argv[optind - 1], peri->verb->noun, peri->verb->verb);
        const struct option_row *row = row_at(peri->verb, (size_t)(got - OPTION_FIRST));
        if (arg_add(peri, row, row->flags & OPTION_SWITCH ? NULL : optarg))
            return PERI_EXIT_USAGE;
    }
    while (optind < argc && peri->positional_count < POSITIONALS_MAX)
        peri->positional[peri->positional_count++] = argv[optind++];
    if (optind < argc)
        return fail(PERI_EXIT_USAGE, "more than %d arguments", POSITIONALS_MAX);
    if (arg_has(peri, "help"))
        return PERI_EXIT_OK;

    const char *output = arg_text(peri, "output");
    if (output && strcmp(output, "table") == 0)
        peri->output = OUTPUT_TABLE;
    else if (output && strcmp(output, "json") != 0)
        return fail(PERI_EXIT_USAGE, "--output is '%s': json or table", output);
    peri->profile_folder = arg_text(peri, "profile");
    return required_check(peri);
}
