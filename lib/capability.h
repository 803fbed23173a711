/* SPDX-License-Identifier: BSD-2-Clause */
/* Capability file body (abi/capability.h). */
#ifndef PERI_LIB_CAPABILITY_H
#define PERI_LIB_CAPABILITY_H

#include "abi/capability.h"
#include "lib/cursor.h"

struct capability_body {
    uint8_t device_id[64];
    uint16_t count;                         /* distinct, non-zero */
    uint16_t capability[CAPABILITY_SLOTS];  /* ascending */
};

/* Body of a verified type 13 image.  E_MALFORMED, E_VERSION, E_LIMIT (a number
 * outside the table), E_MORE, E_TRAILING; empty on failure. */
int capability_parse(struct span body, struct capability_body *out) MUST_CHECK;
/* count at most CAPABILITY_WRITTEN_MAX. */
int capability_write(const struct capability_body *in, struct writer *w) MUST_CHECK;
const char *capability_name(uint16_t number); /* "Unknown" outside the table */

#endif
