/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/issuer/crl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hex.h"
#include "service/issuer/certificate.h"
#include "service/issuer/der.h"
#include "service/issuer/former_ca.h"

enum { LIST_BYTES = 1024, ENTRY_BYTES = 64 };

static const uint8_t oid_reason[] = {6, 3, 0x55, 0x1d, 21};
static const uint8_t oid_number[] = {6, 3, 0x55, 0x1d, 20};
static const uint8_t oid_authority_key_id[] = {6, 3, 0x55, 0x1d, 35};

static void number_bytes(uint64_t number, uint8_t bytes[static 8])
{
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(number >> (56 - 8 * i));
}

/* The value stands since mark. */
static void extension_wrap(struct der *d, size_t mark, const uint8_t *oid, size_t oid_bytes)
{
    der_wrap(d, DER_OCTET_STRING, mark);
    der_bytes(d, oid, oid_bytes);
    der_wrap(d, DER_SEQUENCE, mark);
}

static void put_extensions(struct der *d, const struct authority *ca, uint64_t number)
{
    uint8_t bytes[8];
    size_t all = der_mark(d), mark = all;
    number_bytes(number, bytes);
    der_unsigned(d, bytes, sizeof bytes);
    extension_wrap(d, mark, oid_number, sizeof oid_number);
    mark = der_mark(d);
    der_item(d, 0x80, ca->key_id, sizeof ca->key_id);
    der_wrap(d, DER_SEQUENCE, mark);
    extension_wrap(d, mark, oid_authority_key_id, sizeof oid_authority_key_id);
    der_wrap(d, DER_SEQUENCE, all);
    der_wrap(d, 0xa0, all);
}

static void put_entry(struct der *d, const struct store_crl_entry *entry)
{
    size_t all = der_mark(d);
    const uint8_t reason = (uint8_t)entry->reason;
    if (reason) { /* unspecified is said by saying nothing (section 5.3.1) */
        der_item(d, DER_ENUMERATED, &reason, 1);
        extension_wrap(d, all, oid_reason, sizeof oid_reason);
        der_wrap(d, DER_SEQUENCE, all);
    }
    der_time(d, entry->revoked_s);
    der_unsigned(d, entry->serial, sizeof entry->serial);
    der_wrap(d, DER_SEQUENCE, all);
}

void crl_name(uint16_t authority, const struct authority *ca, char to[static CRL_NAME_BYTES])
{
    static const char *const names[] = {
        [STORE_AUTHORITY_ROOT] = "root", [STORE_AUTHORITY_OPERATOR] = "operator", [STORE_AUTHORITY_OS] = "os",
        [STORE_AUTHORITY_UPDATE_ONLY] = "update-only",
    };
    char hex[2 * AUTHORITY_KEY_ID_BYTES + 1];
    if (authority == STORE_AUTHORITY_CATALOG) {
        hex_encode(ca->serial, ISSUER_SERIAL_BYTES, to);
        return;
    }
    hex_encode(ca->key_id, FORMER_KEY_BYTES, hex);
    snprintf(to, CRL_NAME_BYTES, "%s-%s", authority < sizeof names / sizeof names[0] && names[authority] ? names[authority] : "", hex);
}

size_t crl_bytes_max(uint32_t entries) { return LIST_BYTES + (size_t)entries * ENTRY_BYTES; }

static void put_to_be_signed(struct der *d, const struct authority *ca, const struct store_crl_entries *entries,
                             uint64_t number, uint64_t this_s, uint64_t next_s)
{
    static const uint8_t version2 = 1;
    size_t all = der_mark(d);
    put_extensions(d, ca, number);
    size_t mark = der_mark(d);
    for (uint32_t i = entries->count; i-- > 0;)
        put_entry(d, &entries->at[i]);
    if (entries->count) /* an empty list of entries is left out (section 5.1.2.6) */
        der_wrap(d, DER_SEQUENCE, mark);
    der_time(d, next_s);
    der_time(d, this_s);
    der_bytes(d, ca->name, ca->name_bytes);
    certificate_algorithm_put(d, ca);
    der_unsigned(d, &version2, 1);
    der_wrap(d, DER_SEQUENCE, all);
}

int crl_make(struct authority *ca, const struct store_crl_entries *entries, uint64_t number, uint64_t this_s,
             uint64_t next_s, uint8_t *buffer, size_t cap, struct span *der)
{
    static const uint8_t no_unused_bits = 0;
    uint8_t signature[AUTHORITY_SIGNATURE_MAX];
    size_t signature_bytes, inner_cap = crl_bytes_max(entries->count);
    *der = span_of(NULL, 0);
    if (!ca->name_bytes || next_s <= this_s)
        return E_STALE;
    uint8_t *scratch = malloc(inner_cap);
    if (!scratch)
        return E_NOMEM;
    struct der inner = der_of(scratch, inner_cap);
    put_to_be_signed(&inner, ca, entries, number, this_s, next_s);
    int err = inner.err ? inner.err : authority_sign(ca, der_view(&inner), signature, &signature_bytes);
    if (!err) {
        struct der d = der_of(buffer, cap);
        struct span signed_bytes = der_view(&inner);
        size_t mark = der_mark(&d);
        der_bytes(&d, signature, signature_bytes);
        der_bytes(&d, &no_unused_bits, 1);
        der_wrap(&d, DER_BIT_STRING, mark);
        certificate_algorithm_put(&d, ca);
        der_bytes(&d, signed_bytes.at, signed_bytes.len);
        der_wrap(&d, DER_SEQUENCE, mark);
        *der = der_view(&d);
        err = d.err;
    }
    free(scratch);
    return err;
}
