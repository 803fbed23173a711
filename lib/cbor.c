/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing; reading is in lib/cbor_read.c, which firmware has no use for. */
#include "lib/cbor_head.h"
#include "lib/text.h"

static void head_put(struct writer *w, enum cbor_type type, uint64_t argument)
{
    uint8_t major = (uint8_t)((unsigned)type << 5);
    if (argument < INFO_1BYTE) {
        writer_u8(w, (uint8_t)(major | argument));
    } else if (argument <= UINT8_MAX) {
        writer_u8(w, major | INFO_1BYTE);
        writer_u8(w, (uint8_t)argument);
    } else if (argument <= UINT16_MAX) {
        writer_u8(w, major | (INFO_1BYTE + 1));
        writer_u16be(w, (uint16_t)argument);
    } else if (argument <= UINT32_MAX) {
        writer_u8(w, major | (INFO_1BYTE + 2));
        writer_u32be(w, (uint32_t)argument);
    } else {
        writer_u8(w, major | INFO_8BYTES);
        writer_u64be(w, argument);
    }
}

void cbor_put_uint(struct writer *w, uint64_t v) { head_put(w, CBOR_UINT, v); }

void cbor_put_int(struct writer *w, int64_t v)
{
    struct head head = head_of_int(v);
    head_put(w, head.type, head.argument);
}

void cbor_put_bytes_head(struct writer *w, size_t len) { head_put(w, CBOR_BYTES, len); }

void cbor_put_bytes(struct writer *w, const void *bytes, size_t len)
{
    cbor_put_bytes_head(w, len);
    writer_bytes(w, bytes, len);
}

void cbor_put_text_head(struct writer *w, size_t len) { head_put(w, CBOR_TEXT, len); }

void cbor_put_literal(struct writer *w, const char *text)
{
    const struct span bytes = text_span(text);
    cbor_put_text_head(w, bytes.len);
    writer_bytes(w, bytes.at, bytes.len);
}

void cbor_put_array(struct writer *w, size_t count) { head_put(w, CBOR_ARRAY, count); }
void cbor_put_map(struct writer *w, size_t pairs) { head_put(w, CBOR_MAP, pairs); }
void cbor_put_tag(struct writer *w, uint64_t tag) { head_put(w, CBOR_TAG, tag); }
void cbor_put_null(struct writer *w) { head_put(w, CBOR_SIMPLE, SIMPLE_NULL); }

void cbor_put_bool(struct writer *w, bool v)
{
    head_put(w, CBOR_SIMPLE, v ? SIMPLE_TRUE : SIMPLE_FALSE);
}
