/* SPDX-License-Identifier: BSD-2-Clause */
/* cli/output.c and cli/terminal.h: what reaches a terminal. */
#include "cli/terminal.h"

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
        char *safe = terminal_text(rows[i].text);
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
    char *safe = terminal_text(strstr(caught, "first"));
    CHECK(strstr(safe, "\\xc3") == NULL && strstr(safe, "\\xbc") == NULL);
    free(safe);
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

int main(void)
{
    escapes();
    json();
    table();
    full_disk();
    messages();
    free(caught);
    return check_done();
}
