/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calls that only the MCU has: the monitor has no cryptography of its own.
 * Source: abi/pluton_call.h, PLUTON_MCU_CALL_TABLE.
 */
#ifndef PERI_PLUTON_MCU_CALLS_H
#define PERI_PLUTON_MCU_CALLS_H

#include "pluton/runtime/cmd.h"

enum { MCU_CALLS = 4 };
extern const struct call_row mcu_calls[MCU_CALLS];

/* What the monitor reported by BOOT_FAILED; the runtime enters recovery once the
 * call is answered. */
struct boot_failed {
    bool said;
    uint32_t stage; /* image type */
    int err;
};
extern struct boot_failed mcu_boot_failed;

#endif
