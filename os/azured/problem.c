/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/problem.h"

#include <string.h>

#include "lib/cbor.h"

void problem_title(struct span body, char title[static PROBLEM_TEXT_MAX])
{
    struct cursor c = cursor_of(body);
    strcpy(title, "no reason given");
    size_t pairs = cbor_get_map(&c);
    if (c.err || pairs == 0)
        return;
    cbor_expect_int(&c, -1);
    struct span text = cbor_get_text(&c);
    if (c.err || text.len == 0)
        return;
    size_t n = text.len < PROBLEM_TEXT_MAX ? text.len : PROBLEM_TEXT_MAX - 1;
    for (size_t i = 0; i < n; i++)
        title[i] = text.at[i] >= ' ' && text.at[i] < 127 ? (char)text.at[i] : '?';
    title[n] = 0;
}
