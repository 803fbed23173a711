/* SPDX-License-Identifier: BSD-2-Clause */
/* Constant-time comparison and wiping that the compiler may not drop. */
#ifndef PERI_LIB_CT_H
#define PERI_LIB_CT_H

#include <stdbool.h>
#include <stddef.h>

/* True when the len bytes are equal; time depends on len alone. */
bool ct_equal(const void *a, const void *b, size_t len);
/* Zeroes len bytes, also when they are never read again. */
void ct_wipe(void *at, size_t len);

#endif
