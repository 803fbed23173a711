/* SPDX-License-Identifier: BSD-2-Clause */
/* CRC-32 with the zlib polynomial: finds accidents, secures nothing. */
#ifndef PERI_LIB_CRC32_H
#define PERI_LIB_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* Start with crc 0; feed the result back in to go on. */
uint32_t crc32_update(uint32_t crc, const void *bytes, size_t len);

#endif
