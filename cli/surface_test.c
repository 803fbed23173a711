/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every command and option of az sphere (testdata/az-sphere/surface.json) is a row of the verb
 * tables, with its names, its kind, and no more that must be given; or it has a row in
 * cli/absent.c, which says why not.  What the commands answer is for tests/cli/ and
 * attached_test.c, which read the same file.
 */
#include <jansson.h>

#include "cli/absent.h"
#include "cli/command.h"
#include "cli/run_fixture_test.h"

static bool is_absent(const char *command, const char *option)
{
    for (const struct absent *row = absent_rows; row->command; row++)
        if ((strcmp(row->command, command) == 0 || strcmp(row->command, "*") == 0) &&
            (row->option ? option && strcmp(row->option, option) == 0 : !option))
            return true;
    return false;
}

static const struct verb *verb_of(const char *command)
{
    char words[128], *part[8], *next;
    int count = 0, used;
    snprintf(words, sizeof words, "%s", command);
    for (char *word = strtok_r(words, " ", &next); word && count < 8; word = strtok_r(NULL, " ", &next))
        part[count++] = word;
    const struct verb *verb = command_find(part[0], part + 1, count - 1, &used);
    return verb && used == count - 1 ? verb : NULL;
}

static const struct option_row *row_in(const struct option_row *rows, const char *name)
{
    for (; rows && rows->name; rows++)
        if (strcmp(rows->name, name) == 0)
            return rows;
    return NULL;
}

static const struct option_row *row_of(const struct verb *verb, const char *name)
{
    const struct option_row *row = row_in(verb->options, name);
    if (!row)
        row = row_in(global_options, name);
    return row || verb->offline ? row : row_in(service_options, name);
}

static bool kind_fits(const struct option_row *row, const char *kind)
{
    if (strcmp(kind, "switch") == 0)
        return row->flags & OPTION_SWITCH;
    if (strcmp(kind, "list") == 0)
        return row->flags & OPTION_LIST;
    return !(row->flags & OPTION_SWITCH); /* a list takes one value, too */
}

static void option_check(const char *command, const struct verb *verb, json_t *want)
{
    const char *name = json_string_value(json_object_get(want, "name")), *kind = json_string_value(json_object_get(want, "kind")),
               *alias = json_string_value(json_object_get(want, "alias"));
    REQUIRE(name && kind);
    const struct option_row *row = row_of(verb, name);
    bool absent = is_absent(command, name);
    bool good = row ? !absent && kind_fits(row, kind) && (!alias || (row->alias && strcmp(row->alias, alias) == 0)) : absent;
    CHECK(good);
    if (!good)
        fprintf(stderr, "  %s --%s (-%s, %s): %s\n", command, name, alias ? alias : "", kind,
                row ? "differs, or stands in absent.c too" : "is not here, and has no row in absent.c");
}

static bool required_there(json_t *options, const char *name)
{
    json_t *want;
    size_t i;
    json_array_foreach(options, i, want)
        if (strcmp(json_string_value(json_object_get(want, "name")), name) == 0)
            return json_is_true(json_object_get(want, "required"));
    return false;
}

static void command_check(const char *command, json_t *options, json_t *everywhere)
{
    json_t *want;
    size_t i;
    const struct verb *verb = verb_of(command);
    bool absent = is_absent(command, NULL);
    CHECK((verb != NULL) != absent);
    if ((verb != NULL) == absent)
        fprintf(stderr, "  %s: %s\n", command, verb ? "is here, and in absent.c" : "is not here, and has no row in absent.c");
    if (!verb)
        return;
    json_array_foreach(options, i, want)
        option_check(command, verb, want);
    json_array_foreach(everywhere, i, want)
        if (!json_object_get(want, "of") || !verb->offline)
            option_check(command, verb, want);
    /* a line that is whole for az is whole for peri */
    for (const struct option_row *row = verb->options; row && row->name; row++) {
        bool good = !(row->flags & OPTION_REQUIRED) || required_there(options, row->name);
        CHECK(good);
        if (!good)
            fprintf(stderr, "  %s: --%s is required here only\n", command, row->name);
    }
    CHECK(!verb->positional || *verb->positional == '[');
}

/* No row of absent.c is about something that az sphere has not. */
static void absent_check(json_t *commands, json_t *everywhere)
{
    for (const struct absent *row = absent_rows; row->command; row++) {
        json_t *options = strcmp(row->command, "*") == 0 ? everywhere : json_object_get(json_object_get(commands, row->command), "options");
        json_t *want;
        size_t i;
        bool found = !row->option && options;
        json_array_foreach(options, i, want)
            found |= row->option && strcmp(json_string_value(json_object_get(want, "name")), row->option) == 0;
        CHECK(found);
        if (!found)
            fprintf(stderr, "  absent.c: az sphere has no '%s %s'\n", row->command, row->option ? row->option : "");
        CHECK(row->reason[0] && row->reason[strlen(row->reason) - 1] != '.');
    }
}

/* Who asks for one is told why, and what instead. */
static void absent_said(void)
{
    CHECK_INT(PERI("device", "recover"), 1);
    CHECK_HAS(run_err, "'device recover' of az sphere is not here: ");
    CHECK_INT(PERI("device", "recover", "--images", "x"), 1);
    CHECK_INT(PERI("device", "recovery"), 2);
    CHECK_INT(PERI("device", "restart", "--change-reference", "x"), 2);
    CHECK_INT(PERI("--help-markdown"), 0);
    CHECK_HAS(run_out, "## Not here");
    CHECK_HAS(run_out, "| `device recover` | ");
    CHECK_HAS(run_out, "| of every command `--change-reference` | ");
}

int main(void)
{
    run_begin();
    json_error_t error;
    json_t *surface = json_load_file("testdata/az-sphere/surface.json", JSON_REJECT_DUPLICATES, &error), *row;
    REQUIRE(surface != NULL);
    const char *command;
    size_t count = 0;
    json_t *commands = json_object_get(surface, "commands"), *everywhere = json_object_get(surface, "global");
    REQUIRE(json_is_object(commands) && json_is_array(everywhere));
    json_object_foreach(commands, command, row) {
        json_t *options = json_object_get(row, "options");
        REQUIRE(json_is_array(options));
        command_check(command, options, everywhere);
        count++;
    }
    CHECK_INT((int)count, 90);
    absent_check(commands, everywhere);
    absent_said();
    json_decref(surface);
    return check_done();
}
