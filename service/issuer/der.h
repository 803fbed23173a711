/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DER (X.690) written from the end to the front, so that every length is known
 * when it is written.  Items appear in the reverse order of the calls.
 * Errors are sticky: E_FULL.
 */
#ifndef PERI_SERVICE_ISSUER_DER_H
#define PERI_SERVICE_ISSUER_DER_H

#include "lib/cursor.h"

enum der_tag {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_OID = 0x06,
    DER_ENUMERATED = 0x0a,
    DER_UTF8_STRING = 0x0c,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
};

struct der {
    uint8_t *at;
    size_t start, end; /* written: at[start..end) */
    int err;
};

struct der der_of(uint8_t *at, size_t cap);
struct span der_view(const struct der *d);
void der_bytes(struct der *d, const void *bytes, size_t len);
/* Puts a head before what was written since the mark. */
static inline size_t der_mark(const struct der *d) { return d->start; }
void der_wrap(struct der *d, uint8_t tag, size_t mark);
void der_item(struct der *d, uint8_t tag, const void *bytes, size_t len);
/* Big-endian magnitude to the shortest positive INTEGER. */
void der_unsigned(struct der *d, const uint8_t *magnitude, size_t len);
/* UTCTime through 2049, GeneralizedTime after (RFC 5280 section 4.1.2.5). */
void der_time(struct der *d, uint64_t unix_s);

#endif
