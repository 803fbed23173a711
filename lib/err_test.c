/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/err.h"

#include "tests/check.h"

/* Every row is found by its number, and no two rows share number or name. */
static void table_is_whole(void)
{
    static const struct {
        int code;
        enum err_category category;
        const char *name, *text;
    } rows[] = {
#define ROW(name, number, category, text) {name, ERR_CAT_##category, #name, text},
        ERR_TABLE(ROW)
#undef ROW
    };
    const size_t count = sizeof rows / sizeof rows[0];
    for (size_t i = 0; i < count; i++) {
        CHECK_STR(err_name(rows[i].code), rows[i].name);
        CHECK_STR(err_text(rows[i].code), rows[i].text);
        CHECK_INT(err_category(rows[i].code), rows[i].category);
        CHECK(rows[i].code == 0 || rows[i].code < 0);
        for (size_t k = 0; k < i; k++) {
            CHECK(rows[i].code != rows[k].code);
            CHECK(strcmp(rows[i].name, rows[k].name) != 0);
            CHECK(strcmp(rows[i].text, rows[k].text) != 0);
        }
    }
}

/* "E_UNKNOWN", "unknown error" and ERR_CAT_INTERNAL outside the table */
static void other_numbers_are_unknown(void)
{
    static const int outside[] = {1, -33, 1000, -2147483647 - 1, 2147483647};
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        CHECK_STR(err_name(outside[i]), "E_UNKNOWN");
        CHECK_STR(err_text(outside[i]), "unknown error");
        CHECK_INT(err_category(outside[i]), ERR_CAT_INTERNAL);
    }
}

int main(void)
{
    table_is_whole();
    other_numbers_are_unknown();
    return check_done();
}
