/* SPDX-License-Identifier: BSD-2-Clause */
/* The runtime's hardware on the MCU. */
#ifndef PERI_PLUTON_MCU_HAL_MCU_H
#define PERI_PLUTON_MCU_HAL_MCU_H

#include "pluton/hal.h"

struct hal {
    const uint8_t *root_key; /* 64 bytes, from the hand-off */
};

#endif
