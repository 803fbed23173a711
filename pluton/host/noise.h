/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's noise source.  noise.c asks the kernel; tests link another file
 * (noise_stuck.c) to see what a broken source does.
 */
#ifndef PERI_PLUTON_HOST_NOISE_H
#define PERI_PLUTON_HOST_NOISE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

int noise_read(uint8_t *at, size_t len) MUST_CHECK; /* E_ENTROPY */

#endif
