/* SPDX-License-Identifier: BSD-2-Clause */
/* Head of a CBOR item, shared by writer (lib/cbor.c) and reader (lib/cbor_read.c). */
#ifndef PERI_LIB_CBOR_HEAD_H
#define PERI_LIB_CBOR_HEAD_H

#include "lib/cbor.h"

/* Additional information, the low five bits of a head (RFC 8949 section 3). */
enum {
    INFO_1BYTE = 24, /* argument in the next byte, then 2, 4, 8 bytes */
    INFO_8BYTES = 27,
    SIMPLE_FALSE = 20,
    SIMPLE_TRUE = 21,
    SIMPLE_NULL = 22,
};

struct head {
    enum cbor_type type; /* CBOR_NONE when the cursor has failed */
    uint64_t argument;
};

/* A negative integer n is stored as -1 - n, which never overflows. */
static inline struct head head_of_int(int64_t v)
{
    if (v < 0)
        return (struct head){CBOR_NEGATIVE, (uint64_t)(-1 - v)};
    return (struct head){CBOR_UINT, (uint64_t)v};
}

#endif
