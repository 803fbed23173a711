/* SPDX-License-Identifier: BSD-2-Clause */
/* Output for scripts (JSON, stable) and for people (aligned columns). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"

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

static char *cell_text(json_t *value)
{
    if (!value || json_is_null(value))
        return strdup("");
    if (json_is_string(value))
        return strdup(json_string_value(value));
    return json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
}

static int table_print(const struct column *columns, json_t *rows)
{
    enum { COLUMNS_MAX = 12, CELL_MAX = 64 };
    size_t width[COLUMNS_MAX] = {0}, count = 0, index;
    json_t *row;
    for (const struct column *c = columns; c->header && count < COLUMNS_MAX; c++, count++) {
        width[count] = strlen(c->header);
        json_array_foreach(rows, index, row) {
            char *text = cell_text(value_at(row, c->path));
            if (text && strlen(text) > width[count])
                width[count] = strlen(text) < CELL_MAX ? strlen(text) : CELL_MAX;
            free(text);
        }
    }
    for (size_t i = 0; i < count; i++)
        printf("%-*s%s", (int)width[i], columns[i].header, i + 1 < count ? "  " : "\n");
    for (size_t i = 0; i < count; i++) {
        for (size_t n = 0; n < width[i]; n++)
            putchar('-');
        printf("%s", i + 1 < count ? "  " : "\n");
    }
    json_array_foreach(rows, index, row) {
        for (size_t i = 0; i < count; i++) {
            char *text = cell_text(value_at(row, columns[i].path));
            size_t len = text ? strlen(text) : 0;
            if (len > CELL_MAX) /* a device id: its ends tell it apart */
                printf("%.30s..%.*s", text, CELL_MAX - 32, text + len - (CELL_MAX - 32));
            else
                printf("%-*s", (int)width[i], text ? text : "");
            printf("%s", i + 1 < count ? "  " : "\n");
            free(text);
        }
    }
    return PERI_EXIT_OK;
}

int output_print(const struct peri *peri, json_t *value)
{
    if (!value)
        return PERI_EXIT_OK;
    if (peri->output == OUTPUT_TABLE && peri->verb->columns &&
        (json_is_array(value) || json_is_object(value))) {
        json_t *rows = json_is_array(value) ? json_incref(value) : json_pack("[O]", value);
        int code = table_print(peri->verb->columns, rows);
        json_decref(rows);
        return code;
    }
    if (json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY) != 0)
        return fail(PERI_EXIT_ERROR, "cannot write the answer");
    putchar('\n');
    return fflush(stdout) ? fail(PERI_EXIT_ERROR, "cannot write the answer") : PERI_EXIT_OK;
}
