/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From when to when a certificate says it holds.
 * Source: RFC 5280 sections 4.1 and 4.1.2.5.  Bytes are hostile; nothing is believed
 * here: signature and chain are wolfSSL's business.
 */
#ifndef PERI_OS_AZURED_CERTIFICATE_DATES_H
#define PERI_OS_AZURED_CERTIFICATE_DATES_H

#include <stdint.h>

#include "lib/cursor.h"

/* Unix seconds, both inclusive.  0, or E_MORE, E_MALFORMED; zeroed on failure. */
int certificate_dates(struct span der, uint64_t *begin_s, uint64_t *end_s) MUST_CHECK;

#endif
