/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/issuer/der.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

struct der der_of(uint8_t *at, size_t cap)
{
    return (struct der){.at = at, .start = cap, .end = cap, .err = 0};
}

struct span der_view(const struct der *d)
{
    return d->err ? span_of(NULL, 0) : span_of(d->at + d->start, d->end - d->start);
}

void der_bytes(struct der *d, const void *bytes, size_t len)
{
    if (d->err || len > d->start) {
        d->err = d->err ? d->err : E_FULL;
        return;
    }
    if (len == 0)
        return;
    d->start -= len;
    memcpy(d->at + d->start, bytes, len);
}

void der_wrap(struct der *d, uint8_t tag, size_t mark)
{
    uint8_t head[6] = {tag};
    size_t len = mark - d->start, n = 1;
    if (len < 0x80) {
        head[n++] = (uint8_t)len;
    } else if (len <= 0xff) {
        head[n++] = 0x81;
        head[n++] = (uint8_t)len;
    } else if (len <= 0xffff) {
        head[n++] = 0x82;
        head[n++] = (uint8_t)(len >> 8);
        head[n++] = (uint8_t)len;
    } else if (len <= 0xffffff) { /* lists of revoked certificates */
        head[n++] = 0x83;
        head[n++] = (uint8_t)(len >> 16);
        head[n++] = (uint8_t)(len >> 8);
        head[n++] = (uint8_t)len;
    } else {
        d->err = d->err ? d->err : E_FULL;
    }
    der_bytes(d, head, n);
}

void der_item(struct der *d, uint8_t tag, const void *bytes, size_t len)
{
    size_t mark = der_mark(d);
    der_bytes(d, bytes, len);
    der_wrap(d, tag, mark);
}

void der_unsigned(struct der *d, const uint8_t *magnitude, size_t len)
{
    static const uint8_t zero = 0;
    size_t mark = der_mark(d);
    while (len > 1 && *magnitude == 0) {
        magnitude++;
        len--;
    }
    der_bytes(d, magnitude, len);
    if (len == 0 || (*magnitude & 0x80))
        der_bytes(d, &zero, 1);
    der_wrap(d, DER_INTEGER, mark);
}

void der_time(struct der *d, uint64_t unix_s)
{
    char text[32];
    struct tm tm;
    time_t t = (time_t)unix_s;
    if (unix_s > INT64_MAX || !gmtime_r(&t, &tm) || tm.tm_year + 1900 > 9999) {
        d->err = d->err ? d->err : E_RANGE;
        return;
    }
    bool utc = tm.tm_year < 150;
    size_t len = strftime(text, sizeof text, "%Y%m%d%H%M%SZ", &tm), century = utc ? 2 : 0;
    der_item(d, utc ? DER_UTC_TIME : DER_GENERALIZED_TIME, text + century, len - century);
}
