/* SPDX-License-Identifier: BSD-2-Clause */
/* In the place of cert_store.c and cert_check.c on the MCU. */
#include "os/azured/cert_store.h"

#include <string.h>

struct cert_store *cert_store_open(int folder)
{
    (void)folder;
    return NULL;
}

int cert_store_stage(struct cert_store *store, const uint8_t owner[static CERT_OWNER_BYTES], uint32_t offset, struct span bytes)
{
    (void)store;
    (void)owner;
    (void)offset;
    (void)bytes;
    return E_UNSUPPORTED;
}

void cert_store_ask(struct cert_store *store, const uint8_t owner[static CERT_OWNER_BYTES], const struct cert_ask *ask,
                    struct cert_answer *answer)
{
    (void)store;
    (void)owner;
    (void)ask;
    memset(answer, 0, sizeof *answer);
    answer->error = CERT_NOT_HERE;
}
