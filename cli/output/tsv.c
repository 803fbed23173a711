/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <unistd.h>

#include "cli/output/output.h"
#include "cli/output/terminal.h"

/* As az writes them, which is as Python does. */
static void print_value(const json_t *value)
{
    char *text = NULL, *raw = NULL;
    switch (json_typeof(value)) {
    case JSON_OBJECT: return;
    case JSON_ARRAY: printf("%zu", json_array_size(value)); return;
    case JSON_TRUE: fputs("True", stdout); return;
    case JSON_FALSE: fputs("False", stdout); return;
    case JSON_NULL: fputs("None", stdout); return;
    case JSON_STRING: text = terminal_text(json_string_value(value), STDOUT_FILENO); break;
    default:
        raw = json_dumps(value, JSON_ENCODE_ANY);
        text = raw ? terminal_text(raw, STDOUT_FILENO) : NULL;
    }
    fputs(text ? text : "", stdout);
    free(text);
    free(raw);
}

static void print_row(json_t *row)
{
    json_t *value;
    const char *key;
    size_t i, n = 0;
    if (json_is_object(row)) {
        json_object_foreach(row, key, value) {
            fputs(n++ ? "\t" : "", stdout);
            print_value(value);
        }
    } else if (json_is_array(row)) {
        json_array_foreach(row, i, value) {
            fputs(i ? "\t" : "", stdout);
            print_value(value);
        }
    } else {
        print_value(row);
    }
    putchar('\n');
}

int output_tsv(json_t *value)
{
    size_t i;
    json_t *row;
    if (!json_is_array(value)) {
        print_row(value);
        return PERI_EXIT_OK;
    }
    json_array_foreach(value, i, row)
        print_row(row);
    return PERI_EXIT_OK;
}
