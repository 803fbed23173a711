/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/err.h"

#include <stddef.h>

static const struct err_row {
    int code;
    enum err_category category;
    const char *text;
} rows[] = {
#define ERR_ROW(name, number, category, text) {number, ERR_CAT_##category, text},
    ERR_TABLE(ERR_ROW)
#undef ERR_ROW
};

static const struct err_row *row_find(int code)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].code == code)
            return &rows[i];
    return NULL;
}

const char *err_text(int code)
{
    const struct err_row *row = row_find(code);
    return row ? row->text : "unknown error";
}

enum err_category err_category(int code)
{
    const struct err_row *row = row_find(code);
    return row ? row->category : ERR_CAT_INTERNAL;
}
