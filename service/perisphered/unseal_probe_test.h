/* SPDX-License-Identifier: BSD-2-Clause */
/* Marks that stand nowhere in a program: each byte is computed when it is asked for. */
#ifndef PERI_SERVICE_PERISPHERED_UNSEAL_PROBE_TEST_H
#define PERI_SERVICE_PERISPHERED_UNSEAL_PROBE_TEST_H

#include <stddef.h>

enum { PROBE_MARK_BYTES = 24, PROBE_MARKS = 5 };

static inline unsigned char probe_mark(unsigned mark, size_t at)
{
    return (unsigned char)(0x21 + (mark * 17 + at * 29 + at * at * 7) % 90); /* printable */
}

#endif
