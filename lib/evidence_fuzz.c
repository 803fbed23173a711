/* SPDX-License-Identifier: BSD-2-Clause */
/* "evidence_parse() accepts exactly what evidence_write() produces" */
#include <stdlib.h>

#include "lib/evidence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct evidence evidence;
    uint8_t room[EVIDENCE_BYTES_MAX];
    struct writer w = writer_of(room, sizeof room);
    if (evidence_parse(span_of(data, size), &evidence) != 0)
        return 0;
    if (evidence_write(&evidence, &w) != 0 || !span_equal(writer_view(&w), span_of(data, size)))
        abort();
    return 0;
}
