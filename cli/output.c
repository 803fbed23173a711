/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Output for scripts (JSON, stable: keys in the service's order) and for people
 * (aligned columns).  Neither lets control characters through to a terminal.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/terminal.h"

/* The value at "a.b.c", or NULL. */
static json_t *value_at(json_t *value, const char *path)
{
    while (value && *path) {
        char key[64];
        size_t n = strcspn(path, ".");
        snprintf(key, sizeof key, "%.*s", (int)n, path);
        value = json_object_get(value, key);
        path += n + (path[n] == '.');
    }
    return value;
}

/* What a cell shows, malloc'd; long ones keep their ends, which tell ids apart. */
static char *cell_text(json_t *value)
{
    enum { CELL_MAX = 64, HEAD = 30 };
    if (!value || json_is_null(value))
        return strdup("");
    char *raw = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    char *text = json_is_string(value) ? terminal_text(json_string_value(value))
                                       : (raw ? terminal_text(raw) : NULL);
    free(raw);
    size_t columns = text ? terminal_columns(text) : 0;
    if (columns > CELL_MAX) {
        size_t head = terminal_offset(text, HEAD);
        size_t tail = terminal_offset(text, columns - (CELL_MAX - HEAD - 2));
        memmove(text + head + 2, text + tail, strlen(text + tail) + 1);
        memcpy(text + head, "..", 2);
    }
    return text;
}

static void cell_print(const char *text, size_t width, bool last)
{
    fputs(text, stdout);
    /* the last column is not padded */
    for (size_t n = terminal_columns(text); !last && n < width + 2; n++)
        putchar(' ');
    if (last)
        putchar('\n');
}

static void table_print(const struct column *columns, json_t *rows)
{
    enum { COLUMNS_MAX = 12 };
    size_t width[COLUMNS_MAX] = {0}, count = 0, index;
    json_t *row;
    for (const struct column *c = columns; c->header && count < COLUMNS_MAX; c++, count++) {
        width[count] = strlen(c->header);
        json_array_foreach(rows, index, row) {
            char *text = cell_text(value_at(row, c->path));
            if (text && terminal_columns(text) > width[count])
                width[count] = terminal_columns(text);
            free(text);
        }
    }
    for (size_t i = 0; i < count; i++)
        cell_print(columns[i].header, width[i], i + 1 == count);
    for (size_t i = 0; i < count; i++) {
        for (size_t n = 0; n < width[i]; n++)
            putchar('-');
        fputs(i + 1 < count ? "  " : "\n", stdout);
    }
    json_array_foreach(rows, index, row)
        for (size_t i = 0; i < count; i++) {
            char *text = cell_text(value_at(row, columns[i].path));
            cell_print(text ? text : "", width[i], i + 1 == count);
            free(text);
        }
}

int output_print(const struct peri *peri, json_t *value)
{
    if (!value)
        return PERI_EXIT_OK;
    if (peri->output == OUTPUT_TABLE && peri->verb->columns &&
        (json_is_array(value) || json_is_object(value))) {
        json_t *rows = json_is_array(value) ? json_incref(value) : json_pack("[O]", value);
        table_print(peri->verb->columns, rows);
        json_decref(rows);
    } else {
        char *raw = json_dumps(value, JSON_INDENT(2) | JSON_ENCODE_ANY);
        char *text = raw ? terminal_json(raw) : NULL;
        free(raw);
        if (!text)
            return fail(PERI_EXIT_ERROR, "out of memory");
        puts(text);
        free(text);
    }
    if (fflush(stdout) != 0 || ferror(stdout))
        return fail(PERI_EXIT_ERROR, "cannot write the answer to standard output");
    return PERI_EXIT_OK;
}
