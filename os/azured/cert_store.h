/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The certificate store of the device, as azured keeps it (docs/spec/cert-store.md).
 * Who: the main thread alone, for the local interface and for applications with the CertStore capability.
 * Trust: whoever asks is hostile; a certificate, its key and its password are looked at before they are kept
 * (cert_check.h), and no call gives a key or a password back.
 * Stored as one file in azured's own folder, replaced by rename: a change is whole or has not been, over a cut too.
 *   file: u8 1, u8 count, {u8 type, {u8 length, id}, {u16 length, certificate}, {u16 length, key}, {u16 length, password}}...
 * cert_store_none.c stands in its place on the MCU, whose memory has no room for it.
 */
#ifndef PERI_OS_AZURED_CERT_STORE_H
#define PERI_OS_AZURED_CERT_STORE_H

#include "lib/cert_store_record.h"

enum {
    CERT_FILE_BYTES = 2 + CERT_COUNT_MAX * (1 + 1 + CERT_ID_MAX + 6) + CERT_STORE_BYTES,
    CERT_OWNER_BYTES = 16, /* an application's component; zero: the local interface */
};

struct cert_store;

/* The one store of the process.  A damaged file is said on standard error, and is an empty store. */
struct cert_store *cert_store_open(int folder);
/* One more piece of what owner is about to install; offset 0 begins anew, and ends what another owner had begun.  Pieces follow
 * each other without a gap: E_STATE; E_LIMIT: too much. */
int cert_store_stage(struct cert_store *store, const uint8_t owner[static CERT_OWNER_BYTES], uint32_t offset, struct span bytes) MUST_CHECK;
/* Carries ask out; answer says what came of it.  An error leaves the store as it is; what was staged is gone after INSTALL. */
void cert_store_ask(struct cert_store *store, const uint8_t owner[static CERT_OWNER_BYTES], const struct cert_ask *ask,
                    struct cert_answer *answer);

#endif
