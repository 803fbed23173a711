/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the boot of an MCU would say to each slot of its flash, computed from the
 * files alone: the rules of abi/mcu_boot.h, read by somebody else than the boot.
 * Trust: the flash is hostile; what does not verify is reported, never used.
 * Lifetime: views into the flash.
 * Not done here: the update state of the monitor: system A counts before B.
 */
#ifndef PERI_CLI_MCU_VERIFY_H
#define PERI_CLI_MCU_VERIFY_H

#include "cli/mcu/flash.h"
#include "cli/mcu/fuses.h"
#include "lib/keystore.h"

/* What the slots are judged by. */
struct mcu_trust {
    bool has_root, has_keystore;
    uint8_t root[P256_PUBLIC_BYTES]; /* of the first OneBL whose key is the fused one */
    struct keystore keystore;
    uint32_t counter[PLUTON_COUNTERS];
};

struct mcu_verdict {
    bool parsed; /* file and image are views; else empty */
    struct span file;
    struct image image;
    int err; /* 0: verified and current; E_NOT_FOUND: empty */
};

/* fuses NULL: a chip that is not made yet; then the root key is the first OneBL's own. */
void mcu_trust_init(struct mcu_trust *trust, const struct mcu_flash *flash, const struct mcu_fuses *fuses);
void mcu_slot_verify(const struct mcu_trust *trust, const struct mcu_flash *flash, enum mcu_slot slot,
                     struct mcu_verdict *verdict);
/* One line for a verdict: "verified", "empty", or why not. */
const char *mcu_verdict_text(const struct mcu_verdict *verdict);

enum { MCU_MEASUREMENTS_MAX = 8 };

struct mcu_measurement {
    uint16_t type;
    uint32_t security_version;
    uint8_t component[IMAGE_UID_BYTES];
    uint8_t digest[SHA256_BYTES];
};

/* The measurements of an image, as evidence carries them. */
int mcu_measure(const struct image *image, struct mcu_measurement *measurement) MUST_CHECK;
/* Those of the boot that this flash would give, in its order; count 0..MCU_MEASUREMENTS_MAX.
 * E_MISSING when a stage has no image that verifies: *missing is its slot. */
int mcu_measure_boot(const struct mcu_trust *trust, const struct mcu_flash *flash,
                     struct mcu_measurement measurement[static MCU_MEASUREMENTS_MAX], size_t *count,
                     enum mcu_slot *missing) MUST_CHECK;
/* Place of an image type in the order of boot; past the last for others. */
size_t mcu_boot_order(uint16_t type);

#endif
