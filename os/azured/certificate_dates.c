/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/azured/certificate_dates.h"

#include <time.h>

enum {
    DER_INTEGER = 0x02,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_SEQUENCE = 0x30,
    DER_VERSION = 0xA0,
    DER_LENGTH_BYTES_MAX = 3,
};

/* The contents of the next value, whose tag it must be. */
static struct span der_value(struct cursor *c, uint8_t tag)
{
    if (cursor_u8(c) != tag)
        cursor_fail(c, E_MALFORMED);
    size_t len = cursor_u8(c);
    if (len >= 0x80) {
        size_t bytes = len & 0x7F;
        if (bytes == 0 || bytes > DER_LENGTH_BYTES_MAX)
            cursor_fail(c, E_MALFORMED);
        for (len = 0; bytes && !c->err; bytes--)
            len = len << 8 | cursor_u8(c);
    }
    return cursor_bytes(c, len);
}

static int two_digits(struct cursor *c)
{
    uint8_t tens = cursor_u8(c), ones = cursor_u8(c);
    if (tens < '0' || tens > '9' || ones < '0' || ones > '9')
        cursor_fail(c, E_MALFORMED);
    return c->err ? 0 : (tens - '0') * 10 + (ones - '0');
}

static uint64_t der_time(struct cursor *c)
{
    bool general = c->left && *c->at == DER_GENERALIZED_TIME;
    struct cursor text = cursor_of(der_value(c, general ? DER_GENERALIZED_TIME : DER_UTC_TIME));
    int year = two_digits(&text);
    if (general)
        year = year * 100 + two_digits(&text);
    else
        year += year < 50 ? 2000 : 1900;
    struct tm t = {.tm_year = year - 1900};
    t.tm_mon = two_digits(&text) - 1;
    t.tm_mday = two_digits(&text);
    t.tm_hour = two_digits(&text);
    t.tm_min = two_digits(&text);
    t.tm_sec = two_digits(&text);
    if (cursor_u8(&text) != 'Z' || t.tm_mon < 0 || t.tm_mon > 11 || t.tm_mday < 1 || t.tm_mday > 31 ||
        t.tm_hour > 23 || t.tm_min > 59 || t.tm_sec > 59 || year < 1970)
        cursor_fail(&text, E_MALFORMED);
    if (cursor_end(&text))
        cursor_fail(c, E_MALFORMED);
    return c->err ? 0 : (uint64_t)timegm(&t);
}

int certificate_dates(struct span der, uint64_t *begin_s, uint64_t *end_s)
{
    struct cursor file = cursor_of(der);
    struct cursor certificate = cursor_of(der_value(&file, DER_SEQUENCE));
    struct cursor body = cursor_of(der_value(&certificate, DER_SEQUENCE));
    if (body.left && *body.at == DER_VERSION)
        (void)der_value(&body, DER_VERSION);
    (void)der_value(&body, DER_INTEGER);  /* serial number */
    (void)der_value(&body, DER_SEQUENCE); /* algorithm */
    (void)der_value(&body, DER_SEQUENCE); /* issuer */
    struct cursor validity = cursor_of(der_value(&body, DER_SEQUENCE));
    uint64_t begin = der_time(&validity), end = der_time(&validity);
    int err = file.err ? file.err : certificate.err ? certificate.err : body.err ? body.err : cursor_end(&validity);
    if (!err && end < begin)
        err = E_MALFORMED;
    *begin_s = err ? 0 : begin;
    *end_s = err ? 0 : end;
    return err;
}
