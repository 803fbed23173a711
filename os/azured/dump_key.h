/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The key that crash dumps are sealed to, from the service.
 * Source: docs/spec/crash-dump.md.
 * Trust: the service's answer is hostile; the key counts when its certificate is by the OS CA below the trust anchor, for key
 * agreement alone, and names the device's own catalog.  Consent itself is in the manifest set, which the monitor verified.
 */
#ifndef PERI_OS_AZURED_DUMP_KEY_H
#define PERI_OS_AZURED_DUMP_KEY_H

#include "os/dumps/stored_key.h"

enum { DUMP_KEY_ANSWER_MAX = 4096 };

/* From the answer to GET /reports/v1/dump-key; anchor: path of the trust anchor.  E_DENIED: the chain does not verify,
 * E_BINDING: it is for another purpose or catalog; E_RANGE: not a point; what a parser says. */
int dump_key_take(struct span answer, const uint8_t catalog[static 16], const char *anchor,
                  uint8_t public[static HPKE_PUBLIC_BYTES]) MUST_CHECK;

#endif
