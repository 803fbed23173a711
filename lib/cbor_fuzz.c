/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever is read and written again comes out as the same bytes: there is one
 * encoding of everything that is accepted. */
#include <stdlib.h>
#include <string.h>

#include "lib/cbor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void copy_head(struct cursor *c, struct writer *w)
{
    struct span s;
    switch (cbor_peek(c)) {
    case CBOR_UINT: cbor_put_uint(w, cbor_get_uint(c)); break;
    case CBOR_NEGATIVE: cbor_put_int(w, cbor_get_int(c)); break;
    case CBOR_BYTES: s = cbor_get_bytes(c); cbor_put_bytes(w, s.at, s.len); break;
    case CBOR_TEXT: s = cbor_get_text(c); cbor_put_text(w, (const char *)s.at, s.len); break;
    case CBOR_ARRAY: cbor_put_array(w, cbor_get_array(c)); break;
    case CBOR_MAP: cbor_put_map(w, cbor_get_map(c)); break;
    case CBOR_TAG: cbor_put_tag(w, cbor_get_tag(c)); break;
    case CBOR_SIMPLE:
        if (cbor_is_null(c)) {
            cbor_get_null(c);
            cbor_put_null(w);
        } else {
            cbor_put_bool(w, cbor_get_bool(c));
        }
        break;
    case CBOR_NONE: break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cursor c = cursor_of(span_of(data, size));
    (void)cbor_get_item(&c);

    uint8_t *room = malloc(size + 16); /* the last head may be written after an error */
    if (!room)
        return 0;
    struct writer w = writer_of(room, size + 16);
    c = cursor_of(span_of(data, size));
    while (!c.err && c.left) {
        size_t before = w.len;
        copy_head(&c, &w);
        if (!c.err && (w.err || w.len != size - c.left ||
                       memcmp(room + before, data + before, w.len - before) != 0))
            abort();
    }
    free(room);
    return 0;
}
