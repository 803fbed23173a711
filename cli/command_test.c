/* SPDX-License-Identifier: BSD-2-Clause */
/* cli/command.h: the parser, and the tables that it walks. */
#include "cli/command.h"

#include <ctype.h>

#include "cli/run_fixture_test.h"

static const struct option_row rows[] = {
    {"name", "n", OPTION_REQUIRED, "name"},
    {"device", "d", OPTION_VALUE, "device"},
    {"device-group", "dg", OPTION_VALUE, "group"},
    {"images", "i", OPTION_LIST, "images"},
    {"development", NULL, OPTION_SWITCH, "flag"},
    {"number", NULL, OPTION_VALUE, "number"},
    {NULL, NULL, 0, NULL},
};
static const struct verb plain = {.noun = "thing", .verb = "make", .help = "x", .options = rows};
static const struct verb one_file = {.noun = "thing", .verb = "show", .positional = "FILE", .help = "x"};
static const struct verb files = {
    .noun = "thing", .verb = "add", .positional = "FILE...", .help = "x", .options = rows};

static struct peri peri;

/* Parses the words behind the verb; messages in caught. */
static int parse(const struct verb *verb, const char *const *words)
{
    static char copies[140][64];
    static char *argv[141];
    int argc = 0;
    for (argv[argc++] = copies[0]; words[argc - 1]; argc++) {
        snprintf(copies[argc], sizeof copies[argc], "%s", words[argc - 1]);
        argv[argc] = copies[argc];
    }
    strcpy(copies[0], "verb");
    argv[argc] = NULL;
    peri = (struct peri){.verb = verb};
    return CAUGHT(command_parse(&peri, argc, argv));
}
#define PARSE(verb, ...) parse(&(verb), (const char *const[]){__VA_ARGS__, NULL})

static void options(void)
{
    CHECK_INT(PARSE(plain, "--name", "a", "-dg", "b c", "-d=x", "--development"), 0);
    CHECK_STR(arg_text(&peri, "name"), "a");
    CHECK_STR(arg_text(&peri, "device-group"), "b c");
    CHECK_STR(arg_text(&peri, "device"), "x");
    CHECK(arg_has(&peri, "development"));
    CHECK(!arg_has(&peri, "images"));
    CHECK(arg_text(&peri, "images") == NULL);
    CHECK_INT(peri.output, OUTPUT_JSON);

    CHECK_INT(PARSE(plain, "-n", "a", "--n=b", "-o", "table"), 0); /* the last one counts */
    CHECK_STR(arg_text(&peri, "name"), "b");
    CHECK_INT(peri.output, OUTPUT_TABLE);
    CHECK_INT(PARSE(plain, "-n", "a", "-o", "xml"), 2);
    CHECK_HAS(caught, "json, jsonc, none, table, tsv, yaml or yamlc is expected");
    CHECK_INT(PARSE(plain, "-n", "a", "-o", "Table"), 0); /* as az: in any case */
    CHECK_INT(peri.output, OUTPUT_TABLE);
    CHECK_STR(arg_text(&peri, "output"), "table");
    CHECK_INT(PARSE(plain, "-n", "a", "-o", "tabl"), 2); /* and not in part */
    CHECK_INT(PARSE(plain, "-n", "a", "-o", ""), 2);

    CHECK_INT(PARSE(plain, "-n", "a", "--images", "1", "2", "--dev", "-i", "3"), 2);
    CHECK_HAS(caught, "--device, --device-group, --development"); /* ambiguous */
    CHECK_INT(PARSE(plain, "-n", "a", "--images", "1", "2", "--deve", "-i", "3"), 0);
    CHECK_STR(arg_at(&peri, "images", 0), "1");
    CHECK_STR(arg_at(&peri, "images", 1), "2");
    CHECK_STR(arg_at(&peri, "images", 2), "3");
    CHECK(arg_at(&peri, "images", 3) == NULL);
    /* switches as az has them */
    CHECK_INT(PARSE(plain, "-n", "a", "--development", "false"), 0);
    CHECK(!arg_has(&peri, "development"));
    CHECK_INT(PARSE(plain, "-n", "a", "--development=true", "-d", "x"), 0);
    CHECK(arg_has(&peri, "development"));
    CHECK_INT(PARSE(plain, "-n", "a", "--development", "off"), 2);
    static const char *const no[] = {"False", "f", "no", "N", "0"}, *const yes[] = {"TRUE", "t", "Yes", "y", "1"};
    for (size_t i = 0; i < 5; i++) {
        CHECK_INT(PARSE(plain, "-n", "a", "--development", no[i]), 0);
        CHECK(!arg_has(&peri, "development"));
        CHECK_INT(PARSE(plain, "-n", "a", "--development", yes[i]), 0);
        CHECK(arg_has(&peri, "development"));
    }
    CHECK_INT(PARSE(plain, "--development", "-n", "a", "false"), 2); /* not behind the switch */
    CHECK_INT(PARSE(files, "-n", "a", "--development", "false"), 0); /* may be a file's name */
    CHECK(arg_has(&peri, "development"));
    CHECK_STR(peri.positional[0], "false");
    CHECK_INT(PARSE(plain, "-n", "-"), 0); /* a dash alone is a value */
    CHECK_INT(PARSE(plain, "--name=--x"), 0);
    CHECK_STR(arg_text(&peri, "name"), "--x");
    CHECK_INT(PARSE(plain, "--name="), 0);
    CHECK_STR(arg_text(&peri, "name"), "");
    CHECK_INT(PARSE(plain, "--help"), 0); /* asks for no required option */
    CHECK(arg_has(&peri, "help"));
}

static void refused(void)
{
    CHECK_INT(PARSE(plain, "--device", "x"), 2);
    CHECK_HAS(caught, "needs --name");
    CHECK_INT(PARSE(plain, "-n", "a", "--wrong"), 2);
    CHECK_HAS(caught, "'--wrong' is not an option of 'peri thing make'");
    CHECK_INT(PARSE(plain, "-n", "a", "-:"), 2);
    CHECK_HAS(caught, "'-:'");
    CHECK_INT(PARSE(plain, "-n", "a", "-:x"), 2);
    CHECK_HAS(caught, "'-:x'");
    CHECK_INT(PARSE(plain, "-n", "a", "--development=2"), 2);
    CHECK_HAS(caught, "takes no value but true or false");
    CHECK_INT(PARSE(plain, "-n"), 2);
    CHECK_HAS(caught, "'-n' needs a value");
    CHECK_INT(PARSE(plain, "--name", "--device", "x"), 2); /* swallows no option */
    CHECK_HAS(caught, "'--device' looks like an option");
    CHECK_INT(PARSE(plain, "-n", "a\xff"), 2);
    CHECK_HAS(caught, "not UTF-8");
    CHECK(strchr(caught, '\xff') == NULL);
    CHECK_INT(PARSE(plain, "-n", "a", "stray"), 2);
    CHECK_HAS(caught, "'stray' is not expected here");
}

/* One dash: a short option as it is written, and no beginning of a long one. */
static void short_options(void)
{
    static const struct option_row none[] = {{NULL, NULL, 0, NULL}};
    static const struct verb bare = {.noun = "thing", .verb = "list", .help = "x", .options = none};
    CHECK_INT(PARSE(bare, "-n", "a"), 2); /* was --no-wait */
    CHECK_HAS(caught, "'-n' is not an option of 'peri thing list'");
    CHECK(!arg_has(&peri, "no-wait"));
    CHECK_INT(PARSE(bare, "-n"), 2);
    CHECK_INT(PARSE(bare, "-q", "x"), 2);
    CHECK_INT(PARSE(bare, "-q=x"), 2);
    CHECK_INT(PARSE(bare, "-no-wait"), 2);
    CHECK_HAS(caught, "is --no-wait meant?");
    CHECK_INT(PARSE(bare, "-output", "table"), 2);
    CHECK_INT(PARSE(bare, "-o=table"), 0);
    CHECK_INT(peri.output, OUTPUT_TABLE);
    CHECK_INT(PARSE(bare, "--no-w"), 0); /* as az: a beginning that only one has */
    CHECK(arg_has(&peri, "no-wait"));
    CHECK_INT(PARSE(bare, "-h"), 0);
    CHECK(arg_has(&peri, "help"));
    CHECK_INT(PARSE(plain, "-n", "a", "-de", "x"), 2);
    CHECK_INT(PARSE(plain, "-n", "a", "-dg", "x"), 0);
    CHECK(!arg_has(&peri, "device"));
    CHECK_INT(PARSE(files, "-n", "a", "--", "-x"), 0); /* behind -- all is an argument */
    CHECK_STR(peri.positional[0], "-x");
}

static void positionals(void)
{
    CHECK_INT(PARSE(one_file, "x"), 0);
    CHECK_INT((int)peri.positional_count, 1);
    CHECK_INT(PARSE(one_file, "--", "--x"), 0);
    CHECK_STR(peri.positional[0], "--x");
    CHECK_INT(PARSE(one_file, "x", "y"), 2);
    CHECK_HAS(caught, "'y' is not expected here");
    CHECK_INT(PARSE(one_file, "-o", "json"), 2);
    CHECK_HAS(caught, "needs FILE");
    CHECK_INT(PARSE(files, "-n", "a", "x", "y", "z"), 0);
    CHECK_INT((int)peri.positional_count, 3);
    CHECK_INT(PARSE(files, "-n", "a", "-i", "x", "y", "--", "z"), 0);
    CHECK_INT((int)peri.positional_count, 1);
    CHECK_STR(arg_at(&peri, "images", 1), "y");
}

static void limits(void)
{
    const char *words[140] = {"-n", "a"};
    size_t n = 2;
    while (n < 2 + POSITIONALS_MAX)
        words[n++] = "x";
    CHECK_INT(parse(&files, words), 0);
    words[n] = "x";
    CHECK_INT(parse(&files, words), 2);
    CHECK_HAS(caught, "more than 64 arguments");
    words[2] = "-i";
    CHECK_INT(parse(&files, words), 2); /* 64 of the list and the name */
    CHECK_HAS(caught, "more than 64 option values");
    words[2] = "--";
    words[n + 1] = "x";
    CHECK_INT(parse(&files, words), 2);
    CHECK_HAS(caught, "more than 64 arguments");
}

static void numbers(void)
{
    static const char *const bad[] = {"",   "x", "1x", " 1", "+1", "0x10", "1e3", "1.0", "9", "101",
                                      "4294967296", "18446744073709551617", "99999999999999999999999999"};
    uint32_t value = 7;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char word[64];
        snprintf(word, sizeof word, "--number=%s", bad[i]);
        REQUIRE(PARSE(plain, "-n", "a", word) == 0);
        CHECK_INT(CAUGHT(arg_number(&peri, "number", 10, 100, &value)), 2);
        CHECK_HAS(caught, "a whole number from 10 to 100");
        CHECK_INT(value, 7);
    }
    REQUIRE(PARSE(plain, "-n", "a", "--number=-1") == 0);
    CHECK_INT(CAUGHT(arg_number(&peri, "number", 0, UINT32_MAX, &value)), 2);
    REQUIRE(PARSE(plain, "-n", "a", "--number", "4294967295") == 0);
    CHECK_INT(arg_number(&peri, "number", 0, UINT32_MAX, &value), 0);
    CHECK_INT(value, UINT32_MAX);
    REQUIRE(PARSE(plain, "-n", "a") == 0);
    CHECK_INT(arg_number(&peri, "number", 10, 100, &value), 0); /* absent: as it was */
    CHECK_INT(value, UINT32_MAX);
}

static void find(void)
{
    static char capability[] = "capability", download[] = "download", list[] = "list", empty[] = "";
    int used;
    const struct verb *verb = command_find("device", (char *const[]){capability, download, list}, 3, &used);
    CHECK(verb && strcmp(verb->verb, "capability download") == 0);
    CHECK_INT(used, 2);
    CHECK(command_find("device", (char *const[]){capability}, 1, &used) == NULL);
    CHECK(command_find("device", (char *const[]){capability, list}, 2, &used) == NULL);
    CHECK(command_find("device", (char *const[]){empty}, 1, &used) == NULL);
    CHECK(command_find("device", (char *const[]){list, download}, 2, &used) != NULL);
    CHECK_INT(used, 1);
    CHECK(command_exists("device", "capability"));
    CHECK(!command_exists("device", "cap"));
    CHECK(!command_exists("devic", NULL));
}

/* Lower case but for names and abbreviations, and no full stop. */
static void text_check(const char *where, const char *text)
{
    size_t word = strcspn(text, " ,:=");
    bool capital = word > 1 && isupper((unsigned char)text[0]);
    for (size_t i = 1; capital && i < word; i++)
        capital = islower((unsigned char)text[i]) != 0;
    bool good = text[0] && !capital && text[strlen(text) - 1] != '.';
    CHECK(good);
    if (!good)
        fprintf(stderr, "  help of %s: \"%s\"\n", where, text);
}

static bool names_clash(const struct option_row *a, const struct option_row *b)
{
    return strcmp(a->name, b->name) == 0 || (a->alias && strcmp(a->alias, b->name) == 0) ||
           (b->alias && strcmp(a->name, b->alias) == 0) ||
           (a->alias && b->alias && strcmp(a->alias, b->alias) == 0);
}

static void verb_check(const struct verb *verb)
{
    const struct option_row *all[2 * OPTIONS_MAX];
    size_t count = 0;
    char where[128];
    snprintf(where, sizeof where, "%s %s", verb->noun, verb->verb);
    text_check(where, verb->help);
    CHECK(verb->run != NULL);
    for (size_t i = 0; command_option(verb, i); i++) {
        REQUIRE(count + 1 < OPTIONS_MAX);
        all[count++] = command_option(verb, i);
    }
    REQUIRE(count < OPTIONS_MAX); /* what command_parse() has room for */
    for (size_t i = 0; i < count; i++) {
        text_check(where, all[i]->help);
        CHECK((all[i]->flags & OPTION_SWITCH) == 0 ||
              (all[i]->flags & (OPTION_LIST | OPTION_REQUIRED)) == 0);
        for (size_t k = 0; k < i; k++) {
            CHECK(!names_clash(all[i], all[k]));
            if (names_clash(all[i], all[k]))
                fprintf(stderr, "  %s: --%s and --%s\n", where, all[i]->name, all[k]->name);
        }
    }
    if (verb->offline) /* no catalog without a service */
        for (size_t i = 0; i < count; i++)
            CHECK(strcmp(all[i]->name, "catalog") != 0);
}

static void tables(void)
{
    size_t count = 0;
    for (size_t t = 0; verb_tables[t]; t++)
        for (const struct verb *v = verb_tables[t]; v->noun; v++, count++) {
            verb_check(v);
            for (size_t u = 0; u <= t; u++)
                for (const struct verb *w = verb_tables[u]; w->noun && w != v; w++)
                    CHECK(strcmp(v->noun, w->noun) != 0 || strcmp(v->verb, w->verb) != 0);
        }
    CHECK(count > 40);
}

/* Names of `az sphere` for what is here. */
static void names(void)
{
    static const char *const known[][2] = {
        {"catalog", "create"}, {"catalog", "list"}, {"catalog", "show"}, {"catalog", "delete"},
        {"catalog", "download-error-report"}, {"product", "create"}, {"product", "list"},
        {"product", "show"}, {"product", "update"}, {"product", "delete"}, {"device-group", "create"},
        {"device-group", "create-defaults"}, {"device-group", "list"}, {"device-group", "show"},
        {"device-group", "update"}, {"device-group", "delete"}, {"image", "add"}, {"image", "list"},
        {"image", "show"}, {"deployment", "create"}, {"deployment", "list"}, {"deployment", "show"},
        {"ca-certificate", "list"}, {"ca-certificate", "download"}, {"ca-certificate", "download-chain"},
        {"ca-certificate", "download-proof"}, {"device", "list"}, {"device", "show"},
        {"device", "show-count"}, {"device", "claim"}, {"device", "assign"}, {"device", "unassign"},
        {"device", "capability download"}, {"image-package", "pack-application"}, {"image-package", "show"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        CHECK(command_exists(known[i][0], known[i][1]));
}

static void document(void)
{
    size_t len, have_len;
    uint8_t *have = check_read_file("docs/manual/commands.md", &have_len);
    char *text = NULL;
    FILE *out = open_memstream(&text, &len);
    REQUIRE(out != NULL);
    help_markdown(out);
    REQUIRE(fclose(out) == 0);
    bool same = len == have_len && memcmp(text, have, len) == 0;
    CHECK(same);
    if (!same)
        fprintf(stderr, "  docs/manual/commands.md is stale: peri --help-markdown > docs/manual/commands.md\n");
    free(text);
    free(have);
}

int main(void)
{
    options();
    refused();
    short_options();
    positionals();
    limits();
    numbers();
    find();
    tables();
    names();
    document();
    free(caught);
    return check_done();
}
