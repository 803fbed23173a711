/* SPDX-License-Identifier: BSD-2-Clause */
/* What is accepted is the one encoding of its payload and signature. */
#include <stdlib.h>
#include <string.h>

#include "lib/cbor.h"
#include "lib/cose.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t key[P256_PUBLIC_BYTES] = {1}; /* no point of the curve */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cose_sign1 in;
    if (cose_sign1_parse(span_of(data, size), &in) != 0)
        return 0;
    if (cose_sign1_verify(&in, key) == 0)
        abort();
    uint8_t *room = malloc(size + 1);
    if (!room)
        return 0;
    struct writer w = writer_of(room, size + 1);
    if (data[0] == 0xd2)
        cbor_put_tag(&w, 18);
    writer_bytes(&w, "\x84\x43\xa1\x01\x26\xa0", 6);
    cbor_put_bytes(&w, in.payload.at, in.payload.len);
    cbor_put_bytes(&w, in.signature, P256_SIGNATURE_BYTES);
    if (!span_equal(writer_view(&w), span_of(data, size)))
        abort();
    free(room);
    return 0;
}
