/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Range header of a GET (RFC 9110 section 14): one byte range.
 * A header that is not a valid byte range, or asks for several ranges, is
 * ignored, as section 14.2 allows: the whole is sent.
 */
#ifndef PERI_SERVICE_OTA_RANGE_H
#define PERI_SERVICE_OTA_RANGE_H

#include "lib/cursor.h"

enum range_kind {
    RANGE_WHOLE = 200,
    RANGE_PART = 206,
    RANGE_UNSATISFIABLE = 416,
};

struct range {
    enum range_kind kind; /* also the status to answer */
    uint64_t offset, length; /* within total; length 0 when unsatisfiable */
};

enum { RANGE_TEXT_BYTES = 80 };

struct range range_parse(struct span header, uint64_t total);
/* Value of Content-Range; empty text for RANGE_WHOLE. */
void range_format(const struct range *range, uint64_t total, char text[static RANGE_TEXT_BYTES]);

#endif
