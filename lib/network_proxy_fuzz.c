/* SPDX-License-Identifier: BSD-2-Clause */
/* The record of a network proxy: what is read is written back byte for byte, and can end no line of a request. */
#include <stdlib.h>
#include <string.h>

#include "lib/network_proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct network_proxy proxy;
    uint8_t again[NETWORK_PROXY_BYTES_MAX];
    struct writer w = writer_of(again, sizeof again);
    struct cursor c = cursor_of(span_of(data, size));
    if (network_proxy_read(&c, &proxy) != 0) {
        if (proxy.address[0] || proxy.password[0])
            abort();
        return 0;
    }
    if (network_proxy_write(&proxy, &w) != 0 || w.len != size - c.left || memcmp(again, data, w.len) != 0)
        abort();
    if (strpbrk(proxy.address, "\r\n") || strpbrk(proxy.username, "\r\n:") || strpbrk(proxy.password, "\r\n"))
        abort();
    (void)network_proxy_bypasses(&proxy, "a.b.example");
    return 0;
}
