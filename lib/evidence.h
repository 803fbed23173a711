/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Claims of attestation evidence (abi/evidence.h): the COSE payload.
 * evidence_parse() accepts exactly what evidence_write() produces for some
 * struct: every claim once, in deterministic order, every length exact.
 */
#ifndef PERI_LIB_EVIDENCE_H
#define PERI_LIB_EVIDENCE_H

#include "abi/evidence.h"
#include "lib/crypto.h"

struct measurement {
    uint16_t type; /* enum image_type of what was measured */
    uint8_t component[16];
    uint32_t security_version;
    uint8_t digest[SHA256_BYTES];
};

struct evidence {
    uint8_t nonce[EVIDENCE_NONCE_MAX];
    size_t nonce_bytes;
    uint8_t device_id[P256_PUBLIC_BYTES];
    uint8_t client_key[P256_PUBLIC_BYTES];
    uint8_t tenant[16];
    uint32_t lifecycle; /* enum lifecycle, checked */
    uint32_t debug_status;
    uint32_t security_version;
    uint64_t boot_count;
    uint16_t capability_count;
    uint16_t capability[EVIDENCE_CAPABILITIES_MAX]; /* strictly ascending */
    uint16_t measurement_count;
    struct measurement measurement[EVIDENCE_MEASUREMENTS_MAX];
};

int evidence_write(const struct evidence *evidence, struct writer *w) MUST_CHECK;
int evidence_parse(struct span payload, struct evidence *evidence) MUST_CHECK;

#endif
