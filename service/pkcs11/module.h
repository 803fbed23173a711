/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PKCS#11 module in this process: loaded, initialised, its answers in words.
 * Source: OASIS PKCS #11 2.40, sections 5.1 and 5.4.
 * Trust: it is code that the operator names, with all rights of the process it is loaded into.
 * It is told not to start threads: confinement reaches the thread that asks for it alone, so a
 * module that needs threads is refused.  It stays loaded until the process ends.
 */
#ifndef PERI_SERVICE_PKCS11_MODULE_H
#define PERI_SERVICE_PKCS11_MODULE_H

#include <p11-kit/pkcs11.h>

#include "lib/err.h"

/* path: absolute.  One line on stderr says what is wrong: E_NOT_FOUND (no such file),
 * E_UNSUPPORTED (not a module, needs threads), E_CRYPTO (does not start). */
int module_load(const char *path, CK_FUNCTION_LIST **calls) MUST_CHECK;
/* Ended and started again: all sessions are gone. */
CK_RV module_restart(CK_FUNCTION_LIST *calls);
void module_unload(CK_FUNCTION_LIST *calls);

/* What a return value means: "CKR_PIN_INCORRECT"; "0x80000001" for one of the vendor's. */
const char *module_word(CK_RV rv);
/* Ours for it. */
int module_err(CK_RV rv);
/* The session, its login or its handles may be gone, and a new session could help. */
int module_session_lost(CK_RV rv);

#endif
