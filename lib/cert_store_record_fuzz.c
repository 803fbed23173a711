/* SPDX-License-Identifier: BSD-2-Clause */
/* Ask and answer of the certificate store: what is read is written back byte for byte. */
#include <stdlib.h>
#include <string.h>

#include "lib/cert_store_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cert_ask ask;
    struct cert_answer answer;
    uint8_t again[CERT_ANSWER_BYTES_MAX];
    struct writer w = writer_of(again, sizeof again);
    struct cursor c = cursor_of(span_of(data, size));
    if (cert_ask_read(&c, &ask) == 0 &&
        (cert_ask_write(&ask, &w) != 0 || w.len != size - c.left || memcmp(again, data, w.len) != 0))
        abort();
    w = writer_of(again, sizeof again);
    c = cursor_of(span_of(data, size));
    if (cert_answer_read(&c, &answer) == 0 &&
        (cert_answer_write(&answer, &w) != 0 || w.len != size - c.left || memcmp(again, data, w.len) != 0))
        abort();
    return 0;
}
