/* SPDX-License-Identifier: BSD-2-Clause */
/* Text that comes from elsewhere: lib/cbor.c writes our own alone. */
#include "lib/cbor.h"
#include "lib/text.h"
#include "lib/utf8.h"

void cbor_put_text(struct writer *w, const char *text, size_t len)
{
    if (!utf8_valid(span_of(text, len))) {
        writer_fail(w, E_MALFORMED);
        return;
    }
    cbor_put_text_head(w, len);
    writer_bytes(w, text, len);
}

void cbor_put_string(struct writer *w, const char *text) { cbor_put_text(w, text, text_span(text).len); }
