/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GUIDs.  In memory and in images: mixed-endian (first three fields
 * little-endian), as Windows and Azure Sphere store them; RFC 9562 network
 * order through guid_swap().
 */
#ifndef PERI_LIB_GUID_H
#define PERI_LIB_GUID_H

#include <stdbool.h>

#include "lib/cursor.h"

enum { GUID_BYTES = 16, GUID_TEXT_BYTES = 37 };

/* Either case, exactly 36 characters with hyphens; E_MALFORMED, zeroed on failure. */
int guid_parse(struct span text, uint8_t guid[static GUID_BYTES]) MUST_CHECK;
/* Lower case, terminated. */
void guid_format(const uint8_t guid[static GUID_BYTES], char text[static GUID_TEXT_BYTES]);
/* Mixed-endian to network order or back; in place. */
void guid_swap(uint8_t guid[static GUID_BYTES]);
bool guid_is_zero(const uint8_t guid[static GUID_BYTES]);
bool guid_equal(const uint8_t a[static GUID_BYTES], const uint8_t b[static GUID_BYTES]);
/* Makes random bytes an RFC 9562 version 4 GUID (mixed-endian). */
void guid_from_random(uint8_t guid[static GUID_BYTES]);

#endif
