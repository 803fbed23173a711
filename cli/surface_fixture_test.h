/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests that look at what a command of az sphere answers: its form and keys in
 * testdata/az-sphere/surface.json, against what peri printed.
 */
#ifndef PERI_CLI_SURFACE_FIXTURE_TEST_H
#define PERI_CLI_SURFACE_FIXTURE_TEST_H

#include <jansson.h>

#include "cli/run_fixture_test.h"

/* The row of a command; REQUIREs that there is one. */
static inline json_t *surface_row(const char *command)
{
    static json_t *surface;
    if (!surface)
        surface = json_load_file("testdata/az-sphere/surface.json", JSON_REJECT_DUPLICATES, NULL);
    json_t *row = json_object_get(json_object_get(surface, "commands"), command);
    if (!row)
        fprintf(stderr, "surface.json has no '%s'\n", command);
    REQUIRE(row != NULL);
    return row;
}

/* Is the key "a.b" there, at each step? */
static inline bool surface_has(json_t *value, const char *key)
{
    while (value && *key) {
        char part[64];
        size_t n = strcspn(key, ".");
        snprintf(part, sizeof part, "%.*s", (int)n, key);
        value = json_object_get(value, part);
        key += n + (key[n] == '.');
    }
    return value != NULL;
}

/* Has the text the form and the keys?  A list that is compared has a row at least, where keys
 * are known. */
static inline void surface_check(const char *command, const char *text)
{
    json_t *row = surface_row(command), *keys = json_object_get(row, "keys"), *key, *got = json_loads(text, JSON_DECODE_ANY, NULL);
    const char *form = json_string_value(json_object_get(row, "answer"));
    size_t i;
    if (!form) { /* it answers nothing, or a file */
        json_decref(got);
        return;
    }
    bool good = strcmp(form, "list") == 0 ? json_is_array(got) : strcmp(form, "object") == 0 ? json_is_object(got)
                : strcmp(form, "number") == 0 ? json_is_integer(got) : json_is_string(got);
    json_t *one = json_is_array(got) ? json_array_get(got, 0) : got;
    json_array_foreach(keys, i, key)
        if (!surface_has(one, json_string_value(key))) {
            fprintf(stderr, "  '%s' answers without \"%s\"\n", command, json_string_value(key));
            good = false;
        }
    CHECK(good);
    if (!good)
        fprintf(stderr, "  '%s' answers: %s\n", command, text);
    json_decref(got);
}

#endif
