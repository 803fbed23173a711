/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opens keys that are kept sealed by one in a token, in a process made for it that ends at once:
 * neither the supervisor, which may be root, nor the store ever holds a PKCS#11 module.
 */
#ifndef PERI_SERVICE_PERISPHERED_UNSEAL_H
#define PERI_SERVICE_PERISPHERED_UNSEAL_H

#include "service/ipc/process.h"
#include "service/pkcs11/sealed_key.h"

/* config: with module and PIN; what else is secret in it is wiped in the process that has the module, and
 * nowhere else.  uid: whom the process becomes, 0: nobody else.  key[i] belongs to
 * file[i].  E_STATE: service.json names no module; E_DENIED: the token refuses the PIN, nothing else; E_CRYPTO: all else.  One
 * line on stderr. */
int unseal_keys(struct service_config *config, unsigned uid, const struct name_file *file, size_t count,
                uint8_t key[][SEALED_KEY_BYTES]) MUST_CHECK;

#endif
