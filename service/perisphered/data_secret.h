/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the service's processes need to be told before they start, and what may be in a place that
 * their own users cannot read: the token's PIN, and the key of the data.
 * Source: docs/spec/store.md, "Backup and keys".
 */
#ifndef PERI_SERVICE_PERISPHERED_DATA_SECRET_H
#define PERI_SERVICE_PERISPHERED_DATA_SECRET_H

#include "service/ipc/process.h"

enum { UID_BASE_DEFAULT = 970000 }; /* above the ranges that adduser and systemd give out */

/* config: PIN, data_key, data_key_next and what says whether they are there; data.key in the clear is the
 * store's to read.  issuer_uid: whom the process becomes that opens a sealed key, 0: nobody else.
 * *refused: the token refused the PIN.  One line on stderr: E_NOT_FOUND, E_IO, E_DENIED, E_MALFORMED, E_CRYPTO. */
int data_secret_read(struct service_config *config, const char *data, unsigned issuer_uid, bool *refused) MUST_CHECK;

#endif
