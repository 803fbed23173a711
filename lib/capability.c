/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/capability.h"

#include <string.h>

/* Ascending, as the table in abi/ is. */
static const uint16_t rows[] = {
#define CAPABILITY_ROW(name, number, text) number,
    CAPABILITY_TABLE(CAPABILITY_ROW)
#undef CAPABILITY_ROW
};

enum { ROWS = sizeof rows / sizeof rows[0], ROW_NONE = -1 };

static int row_of(uint16_t number)
{
    for (int i = 0; i < ROWS; i++)
        if (rows[i] == number)
            return i;
    return ROW_NONE;
}

int capability_parse(struct span body, struct capability_body *out)
{
    struct cursor c = cursor_of(body);
    bool enabled[ROWS] = {false};

    memset(out, 0, sizeof *out);
    if (cursor_u32le(&c) != CAPABILITY_MAGIC)
        cursor_fail(&c, E_MALFORMED);
    if (cursor_u32le(&c) != CAPABILITY_VERSION)
        cursor_fail(&c, E_VERSION);
    if (cursor_u32le(&c) != CAPABILITY_BODY_BYTES)
        cursor_fail(&c, E_MALFORMED);
    cursor_copy(&c, out->device_id, sizeof out->device_id);
    for (int i = 0; i < CAPABILITY_SLOTS && !c.err; i++) {
        const uint16_t number = cursor_u16le(&c);
        const int row = row_of(number);
        if (row != ROW_NONE)
            enabled[row] = true;
        else if (number != 0)
            cursor_fail(&c, E_LIMIT);
    }
    int err = cursor_end(&c);
    if (err) {
        memset(out, 0, sizeof *out);
        return err;
    }
    for (int i = 0; i < ROWS; i++)
        if (enabled[i])
            out->capability[out->count++] = rows[i];
    return 0;
}
