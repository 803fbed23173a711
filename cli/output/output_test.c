/* SPDX-License-Identifier: BSD-2-Clause */
/* cli/output/output.c and cli/output/terminal.h: what reaches a terminal. */
#include "cli/output/terminal.h"

#include "cli/command.h"
#include "cli/run_fixture_test.h"

static const struct column columns[] = {{"Name", "name"}, {"What", "properties.what"}, {NULL, NULL}};
static const struct verb verb = {.noun = "x", .verb = "y", .columns = columns};
static const struct verb bare = {.noun = "x", .verb = "y"};

/* Prints; the output in caught. */
static int print(enum output output, const struct verb *of, json_t *value)
{
    struct peri peri = {.verb = of, .output = output};
    catch_begin(&stdout);
    int code = output_print(&peri, value);
    catch_end(&stdout);
    json_decref(value);
    return code;
}

static void escapes(void)
{
    static const struct {
        const char *text, *safe;
    } rows[] = {
        {"", ""},
        {"plain 'text' \\x41", "plain 'text' \\x41"},
        {"Gr\xc3\xbc\xc3\x9f", "Gr\xc3\xbc\xc3\x9f"},
        {"\x1b[2Ja", "\\x1b[2Ja"},
        {"a\r\nb\tc\x7f", "a\\x0d\\x0ab\\x09c\\x7f"},
        {"\xc2\x9b" "31m", "\\xc2\\x9b31m"},             /* CSI as one character */
        {"a\xe2\x80\xae" "b", "a\\xe2\\x80\\xaeb"},       /* right-to-left override */
        {"\xff\xc3", "\\xff\\xc3"},                       /* no UTF-8 */
        {"\xc0\x9b", "\\xc0\\x9b"},                       /* overlong */
        {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *safe = terminal_text(rows[i].text, -1);
        CHECK_STR(safe, rows[i].safe);
        free(safe);
    }
    CHECK_INT((int)terminal_columns("Gr\xc3\xbc\xc3\x9f"), 4);
    CHECK_INT((int)terminal_offset("Gr\xc3\xbc\xc3\x9f", 3), 4);
    CHECK_INT((int)terminal_offset("ab", 9), 2);
}

static void json(void)
{
    CHECK_INT(print(OUTPUT_JSON, &verb, json_pack("{s:s,s:[i,b,n]}", "b", "\x1b[31m\xc2\x9b", "a", 1, 1)), 0);
    CHECK_STR(caught, "{\n  \"b\": \"\\u001B[31m\\u009B\",\n  \"a\": [\n    1,\n    true,\n    null\n  ]\n}\n");
    json_t *again = json_loads(caught, 0, NULL); /* escaped, and the same value */
    CHECK_STR(json_string_value(json_object_get(again, "b")), "\x1b[31m\xc2\x9b");
    json_decref(again);
    CHECK_INT(print(OUTPUT_JSON, &verb, json_string("x")), 0);
    CHECK_STR(caught, "\"x\"\n");
    CHECK_INT(print(OUTPUT_JSON, &verb, json_array()), 0);
    CHECK_STR(caught, "[]\n");
    CHECK_INT(print(OUTPUT_JSON, &verb, NULL), 0);
    CHECK_STR(caught, "");
    /* a verb without columns, and a value without fields, are JSON in tables too */
    CHECK_INT(print(OUTPUT_TABLE, &bare, json_integer(3)), 0);
    CHECK_STR(caught, "3\n");
    CHECK_INT(print(OUTPUT_TABLE, &verb, json_integer(3)), 0);
    CHECK_STR(caught, "3\n");
}

static void table(void)
{
    CHECK_INT(print(OUTPUT_TABLE, &verb, json_pack("[{s:s,s:{s:s}},{s:s}]", "name", "Gr\xc3\xbc\xc3\x9f e",
                                                   "properties", "what", "x\x1b]0;y\a", "name", "b")), 0);
    CHECK_STR(caught, "Name    What\n"
                      "------  -------------\n"
                      "Gr\xc3\xbc\xc3\x9f e  x\\x1b]0;y\\x07\n"
                      "b       \n");
    CHECK(strchr(caught, 0x1b) == NULL);
    /* values of other kinds than text */
    CHECK_INT(print(OUTPUT_TABLE, &verb, json_pack("{s:[i,i],s:s}", "name", 1, 2, "properties", "x")), 0);
    CHECK_STR(caught, "Name   What\n-----  ----\n[1,2]  \n");
    CHECK_INT(print(OUTPUT_TABLE, &verb, json_pack("[i,n]", 1)), 0);
    CHECK_STR(caught, "Name  What\n----  ----\n      \n      \n");
    CHECK_INT(print(OUTPUT_TABLE, &verb, json_array()), 0);
    CHECK_STR(caught, "Name  What\n----  ----\n");

    /* long ones keep their ends, cut between characters */
    char name[400] = "";
    for (int i = 0; i < 100; i++)
        strcat(name, "\xc3\xbc");
    strcpy(name, "first");
    for (int i = 0; i < 60; i++)
        strcat(name, "\xc3\xbc");
    strcat(name, "last");
    CHECK_INT(print(OUTPUT_TABLE, &verb, json_pack("{s:s}", "name", name)), 0);
    CHECK_HAS(caught, "first");
    CHECK_HAS(caught, "..");
    CHECK_HAS(caught, "last");
    char *safe = terminal_text(strstr(caught, "first"), -1);
    CHECK(strstr(safe, "\\xc3") == NULL && strstr(safe, "\\xbc") == NULL);
    free(safe);
    /* a sentence is read whole, within reason */
    const char *sentence = "Sees everything, uploads images, deploys them, and proves possession of a catalog's CA.";
    CHECK_INT(print(OUTPUT_TABLE, &verb, json_pack("{s:s}", "name", sentence)), 0);
    CHECK_HAS(caught, sentence);
    memset(name, 'x', sizeof name - 1);
    name[100] = ' ';
    name[sizeof name - 1] = 0;
    CHECK_INT(print(OUTPUT_TABLE, &verb, json_pack("{s:s}", "name", name)), 0);
    CHECK_HAS(caught, "xx..xx");
    CHECK_INT((int)strcspn(caught, "\n"), 160 + 2 + 4); /* and the other column's name */
}

static void full_disk(void)
{
    struct peri peri = {.verb = &verb};
    FILE *full = fopen("/dev/full", "w"), *was = stdout;
    REQUIRE(full != NULL);
    json_t *value = json_string("x");
    stdout = full;
    int code = CAUGHT(output_print(&peri, value));
    stdout = was;
    CHECK_INT(code, PERI_EXIT_ERROR);
    CHECK_HAS(caught, "cannot write the answer");
    fclose(full);
    json_decref(value);
}

static void messages(void)
{
    CHECK_INT(CAUGHT(fail(PERI_EXIT_NOT_FOUND, "(%s) %s", "Co\x1b[de", "a\nperi: forged\r")), 3);
    CHECK_STR(caught, "peri: (Co\\x1b[de) a\\x0aperi: forged\\x0d\n");
}

/* As a user writes it, --output and --query behind a verb. */
static int print_as(const char *form, const char *query, const char *json)
{
    char words[5][128] = {"peri", "--output", "", "--query", ""};
    char *argv[] = {words[0], words[1], words[2], words[3], words[4], NULL};
    snprintf(words[2], sizeof words[2], "%s", form);
    snprintf(words[4], sizeof words[4], "%s", query ? query : "");
    struct peri peri = {.verb = &verb};
    json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
    REQUIRE(value != NULL);
    int code = command_parse(&peri, query ? 5 : 3, argv);
    if (!code) {
        catch_begin(&stdout);
        code = output_print(&peri, value);
        catch_end(&stdout);
    }
    json_decref(value);
    return code;
}

static void forms(void)
{
    static const char list[] = "[{\"name\":\"a\\u001b\",\"n\":1,\"ok\":true,\"none\":null,\"x\":[1,2],\"o\":{}},"
                               "{\"name\":\"b\",\"n\":2.5,\"ok\":false,\"none\":null,\"x\":[],\"o\":{}}]";
    CHECK_INT(print_as("tsv", NULL, list), 0);
    CHECK_STR(caught, "a\\x1b\t1\tTrue\tNone\t2\t\nb\t2.5\tFalse\tNone\t0\t\n");
    CHECK_INT(print_as("tsv", "[].n", list), 0);
    CHECK_STR(caught, "1\n2.5\n");
    CHECK_INT(print_as("tsv", "[0].[name,n]", list), 0);
    CHECK_STR(caught, "a\\x1b\n1\n");
    CHECK_INT(print_as("table", "[].{who:name,n:n,skip:x}", list), 0);
    CHECK_STR(caught, "Who    N\n-----  ---\na\\x1b  1\nb      2.5\n");
    CHECK_INT(print_as("table", "[].[name,n]", list), 0);
    CHECK_HAS(caught, "Column1  Column2\n");
    CHECK_INT(print_as("table", "[].n", list), 0);
    CHECK_STR(caught, "Result\n------\n1\n2.5\n");
    CHECK_INT(print_as("table", "length(@)", list), 0);
    CHECK_STR(caught, "2\n");
    CHECK_INT(print_as("json", "[?n>`2`].name | [0]", list), 0);
    CHECK_STR(caught, "\"b\"\n");
    CHECK_INT(print_as("json", "[0].absent", list), 0);
    CHECK_STR(caught, "");
    CHECK_INT(print_as("none", NULL, list), 0);
    CHECK_STR(caught, "");
    CHECK_INT(print_as("jsonc", NULL, "{\"a\":1}"), 0); /* no terminal, no colour */
    CHECK_STR(caught, "{\n  \"a\": 1\n}\n");
    CHECK_INT(print_as("yaml", NULL, "{\"a\":[1,\"1\",\"1.5\",\"true\",\"No\",\"\",null,\"null\",\"- x\",\"a: b\",\"\\u001b\"],\"b\":{}}"), 0);
    CHECK_STR(caught, "a:\n- 1\n- '1'\n- '1.5'\n- 'true'\n- 'No'\n- ''\n- null\n- 'null'\n- '- x'\n- 'a: b'\n- \\x1b\nb: {}\n");
    CHECK_INT(print_as("yamlc", NULL, "\"x\""), 0);
    CHECK_HAS(caught, "x\n");
    CHECK_INT(print_as("json", "[", list), 2); /* refused before anything is done */
    CHECK_INT(print_as("json", "sum(@)", list), 1);
    CHECK_INT(print_as("xml", NULL, list), 2);
}

int main(void)
{
    escapes();
    json();
    table();
    full_disk();
    messages();
    forms();
    free(caught);
    return check_done();
}
