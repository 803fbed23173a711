/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fuse file of a virtual MCU, as abi/mt3620_fuse.h describes it.
 * Writer: the emulator; here only for a blank chip, and for tests.
 * Trust: a file that may come from anywhere; nothing is used before its digest matches.
 * It holds private keys: mode 0600, and mcu_fuses_wipe() after use.
 */
#ifndef PERI_CLI_MCU_FUSES_H
#define PERI_CLI_MCU_FUSES_H

#include "abi/evidence.h"
#include "abi/mt3620_fuse.h"
#include "abi/pluton_call.h"
#include "cli/command.h"
#include "lib/crypto.h"

struct mcu_fuses {
    uint64_t starts;
    uint32_t word[FUSE_WORDS];
};

/* All zero: a chip that was never powered. */
void mcu_fuses_blank(struct mcu_fuses *fuses);
/* PERI_EXIT_OK, or another code after a message that says what was found. */
int mcu_fuses_read(const char *path, struct mcu_fuses *fuses);
int mcu_fuses_write(const char *path, const struct mcu_fuses *fuses);
void mcu_fuses_wipe(struct mcu_fuses *fuses);

/* SHA-256 of the root key; false while it is not final. */
bool mcu_fuses_root(const struct mcu_fuses *fuses, uint8_t digest[static SHA256_BYTES]);
enum lifecycle mcu_fuses_lifecycle(const struct mcu_fuses *fuses);
/* Value 0..FUSE_COUNTER_MAX, or E_CORRUPT for a row with a gap. */
int mcu_fuses_counter(const struct mcu_fuses *fuses, enum pluton_counter counter, uint32_t *value)
    MUST_CHECK;
void mcu_fuses_counter_set(struct mcu_fuses *fuses, enum pluton_counter counter, uint32_t value);
/* Attestation public key X || Y, computed from the private row: E_NOT_FOUND before
 * there is one, E_CORRUPT, E_CRYPTO. */
int mcu_fuses_device_id(const struct mcu_fuses *fuses, uint8_t id[static P256_PUBLIC_BYTES]) MUST_CHECK;

#endif
