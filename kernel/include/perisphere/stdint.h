/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel has no C library: abi/ and lib/ get its own types under the standard names. */
#ifndef PERI_KERNEL_STDINT_H
#define PERI_KERNEL_STDINT_H
#include <linux/limits.h>
#include <linux/types.h>
#endif
