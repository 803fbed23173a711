/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boot images of the MCU for tests, signed with the keys of a fixture, and the
 * slots of abi/flash_layout.h that hold them.
 */
#ifndef PERI_PLUTON_TESTING_MCU_FLASH_H
#define PERI_PLUTON_TESTING_MCU_FLASH_H

#include "abi/flash_layout.h"
#include "pluton/testing/fixture.h"

enum {
    MCU_IMAGE_MAX = 192 * 1024,
    MCU_OVERHEAD_BYTES = 132 + 64, /* metadata and signature of fixture_image() */
};

/* Whole files.  body may be empty: then one is made up, with the right shape and
 * fill in it.  header_key: whose public key stands in the loader. */
void mcu_loader(const struct fixture *f, enum fixture_key signer, enum fixture_key header_key,
                uint32_t version, struct span body, uint8_t fill, struct writer *w);
void mcu_runtime(const struct fixture *f, enum fixture_key signer, enum fixture_key as,
                 uint32_t version, struct span body, uint8_t fill, struct writer *w);
void mcu_monitor(const struct fixture *f, enum fixture_key signer, enum fixture_key as,
                 uint32_t version, struct span body, uint8_t fill, struct writer *w);

/* File and trailer into a slot; an empty file leaves the slot erased. */
void mcu_slot_put(uint8_t *flash, uint32_t at, uint32_t bytes, struct span file);

#endif
