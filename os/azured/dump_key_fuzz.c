/* SPDX-License-Identifier: BSD-2-Clause */
/* The stored key of crash dumps, and the service's answer to the question for one: the first byte chooses. */
#include <string.h>

#include "os/azured/dump_key.h"
#include "tests/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t catalog[16] = {1}, zero[HPKE_PUBLIC_BYTES];
    static const struct dump_key none;
    uint8_t public[HPKE_PUBLIC_BYTES], bytes[DUMP_KEY_BYTES];
    struct dump_key key;
    if (size == 0)
        return 0;
    struct span input = span_of(data + 1, size - 1);
    if (data[0] == 'a') { /* without an anchor nothing verifies */
        REQUIRE(dump_key_take(input, catalog, "/nonexistent", public) != 0 && memcmp(public, zero, sizeof zero) == 0);
        return 0;
    }
    if (dump_key_parse(input, &key) != 0) {
        REQUIRE(memcmp(&key, &none, sizeof none) == 0);
        return 0;
    }
    struct writer w = writer_of(bytes, sizeof bytes);
    REQUIRE(key.of.allowed && dump_key_write(&key, &w) == 0 && span_equal(writer_view(&w), input));
    return 0;
}
