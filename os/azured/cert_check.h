/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether certificates and keys are what they are said to be, for the certificate store.
 * Trust: the texts are hostile; wolfSSL takes them apart.  A key's encryption may cost no more than CERT_KEY_ROUNDS_MAX rounds:
 * who chooses the number must not hold azured up.
 */
#ifndef PERI_OS_AZURED_CERT_CHECK_H
#define PERI_OS_AZURED_CERT_CHECK_H

#include "lib/cert_store_record.h"

enum { CERT_KEY_ROUNDS_MAX = 100000 };

/* PEM each; key and password empty unless type is CERT_CLIENT. */
enum cert_error cert_check(uint8_t type, struct span cert, struct span key, struct span password);
/* Dates and names of the certificate, as "/C=US/CN=name".  false: it is none. */
bool cert_describe(struct span cert, struct cert_answer *answer);

#endif
