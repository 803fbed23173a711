/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/command.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/output/terminal.h"
#include "cli/suggest.h"
#include "lib/utf8.h"

/* Options that every verb has. */
const struct option_row global_options[] = {
    {"output", "o", OPTION_VALUE, "output form: json (default), jsonc, none, table, tsv, yaml, yamlc",
     CHOICES("json", "jsonc", "none", "table", "tsv", "yaml", "yamlc")},
    {"query", NULL, OPTION_VALUE, "JMESPath: what of the answer is printed"},
    {"only-show-errors", NULL, OPTION_SWITCH, "no progress, no warnings"},
    {"verbose", NULL, OPTION_SWITCH, "say each request and its status on standard error"},
    {"debug", NULL, OPTION_SWITCH, "the same"},
    {"profile", NULL, OPTION_VALUE, "folder with profile.json (default: $PERI_PROFILE)"},
    {"help", "h", OPTION_SWITCH, "show this help"},
    {NULL, NULL, 0, NULL},
};

/* Options that every verb has which asks the service. */
const struct option_row service_options[] = {
    {"no-wait", NULL, OPTION_SWITCH, "do not wait for the end of a long operation"},
    {"subscription", NULL, OPTION_VALUE, "subscription id (default: the profile's)"},
    {NULL, NULL, 0, NULL},
};

static FILE *fail_to; /* NULL: standard error */

FILE *fail_redirect(FILE *to)
{
    FILE *before = fail_to;
    fail_to = to;
    return before;
}

int fail(enum peri_exit code, const char *format, ...)
{
    char *raw = NULL, *text = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&raw, format, args) >= 0)
        text = terminal_text(raw, fail_to ? -1 : STDERR_FILENO); /* messages quote the service and file names */
    va_end(args);
    fprintf(fail_to ? fail_to : stderr, "peri: %s\n", text ? text : "out of memory");
    free(raw);
    free(text);
    return code;
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

/* As az: a switch may be said with its value, "--all false", in any of its words.  -1: none of them. */
static int switch_value(const char *word)
{
    static const char *const words[2][5] = {{"false", "f", "no", "n", "0"}, {"true", "t", "yes", "y", "1"}};
    for (int value = 0; value < 2; value++)
        for (size_t i = 0; i < 5; i++)
            if (strcasecmp(words[value][i], word) == 0)
                return value;
    return -1;
}

bool arg_has(const struct peri *peri, const char *name)
{
    for (size_t i = peri->arg_count; i-- > 0;)
        if (strcmp(peri->arg[i].row->name, name) == 0)
            return !(peri->arg[i].row->flags & OPTION_SWITCH) || !peri->arg[i].value || switch_value(peri->arg[i].value) == 1;
    return false;
}

int arg_number(const struct peri *peri, const char *name, uint32_t min, uint32_t max,
               uint32_t *value)
{
    const char *text = arg_text(peri, name);
    if (!text)
        return PERI_EXIT_OK;
    uint64_t number = 0;
    size_t len = strlen(text), digits = strspn(text, "0123456789");
    for (size_t i = 0; i < digits && number <= UINT32_MAX; i++)
        number = number * 10 + (uint64_t)(text[i] - '0');
    if (len == 0 || digits != len || number < min || number > max)
        return fail(PERI_EXIT_USAGE, "--%s is '%s': a whole number from %" PRIu32 " to %" PRIu32
                    " is expected", name, text, min, max);
    *value = (uint32_t)number;
    return PERI_EXIT_OK;
}

bool command_exists(const char *noun, const char *word)
{
    size_t len = word ? strlen(word) : 0;
    for (size_t t = 0; verb_tables[t]; t++)
        for (const struct verb *v = verb_tables[t]; v->noun; v++)
            if (strcmp(v->noun, noun) == 0 &&
                (!word || (strncmp(v->verb, word, len) == 0 &&
                           (v->verb[len] == 0 || v->verb[len] == ' '))))
                return true;
    return false;
}

/* How many of the words the verb's name takes, 0 when it is not theirs. */
static int words_match(const char *verb, char *const *words, int count)
{
    for (int used = 0; used < count;) {
        size_t len = strlen(words[used]);
        if (len == 0 || strncmp(verb, words[used], len) != 0)
            return 0;
        used++;
        if (verb[len] == 0)
            return used;
        if (verb[len] != ' ')
            return 0;
        verb += len + 1;
    }
    return 0;
}

const struct verb *command_find(const char *noun, char *const *words, int count, int *used)
{
    const struct verb *found = NULL;
    *used = 0;
    for (size_t t = 0; verb_tables[t]; t++)
        for (const struct verb *v = verb_tables[t]; v->noun; v++) {
            if (strcmp(v->noun, noun) != 0)
                continue;
            int n = words_match(v->verb, words, count);
            if (n > *used || !*v->verb) {
                found = v;
                *used = n;
            }
        }
    return found;
}

static bool is_own(const struct verb *verb, const char *name)
{
    for (const struct option_row *row = verb->options; row && row->name; row++)
        if (strcmp(row->name, name) == 0)
            return true;
    return false;
}

const struct option_row *command_option(const struct verb *verb, size_t index)
{
    for (const struct option_row *row = verb->options; row && row->name; row++)
        if (index-- == 0)
            return row;
    for (const struct option_row *row = global_options; row->name; row++)
        if (!is_own(verb, row->name) && index-- == 0)
            return row;
    for (const struct option_row *row = service_options; !verb->offline && row->name; row++)
        if (!is_own(verb, row->name) && index-- == 0)
            return row;
    return NULL;
}

/* As az: whatever the case of its letters.  NULL after a message. */
static const char *choice_of(const struct option_row *row, const char *value)
{
    char names[256] = "";
    size_t at = 0;
    for (const char *const *choice = row->choices; *choice; choice++) {
        if (strcasecmp(*choice, value) == 0)
            return *choice;
        int n = snprintf(names + at, sizeof names - at, "%s%s", !at ? "" : choice[1] ? ", " : " or ", *choice);
        at = n > 0 && (size_t)n < sizeof names - at ? at + (size_t)n : at;
    }
    fail(PERI_EXIT_USAGE, "--%s is '%s': %s is expected", row->name, value, names);
    return NULL;
}

static int arg_add(struct peri *peri, const struct option_row *row, const char *value)
{
    if (peri->arg_count == ARG_VALUES_MAX)
        return fail(PERI_EXIT_USAGE, "more than %d option values", ARG_VALUES_MAX);
    if (row->choices && (value = choice_of(row, value)) == NULL)
        return PERI_EXIT_USAGE;
    peri->arg[peri->arg_count].row = row;
    peri->arg[peri->arg_count++].value = value;
    return PERI_EXIT_OK;
}

static int required_check(const struct peri *peri)
{
    for (const struct option_row *row = peri->verb->options; row && row->name; row++)
        if (row->flags & OPTION_REQUIRED && !arg_has(peri, row->name))
            return fail(PERI_EXIT_USAGE, "'peri " VERB_FORMAT "' needs --%s: %s", VERB_WORDS(peri->verb),
                        row->name, row->help);
    const char *positional = peri->verb->positional;
    if (positional && *positional != '[' && !peri->positional_count)
        return fail(PERI_EXIT_USAGE, "'peri " VERB_FORMAT "' needs %s", VERB_WORDS(peri->verb), positional);
    bool many = positional && strstr(positional, "...");
    size_t most = many ? POSITIONALS_MAX : positional ? 1 : 0;
    if (peri->positional_count > most)
        return fail(PERI_EXIT_USAGE, "'%s' is not expected here: see peri " VERB_FORMAT " --help",
                    peri->positional[most], VERB_WORDS(peri->verb));
    return PERI_EXIT_OK;
}

static int positional_add(struct peri *peri, const char *word)
{
    if (peri->positional_count == POSITIONALS_MAX)
        return fail(PERI_EXIT_USAGE, "more than %d arguments", POSITIONALS_MAX);
    peri->positional[peri->positional_count++] = word;
    return PERI_EXIT_OK;
}

/* Why getopt did not take a word: an option that is no switch's "=value", none, or several. */
static int word_refuse(const struct verb *verb, const char *word)
{
    const char *name = word + strspn(word, "-");
    size_t len = strcspn(name, "="), count = 0, at = 0;
    char names[256] = "";
    for (size_t i = 0; command_option(verb, i); i++) {
        const struct option_row *row = command_option(verb, i);
        if (strncmp(row->name, name, len) != 0)
            continue;
        if (word[1] != '-' && row->name[len] == 0)
            return fail(PERI_EXIT_USAGE, "'%s' is not an option of 'peri " VERB_FORMAT "': is --%s meant?", word,
                        VERB_WORDS(verb), row->name);
        count++;
        int n = snprintf(names + at, sizeof names - at, "%s--%s", at ? ", " : "", row->name);
        at = n > 0 && (size_t)n < sizeof names - at ? at + (size_t)n : at;
    }
    if (len && count > 1 && word[1] == '-')
        return fail(PERI_EXIT_USAGE, "'%s' may be any of %s", word, names);
    char plain[SUGGEST_WORD_MAX];
    snprintf(plain, sizeof plain, "%.*s", (int)(len < sizeof plain ? len : 0), name);
    struct suggestion near = suggestion_of(plain);
    for (size_t i = 0; command_option(verb, i); i++)
        suggestion_try(&near, command_option(verb, i)->name, strlen(command_option(verb, i)->name));
    return fail(PERI_EXIT_USAGE, "'%s' is not an option of 'peri " VERB_FORMAT "': %s%s%ssee --help", word, VERB_WORDS(verb),
                near.best[0] ? "is --" : "", near.best, near.best[0] ? " meant? Or " : "");
}

/* getopt_long_only() takes a beginning of a long option behind one dash as well: "-n" would be --no-wait. */
static bool short_known(const struct verb *verb, const char *word)
{
    size_t len = strcspn(word + 1, "=");
    for (size_t i = 0; command_option(verb, i); i++) {
        const char *alias = command_option(verb, i)->alias;
        if (alias && strlen(alias) == len && strncmp(alias, word + 1, len) == 0)
            return true;
    }
    return false;
}

/* JSON carries nothing but UTF-8, and a half name must not reach the service. */
static int words_check(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (!utf8_valid(span_of(argv[i], strlen(argv[i]))))
            return fail(PERI_EXIT_USAGE, "'%s' is not UTF-8", argv[i]);
    return PERI_EXIT_OK;
}

/* A word that is no option: of the list before it, of the switch before it, or an argument. */
static int word_take(struct peri *peri, const char *word, bool behind_option)
{
    size_t n = peri->arg_count;
    if (n && peri->arg[n - 1].row->flags & OPTION_LIST)
        return arg_add(peri, peri->arg[n - 1].row, word);
    if (n && behind_option && peri->arg[n - 1].row->flags & OPTION_SWITCH && !peri->arg[n - 1].value &&
        !peri->verb->positional && switch_value(word) >= 0) {
        peri->arg[n - 1].value = word;
        return PERI_EXIT_OK;
    }
    return positional_add(peri, word);
}

/* getopt's values for our rows: away from characters and from its own 1. */
enum { OPTION_FIRST = 1000 };

int command_parse(struct peri *peri, int argc, char **argv)
{
    struct option longs[2 * OPTIONS_MAX + 1];
    size_t count = 0;
    for (size_t i = 0; command_option(peri->verb, i) && count + 2 < 2 * OPTIONS_MAX; i++) {
        const struct option_row *row = command_option(peri->verb, i);
        int has = row->flags & OPTION_SWITCH ? optional_argument : required_argument;
        longs[count++] = (struct option){row->name, has, NULL, OPTION_FIRST + (int)i};
        if (row->alias)
            longs[count++] = (struct option){row->alias, has, NULL, OPTION_FIRST + (int)i};
    }
    longs[count] = (struct option){NULL, 0, NULL, 0};
    if (words_check(argc, argv))
        return PERI_EXIT_USAGE;
    opterr = 0;
    optind = 0; /* glibc: forget what was parsed before */
    for (bool behind_option = false;;) {
        const char *word = optind < argc ? argv[optind ? optind : 1] : NULL;
        if (word && word[0] == '-' && word[1] != '-' && word[1] != 0 && !short_known(peri->verb, word))
            return word_refuse(peri->verb, word);
        /* '-' keeps the order, so that a list option takes the words behind it. */
        int got = getopt_long_only(argc, argv, "-:", longs, NULL);
        if (got == -1)
            break;
        if (got == 1) {
            if (word_take(peri, optarg, behind_option))
                return PERI_EXIT_USAGE;
            behind_option = false;
            continue;
        }
        if (got == ':')
            return fail(PERI_EXIT_USAGE, "option '%s' needs a value", word);
        if (got == '?')
            return word_refuse(peri->verb, word);
        const struct option_row *row = command_option(peri->verb, (size_t)(got - OPTION_FIRST));
        bool value = !(row->flags & OPTION_SWITCH);
        /* a forgotten value would swallow the next option */
        if (value && optarg == argv[optind - 1] && optarg[0] == '-' && optarg[1] != 0)
            return fail(PERI_EXIT_USAGE, "option '%s' needs a value, and '%s' looks like an option "
                        "(--%s=%s if it is meant)", word, optarg, row->name, optarg);
        if (!value && optarg && switch_value(optarg) < 0)
            return fail(PERI_EXIT_USAGE, "'--%s' is a switch: it takes no value but true or false", row->name);
        if (arg_add(peri, row, optarg))
            return PERI_EXIT_USAGE;
        behind_option = true;
    }
    while (optind < argc)
        if (positional_add(peri, argv[optind++]))
            return PERI_EXIT_USAGE;
    if (arg_has(peri, "help"))
        return PERI_EXIT_OK;

    if (output_choose(peri))
        return PERI_EXIT_USAGE;
    peri->profile_folder = arg_text(peri, "profile");
    return required_check(peri);
}
