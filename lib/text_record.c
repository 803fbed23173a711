/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/text_record.h"

#include "lib/text.h"

void text_take(struct cursor *c, size_t len, char *to, size_t cap)
{
    if (!c->err && len >= cap)
        cursor_fail(c, E_LIMIT);
    struct span text = cursor_bytes(c, c->err ? 0 : len);
    size_t n = 0;
    for (; n < text.len; n++) {
        if (text.at[n] == 0)
            cursor_fail(c, E_MALFORMED);
        to[n] = (char)text.at[n];
    }
    to[n] = '\0';
}

void text_put(struct writer *w, const char *text)
{
    struct span bytes = text_span(text);
    if (bytes.len > UINT8_MAX) {
        writer_fail(w, E_LIMIT);
        return;
    }
    writer_u8(w, (uint8_t)bytes.len);
    writer_bytes(w, bytes.at, bytes.len);
}
