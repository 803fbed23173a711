/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Capabilities object of an application manifest.  Part of
 * lib/app_manifest.c, on its own because its table is an idea of its own;
 * nobody else includes this.
 */
#ifndef PERI_LIB_APP_CAPABILITIES_H
#define PERI_LIB_APP_CAPABILITIES_H

#include "lib/app_manifest.h"
#include "lib/json_read.h"

/* One manifest being read. */
struct app_reader {
    struct app_manifest *m; /* m->type is known before capabilities are read */
    struct json_reader r;   /* over text whose syntax was checked: what fails
                               now is a value's type or range, never grammar */
    struct writer text;     /* over m->text */
};

/* The next value, which must be a string without U+0000, goes to text,
 * terminated; the view leaves the terminator out.  0, bad when it is no such
 * string, APP_MANIFEST_TOO_LARGE. */
int app_reader_text(struct app_reader *a, int bad, uint16_t *at, struct span *view) MUST_CHECK;
/* The next value, a string of at most cap bytes; empty view and E_MALFORMED
 * when it is no string, E_LIMIT when it is longer. */
int app_reader_word(struct app_reader *a, char *room, size_t cap, struct span *view) MUST_CHECK;
/* The next value, a string holding a GUID that is not all zero: zero stands
 * for "none" wherever components are compared. */
int app_reader_guid(struct app_reader *a, uint8_t guid[static 16]) MUST_CHECK;

/* The object that comes next.  0 or enum app_manifest_error. */
int app_capabilities_read(struct app_reader *a) MUST_CHECK;

#endif
