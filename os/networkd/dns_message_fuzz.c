/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever a name server says: an end, and addresses of hosts alone. */
#include <stdlib.h>

#include "os/networkd/address.h"
#include "os/networkd/dns_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dns_answer a;
    int e = dns_answer_parse(span_of(data, size), 0x1234, "a.example", &a);
    if ((e == 0) != (a.count > 0) || a.count > DNS_ADDRESSES_MAX)
        abort();
    for (size_t i = 0; i < a.count; i++)
        if (!address_unicast(a.address[i]))
            abort();
    return 0;
}
