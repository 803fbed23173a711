/* SPDX-License-Identifier: BSD-2-Clause */
/* The head of a proxy's answer: a status within the protocol's range, or none. */
#include <stdlib.h>

#include "os/azured/proxy_connect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span head = span_of(data, size);
    int status = proxy_answer_status(head);
    if (status != E_MALFORMED && (status < 100 || status > 599))
        abort();
    if (status > 0 && size < 13)
        abort();
    (void)proxy_answer_ends(head);
    return 0;
}
