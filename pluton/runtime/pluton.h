/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Pluton runtime: one state struct, one entry for calls, and what the boot
 * chain does before there is a caller.
 * Source: docs/spec/pluton.md, abi/pluton_call.h.
 * Trust: every request is hostile; every image is hostile until it verified.
 *
 * Invariants between calls:
 *   fuses is what hal_fuse_read() returns;
 *   a tenant in use has a pending key, a committed key, or both;
 *   measurements are only appended; none after measurements_closed;
 *   session capabilities came from a file signed for this very device.
 * A call that is refused changes no byte of the state.  A call that fails in
 * hardware (PLUTON_HARDWARE) may leave its mark in health and hardware_failed,
 * and nowhere else.
 *
 * Lifetime: the caller owns the struct; no heap, no globals; calls are made one
 * after the other.
 */
#ifndef PERI_PLUTON_RUNTIME_PLUTON_H
#define PERI_PLUTON_RUNTIME_PLUTON_H

#include "abi/capability.h"
#include "lib/evidence.h"
#include "lib/image.h"
#include "lib/keystore.h"
#include "pluton/hal.h"
#include "pluton/runtime/health.h"

enum { PLUTON_NO_SLOT = 0 }; /* slot 0 is never a client key */

struct pluton_tenant {
    bool used;
    uint8_t pending;   /* HAL slot or PLUTON_NO_SLOT */
    uint8_t committed; /* HAL slot or PLUTON_NO_SLOT */
    uint8_t id[PLUTON_TENANT_BYTES];
};

struct call_row;

struct pluton {
    struct hal *hal;
    const struct call_row *more; /* calls of this machine alone; set after pluton_boot() */
    size_t more_count;
    struct fuses fuses;
    struct health health;
    bool hardware_failed;     /* nothing secret or random any more until reset */
    bool measurements_closed;
    bool keystore_trusted;
    bool debug_seen;          /* a debug capability was enabled in this session */
    uint8_t device_id[P256_PUBLIC_BYTES];
    uint64_t boot_count;
    uint32_t postcode;
    uint32_t pluton_version;   /* of what verified Pluton itself; 0 where nothing does */
    uint32_t monitor_version;  /* security versions of what Pluton itself verified: */
    uint32_t keystore_version; /* RAISE_COUNTER never goes above them */
    struct pluton_tenant tenant[PLUTON_TENANTS_MAX];
    uint16_t capability_count; /* session capabilities, ascending */
    uint16_t capability[CAPABILITY_SLOTS];
    uint16_t measurement_count;
    struct measurement measurement[EVIDENCE_MEASUREMENTS_MAX];
    struct keystore keystore; /* valid when keystore_trusted */
};

enum { PLUTON_DATAGRAM_MAX = PLUTON_HEADER_BYTES + PLUTON_PAYLOAD_MAX };

/* Power-on state: fuses read, noise source through its start-up test, boot
 * counted.  0, E_ENTROPY, E_CORRUPT, E_VERSION, E_IO, E_CRYPTO; on failure
 * hardware_failed is set, and calls are still answered (with refusals). */
int pluton_boot(struct pluton *p, struct hal *hal) MUST_CHECK;

/* Answers one request datagram; reply is an empty writer with room for
 * PLUTON_DATAGRAM_MAX.  Always 0 and a complete reply, except E_FULL when the
 * writer is too small: then nothing was done. */
int pluton_call(struct pluton *p, uint32_t rights, struct span request,
                struct writer *reply) MUST_CHECK;

/* Conditioned random bytes; E_ENTROPY when the source is or becomes unhealthy. */
int pluton_random(struct pluton *p, uint8_t *at, size_t len) MUST_CHECK;

/* Appends to the measurements; E_STATE when closed, E_FULL, E_RANGE for type 0. */
int pluton_measure(struct pluton *p, const struct measurement *m) MUST_CHECK;

int pluton_measure_image(struct pluton *p, const struct image *image) MUST_CHECK;

/* Verifies a keystore image with the fused root key and keeps its keys.
 * E_SIGNATURE, E_ROLLBACK, E_RANGE (not a keystore), parser's errors. */
int pluton_trust_keystore(struct pluton *p, struct span file) MUST_CHECK;

/* Boot chain.  Verify and measure the keystore, then the monitor; *image views
 * file.  The monitor needs a trusted keystore (E_STATE). */
int pluton_boot_keystore(struct pluton *p, struct span file) MUST_CHECK;
int pluton_boot_monitor(struct pluton *p, struct span file, struct image *image) MUST_CHECK;

/* Enabled now, session and life-cycle together. */
bool pluton_capability_enabled(const struct pluton *p, uint16_t number);
/* One of those that open the device to a debugger is. */
bool pluton_debug_enabled(const struct pluton *p);
/* The enabled ones, ascending; the count. */
uint16_t pluton_capabilities(const struct pluton *p, uint16_t list[static CAPABILITY_SLOTS]);

#endif
