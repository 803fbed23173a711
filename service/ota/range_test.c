/* SPDX-License-Identifier: BSD-2-Clause */
/* RFC 9110 section 14: byte ranges at their edges. */
#include "service/ota/range.h"
#include "tests/check.h"

static const struct row {
    const char *header;
    uint64_t total;
    enum range_kind kind;
    uint64_t offset, length;
    const char *content_range;
} rows[] = {
    /* 14.1.2: first and last, inclusive */
    {"bytes=0-0", 100, RANGE_PART, 0, 1, "bytes 0-0/100"},
    {"bytes=0-99", 100, RANGE_PART, 0, 100, "bytes 0-99/100"},
    {"bytes=99-99", 100, RANGE_PART, 99, 1, "bytes 99-99/100"},
    {"Bytes=10-19", 100, RANGE_PART, 10, 10, "bytes 10-19/100"},
    /* a last position past the end means the end */
    {"bytes=10-100", 100, RANGE_PART, 10, 90, "bytes 10-99/100"},
    {"bytes=10-18446744073709551615", 100, RANGE_PART, 10, 90, "bytes 10-99/100"},
    {"bytes=10-99999999999999999999999", 100, RANGE_PART, 10, 90, "bytes 10-99/100"},
    {"bytes=10-", 100, RANGE_PART, 10, 90, "bytes 10-99/100"},
    {"bytes=0-", 1, RANGE_PART, 0, 1, "bytes 0-0/1"},
    /* suffix; longer than the whole means the whole */
    {"bytes=-1", 100, RANGE_PART, 99, 1, "bytes 99-99/100"},
    {"bytes=-100", 100, RANGE_PART, 0, 100, "bytes 0-99/100"},
    {"bytes=-101", 100, RANGE_PART, 0, 100, "bytes 0-99/100"},
    {"bytes=-99999999999999999999999", 100, RANGE_PART, 0, 100, "bytes 0-99/100"},
    /* 15.5.17: nothing of it exists */
    {"bytes=100-", 100, RANGE_UNSATISFIABLE, 0, 0, "bytes */100"},
    {"bytes=100-200", 100, RANGE_UNSATISFIABLE, 0, 0, "bytes */100"},
    {"bytes=18446744073709551615-", 100, RANGE_UNSATISFIABLE, 0, 0, "bytes */100"},
    {"bytes=99999999999999999999999-", 100, RANGE_UNSATISFIABLE, 0, 0, "bytes */100"},
    {"bytes=-0", 100, RANGE_UNSATISFIABLE, 0, 0, "bytes */100"},
    {"bytes=0-0", 0, RANGE_UNSATISFIABLE, 0, 0, "bytes */0"},
    {"bytes=-5", 0, RANGE_UNSATISFIABLE, 0, 0, "bytes */0"},
    /* 14.2: not a valid single range, so not there */
    {"", 100, RANGE_WHOLE, 0, 100, ""},
    {"bytes", 100, RANGE_WHOLE, 0, 100, ""},
    {"bytes=", 100, RANGE_WHOLE, 0, 100, ""},
    {"bytes=-", 100, RANGE_WHOLE, 0, 100, ""},
    {"bytes=5", 100, RANGE_WHOLE, 0, 100, ""},
    {"bytes=9-5", 100, RANGE_WHOLE, 0, 100, ""},
    {"bytes=0-1,3-4", 100, RANGE_WHOLE, 0, 100, ""},
    {"bytes=0-1 ", 100, RANGE_WHOLE, 0, 100, ""},
    {"bytes= 0-1", 100, RANGE_WHOLE, 0, 100, ""},
    {"bytes=+1-2", 100, RANGE_WHOLE, 0, 100, ""},
    {"bytes=0x1-2", 100, RANGE_WHOLE, 0, 100, ""},
    {"bytes=--1", 100, RANGE_WHOLE, 0, 100, ""},
    {"items=0-1", 100, RANGE_WHOLE, 0, 100, ""},
};

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        char text[RANGE_TEXT_BYTES];
        size_t len = strlen(row->header);
        /* exact size: a read past the header is seen */
        char *exact = malloc(len ? len : 1);
        REQUIRE(exact != NULL);
        memcpy(exact, row->header, len);
        struct range range = range_parse(span_of(exact, len), row->total);
        free(exact);
        if (range.kind != row->kind || range.offset != row->offset || range.length != row->length)
            fprintf(stderr, "header \"%s\" of %llu:\n", row->header, (unsigned long long)row->total);
        CHECK_INT(range.kind, row->kind);
        CHECK_INT(range.offset, row->offset);
        CHECK_INT(range.length, row->length);
        range_format(&range, row->total, text);
        CHECK_STR(text, row->content_range);
    }
    return check_done();
}
