/* SPDX-License-Identifier: BSD-2-Clause */
/* What writer and reader of evidence share: lib/evidence.c, lib/evidence_read.c. */
#ifndef PERI_LIB_EVIDENCE_CLAIMS_H
#define PERI_LIB_EVIDENCE_CLAIMS_H

#include "lib/evidence.h"

enum {
    CLAIM_COUNT = 11,
    CNF_COSE_KEY = 1, /* RFC 8747 section 3.1 */
    KEY_KTY = 1,      /* RFC 9052 section 7.1, RFC 9053 section 7.1 */
    KEY_KTY_EC2 = 2,
    KEY_CRV = -1,
    KEY_CRV_P256 = 1,
    KEY_X = -2,
    KEY_Y = -3,
    COORDINATE_BYTES = P256_PUBLIC_BYTES / 2,
    MEASUREMENT_FIELDS = 4,
    DEBUG_STATUS_MAX = 3,
};

/* 0 when ascending and free of 0, which is an empty slot; else E_RANGE. */
int evidence_capabilities_check(const struct evidence *e) MUST_CHECK;
/* Every value is in its range: 0 or E_RANGE. */
int evidence_check(const struct evidence *e) MUST_CHECK;

#endif
