/* SPDX-License-Identifier: BSD-2-Clause */
/* Keystores are built on hosts alone: firmware has the reader, lib/keystore.c. */
#include <string.h>

#include "lib/keystore.h"

enum { ENTRY_ZERO_BYTES = 12 };

int keystore_write(const struct keystore *keystore, struct writer *w)
{
    const uint16_t count = keystore->count;
    if (count == 0 || count > KEYSTORE_KEYS_MAX)
        return E_RANGE;
    for (uint16_t i = 0; i < count; i++) {
        if (!keystore_usage_valid(keystore->at[i].usage))
            return E_RANGE;
        for (uint16_t k = 0; k < i; k++)
            if (memcmp(keystore->at[k].thumbprint, keystore->at[i].thumbprint,
                       IMAGE_THUMBPRINT_BYTES) == 0)
                return E_DUPLICATE;
    }
    writer_u16le(w, count);
    writer_u16le(w, 0);
    for (uint16_t i = 0; i < count; i++) {
        writer_zero(w, ENTRY_ZERO_BYTES);
        writer_u16le(w, P256_PUBLIC_BYTES);
        writer_u16le(w, IMAGE_THUMBPRINT_BYTES);
        writer_bytes(w, keystore->at[i].key, P256_PUBLIC_BYTES);
        writer_bytes(w, keystore->at[i].thumbprint, IMAGE_THUMBPRINT_BYTES);
    }
    writer_u32le(w, KEYSTORE_USAGE_MAGIC);
    writer_u32le(w, count);
    for (uint16_t i = 0; i < count; i++)
        writer_u32le(w, keystore->at[i].usage);
    return w->err;
}
