/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * X.509 certificates (RFC 5280) from profiles.
 * Source: docs/spec/certificates.md; why so: docs/decisions/pki.md.
 * The to-be-signed bytes are written directly: 10,000 a second and more on one
 * core, and the device's common name of 128 characters passes the bound of 64
 * that X.520 gives (and OpenSSL enforces when it builds names) in one known
 * place: common_name_max of the profile.
 * Not done here: whether the certificate may be issued (issue.c).
 */
#ifndef PERI_SERVICE_ISSUER_CERTIFICATE_H
#define PERI_SERVICE_ISSUER_CERTIFICATE_H

#include "service/issuer/authority.h"
#include "service/issuer/der.h"

enum {
    KEY_USAGE_DIGITAL_SIGNATURE = 0x80, /* first byte of the bit string */
    KEY_USAGE_AGREEMENT = 0x08,
    KEY_USAGE_CERT_SIGN = 0x04,
    KEY_USAGE_CRL_SIGN = 0x02,
};

enum extended_usage { EXTENDED_NONE, EXTENDED_CLIENT, EXTENDED_SERVER };

enum profile_id {
    PROFILE_ROOT,
    PROFILE_ROOT_ABOVE, /* off line, above an issuing CA */
    PROFILE_ISSUING,    /* in the place of the root in a service whose root is off line */
    PROFILE_CA, /* operators, OS, update-only, servers */
    PROFILE_CATALOG,
    PROFILE_DEVICE,
    PROFILE_OPERATOR,
    PROFILE_SERVER,
    PROFILE_POSSESSION,
    PROFILE_SEAL,
    PROFILE_DUMP,
    PROFILE_COUNT
};

struct profile {
    const char *name;
    const char *source;
    uint64_t life_s; /* longest */
    uint16_t common_name_max;
    bool ca;
    uint8_t path_length; /* of a CA */
    uint8_t key_usage;
    enum extended_usage extended;
    bool measurements; /* extension 1.3.6.1.4.1.311.98.1 */
};

extern const struct profile profile_table[PROFILE_COUNT];

struct certificate_request {
    enum profile_id profile;
    const uint8_t *serial; /* ISSUER_SERIAL_BYTES, first bit 0, not zero */
    uint64_t not_before_s, not_after_s;
    struct span common_name, organisation; /* organisation may be empty */
    const uint8_t *point; /* uncompressed, 65 or 97 bytes */
    size_t point_bytes;
    struct span measurements;
    struct span alternative_names; /* GeneralNames, DER; empty: none */
    struct span crl_address;       /* URI of the list that would name it; empty: it says none */
};

/* issuer: its name and key; for a root the authority itself, still without a
 * certificate.  The certificate is left in *der, which views buffer. */
int certificate_make(const struct certificate_request *request, struct authority *issuer,
                     uint8_t *buffer, size_t cap, struct span *der) MUST_CHECK;
/* The same where a person waits for it: E_STATE is said on stderr, with what to do. */
int certificate_make_said(const struct certificate_request *request, struct authority *issuer, uint8_t *buffer, size_t cap,
                          struct span *der) MUST_CHECK;
/* PKCS#10 request for key, signed by it: common name, organisation and point of r are taken. */
int certificate_csr_make(const struct certificate_request *r, struct authority *key, uint8_t *buffer, size_t cap,
                         struct span *der) MUST_CHECK;
/* The AlgorithmIdentifier that the issuer signs with. */
void certificate_algorithm_put(struct der *d, const struct authority *issuer);
/* Random, positive, 16 bytes. */
int certificate_serial(uint8_t serial[static ISSUER_SERIAL_BYTES]) MUST_CHECK;

#endif
