/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/issuer/certificate.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

enum { DAY_S = 86400, YEAR_S = 365 * DAY_S, SCRATCH_MAX = 6144 };

#define SIGN KEY_USAGE_DIGITAL_SIGNATURE
#define CERTS KEY_USAGE_CERT_SIGN
#define CRLS KEY_USAGE_CRL_SIGN

const struct profile profile_table[PROFILE_COUNT] = {
    [PROFILE_ROOT] = {"root", "ours", 20ull * YEAR_S, 64, true, 1, CERTS | CRLS, EXTENDED_NONE, false},
    [PROFILE_ROOT_ABOVE] = {"root", "ours", 25ull * YEAR_S, 64, true, 2, CERTS | CRLS, EXTENDED_NONE, false},
    [PROFILE_ISSUING] = {"issuing", "ours", 20ull * YEAR_S, 64, true, 1, CERTS | CRLS, EXTENDED_NONE, false},
    [PROFILE_CA] = {"ca", "ours", 10ull * YEAR_S, 64, true, 0, CERTS | CRLS, EXTENDED_NONE, false},
    [PROFILE_CATALOG] = {"catalog", "observed: key usage and two years; path length and key ids ours",
                         2ull * YEAR_S, 64, true, 0, SIGN | CERTS | CRLS, EXTENDED_NONE, false},
    [PROFILE_DEVICE] = {"device", "observed: CN, usages, extension, 24 h", DAY_S + 300, 128, false, 0,
                        SIGN, EXTENDED_CLIENT, true},
    [PROFILE_OPERATOR] = {"operator", "ours", YEAR_S, 64, false, 0, SIGN, EXTENDED_CLIENT, false},
    [PROFILE_SERVER] = {"server", "ours", 2ull * YEAR_S, 64, false, 0, SIGN, EXTENDED_SERVER, false},
    [PROFILE_POSSESSION] = {"possession", "observed: leaf of the CA, CN = code", DAY_S, 64, false, 0,
                            SIGN, EXTENDED_NONE, false},
    [PROFILE_SEAL] = {"seal", "ours", 10ull * YEAR_S, 64, false, 0, SIGN, EXTENDED_NONE, false},
    [PROFILE_DUMP] = {"dump", "ours", 60ull * DAY_S, 64, false, 0, KEY_USAGE_AGREEMENT, EXTENDED_NONE, false},
};

/* Object identifiers, complete items. */
static const uint8_t oid_common_name[] = {6, 3, 0x55, 4, 3};
static const uint8_t oid_organisation[] = {6, 3, 0x55, 4, 10};
static const uint8_t oid_subject_key_id[] = {6, 3, 0x55, 0x1d, 14};
static const uint8_t oid_key_usage[] = {6, 3, 0x55, 0x1d, 15};
static const uint8_t oid_alternative_name[] = {6, 3, 0x55, 0x1d, 17};
static const uint8_t oid_basic_constraints[] = {6, 3, 0x55, 0x1d, 19};
static const uint8_t oid_crl_points[] = {6, 3, 0x55, 0x1d, 31};
static const uint8_t oid_authority_key_id[] = {6, 3, 0x55, 0x1d, 35};
static const uint8_t oid_extended_usage[] = {6, 3, 0x55, 0x1d, 37};
static const uint8_t oid_client_auth[] = {6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 2};
static const uint8_t oid_server_auth[] = {6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1};
/* DEVICE_CERTIFICATE_MEASUREMENTS_OID, abi/device_api.h: 1.3.6.1.4.1.311.98.1 */
static const uint8_t oid_measurements[] = {6, 9, 0x2b, 6, 1, 4, 1, 0x82, 0x37, 0x62, 1};
static const uint8_t ecdsa_sha256[] = {0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2};
static const uint8_t ecdsa_sha384[] = {0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3};
static const uint8_t key_p256[] = {0x30, 19, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1,
                                   6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7};
static const uint8_t key_p384[] = {0x30, 16, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1,
                                   6, 5, 0x2b, 0x81, 4, 0, 0x22};

#define PUT(d, constant) der_bytes(d, constant, sizeof(constant))

/* -- extensions; each is written from its end ---------------------------- */

/* The value stands since mark: octet string, criticality, identifier around it. */
static void extension_wrap(struct der *d, size_t mark, const uint8_t *oid, size_t oid_bytes,
                           bool critical)
{
    static const uint8_t yes = 0xff;
    der_wrap(d, DER_OCTET_STRING, mark);
    if (critical)
        der_item(d, DER_BOOLEAN, &yes, 1);
    der_bytes(d, oid, oid_bytes);
    der_wrap(d, DER_SEQUENCE, mark);
}
#define EXTENSION(d, mark, oid, critical) extension_wrap(d, mark, oid, sizeof(oid), critical)

static void put_constraints(struct der *d, const struct profile *p)
{
    static const uint8_t yes = 0xff;
    size_t mark = der_mark(d);
    if (!p->ca)
        return;
    der_unsigned(d, &p->path_length, 1);
    der_item(d, DER_BOOLEAN, &yes, 1);
    der_wrap(d, DER_SEQUENCE, mark);
    EXTENSION(d, mark, oid_basic_constraints, true);
}

static void put_key_usage(struct der *d, const struct profile *p)
{
    size_t mark = der_mark(d);
    uint8_t bits[2] = {0, p->key_usage};
    while (!(p->key_usage >> bits[0] & 1)) /* unused bits at the end */
        bits[0]++;
    der_item(d, DER_BIT_STRING, bits, sizeof bits);
    EXTENSION(d, mark, oid_key_usage, true);
}

static void put_extended_usage(struct der *d, const struct profile *p)
{
    size_t mark = der_mark(d);
    if (p->extended == EXTENDED_NONE)
        return;
    if (p->extended == EXTENDED_CLIENT)
        PUT(d, oid_client_auth);
    else
        PUT(d, oid_server_auth);
    der_wrap(d, DER_SEQUENCE, mark);
    EXTENSION(d, mark, oid_extended_usage, false);
}

static void put_key_ids(struct der *d, const uint8_t *own, const uint8_t *issuer)
{
    size_t mark = der_mark(d);
    if (issuer) {
        der_item(d, 0x80, issuer, AUTHORITY_KEY_ID_BYTES);
        der_wrap(d, DER_SEQUENCE, mark);
        EXTENSION(d, mark, oid_authority_key_id, false);
    }
    mark = der_mark(d);
    der_item(d, DER_OCTET_STRING, own, AUTHORITY_KEY_ID_BYTES);
    EXTENSION(d, mark, oid_subject_key_id, false);
}

/* RFC 5280 section 4.2.1.13: one point, whose full name is one URI. */
static void put_crl_points(struct der *d, struct span address)
{
    size_t mark = der_mark(d);
    if (address.len == 0)
        return;
    der_item(d, 0x86, address.at, address.len);
    der_wrap(d, 0xa0, mark);
    der_wrap(d, 0xa0, mark);
    der_wrap(d, DER_SEQUENCE, mark);
    der_wrap(d, DER_SEQUENCE, mark);
    EXTENSION(d, mark, oid_crl_points, false);
}

static void put_extensions(struct der *d, const struct certificate_request *r,
                           const uint8_t *own_id, const uint8_t *issuer_id)
{
    const struct profile *p = &profile_table[r->profile];
    size_t all = der_mark(d), mark = all;
    if (p->measurements) {
        der_item(d, DER_OCTET_STRING, r->measurements.at, r->measurements.len);
        EXTENSION(d, mark, oid_measurements, false);
    }
    mark = der_mark(d);
    if (r->alternative_names.len) {
        der_bytes(d, r->alternative_names.at, r->alternative_names.len);
        EXTENSION(d, mark, oid_alternative_name, false);
    }
    put_crl_points(d, r->crl_address);
    put_key_ids(d, own_id, issuer_id);
    put_extended_usage(d, p);
    put_key_usage(d, p);
    put_constraints(d, p);
    der_wrap(d, DER_SEQUENCE, all);
    der_wrap(d, 0xa3, all);
}

/* -- the rest of the certificate ----------------------------------------- */

static void put_name_part(struct der *d, const uint8_t *oid, size_t oid_bytes, struct span text)
{
    size_t mark = der_mark(d);
    if (text.len == 0)
        return;
    der_item(d, DER_UTF8_STRING, text.at, text.len);
    der_bytes(d, oid, oid_bytes);
    der_wrap(d, DER_SEQUENCE, mark);
    der_wrap(d, DER_SET, mark);
}

static void put_subject(struct der *d, const struct certificate_request *r)
{
    size_t mark = der_mark(d);
    put_name_part(d, oid_organisation, sizeof oid_organisation, r->organisation);
    put_name_part(d, oid_common_name, sizeof oid_common_name, r->common_name);
    der_wrap(d, DER_SEQUENCE, mark);
}

static void put_public_key(struct der *d, const struct certificate_request *r)
{
    static const uint8_t no_unused_bits = 0;
    size_t mark = der_mark(d);
    der_bytes(d, r->point, r->point_bytes);
    der_bytes(d, &no_unused_bits, 1);
    der_wrap(d, DER_BIT_STRING, mark);
    if (r->point_bytes == 65)
        PUT(d, key_p256);
    else
        PUT(d, key_p384);
    der_wrap(d, DER_SEQUENCE, mark);
}

void certificate_algorithm_put(struct der *d, const struct authority *issuer)
{
    if (issuer->p384)
        PUT(d, ecdsa_sha384);
    else
        PUT(d, ecdsa_sha256);
}

static bool is_root(enum profile_id profile) { return profile == PROFILE_ROOT || profile == PROFILE_ROOT_ABOVE; }

static void put_to_be_signed(struct der *d, const struct certificate_request *r,
                             const struct authority *issuer, const uint8_t *own_id)
{
    static const uint8_t version3[] = {0xa0, 3, 2, 1, 2};
    bool self = is_root(r->profile);
    size_t all = der_mark(d);
    put_extensions(d, r, own_id, self ? NULL : issuer->key_id);
    put_public_key(d, r);
    put_subject(d, r);
    size_t mark = der_mark(d);
    der_time(d, r->not_after_s);
    der_time(d, r->not_before_s);
    der_wrap(d, DER_SEQUENCE, mark);
    if (self)
        put_subject(d, r);
    else
        der_bytes(d, issuer->name, issuer->name_bytes);
    certificate_algorithm_put(d, issuer);
    der_unsigned(d, r->serial, ISSUER_SERIAL_BYTES);
    PUT(d, version3);
    der_wrap(d, DER_SEQUENCE, all);
}

static int request_check(const struct certificate_request *r, const struct authority *issuer)
{
    const struct profile *p = &profile_table[r->profile];
    if (r->common_name.len == 0 || r->common_name.len > p->common_name_max || r->organisation.len > 64)
        return E_RANGE;
    if (r->not_after_s <= r->not_before_s || r->not_after_s - r->not_before_s > p->life_s)
        return E_RANGE;
    if ((r->point_bytes != 65 && r->point_bytes != 97) || r->point[0] != 4)
        return E_RANGE;
    if (is_root(r->profile))
        return 0;
    /* nothing that is good before who signed it: the clock is behind */
    return issuer->name_bytes && r->not_before_s >= issuer->not_before_s ? 0 : E_STATE;
}

/* What is to be signed, its signature and how it was made, in one sequence. */
static int sign_and_wrap(const struct der *inner, struct authority *by, uint8_t *buffer, size_t cap, struct span *der)
{
    static const uint8_t no_unused_bits = 0;
    uint8_t signature[AUTHORITY_SIGNATURE_MAX];
    size_t signature_bytes;
    if (inner->err)
        return inner->err;
    struct span signed_bytes = der_view(inner);
    int err = authority_sign(by, signed_bytes, signature, &signature_bytes);
    if (err)
        return err;
    struct der d = der_of(buffer, cap);
    size_t mark = der_mark(&d);
    der_bytes(&d, signature, signature_bytes);
    der_bytes(&d, &no_unused_bits, 1);
    der_wrap(&d, DER_BIT_STRING, mark);
    certificate_algorithm_put(&d, by);
    der_bytes(&d, signed_bytes.at, signed_bytes.len);
    der_wrap(&d, DER_SEQUENCE, mark);
    *der = der_view(&d);
    return d.err;
}

int certificate_make(const struct certificate_request *r, struct authority *issuer, uint8_t *buffer,
                     size_t cap, struct span *der)
{
    uint8_t scratch[SCRATCH_MAX], own_id[AUTHORITY_KEY_ID_BYTES];
    *der = span_of(NULL, 0);
    int err = request_check(r, issuer);
    if (!err)
        err = authority_key_id(r->point, r->point_bytes, own_id);
    if (err)
        return err;
    struct der inner = der_of(scratch, sizeof scratch);
    put_to_be_signed(&inner, r, issuer, own_id);
    return sign_and_wrap(&inner, issuer, buffer, cap, der);
}

int certificate_make_said(const struct certificate_request *r, struct authority *issuer, uint8_t *buffer, size_t cap,
                          struct span *der)
{
    int err = certificate_make(r, issuer, buffer, cap, der);
    if (err == E_STATE)
        fprintf(stderr, "perisphered: by this machine's clock the CA that is to sign has not begun: set the clock\n");
    return err;
}

int certificate_csr_make(const struct certificate_request *r, struct authority *key, uint8_t *buffer, size_t cap,
                         struct span *der)
{
    static const uint8_t version1[] = {DER_INTEGER, 1, 0};
    uint8_t scratch[SCRATCH_MAX];
    *der = span_of(NULL, 0);
    struct der inner = der_of(scratch, sizeof scratch);
    size_t mark = der_mark(&inner);
    der_wrap(&inner, 0xa0, mark); /* no attributes */
    put_public_key(&inner, r);
    put_subject(&inner, r);
    PUT(&inner, version1);
    der_wrap(&inner, DER_SEQUENCE, mark);
    return sign_and_wrap(&inner, key, buffer, cap, der);
}

int certificate_serial(uint8_t serial[static ISSUER_SERIAL_BYTES])
{
    if (RAND_bytes(serial, ISSUER_SERIAL_BYTES) != 1)
        return E_ENTROPY;
    /* Positive, and always 16 bytes long. */
    serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40);
    return 0;
}
