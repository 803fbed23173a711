/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/perisphered/outcome.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "service/perisphered/say.h"

/* Takes the value. */
static void put(struct outcome *outcome, const char *name, json_t *value)
{
    if (!outcome->facts)
        outcome->facts = json_object();
    if (json_object_set_new(outcome->facts, name, value) != 0)
        outcome->failed = true;
}

void outcome_text(struct outcome *outcome, const char *name, const char *value)
{
    put(outcome, name, value ? json_string_nocheck(value) : json_null());
}

void outcome_count(struct outcome *outcome, const char *name, uint64_t value)
{
    put(outcome, name, json_integer((json_int_t)value));
}

void outcome_flag(struct outcome *outcome, const char *name, bool value) { put(outcome, name, json_boolean(value)); }

void outcome_list(struct outcome *outcome, const char *name, const char *value)
{
    if (!json_object_get(outcome->facts, name))
        put(outcome, name, json_array());
    if (value && json_array_append_new(json_object_get(outcome->facts, name), json_string_nocheck(value)) != 0)
        outcome->failed = true;
}

void outcome_path(struct outcome *outcome, const char *name, const char *folder, const char *below)
{
    char *path = NULL;
    if (asprintf(&path, "%s/%s", folder, below) < 0)
        outcome->failed = true;
    else
        outcome_text(outcome, name, path);
    free(path);
}

void outcome_say(struct outcome *outcome, const char *format, ...)
{
    char *line = NULL;
    va_list arguments;
    va_start(arguments, format);
    int n = vasprintf(&line, format, arguments);
    va_end(arguments);
    if (!outcome->messages)
        outcome->messages = json_array();
    if (n < 0 || json_array_append_new(outcome->messages, json_string_nocheck(line)) != 0)
        outcome->failed = true;
    if (n >= 0)
        free(line);
}

static int json_print(struct outcome *outcome)
{
    if (!outcome->messages)
        outcome->messages = json_array();
    put(outcome, "messages", json_incref(outcome->messages));
    char *text = outcome->failed ? NULL : json_dumps(outcome->facts, JSON_COMPACT); /* NULL: or a name that is not UTF-8 */
    int code = text ? 0 : say("it is done, and what was done cannot be told: out of memory, or a name that is not UTF-8");
    if (text)
        puts(text);
    free(text);
    return code;
}

static int lines_print(const struct outcome *outcome)
{
    size_t i;
    json_t *line;
    json_array_foreach(outcome->messages, i, line)
        puts(json_string_value(line));
    return outcome->failed ? say("it is done, and what was done cannot be told: out of memory") : 0;
}

int outcome_end(struct outcome *outcome, bool json, int code)
{
    if (outcome->facts || outcome->messages) {
        int err = json ? json_print(outcome) : lines_print(outcome);
        if (!err && fflush(stdout) != 0)
            err = say("it is done, and what was done cannot be told: standard output takes nothing");
        code = code ? code : err;
    }
    json_decref(outcome->facts);
    json_decref(outcome->messages);
    *outcome = (struct outcome){0};
    return code;
}
