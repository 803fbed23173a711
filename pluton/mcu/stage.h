/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every stage of the Pluton core does alike: start, memory protection,
 * watchdog, entering the next stage, and stopping with a reason.
 * Source: docs/spec/pluton.md "Boot of the MCU".
 */
#ifndef PERI_PLUTON_MCU_STAGE_H
#define PERI_PLUTON_MCU_STAGE_H

#include "pluton/mcu/reg.h"
#include "pluton/mcu/verdict.h"

/* Every stage defines these. */
extern const char stage_name[]; /* as it stands in its lines: "ROM" */
void stage_main(void);
/* After a fault of the stage itself, when that was printed: recovery or reset. */
void stage_fault(void);

/* Memory protection: rows by rising priority; what no row holds is no access,
 * address 0 included where the ROM does not run. */
struct mpu_row {
    uint32_t base;
    uint32_t attributes; /* MPU_* with MPU_SIZE() */
};
#define MPU_SIZE(log2) (((uint32_t)(log2) - 1) << 1)
#define MPU_CODE 0x06020001u   /* read, execute */
#define MPU_CONST 0x16020001u  /* read */
#define MPU_DATA 0x13020001u   /* read, write */
#define MPU_DEVICE 0x13050001u /* read, write, in order */
#define MPU_SUBREGIONS_OFF(mask) ((uint32_t)(mask) << 8)
void stage_protect(const struct mpu_row *rows, unsigned count);
void stage_unprotect(void);

/* The chip starts again unless this is said every STAGE_WATCHDOG_SECONDS. */
enum { STAGE_WATCHDOG_SECONDS = 20 };
void stage_watchdog_arm(void);
void stage_watchdog_tend(void);

/* A stage that starts another has these, so that nothing of it is an argument. */
extern volatile struct verdict stage_seen[];
extern const unsigned stage_seen_count;
extern const uint32_t stage_next; /* vector table of what was looked at */
/* Starts it; returns if the verdicts are not all "yes". */
void stage_enter(void);

/* Prints the lines of recovery, with the stage and the reason last, tells the
 * chip, and waits for ever.  backup: the backup copy's reason, or NULL. */
void stage_recovery(const char *what, const char *reason, const char *backup);

/* One stage measured by another; E_FULL, E_CRYPTO. */
int handoff_measure(struct boot_handoff *h, const struct image *image) MUST_CHECK;
static inline struct boot_handoff *handoff(void)
{
    return reg_memory(BOOT_HANDOFF_AT);
}

#endif
