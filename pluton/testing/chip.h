/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An emulated chip for the host's tests: what pluton/mcu/reg.h reaches, as far
 * as the firmware uses it.  Registers behave as abi/mt3620*.h say; an address
 * that the Pluton core does not have ends the program.  The real model is in
 * machine/; this one runs a boot in a millisecond, under the sanitizers.
 *
 * One chip a process, because a register access names none.
 */
#ifndef PERI_PLUTON_TESTING_CHIP_H
#define PERI_PLUTON_TESTING_CHIP_H

#include <stdbool.h>

#include "abi/flash_layout.h"
#include "abi/mt3620.h"
#include "abi/mt3620_fuse.h"
#include "abi/mt3620_hsp.h"
#include "abi/mt3620_mailbox.h"
#include "abi/mt3620_reset.h"
#include "lib/crypto.h"
#include "pluton/host/keys.h"

/* Where a run of a stage ended. */
enum chip_end {
    CHIP_RUNNING = 0, /* the runtime serves, the A7 was started */
    CHIP_NEXT,        /* the stage started another */
    CHIP_RECOVERY,
    CHIP_HALTED, /* stopped without a word: always a defect */
};

struct chip_port {
    uint32_t in[MAILBOX_DEPTH][2], out[MAILBOX_DEPTH][2]; /* command, data */
    unsigned in_count, out_count;
    uint32_t data_push;
};

struct chip {
    uint8_t *tcm, *ram, *flash;
    uint32_t fuse[FUSE_WORDS], shadow[FUSE_WORDS];
    struct key key[HSP_ECC_SLOTS];
    uint32_t cause, starts, scratch[4], secure_base, a7_start, watchdog;
    bool a7_runs, recovery, chip_reset, trng_failed, fuses_fail;
    uint64_t noise;
    struct chip_port port[2]; /* normal world, secure world */
    uint32_t next_vectors, next_stack, next_entry;
    unsigned long verifications, served, answered; /* words taken, blocks among them */
    struct { /* another core writes this word when the firmware has read it once */
        bool armed;
        uint32_t at, value;
    } race;
    char uart[8192];
    size_t uart_len;
};
extern struct chip chip;

/* A blank chip with erased flash; again: as new. */
void chip_new(void);
void chip_release(void);
/* Reset or power-on, then ROM, loader and runtime until one of the ends. */
enum chip_end chip_boot(uint32_t cause);
/* The runtime's loop turns once; false: it went into recovery. */
bool chip_serve(void);
/* ROM alone, for the many. */
enum chip_end chip_boot_rom(uint32_t cause);
/* Last line of the UART, without its end. */
const char *chip_last_line(void);
bool chip_said(const char *text);

#endif
