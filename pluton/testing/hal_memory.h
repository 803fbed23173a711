/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pluton/hal.h for tests: fuses in memory, a reproducible noise source that can
 * be broken, and fuses that can fail to program.
 */
#ifndef PERI_PLUTON_TESTING_HAL_MEMORY_H
#define PERI_PLUTON_TESTING_HAL_MEMORY_H

#include <stdbool.h>

#include "pluton/host/fuse_row.h"
#include "pluton/host/keys.h"

enum noise_kind {
    NOISE_GOOD,
    NOISE_STUCK,  /* one value for ever */
    NOISE_BIASED, /* three samples of four the same */
    NOISE_DEAD,   /* the read itself fails */
};

struct hal {
    enum noise_kind noise;
    bool fuses_fail;
    bool keys_fail; /* generation and signing */
    uint64_t noise_state;
    uint64_t boot_count;
    unsigned programmed; /* fuse writes so far */
    uint8_t root_key[P256_PUBLIC_BYTES];
    uint8_t row[FUSE_ROW_BYTES];
    struct key key[HAL_SLOTS];
};

/* A device as the factory leaves it. */
void hal_memory_init(struct hal *hal, const uint8_t root_key[static P256_PUBLIC_BYTES]);
void hal_memory_release(struct hal *hal);
/* True when one of the private scalars, in either byte order, is in bytes. */
bool hal_memory_leaks(const struct hal *hal, struct span bytes);

#endif
