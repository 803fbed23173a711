/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an image must be before the device keeps or runs it: one row a type.
 * Source: docs/spec/monitor.md.  Caller: plan, staging, engine, boot.
 * Trust: file is hostile until image_check() returned MONITOR_OK, and only as
 * long as nobody else can write the bytes it was given.
 * Development keys count only where the caller says so (sideload.h): never on
 * the path of updates and of boot.
 */
#ifndef PERI_MONITOR_ENGINE_IMAGE_RULE_H
#define PERI_MONITOR_ENGINE_IMAGE_RULE_H

#include "lib/keystore.h"
#include "monitor/engine/record.h"

struct image_rule {
    uint16_t type;
    uint16_t manifest; /* type of the manifest that may list it */
    bool os;           /* anti-rollback counter applies, change needs a restart */
    bool fixed;        /* only on a medium that has places for it */
};

/* NULL for a type that this medium never gets. */
const struct image_rule *image_rule_of(const struct medium *medium, uint16_t type);
/* The i-th OS type of the medium; 0 behind the last. */
uint16_t image_rule_os_type(const struct medium *medium, unsigned i);
/* Highest version offered of each identity type; 0 = none.  A newer runtime
 * carries every older one (reference: application runtime version). */
enum { ABI_TYPES = IMAGE_IDENTITY_APPLICATION_RUNTIME + 1 };
struct abi_offer {
    uint32_t version[ABI_TYPES];
};
/* Adds what a list provides; slots of type NONE are empty. */
void abi_offer_add(struct abi_offer *offer, const struct abi_identity *at, unsigned count);
bool abi_offer_meets(const struct abi_offer *offer, const struct abi_identity *needs,
                     unsigned count);

struct image_checker {
    const struct medium *medium;
    const struct keystore *keystore;
    uint32_t os_counter; /* lowest security version of an OS image */
    bool development;    /* keys for images under development count */
};

/* Shape, key for the type, signature, security version, contents.  MONITOR_OK,
 * or VERIFICATION_FAILED, SECURITY_VERSION, IDENTITY_INCONSISTENT (an
 * application whose manifest speaks of another component).  image and digest
 * are set on success only, zero otherwise. */
enum monitor_status image_check(const struct image_checker *checker, struct span file,
                                struct image *image, uint8_t digest[static SHA256_BYTES]);
/* What the body of a verified image must hold; chosen at link time:
 * engine/image_contents.c on the host, monitor/svc/image_contents.c on the MCU. */
enum monitor_status image_contents_check(const struct image *image);
/* What a record says of a verified image that stands at block `first`. */
struct component image_component(const struct image *image, const uint8_t digest[static SHA256_BYTES],
                                 uint16_t first);
/* Component, image, type and size are those of c. */
bool image_is_component(const struct image *image, const struct component *c);

#endif
