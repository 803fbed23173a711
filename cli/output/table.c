/* SPDX-License-Identifier: BSD-2-Clause */
/* Aligned columns, for people. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/output/output.h"
#include "cli/output/terminal.h"

enum { COLUMNS_MAX = 32, HEADER_MAX = 48 };

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

/* What a cell shows, malloc'd; long ones keep their ends, which tell ids apart.  A sentence is worth more room than a word. */
static char *cell_text(json_t *value)
{
    enum { WORD_MAX = 64, SENTENCE_MAX = 160 };
    if (!value || json_is_null(value))
        return strdup("");
    char *raw = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    char *text = json_is_string(value) ? terminal_text(json_string_value(value), STDOUT_FILENO)
                                       : (raw ? terminal_text(raw, STDOUT_FILENO) : NULL);
    free(raw);
    size_t columns = text ? terminal_columns(text) : 0, most = text && strchr(text, ' ') ? SENTENCE_MAX : WORD_MAX;
    if (columns > most) {
        size_t left = most / 2 - 2, head = terminal_offset(text, left);
        size_t tail = terminal_offset(text, columns - (most - left - 2));
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


/* Columns of what a query made: the members of the first row that are no lists or objects,
 * or Column1.. for a row that is a list, Result for one that is neither. */
struct own_columns {
    struct column at[COLUMNS_MAX + 1];
    char header[COLUMNS_MAX][HEADER_MAX];
};

static void own_columns(struct own_columns *own, json_t *row)
{
    size_t n = 0;
    const char *key;
    json_t *value;
    json_object_foreach(row, key, value) {
        if (json_is_array(value) || json_is_object(value) || strchr(key, '.') || n == COLUMNS_MAX)
            continue;
        snprintf(own->header[n], HEADER_MAX, "%s", key);
        if (own->header[n][0] >= 'a' && own->header[n][0] <= 'z')
            own->header[n][0] = (char)(own->header[n][0] - 'a' + 'A');
        own->at[n] = (struct column){own->header[n], key};
        n++;
    }
    own->at[n] = (struct column){NULL, NULL};
}

/* Each row as an object: New reference. */
static json_t *as_objects(json_t *rows)
{
    json_t *out = json_array(), *row, *cell;
    size_t i, k;
    json_array_foreach(rows, i, row) {
        if (json_is_object(row)) {
            json_array_append(out, row);
            continue;
        }
        json_t *object = json_object();
        if (!json_is_array(row))
            json_object_set(object, "Result", row);
        json_array_foreach(row, k, cell) {
            char name[32];
            snprintf(name, sizeof name, "Column%zu", k + 1);
            json_object_set(object, name, cell);
        }
        json_array_append_new(out, object);
    }
    return out;
}

int output_table(const struct column *columns, json_t *value)
{
    struct own_columns own;
    json_t *rows = json_is_array(value) ? json_incref(value) : json_pack("[O]", value);
    json_t *objects = as_objects(rows);
    if (!columns) {
        own_columns(&own, json_array_get(objects, 0));
        columns = own.at;
    }
    if (columns->header)
        table_print(columns, objects);
    json_decref(objects);
    json_decref(rows);
    return PERI_EXIT_OK;
}
