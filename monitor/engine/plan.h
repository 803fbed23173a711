/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plan: the image set that a manifest set asks for, fully checked.
 * Source: docs/spec/monitor.md; rules of the set: abi/manifest.h.
 * Trust: file is hostile; it must be the monitor's own copy.
 * Invariants of a plan that was built: its signature and every inner one
 * verified with the update key; it is for this device, answers the nonce given
 * out last, and is not older than what was accepted; components and images are
 * unique over everything that would be installed; every type stands in its own
 * manifest; a set with an operating system has each of its images once; it is not
 * the system that was undone last; every ABI need is met; what is missing has its
 * place already.
 */
#ifndef PERI_MONITOR_ENGINE_PLAN_H
#define PERI_MONITOR_ENGINE_PLAN_H

#include "lib/manifest.h"
#include "monitor/engine/image_rule.h"

/* One wanted image.  is.first is where it stands or will stand; is.digest is zero
 * while it is missing. */
struct wanted {
    struct component is;
    bool installed; /* it is the live set's, in its place */
    bool present;   /* installed or staged */
    struct abi_identity provides[MANIFEST_ABI_SLOTS];
    struct abi_identity depends[MANIFEST_ABI_SLOTS];
};

struct plan {
    bool present;
    uint64_t sequence;
    uint8_t contents[SHA256_BYTES];
    uint8_t os_contents[SHA256_BYTES]; /* of its base and firmware manifests; zero without */
    uint32_t keystore_version;
    uint32_t check_interval_s;
    uint8_t group[IMAGE_UID_BYTES];
    uint16_t partitions; /* bit type - PARTITIONS_FIRST for each manifest in the set */
    uint16_t count;
    struct wanted at[MONITOR_COMPONENTS_MAX];
    struct abi_offer offer; /* of the whole set once installed */
};

/* Areas that no image may be written to: of both installed sets, of what is executed in
 * place, of a sideload under way; room for those of a plan besides. */
struct busy_areas {
    unsigned count;
    struct medium_area at[5 * MONITOR_COMPONENTS_MAX];
};

/* What a plan is judged by. */
struct plan_context {
    const struct medium *medium;
    const struct keystore *keystore;
    uint32_t keystore_version;
    const struct record *record; /* its kept set is what runs: no trial is under way */
    const struct plan *staged; /* earlier plan, its staged images are kept */
    const struct busy_areas *busy; /* what no new image may touch */
    const uint8_t *device_id;  /* 64 */
    const uint8_t *nonce;      /* 32, or NULL when none is outstanding */
    struct abi_offer own;      /* what the monitor itself provides */
    bool hold_applications;    /* the device is a developer's: manifest 25 is checked, not followed */
};

/* Too large for a firmware stack. */
struct plan_scratch {
    struct plan plan;
    struct manifest manifest;
};

/* MONITOR_OK and scratch->plan; otherwise the status of STAGE_MANIFESTS. */
enum monitor_status plan_build(const struct plan_context *context, struct span file,
                               struct plan_scratch *scratch);
unsigned plan_missing(const struct plan *plan);
/* It brings a keystore that is not installed; then it brings nothing else. */
bool plan_rotates(const struct plan *plan);
/* The installed component's manifest is not in the set: it stays as it is. */
bool plan_keeps(const struct medium *medium, const struct plan *plan,
                const struct component *installed);
/* The image's own ABI lists fit its entry and the plan. */
enum monitor_status plan_image_fits(const struct plan *plan, const struct wanted *wanted,
                                    const struct image *image);
/* The set that installing the plan makes of the live one, in the live one's
 * system.  Only for a plan that misses nothing. */
void plan_set(const struct medium *medium, const struct plan *plan, const struct image_set *live,
              struct image_set *set);

#endif
